import json

import click

OPTIONS = {
    "int": {"type": int},
    "float": {"type": float},
    "text": {"type": str},
    "truth": {"type": bool},
    "switch": {"is_flag": True},
    "pair": {},
    "json": {"callback": lambda _context, _option, text: text if text is None else json.loads(text)},
    "ints": {"type": int, "multiple": True},
    "texts": {"type": str, "multiple": True},
    "two ints": {"type": int, "nargs": 2},
}


def receive(kind, flag, argv):
    declared = f"{flag}/{flag.replace('--', '--no-')}" if kind == "pair" else flag

    @click.command()
    @click.option(declared, "x", **OPTIONS[kind])
    @click.pass_context
    def program(context, x):
        source = context.get_parameter_source("x")
        return {} if source is click.core.ParameterSource.DEFAULT and x is None else {"x": x}

    return program.main(argv, prog_name="program", standalone_mode=False)
