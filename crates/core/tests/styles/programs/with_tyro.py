import dataclasses
import json
from typing import Dict, List, Optional

import tyro


@dataclasses.dataclass
class Nested:
    a: int = 0
    amp: bool = True
    names: List[str] = dataclasses.field(default_factory=list)


TYPES = {
    "int": (int, 0),
    "float": (float, 0.0),
    "text": (str, "default"),
    "pair": (bool, None),
    "truth": (bool, dataclasses.MISSING),
    "optional int": (Optional[int], 5),
    "ints": (List[int], dataclasses.MISSING),
    "floats": (List[float], dataclasses.MISSING),
    "texts": (List[str], dataclasses.MISSING),
    "dict": (Dict[str, int], {"a": 0, "b": 0}),
    "nested": (Nested, Nested()),
}
ABSENT = object()


def receive(kind, flag, argv):
    annotation, default = TYPES[kind]
    if kind == "pair":
        default = "--x" not in argv  # so that the flag has to change it
    field = dataclasses.field() if default is dataclasses.MISSING else dataclasses.field(default_factory=lambda: default)
    program = dataclasses.make_dataclass("Program", [(flag.lstrip("-"), annotation, field)])
    if not argv:
        return {}
    value = getattr(tyro.cli(program, args=argv), flag.lstrip("-"))
    return {"x": dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value}
