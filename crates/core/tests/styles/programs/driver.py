"""Reads cases as lines of JSON and answers each with what a program of the named library received."""

import contextlib
import importlib
import io
import json
import sys


def answer(receive, case):
    noise = io.StringIO()
    try:
        with contextlib.redirect_stdout(noise), contextlib.redirect_stderr(noise):
            return {"received": receive(case["kind"], case["flag"], case["argv"])}
    except (Exception, SystemExit) as error:
        return {"refused": f"{type(error).__name__} {error} {noise.getvalue()}"}


receive = importlib.import_module(sys.argv[1]).receive
for line in sys.stdin:
    print(json.dumps(answer(receive, json.loads(line))))
