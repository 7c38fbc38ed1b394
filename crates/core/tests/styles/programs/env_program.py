"""Prints the variables that its environment has of the test."""

import json
import os

print(json.dumps({name: value for name, value in os.environ.items() if name.startswith("VALUE_")}))
