"""A text that a language model writes, as it stands: tokens and their rivals, the prompt, why it ended."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from models.spec import Work
from models.tokens import Token

#: Tokens of the prompt that a result lists; the others are counted.
LISTED = 2_000
#: Why a text ended, in words.
ENDS = {
    "end": "the model ended it",
    "limit": "the limit of new tokens was reached",
    "window": "the model's window is full",
    "stop": "a stop string came",
    "loop": "it ran in circles and was ended",
}
#: What is asked: a text to go on with, or messages with ``role`` and ``content``.
Asked = str | Sequence[object]


class Alternative(NamedTuple):
    """A token that might have come: its id, its bytes as text, its probability before and after."""

    id: int
    piece: str
    before: float
    after: float


class Step(NamedTuple):
    """One token of a text.

    Attributes:
        chosen: what came.
        rank: its place by ``before`` among all tokens, 1 for the likeliest.
        others: the likeliest, what came among them; see ``models.sampling.Choice``.
    """

    chosen: Alternative
    rank: int
    others: tuple[Alternative, ...]


@dataclass(frozen=True)
class Prompt:
    """What the model read.

    Attributes:
        text: the whole string, control tokens spelled out.
        count: its tokens.
        tokens: the first ``LISTED`` of them.
        remarks: what the chat template left out, and control tokens that a message spells.
        begun: the beginning of the answer that was given; empty without.
    """

    text: str
    count: int
    tokens: tuple[Token, ...]
    remarks: tuple[str, ...] = ()
    begun: str = ""


@dataclass(frozen=True)
class Generation:
    """A text so far.

    Attributes:
        text: what was written, after the given beginning of the answer where there was one.
        steps: each token with its alternatives; empty where they were not asked for.
        tokens: how many were written.
        prompt: what was read.
        window: tokens that the model can hold, prompt and answer together.
        limit: most tokens that this text could have.
        dropped: messages left out because the conversation outgrew the window.
        seed: of the dice; None for greedy choice.
        ended: why it ended, a key of ``ENDS``; empty while it is being written.
        end: the step that ended it, where the model did and alternatives were asked for.
        first_s: seconds from the call to the first token.
        recommended: sampler settings that the model's makers ship with it.
    """

    text: str
    steps: tuple[Step, ...]
    tokens: int
    prompt: Prompt
    window: int
    limit: int
    dropped: int
    seed: int | None
    ended: str
    end: Step | None
    first_s: float
    recommended: tuple[tuple[str, float], ...] = ()

    @property
    def work(self) -> Work:
        """Tokens written."""
        return Work(self.tokens, "tokens", self.first_s)

    @property
    def perplexity(self) -> float:
        """How many tokens, on average, the model wavered between: exp of the mean surprise; 0 unknown."""
        if not self.steps:
            return 0.0
        surprise = [-math.log(max(step.chosen.before, 1e-12)) for step in self.steps]
        return math.exp(sum(surprise) / len(surprise))
