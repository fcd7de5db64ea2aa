"""From the arguments that a model wrote to those that a tool takes: names looked up, everything checked.

Whatever is wrong becomes one sentence that goes back to the model and onto the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from models.errors import InputError
from models.tool import Tool
from models.tools import TOOLS

#: Words for the kinds of what a call may name.
KINDS = {"text": "a text", "audio": "a recording", "image": "a picture"}
#: Characters of a value that a message repeats.
_QUOTED = 60


@dataclass(frozen=True)
class Material:
    """Something that a call may name: an attached file, or the result of an earlier step.

    Attributes:
        name: ``file_1``, ``result_3``.
        kind: ``text``, ``audio`` or ``image``.
        text: the whole text, where it is one.
        path: its file, where it is none.
        of: what it comes from: a file's name, or a tool's.
        told: how a file was read, where that is worth a word.
    """

    name: str
    kind: str
    text: str = ""
    path: Path | None = None
    of: str = ""
    told: str = ""


def prepared(name: str, arguments: Mapping[str, Any], materials: Sequence[Material]) -> Tool:
    """The call of a tool, ready to run.

    Args:
        name: of the tool.
        arguments: as the model wrote them.
        materials: what they may name.

    Raises:
        InputError: when there is no such tool or thing, or an argument is missing, strange or of the
            wrong kind.
    """
    kind = TOOLS.get(name)
    if kind is None:
        raise InputError(
            f"There is no tool {name[:_QUOTED]!r}.", hint=f"The tools are {', '.join(TOOLS)}."
        )
    known = {one.name: one for one in materials}
    values = {
        field: _looked_up(kind, field, value, known) for field, value in arguments.items()
    }  # fmt: skip
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise _refused(kind, name, error) from None


def _looked_up(kind: type[Tool], field: str, value: Any, known: Mapping[str, Material]) -> Any:
    """The value, or what it names."""
    if isinstance(value, list) and field in kind.takes_texts:
        return [_looked_up(kind, field, one, known) for one in value]
    if not isinstance(value, str):
        return value
    found = known.get(value.strip())
    if field in kind.takes_recordings:
        return _recording(value, found, known)
    if field in kind.takes_texts and found is not None:
        if found.kind != "text":
            raise InputError(
                f"{found.name} is {KINDS[found.kind]}, and {field} takes a text.",
                hint="Transcribe it first." if found.kind == "audio" else "Name a text.",
            )
        return found.text
    return value


def _recording(value: str, found: Material | None, known: Mapping[str, Material]) -> str:
    """The path of a recording; only what was attached or made here can be named, never a path."""
    if found is None or found.kind != "audio" or found.path is None:
        heard = [one.name for one in known.values() if one.kind == "audio"]
        raise InputError(
            f"There is no recording {value[:_QUOTED]!r}.",
            hint=f"Recordings: {', '.join(heard)}." if heard else "Attach one to the message.",
        )
    return str(found.path)


def _refused(kind: type[Tool], name: str, error: ValidationError) -> InputError:
    """pydantic's first finding in a sentence, with what the tool takes."""
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"])) or "the arguments"
    said = {
        "missing": f"{name} needs {where}",
        "extra_forbidden": f"{name} takes no {where[:_QUOTED]}",
    }.get(first["type"], f"{where} of {name}: {first['msg']}")
    return InputError(f"{said}.", hint=f"It takes {', '.join(kind.model_fields)}.")
