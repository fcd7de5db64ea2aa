"""The example of the search: a help page, and questions in words that it does not use."""

from __future__ import annotations

from typing import Any

_WRAPPED = """Starting up. If the computer does not react to the power key, unplug it, hold the key down for
fifteen seconds and plug it in again. A blinking orange light means that the battery is empty.

Noise. A fan that never rests mostly has dust in front of it. Blow the slots on the left side clean with
compressed air while the machine is off.

Forgotten secrets. Nobody at the help desk can read what you chose to log in with. On the first screen choose
"Begin anew"; a letter with six digits is sent to your second address.

Sharing a desk. Up to four people can have a name of their own on one machine. Each has a drawer of documents
that the others can't open.

Colours. In the evening the display turns warmer by itself. Under Display you can move the hour or
leave it off.

Paper. When sheets come out with grey stripes, take the drum out and wipe the thin wire with a dry cloth.
Error E-417 means that a sheet is stuck behind the rear door.

Moving house. Write to the front office two weeks before, so that the line can be moved with you. Until it
works at the new place you get a stick for the mobile network.

Going back in time. Every night a copy of all drawers is made and kept for thirty days. To get a lost document
back, open its drawer, choose "Earlier" and the day.

Travelling. Abroad, reading mail over the mobile network costs extra. Fetch what you need beforehand and
choose "Work without a line".

Money. Invoices leave on the third of each month. If a sum was taken from your account twice, send us both
numbers and you have it back within five days."""
_HELP = "\n\n".join(" ".join(part.split()) for part in _WRAPPED.split("\n\n"))
#: (label, query, text, no file).
EXAMPLES: list[tuple[str, list[Any]]] = [
    ("My laptop won't turn on", ["My laptop won't turn on.", _HELP, None]),
    ("I can't remember my password", ["I can't remember my password.", _HELP, None]),
    ("Restore a deleted file", ["How can I restore a deleted file?", _HELP, None]),
    ("A code: E-417", ["E-417", _HELP, None]),
]
