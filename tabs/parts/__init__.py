"""What every tab shares, written once: deck, run bar, picker, status line, errors, small markup."""

from tabs.parts.deck import Deck, answer_json
from tabs.parts.links import send_to
from tabs.parts.markup import bars, empty, figures, note
from tabs.parts.picker import model_picker
from tabs.parts.run import Job, RunBar, run_bar, wire

__all__ = [
    "Deck",
    "Job",
    "RunBar",
    "answer_json",
    "bars",
    "empty",
    "figures",
    "model_picker",
    "note",
    "run_bar",
    "send_to",
    "wire",
]
