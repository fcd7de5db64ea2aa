"""Every tool by its name, and as the JSON schema of a function, which chat templates take."""

from __future__ import annotations

import inspect
from typing import Any

from models.tool import Tool
from models.tool_kinds import (
    AnswerQuestion,
    AskChat,
    Classify,
    CompareMeaning,
    Compose,
    CountTokens,
    Draw,
    FindEntities,
    RateSentiment,
    Speak,
    Summarize,
    Transcribe,
    Translate,
)

#: What of a field's schema a model is told; limits are told by the check.
_SAID = {"type", "description", "enum", "items", "default"}
_KINDS: tuple[type[Tool], ...] = (
    RateSentiment, Classify, FindEntities, AnswerQuestion, Summarize, Translate, Speak, Transcribe,
    Draw, Compose, CountTokens, CompareMeaning, AskChat,
)  # fmt: skip


def _name(kind: type[Tool]) -> str:
    """``RateSentiment`` as ``rate_sentiment``."""
    letters = (f"_{c.lower()}" if c.isupper() else c for c in kind.__name__)
    return "".join(letters).lstrip("_")


#: Every tool by the name that a model calls.
TOOLS: dict[str, type[Tool]] = {_name(kind): kind for kind in _KINDS}


def schema(name: str) -> dict[str, Any]:
    """A tool as chat templates take it: JSON schema of a function."""
    kind = TOOLS[name]
    found = kind.model_json_schema()
    properties = {
        field: {key: value for key, value in facts.items() if key in _SAID}
        for field, facts in found["properties"].items()
    }
    parameters = {
        "type": "object", "properties": properties, "required": found.get("required", []),
    }  # fmt: skip
    about = inspect.getdoc(kind) or ""
    return {
        "type": "function",
        "function": {"name": name, "description": about, "parameters": parameters},
    }


def schemas() -> list[dict[str, Any]]:
    """The tools of a model that can write by itself."""
    return [schema(name) for name, kind in TOOLS.items() if not kind.writes]
