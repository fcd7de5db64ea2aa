"""The options of ``app.py``: one for each setting, with the meaning that ``Settings`` gives it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import fields, replace

from models.settings import Settings, from_environment, meanings

_ABOUT = "Modeldeck: tasks of Hugging Face models on one page."


def parse(arguments: Sequence[str]) -> Settings:
    """Settings from the environment, overridden by the command line.

    Raises:
        SettingsError: for a value that can't be used.
        SystemExit: for an option that does not exist, after a message; and after ``--help``.
    """
    base, said = from_environment(), meanings()
    parser = argparse.ArgumentParser(prog="app.py", description=_ABOUT, allow_abbrev=False)
    for field in fields(Settings):
        if "env" in field.metadata:  # facts of the machine, not choices
            continue
        option = f"--{field.name.replace('_', '-')}"
        text = said[field.name].replace("``", "").replace("%", "%%")
        default = getattr(base, field.name)
        if field.type == "bool":
            parser.add_argument(
                option, action=argparse.BooleanOptionalAction, default=default, help=text
            )
        else:
            kind = int if field.type == "int" else str
            parser.add_argument(option, type=kind, default=default, help=text, metavar="...")
    return replace(base, **vars(parser.parse_args(arguments)))
