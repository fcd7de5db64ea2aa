"""The options of ``app.py``: one for each setting, with the meaning that ``Settings`` gives it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import Field, fields, replace
from typing import Any, NoReturn

from models.setting_values import SettingsError, meant, read
from models.settings import PREFIX, Settings, from_environment, meanings

_ABOUT = "Modeldeck: tasks of Hugging Face models on one page."
_VARIABLES = f"Each is a variable of the environment, too: --queue-size is {PREFIX}QUEUE_SIZE."
#: What Unix programs end with that were called wrongly.
_CALLED_WRONGLY = 2


def parse(arguments: Sequence[str]) -> Settings:
    """Settings from the environment, overridden by the command line.

    Raises:
        SettingsError: for an option that does not exist or a value that can't be used.
        SystemExit: after ``--help``.
    """
    base, parser = from_environment(), _parser()
    try:
        found, left = parser.parse_known_args(arguments)
    except argparse.ArgumentError as error:
        raise SettingsError(_misused(error.argument_name or "")) from None
    if left:
        raise SettingsError(_unknown(left[0]))
    return replace(base, **{name: _value(name, given) for name, given in vars(found).items()})


def refuse(error: SettingsError) -> NoReturn:
    """Ends a start that can't work: one line says why, and where help is.

    Raises:
        SystemExit: with 2.
    """
    sys.stderr.write(f"modeldeck: {error} All settings: python app.py --help\n")
    raise SystemExit(_CALLED_WRONGLY) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="app.py", description=_ABOUT, epilog=_VARIABLES, allow_abbrev=False,
        exit_on_error=False, argument_default=argparse.SUPPRESS,
    )  # fmt: skip
    said = meanings()
    for field in _chosen():
        look: dict[str, Any] = {"metavar": "..."}
        if field.type == "bool":
            look = {"action": argparse.BooleanOptionalAction}
        text = said[field.name].replace("``", "") + _usual(field)
        parser.add_argument(_option(field.name), help=text.replace("%", "%%"), **look)
    return parser


def _chosen() -> list[Field[Any]]:
    """What a person may choose: the other fields are facts of the machine."""
    return [field for field in fields(Settings) if "env" not in field.metadata]


def _value(name: str, given: str | bool) -> Any:
    """The value of a setting: ``given`` as argparse found it."""
    if isinstance(given, bool):
        return given
    kind = next(str(field.type) for field in _chosen() if field.name == name)
    return read(_option(name), given, kind, meanings()[name])


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _usual(field: Field[Any]) -> str:
    """The default, behind the meaning of an option; none where it is empty, whose meaning is told."""
    usual = ("on" if field.default else "off") if field.type == "bool" else field.default
    return f" Default: {usual}." if usual != "" else ""


def _unknown(text: str) -> str:
    """What is wrong with a word that is no option."""
    if not text.startswith("-"):
        return f"{text!r} is no option; write options such as --port 7861."
    switches = [_option(field.name) for field in _chosen() if field.type == "bool"]
    options = [*map(_option, meanings()), *(f"--no-{one[2:]}" for one in switches)]
    option = text.partition("=")[0]
    return f"There is no option {option}{meant(option, options, '--')}"


def _misused(names: str) -> str:
    """What is wrong with an option that lacks its value, or was given one and takes none."""
    option, _, off = names.partition("/")
    if off:
        return f"{option} takes no value; write {option} or {off}."
    return f"{option} needs a value: {meanings()[option[2:].replace('-', '_')]}"
