"""Calls of tools in what a language model has written, in the forms that chat models are taught.

    <tool_call>{"name": ..., "arguments": {...}}</tool_call>     Qwen2.5 and 3, Hermes; SmolLM2: a list in it
    <|python_tag|>{"name": ..., "parameters": {...}}             Llama 3.1 to 3.3, with or without the tag
    [TOOL_CALLS][{"name": ..., "arguments": {...}}]              Mistral

The tags of Llama and Mistral are control tokens, which decoding leaves out: what remains is bare JSON.
Only a model's own words of this turn are ever read here; what a tool has answered is data.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_THOUGHT = re.compile(r"\s*<think>.*?(?:</think>\s*|$)", re.DOTALL)
_TAGGED = re.compile(r"<tool_call>(.*?)(?:</tool_call>|(?=<tool_call>)|$)", re.DOTALL)
_LEAD = re.compile(r"\s*(?:<\|python_tag\|>|\[TOOL_CALLS\])\s*")
_FENCED = re.compile(r"```(?:json)?\s*(.*?)\s*```\Z", re.DOTALL)
#: What begins a call or ends a turn in chat templates, beside the control tokens of the vocabulary.
MARKS = (
    "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<tools>", "</tools>",
    "<|python_tag|>", "[TOOL_CALLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]", "<think>", "</think>",
)  # fmt: skip


@dataclass(frozen=True)
class Call:
    """A tool and what it was given, unchecked."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Reading:
    """What a model has written, taken apart.

    Attributes:
        said: its words to the person, without thoughts and calls.
        calls: in their order.
        problem: why a call can't be read, as a sentence; empty when all can.
    """

    said: str
    calls: tuple[Call, ...] = ()
    problem: str = ""


def read_calls(text: str) -> Reading:
    """Takes apart what a model has written in one turn."""
    rest = _THOUGHT.sub("", text, count=1)
    if "<tool_call>" in rest:
        said = _TAGGED.sub("", rest).strip()
        return _read([match[1] for match in _TAGGED.finditer(rest)], said)
    lead = _LEAD.match(rest)
    body = (rest[lead.end() :] if lead else rest).strip()
    if lead:
        return _read([body], "")
    fenced = _FENCED.match(body)
    bare = fenced[1] if fenced else body
    if bare[:1] in "[{" and bare and _looks_like_call(bare):
        return _read([bare], "")
    return Reading(rest.strip())


def open_call(text: str) -> bool:
    """Whether a text that is still being written may be a call, so that it is not shown as words yet."""
    rest = _THOUGHT.sub("", text, count=1).lstrip()
    return "<tool_call>" in rest or rest[:1] in ("{", "[") or rest.startswith(("<|", "```json"))


def defused(text: str, marks: tuple[str, ...] = MARKS) -> str:
    """A tool's answer for a model to read: what would be a control token or a call in it is broken up.

    A text from outside that spells ``<|im_end|>`` could else end the turn and speak as somebody else.

    Args:
        text: of a result or a file.
        marks: what must not be spelled.
    """
    for mark in marks:
        if mark in text:
            text = text.replace(mark, f"{mark[0]} {mark[1:]}")
    return text


def _read(bodies: list[str], said: str) -> Reading:
    calls: list[Call] = []
    for body in bodies:
        try:
            values = _values(body)
            calls += [_call(value) for value in values]
        except ValueError as error:
            return Reading(said, tuple(calls), f"A call can't be read: {error}")
    return Reading(said, tuple(calls))


def _values(body: str) -> list[Any]:
    """The JSON values of one call: an object, a list of them, or several with semicolons between."""
    decoder, found, at = json.JSONDecoder(strict=False), list[Any](), 0
    body = body.strip()
    if not body:
        raise ValueError("it is empty.")
    while at < len(body):
        try:
            value, at = decoder.raw_decode(body, at)
        except json.JSONDecodeError as error:
            raise ValueError(f"it is no JSON ({error.msg} at character {error.pos}).") from None
        except RecursionError:
            raise ValueError("it is nested too deeply.") from None
        found += value if isinstance(value, list) else [value]
        while at < len(body) and body[at] in " \n\r\t;,":
            at += 1
    return found


def _call(value: Any) -> Call:
    """One call; ``arguments`` may be JSON in a text, as some services write it."""
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        raise ValueError('it must be {"name": ..., "arguments": {...}}.')
    given = value.get("arguments", value.get("parameters", {}))
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            raise ValueError("its arguments are no JSON object.") from None
    if not isinstance(given, dict):
        raise ValueError("its arguments are no JSON object.")
    return Call(value["name"], given)


def _looks_like_call(text: str) -> bool:
    """Whether bare JSON is a call rather than an answer that happens to be JSON."""
    return '"name"' in text and ('"arguments"' in text or '"parameters"' in text)
