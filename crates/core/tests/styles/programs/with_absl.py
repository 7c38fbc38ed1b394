import json

from absl import flags

DEFINE = {
    "int": flags.DEFINE_integer,
    "float": flags.DEFINE_float,
    "text": flags.DEFINE_string,
    "truth": flags.DEFINE_boolean,
    "json": flags.DEFINE_string,
    "texts": flags.DEFINE_list,
    "spaced texts": flags.DEFINE_spaceseplist,
    "many ints": flags.DEFINE_multi_integer,
    "many texts": flags.DEFINE_multi_string,
}


def receive(kind, flag, argv):
    values = flags.FlagValues()
    DEFINE[kind](flag.lstrip("-"), None, "", flag_values=values)
    rest = values(["program", *argv])
    assert rest == ["program"], rest
    [flag] = [values[name] for name in values]
    if not flag.present:
        return {}
    return {"x": json.loads(flag.value) if kind == "json" else flag.value}
