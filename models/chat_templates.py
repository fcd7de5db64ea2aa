"""Renders chat templates in a process of their own, with limits on time, memory and size.

Templates are programs in Jinja, written by whoever made the model, so they run where they can do no
harm: in transformers' sandbox, in a process that is ended when it takes too long.
Language: https://huggingface.co/docs/transformers/chat_templating
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.errors import AppError, InputError
from models.spec import Work
from models.tokens import Tokenization

#: Seconds a template may take, and seconds that its process may take to start.
LIMIT_S, START_S = 2.0, 60.0
#: Characters of a template, of what it writes, and messages in a chat.
MAX_TEMPLATE, MAX_RENDERED, MAX_MESSAGES = 200_000, 2_000_000, 200
_WORKER = Path(__file__).with_name("chat_worker.py")
_EXAMPLE = 'For example [{"role": "user", "content": "Hello"}].'
_MESSAGES = {
    "unsafe": ("The chat template reaches for what a template may not have", "Use another one."),
    "syntax": ("The chat template is no valid Jinja", "Correct that line."),
    "refused": (
        "The chat template refuses these messages",
        "Most templates want user and assistant in turns, some no system message.",
    ),
    "size": ("The chat template writes or computes too much", "Take out its loops."),
    "failed": ("The chat template failed", "It may want messages or tools in another form."),
}


@dataclass(frozen=True)
class Rendered:
    """What a template wrote.

    Attributes:
        text: the chat as one string.
        names: variables that the template asks for, such as ``messages`` and ``tools``.
    """

    text: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Chat:
    """A chat as a model reads it.

    Attributes:
        rendered: the string and its tokens.
        template: the Jinja source that made it.
        takes_tools: whether the template knows tools.
        remarks: what the template left out, and control tokens that a message spells, as sentences.
    """

    rendered: Tokenization
    template: str
    takes_tools: bool
    remarks: tuple[str, ...]

    @property
    def work(self) -> Work:
        """Tokens made."""
        return self.rendered.work


class Renderer:
    """Keeps one process ready; a render that takes too long costs that process, not this one."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def render(
        self,
        template: str,
        messages: Sequence[Mapping[str, Any]],
        *,
        tools: Sequence[Mapping[str, Any]] = (),
        reply: bool = True,
        special_tokens: Mapping[str, str] | None = None,
    ) -> Rendered:
        """Renders one template.

        Args:
            template: Jinja source, up to ``MAX_TEMPLATE`` characters.
            messages: from ``check_messages``.
            tools: JSON schemas of functions.
            reply: end with the opening of the assistant's turn.
            special_tokens: name -> content, such as ``bos_token``.

        Raises:
            InputError: when the template refuses, breaks, takes over ``LIMIT_S`` or writes too much.
        """
        if len(template) > MAX_TEMPLATE:
            raise InputError(
                f"The chat template has {len(template):,} characters; up to {MAX_TEMPLATE:,} fit.",
                hint="Use a shorter one.",
            )
        request = {
            "template": template, "messages": list(messages), "tools": list(tools),
            "reply": reply, "special_tokens": dict(special_tokens or {}), "limit": MAX_RENDERED,
        }  # fmt: skip
        with self._turn:
            found = self._ask(request)
        if "error" in found:
            fact, hint = _MESSAGES[found["kind"]]
            raise InputError(f"{fact}: {found['error'][:400]}.", hint=hint)
        return Rendered(found["text"], tuple(found["names"]))

    def close(self) -> None:
        """Ends the process."""
        with self._turn:
            self._end()

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        if self._process is None or self._process.poll() is not None:
            self._process = _start()
            self._exchange({**request, "template": "", "special_tokens": {}}, START_S)  # warm up
        found = self._exchange(request, LIMIT_S)
        if found is None:
            raise InputError(
                f"The chat template took more than {LIMIT_S:.0f} seconds and was ended.",
                hint="It may loop without end; use another template.",
            )
        return found

    def _exchange(self, request: dict[str, Any], limit_s: float) -> dict[str, Any] | None:
        """The answer of the process, or None when it had to be ended."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            return None
        alarm = threading.Timer(limit_s, process.kill)
        alarm.start()
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:
            line = ""
        finally:
            alarm.cancel()
        if not line:
            self._end()
            return None
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


#: The one renderer of this process.
RENDERER = Renderer()


def check_messages(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The messages as a list of dictionaries.

    Raises:
        InputError: when there are none or too many, or one lacks a role or a content.
    """
    turns = [dict(m) for m in messages if {"role", "content"} <= set(m)]
    if not turns or len(turns) != len(messages):
        raise InputError(
            "A chat is one or more messages, each with a role and a content.", hint=_EXAMPLE
        )
    if len(turns) > MAX_MESSAGES:
        raise InputError(
            f"The chat has {len(turns):,} messages; up to {MAX_MESSAGES} fit.",
            hint="Leave some out.",
        )
    if not all(isinstance(turn["role"], str) for turn in turns):
        raise InputError("A role is a word, such as user.", hint=_EXAMPLE)
    return turns


def read_tools(text: str) -> list[dict[str, Any]]:
    """Tools from JSON: one object or a list of them; none for an empty text.

    Raises:
        InputError: when it is no JSON or holds anything but objects.
    """
    if not text.strip():
        return []
    try:
        found = json.loads(text)
    except ValueError as error:
        raise InputError(
            f"The tools are no JSON: {error}.", hint="Write a list of function schemas."
        ) from None
    tools = [found] if isinstance(found, dict) else found
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        raise InputError("Tools are a JSON list of objects.", hint="Each is a function's schema.")
    return tools


def left_out(messages: Sequence[Mapping[str, Any]], text: str) -> tuple[str, ...]:
    """Sentences on messages whose content is not in what the template wrote."""
    return tuple(
        f"The template left out message {number} ({message['role']})."
        for number, message in enumerate(messages, start=1)
        if isinstance(message["content"], str) and message["content"].strip() not in text
    )


def spelled_controls(
    messages: Sequence[Mapping[str, Any]], control: Sequence[str]
) -> tuple[str, ...]:
    """Sentences on messages that spell a control token, which the model then can't tell from its own.

    Args:
        messages: of the chat.
        control: contents of the vocabulary's control tokens.
    """
    return tuple(
        f"Message {number} spells the control token {found[0]}; the model reads it as a real one."
        for number, message in enumerate(messages, start=1)
        if (found := [token for token in control if token in str(message["content"])])
    )


def _start() -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, "-I", str(_WORKER)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            encoding="utf-8",
        )  # fmt: skip
    except OSError as error:
        raise AppError(
            f"The process for chat templates could not be started: {error}.", hint="Try again."
        ) from error
