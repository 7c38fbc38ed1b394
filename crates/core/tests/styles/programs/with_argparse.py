import argparse
import ast
import json


def truth(text):
    return {"True": True, "False": False, "true": True, "false": False, "1": True, "0": False}[text]


OPTIONS = {
    "int": {"type": int},
    "float": {"type": float},
    "text": {},
    "truth": {"type": truth},
    "switch": {"action": "store_true"},
    "pair": {"action": argparse.BooleanOptionalAction},
    "json": {"type": json.loads},
    "python": {"type": ast.literal_eval},
    "ints": {"type": int, "nargs": "*"},
    "floats": {"type": float, "nargs": "*"},
    "texts": {"nargs": "*"},
    "appended ints": {"type": int, "action": "append"},
    "appended texts": {"action": "append"},
    "comma ints": {"type": lambda text: [int(item) for item in text.split(",")]},
}


def receive(kind, flag, argv):
    parser = argparse.ArgumentParser()
    options = {"default": argparse.SUPPRESS, **OPTIONS[kind]}
    if kind == "switch":
        options["default"] = False
    parser.add_argument(flag, dest="x", **options)
    return vars(parser.parse_args(argv))
