"""Draws the next token of an answer, and notes what else might have come.

The distribution is bent by transformers' own processors (``models.decoding_answers.rules_of``); here
is what comes after them: the draw, with dice of each answer's own, so that a seeded answer does not
depend on whose answers are written in the same steps. On one device ``generate`` with ``do_sample``
after ``torch.manual_seed`` draws the same tokens.

Papers: https://arxiv.org/abs/1904.09751 (top-p), https://arxiv.org/abs/1805.04833 (top-k),
https://arxiv.org/abs/2407.01082 (min-p).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

#: Alternatives that are noted at each step: memory stays small whatever the vocabulary.
KEPT = 10


@dataclass(frozen=True)
class Sampling:
    """How a token is drawn.

    Attributes:
        seed: of the dice, 0 to 2**32 - 1.
        temperature: divides the scores, > 0: below 1 the likely become likelier, above 1 less so.
        top_k: only so many of the likeliest may come; 0 for all.
        top_p: only the likeliest that together have this probability may come, > 0 to 1; 1 for all.
        min_p: only what has at least this share of the likeliest one's probability may come, 0 to 1;
            0 for all.
    """

    seed: int
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0

    @property
    def config(self) -> dict[str, Any]:
        """The same by transformers' names."""
        return {
            "do_sample": True,
            "temperature": self.temperature,
            "top_k": self.top_k,
            "top_p": self.top_p,
            "min_p": self.min_p or None,
            "typical_p": 1.0,
        }


class Rival(NamedTuple):
    """A token that might have come.

    Attributes:
        id: its number.
        before: its probability as the network has it, 0 to 1.
        after: its probability once the rules had been applied; 0 where they exclude it.
    """

    id: int
    before: float
    after: float


class Choice(NamedTuple):
    """One step: what came, and what might have.

    Attributes:
        token: what came.
        rank: its place by ``before`` among all tokens, 1 for the likeliest.
        rivals: the likeliest by either probability, at most ``KEPT``, and what came if it is not one
            of them; the likeliest first by ``after``, then by ``before``.
    """

    token: Rival
    rank: int
    rivals: tuple[Rival, ...]


def dice(seed: int, device: str) -> Any:
    """A torch generator of one answer's own."""
    import torch

    return torch.Generator(device=device).manual_seed(seed)


def draw(scores: Any, generator: Any) -> int:
    """A token by its probability.

    Args:
        scores: (1, vocabulary) float32 after the rules.
        generator: from ``dice``.
    """
    import torch

    return int(torch.multinomial(torch.softmax(scores, -1), 1, generator=generator))


def note_choice(logits: Any, scores: Any, token: int, *, drawn: bool) -> Choice:
    """What a step chose, and the likeliest others.

    Args:
        logits: (1, vocabulary) float32 from the network.
        scores: the same after the rules.
        token: what was chosen.
        drawn: whether by lot; else the likeliest after the rules has the probability 1.
    """
    import torch

    before = torch.softmax(logits[0], -1)
    after = torch.softmax(scores[0], -1)
    if not drawn:
        after = torch.zeros_like(after)
        after[token] = 1.0
    count = min(KEPT, before.shape[-1])
    likely = torch.cat([before.topk(count).indices, after.topk(count).indices])
    ids = torch.cat([likely.new_tensor([token]), likely]).unique()
    rank = (before > before[token]).sum() + 1
    table = torch.stack([ids.double(), before[ids].double(), after[ids].double()], 1)
    rows = [Rival(int(i), b, a) for i, b, a in table.tolist()]  # one transfer from the device
    rows.sort(key=lambda row: (-row.after, -row.before))
    chosen = next(row for row in rows if row.id == token)
    kept = rows[:KEPT]
    return Choice(chosen, int(rank), tuple(kept if chosen in kept else [*kept, chosen]))
