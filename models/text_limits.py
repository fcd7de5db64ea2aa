"""What a text has to be before a model reads it: something, and not too much."""

from __future__ import annotations

from models.errors import InputError


def check_size(text: str, verb: str, most: int) -> None:
    """Refuses a text that is blank or too long.

    Args:
        text: as it was given.
        verb: what is to be done with it, such as ``translate``; the error says it.
        most: most characters.

    Raises:
        InputError: with both figures where it is too long.
    """
    if not text.strip():
        raise InputError(f"There is no text to {verb}.", hint="Write or paste a sentence.")
    if len(text) > most:
        raise InputError(
            f"The text has {len(text):,} characters; the limit is {most:,}.",
            hint=f"{verb.capitalize()} it in parts.",
        )
