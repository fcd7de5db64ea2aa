"""Has the network write a tune token by token.

The grammar says which tokens may come, the network how likely each is, and dice of the piece's own draw
one. ``models.music_performer`` plays what is written, and asks for more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.music_prompt import Asked
from models.music_tokens import BEGIN, IDS, KINDS, METRES, MODES, TOKENS, Writing
from models.music_tune import Tone
from models.sampling import dice, draw

_TONICS = [IDS[token] for token in TOKENS if token[0] in "+-" and int(token) % 12 == 0]
_BACKS = [number for token, number in IDS.items() if token.startswith("back:")]
_SOUNDS = [IDS[token] for token in TOKENS if token[0] in "+-"]


@dataclass(frozen=True)
class Heading:
    """What a tune is said to be before its first note, and how usual that is.

    Attributes:
        kind: of ``KINDS``.
        metre: of ``METRES``.
        mode: of ``MODES``.
        usual: share of the tunes of this kind that have such a metre and mode, as the network has it.
    """

    kind: str
    metre: str
    mode: str
    usual: float

    @property
    def tokens(self) -> list[str]:
        """As a tune begins."""
        return [BEGIN, f"kind:{self.kind}", f"metre:{self.metre}", f"mode:{self.mode}"]


class Pen:
    """The network with its dice.

    Args:
        model: a causal language model of transformers over ``TOKENS``.
        device: where it is.
        seed: of the dice.
        temperature: above 0.
        top_p: only the likeliest tokens that together have this probability may come.
    """

    def __init__(
        self, model: Any, device: str, seed: int, temperature: float, top_p: float
    ) -> None:
        from transformers import TopPLogitsWarper

        self._model = model
        self._device = device
        self._temperature = temperature
        self._top_p = TopPLogitsWarper(top_p)
        self.dice = dice(seed, "cpu")

    def pick(self, count: int) -> int:
        """A whole number below ``count``, each as likely."""
        import torch

        return int(torch.randint(count, (1,), generator=self.dice))

    def between(self, low: float, high: float) -> float:
        """A number between two."""
        import torch

        return low + (high - low) * float(torch.rand(1, generator=self.dice))

    def heading(self, asked: Asked) -> Heading:
        """Kind, metre and mode: what was asked for, the rest as likely as the network has it."""
        import torch

        kinds, metres, modes = asked.kinds or KINDS, asked.metres or METRES, asked.modes or MODES
        found = [Heading(a, b, c, 0) for a in kinds for b in metres for c in modes]
        ids = torch.tensor([[IDS[t] for t in one.tokens] for one in found], device=self._device)
        with torch.inference_mode():
            logits = (
                self._model(input_ids=ids[:, :-1]).logits.float().cpu()
            )  # (headings, 3, vocabulary)
        chosen = ids[:, 1:, None].cpu()
        logs = torch.log_softmax(logits, -1).gather(2, chosen)[..., 0]  # (headings, 3)
        place = draw(logs.sum(1)[None], self.dice)
        one = found[place]
        usual = float(logs[place, 1:].sum().exp())
        return Heading(one.kind, one.metre, one.mode, usual)

    def start(self, tokens: list[str]) -> Page:
        """A page with these tokens on it."""
        writing = Writing()
        for token in tokens:
            writing.push(token)
        return Page(self, writing, list(tokens))

    def read(self, page: Page) -> Any:
        """(vocabulary,) float32 scores of what may follow a page, before any rule."""
        import torch

        ids = torch.tensor([[IDS[token] for token in page.unread]], device=self._device)
        with torch.inference_mode():
            out = self._model(input_ids=ids, past_key_values=page.memory, use_cache=True)
        page.memory = out.past_key_values
        page.unread = []
        return out.logits[0, -1].float().cpu()

    def draw(self, scores: Any, mask: NDArray[np.bool_]) -> str:
        """A token that the mask allows, drawn with these dice.

        Args:
            scores: from ``read``, on the CPU.
            mask: (vocabulary,) bool, with one True at least.
        """
        import torch

        if mask.sum() == 1:
            return TOKENS[int(mask.argmax())]
        allowed = torch.where(torch.from_numpy(mask), scores, float("-inf"))[None]
        return TOKENS[draw(self._top_p(None, allowed / self._temperature), self.dice)]


@dataclass
class Page:
    """A tune while it is written: its tokens, and the network's memory of those it has read."""

    pen: Pen
    writing: Writing
    unread: list[str]
    memory: Any = None

    def write(self, allow: NDArray[np.bool_] | None = None) -> str:
        """Writes the next token.

        Args:
            allow: (vocabulary,) bool that narrows what the grammar allows, where that leaves any.
        """
        mask = self.writing.allowed()
        if allow is not None and (mask & allow).any():
            mask = mask & allow
        token = self.pen.draw(self.pen.read(self), mask)
        self.writing.push(token)
        self.unread.append(token)
        return token


def ending_on_tonic(writing: Writing) -> NDArray[np.bool_]:
    """(tokens,) bool: a note that fills the bar must be the tonic; others may be any."""
    allow = np.ones(len(TOKENS), bool)
    allow[_BACKS] = False
    if writing.length == writing.room:
        last = writing.last
        allow[_SOUNDS] = False
        allow[_TONICS] = True
        allow[IDS["rest"]] = False
        allow[IDS["hold"]] = bool(last and is_tonic(last))
    return allow


def is_tonic(tone: Tone) -> bool:
    """Whether it is a note of the tonic's pitch class."""
    return tone.step is not None and tone.step % 12 == 0


def without(*tokens: str) -> NDArray[np.bool_]:
    """(tokens,) bool: all but these."""
    allow = np.ones(len(TOKENS), bool)
    allow[[IDS[token] for token in tokens]] = False
    return allow


def only(token: str) -> NDArray[np.bool_]:
    """(tokens,) bool: this one."""
    allow = np.zeros(len(TOKENS), bool)
    allow[IDS[token]] = True
    return allow
