"""A conversation as plain messages: read from JSON, checked, shortened at its beginning.

Knows no model and no template. What a visitor sends back is data from a stranger: everything is checked.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from models.errors import InputError

#: A message: role ``system``, ``user`` or ``assistant``, and what it says.
Message = dict[str, str]
ROLES = ("system", "user", "assistant")
#: Messages of a conversation, and characters of all of them.
MAX_MESSAGES, MAX_CHARACTERS = 200, 400_000


def checked(messages: Sequence[object]) -> list[Message]:
    """The messages as such.

    Args:
        messages: mappings with ``role`` and ``content``; anything else in them is left out.

    Raises:
        InputError: when one is no message, the roles do not follow each other, or there is too much.
    """
    if len(messages) > MAX_MESSAGES:
        raise InputError(
            f"The conversation has {len(messages):,} messages; up to {MAX_MESSAGES} fit.",
            hint="Begin a new one.",
        )
    found = [_message(number, one) for number, one in enumerate(messages, start=1)]
    size = sum(len(message["content"]) for message in found)
    if size > MAX_CHARACTERS:
        raise InputError(
            f"The conversation has {size:,} characters; up to {MAX_CHARACTERS:,} fit.",
            hint="Begin a new one, or take the longest message out.",
        )
    _check_turns(found)
    return found


def _message(number: int, one: object) -> Message:
    role = one.get("role") if isinstance(one, dict) else None
    content = one.get("content") if isinstance(one, dict) else None
    if role not in ROLES or not isinstance(content, str):
        raise InputError(
            f"Message {number} is none: it needs a role ({', '.join(ROLES)}) and a content, both texts.",
            hint='For example {"role": "user", "content": "Hello"}.',
        )
    return {"role": str(role), "content": content}


def _check_turns(messages: Sequence[Message]) -> None:
    """User and assistant in turns, a system message at most at the beginning."""
    turns = messages[1:] if messages and messages[0]["role"] == "system" else messages
    for number, message in enumerate(turns):
        wanted = ("user", "assistant")[number % 2]
        if message["role"] != wanted:
            raise InputError(
                f"Message {number + 1} of the conversation is the {message['role']}'s; it is the "
                f"{wanted}'s turn.",
                hint="User and assistant speak in turns; a system message may only come first.",
            )
        if not message["content"].strip() and message["role"] == "user":
            raise InputError("There is no message.", hint="Write one.")


def read(text: str | None) -> list[Message]:
    """A conversation from JSON; none from an empty text, or None as an unused field has it.

    Raises:
        InputError: when it is damaged.
    """
    found = entries(text)
    return checked(found) if found else []


def entries(text: str | None) -> list[object]:
    """A list from JSON, its entries unchecked; none from an empty text or None.

    Raises:
        InputError: when it is no list.
    """
    if not text or not text.strip():
        return []
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list):
        raise InputError("The conversation is damaged.", hint="Begin a new one.")
    return found


def written(messages: Sequence[Message]) -> str:
    """The conversation as JSON, for ``read``; an empty text for none."""
    return json.dumps(list(messages), ensure_ascii=False) if messages else ""


def without_oldest(messages: Sequence[Message]) -> list[Message] | None:
    """The conversation without its first question and answer; None when only the last question is left."""
    first = 1 if messages and messages[0]["role"] == "system" else 0
    if len(messages) - first < 3:
        return None
    return [*messages[:first], *messages[first + 2 :]]
