"""A conversation with the assistant: what was said, and each step that a tool has done.

Plain values. As JSON it lies in the page, in links and in calls from outside; what comes back is data
from a stranger, so everything is checked, and files are never part of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from models.conversation import entries
from models.errors import InputError
from models.tool_arguments import Material
from models.tools import TOOLS

#: Entries of a conversation, and characters of everything in it.
MAX_ENTRIES, MAX_CHARACTERS = 300, 400_000
#: How a step can stand.
STATES = ("running", "done", "failed", "stopped", "skipped")
ROLES = ("user", "assistant")


@dataclass(frozen=True)
class Said:
    """What the person or the assistant has said.

    Attributes:
        role: ``user`` or ``assistant``.
        content: the words.
        file: name of the attached file; empty without one.
        kind: of that file: ``text`` or ``audio``.
    """

    role: str
    content: str
    file: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Step:
    """One call of a tool and what became of it.

    Attributes:
        number: counts through the conversation; the result's name is ``result_<number>``.
        key: drawn by lot: under it the page keeps the result's view and file.
        tool: name; empty where the model wrote a call that can't be read.
        arguments: as the model wrote them.
        state: one of ``STATES``.
        model: id of the model that did it.
        title: its human name.
        seconds: inside the engine.
        told: the result as a short text, as the planner reads it.
        text: the whole text of the result; empty where it is a file.
        error: why it failed, as a sentence.
        hint: what can be done about it.
        result: the engine's own result while it is at hand.
        path: the file that the result is.
    """

    number: int
    tool: str
    arguments: Mapping[str, Any]
    state: str = "running"
    key: str = ""
    model: str = ""
    title: str = ""
    seconds: float = 0.0
    told: str = ""
    text: str = ""
    error: str = ""
    hint: str = ""
    result: Any = field(default=None, compare=False, repr=False)
    path: Path | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """What later calls name the result by."""
        return f"result_{self.number}"

    @property
    def material(self) -> Material | None:
        """The result as something that a call may name; None where there is none."""
        if self.state != "done":
            return None
        if self.path is not None:
            return Material(self.name, TOOLS[self.tool].gives, path=self.path, of=self.tool)
        return Material(self.name, "text", self.text, of=self.tool) if self.text else None


Entry = Said | Step
Talk = tuple[Entry, ...]
#: Fields of a step that are not written.
_LIVE = {"result", "path"}


def written(talk: Sequence[Entry]) -> str:
    """The conversation as JSON, for ``read``; an empty text for none."""
    return json.dumps([plain(entry) for entry in talk], ensure_ascii=False) if talk else ""


def plain(entry: Entry) -> dict[str, Any]:
    """An entry as plain JSON; what is empty is left out."""
    if isinstance(entry, Said):
        return {key: value for key, value in asdict(entry).items() if value or key == "content"}
    found = {
        one.name: getattr(entry, one.name) for one in fields(entry) if one.name not in _LIVE
    }  # fmt: skip
    kept = ("number", "tool", "arguments", "state")
    return {"role": "step"} | {k: v for k, v in found.items() if v or k in kept}


def read(text: str | None) -> Talk:
    """A conversation from JSON; none from an empty text, or None as an unused field has it.

    Raises:
        InputError: when it is damaged or too long.
    """
    if text and len(text) > MAX_CHARACTERS:
        raise InputError(
            f"The conversation has {len(text):,} characters; up to {MAX_CHARACTERS:,} fit.",
            hint="Begin a new one.",
        )
    return checked(entries(text))


def checked(found: Sequence[object]) -> Talk:
    """Entries from outside as a conversation.

    Raises:
        InputError: names the first that is none.
    """
    if len(found) > MAX_ENTRIES:
        raise InputError(
            f"The conversation has {len(found):,} entries; up to {MAX_ENTRIES} fit.",
            hint="Begin a new one.",
        )
    talk = tuple(_entry(number, one) for number, one in enumerate(found, start=1))
    numbers = [one.number for one in talk if isinstance(one, Step)]
    if numbers != sorted(set(numbers)):
        raise InputError("The steps of the conversation are out of order.", hint="Begin a new one.")
    return talk


def _entry(number: int, one: object) -> Entry:
    bad = InputError(
        f"Entry {number} of the conversation is none.",
        hint='One has a role (user, assistant or step): {"role": "user", "content": "Hello"}.',
    )
    if not isinstance(one, dict):
        raise bad
    if one.get("role") == "step":
        return _step(one, bad)
    texts = {key: one.get(key, "") for key in ("role", "content", "file", "kind")}
    if texts["role"] not in ROLES or not all(isinstance(text, str) for text in texts.values()):
        raise bad
    if texts["kind"] not in ("", "text", "audio"):
        raise bad
    return Said(**texts)


def _step(one: Mapping[str, Any], bad: InputError) -> Step:
    names = {f.name for f in fields(Step)} - _LIVE
    values = {name: one[name] for name in names if name in one}
    words = ("tool", "state", "key", "model", "title", "told", "text", "error", "hint")
    fits = (
        type(values.get("number")) is int
        and 0 < values["number"] <= MAX_ENTRIES
        and isinstance(values.get("arguments"), dict)
        and values.get("tool") in ("", *TOOLS)
        and values.get("state", "done") in STATES
        and all(isinstance(values.get(word, ""), str) for word in words)
        and isinstance(values.get("seconds", 0.0), int | float)
    )
    if not fits:
        raise bad
    return Step(**values)


def steps_of(talk: Sequence[Entry]) -> list[Step]:
    """The steps, the oldest first."""
    return [one for one in talk if isinstance(one, Step)]


def next_number(talk: Sequence[Entry]) -> int:
    """The number of the next step."""
    return max((step.number for step in steps_of(talk)), default=0) + 1


def since_asked(talk: Sequence[Entry]) -> tuple[Said | None, list[Step]]:
    """The last message of the person, and the steps after it."""
    for place in range(len(talk) - 1, -1, -1):
        entry = talk[place]
        if isinstance(entry, Said) and entry.role == "user":
            return entry, steps_of(talk[place + 1 :])
    return None, []
