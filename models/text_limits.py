"""What a text has to be before a model reads it: something, and not too much."""

from __future__ import annotations

from models.errors import InputError


def check_size(text: str, most: int, nothing: str, in_parts: str) -> None:
    """Refuses a text that is blank or too long.

    Args:
        text: as it was given.
        most: most characters.
        nothing: what is said of a blank one, such as "There is no text to translate."
        in_parts: what to do with one that is too long.

    Raises:
        InputError: with both figures where it is too long.
    """
    if not text.strip():
        raise InputError(nothing, hint="Write or paste a sentence.")
    if len(text) > most:
        raise InputError(
            f"The text has {len(text):,} characters; the limit is {most:,}.", hint=in_parts
        )
