"""Works expressions out and compares with what neuromanager made of them: lines of [text, {"value" | "error": ...}].

The differences that are meant are told by ours being an error that says so, and checked here to be that.
"""

import ast
import json
import math
import resource
import sys

# A text that is repeated too often is an error here, too.
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
sys.set_int_max_str_digits(0)
NAMES = json.loads(sys.argv[1])
FUNCTIONS = {f.__name__: f for f in (abs, min, max, round, int, float, str, len)}
FUNCTIONS |= {f.__name__: f for f in (math.log, math.log2, math.log10, math.exp, math.sqrt)}
SCOPE = {"__builtins__": {}, "inf": math.inf, "nan": math.nan, **FUNCTIONS, **NAMES}


def evaluate(node):
    return eval(compile(ast.Expression(node), "", "eval"), SCOPE)


def parts(text):
    """The values of all parts that have one."""
    for node in ast.walk(ast.parse(text, mode="eval")):
        if isinstance(node, ast.expr):
            try:
                yield node, evaluate(node)
            except Exception:
                pass


def is_meant(text, error):
    """Whether ours refuses what it is meant to refuse."""
    values = list(parts(text))
    if "128 bits" in error:
        return any(isinstance(value, int) and not -(2**127) <= value < 2**127 for _, value in values)
    if "complex" in error:
        return any(isinstance(value, complex) for _, value in values)
    if "too much work" in error:
        return any(isinstance(value, str) and len(value.encode()) > 65536 for _, value in values)
    if "cannot be repeated" in error:
        return any(isinstance(value, (list, tuple)) for value in operations(values, ast.Mult))
    if "use % operator" in error:  # '%d' % 1
        return any(isinstance(value, str) for value in operations(values, ast.Mod))
    return False


def operations(values, sign):
    return (value for node, value in values if isinstance(node, ast.BinOp) and isinstance(node.op, sign))


def same(text, ours, theirs):
    if type(ours) is not type(theirs):
        return False
    if isinstance(ours, (list, tuple)):
        return len(ours) == len(theirs) and all(same(text, *pair) for pair in zip(ours, theirs))
    if isinstance(ours, float):
        # These come from libraries that differ in the last digit, and what is done with it may make the difference larger.
        is_inexact = any(word in text for word in ("**", "log", "exp"))
        return repr(ours) == repr(theirs) or is_inexact and math.isclose(ours, theirs, rel_tol=1e-6, abs_tol=1e-9)
    return ours == theirs


count = 0
for line in sys.stdin.read().splitlines():
    text, ours = json.loads(line)
    count += 1
    try:
        theirs = [eval(text, SCOPE)]
    except Exception as error:
        if "error" not in ours:
            print(f"{text}   ours {ours['value']}   Python {type(error).__name__}: {error}")
        continue
    if "error" in ours:
        if not is_meant(text, ours["error"]):
            print(f"{text}   ours refused: {ours['error']}   Python {theirs!r:.200}")
    elif not same(text, eval(ours["value"], SCOPE), theirs):
        print(f"{text}   ours {ours['value']:.200}   Python {theirs!r:.200}")
print(f"{count} compared")
