"""Answers that are written in the same steps: their tensors, and how they begin, join and leave.

Everything runs in the executor's thread. ``models.decoding_steps`` decides when.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from inspect import signature
from typing import Any, Generic

from models.decoding_answers import Answer, UnderwayT

#: Tokens of prompts that are read in one step: the others wait no longer for theirs.
PIECE = 256
#: Short prompts that are read together may be padded to so many times their tokens.
PADDING = 1.25


class Group(ABC, Generic[UnderwayT]):
    """Answers in step.

    Attributes:
        answers: in the order of the tensors' rows.
        ended: those of them that wrote their last token in this step.
        anew: those of them that leave this group and begin again.
        token_bytes: what keys and values of one token take; 0 until it is known.
    """

    def __init__(self, model: Any, device: str, answers: list[UnderwayT]) -> None:
        self._model, self._device, self.answers = model, device, answers
        self.ended: list[UnderwayT] = []
        self.anew: list[UnderwayT] = []
        self.token_bytes = 0

    @classmethod
    @abstractmethod
    def begin(cls, model: Any, device: str, answers: list[UnderwayT]) -> Sequence[Group[UnderwayT]]:
        """Groups for answers that begin now."""

    @abstractmethod
    def step(self) -> None:
        """One pass of the network: a token each, or a piece of a prompt."""

    @abstractmethod
    def keep(self, rows: list[int]) -> None:
        """Lets all other answers go."""

    def join(self, other: Group[UnderwayT]) -> bool:
        """Takes another group's answers in where that is possible now; whether it did."""
        return False


class TextGroup(Group[Answer]):
    """Answers whose next token is chosen by transformers' rules."""

    def _choose(self, logits: Any) -> None:
        """The next token of each answer from (answers, vocabulary) logits."""
        logits = logits.float()
        shared = len(self.answers)
        self.ended = [
            answer
            for i, answer in enumerate(self.answers)
            if not answer.choose(logits[i : i + 1], shared)
        ]

    def _last_tokens(self) -> Any:
        import torch

        last = [[answer.written[-1]] for answer in self.answers]
        return torch.tensor(last, device=self._device)  # (answers, 1)


class CausalGroup(TextGroup):
    """Answers of a causal model, padded at the left; prompts are read before others may join."""

    def __init__(self, model: Any, device: str, answers: list[Answer]) -> None:
        from transformers import DynamicCache

        super().__init__(model, device, answers)
        self._cache = DynamicCache(config=model.config)
        self._cached = [0] * len(answers)  # tokens in the cache, padding left out
        self._reading = True
        self._logits: Any = None
        few = "logits_to_keep" in signature(model.forward).parameters
        self._last_only = {"logits_to_keep": 1} if few else {}

    @classmethod
    def begin(cls, model: Any, device: str, answers: list[Answer]) -> list[Group[Answer]]:
        """See ``Group``: prompts of like length are read together as far as a step may hold them."""
        together: list[list[Answer]] = []
        for answer in sorted(answers, key=lambda a: len(a.start) + len(a.written)):
            group = together[-1] if together else []
            tokens = sum(len(a.start) for a in group) + len(answer.start)
            padded = len(answer.start) * (len(group) + 1)
            fits = padded <= min(PIECE, PADDING * tokens)
            if group and fits and not answer.written and not group[0].written:
                group.append(answer)
            else:
                together.append([answer])
        return [cls(model, device, group) for group in together]

    def step(self) -> None:
        """See ``Group``."""
        self.ended = []
        if self._reading:
            self._read_together() if len(self.answers) > 1 else self._read_on()
            return
        places, mask = places_and_mask(self._cached, self._device)
        out = self._model(
            input_ids=self._last_tokens(),
            attention_mask=mask,
            position_ids=places,
            past_key_values=self._cache,
            use_cache=True,
        )
        self._cached = [n + 1 for n in self._cached]
        self._choose(out.logits[:, -1])

    def _read_together(self) -> None:
        """Several short prompts at once, which gives the first token of each."""
        import torch

        self._cached = [len(answer.start) for answer in self.answers]
        width = max(self._cached)
        rows = [[a.start[0]] * (width - len(a.start)) + list(a.start) for a in self.answers]
        mask = [[0] * (width - n) + [1] * n for n in self._cached]
        seen = torch.tensor(mask, device=self._device)
        places = (seen.cumsum(1) - 1).clamp(min=0)
        self._read(torch.tensor(rows, device=self._device), seen, places)
        self._end_of_prompts()

    def _read_on(self) -> None:
        """A piece of one prompt; the last one gives the first token."""
        import torch

        answer, at = self.answers[0], self._cached[0]
        whole = [*answer.start, *answer.written]
        ids = torch.tensor([whole[at : at + PIECE]], device=self._device)
        self._cached = [at + ids.shape[1]]
        seen = torch.ones((1, self._cached[0]), dtype=torch.long, device=self._device)
        self._read(ids, seen, torch.arange(at, self._cached[0], device=self._device)[None])
        if self._cached[0] == len(whole):
            self._end_of_prompts()

    def _read(self, ids: Any, seen: Any, places: Any) -> None:
        """A pass over prompts; each (answers, tokens). Keeps the logits after them."""
        out = self._model(
            input_ids=ids,
            attention_mask=seen,
            position_ids=places,
            past_key_values=self._cache,
            use_cache=True,
            **self._last_only,
        )
        self._logits = out.logits[:, -1]

    def _end_of_prompts(self) -> None:
        self._reading = False
        layers = [layer for layer in self._cache.layers if layer.get_seq_length()]
        self.token_bytes = sum(
            2 * x.keys[0, :, :1].nelement() * x.keys.element_size() for x in layers
        )
        self._choose(self._logits)
        self._logits = None

    def join(self, other: Group[Answer]) -> bool:
        """See ``Group``: both must have begun to write; the shorter cache is filled up at its left."""
        if not isinstance(other, CausalGroup) or self._reading or other._reading:
            return False
        join_caches(self._cache, other._cache, max(*self._cached, *other._cached))
        self._cached += other._cached
        self.answers = [*self.answers, *other.answers]
        return True

    def keep(self, rows: list[int]) -> None:
        """See ``Group``; padding that nobody needs any more goes too."""
        import torch

        self.answers = [self.answers[i] for i in rows]
        self._cached = [self._cached[i] for i in rows]
        if not rows:
            return
        self._cache.batch_select_indices(torch.tensor(rows, device=self._device))
        narrow_cache(self._cache, max(self._cached))


class SeqGroup(TextGroup):
    """Answers of a seq2seq model that began together; sources are padded at the right."""

    def __init__(self, model: Any, device: str, answers: list[Answer]) -> None:
        import torch
        from transformers import DynamicCache, EncoderDecoderCache

        super().__init__(model, device, answers)
        self._cache = EncoderDecoderCache(
            DynamicCache(config=model.config), DynamicCache(config=model.config)
        )
        pad = int(model.config.pad_token_id or 0)
        width = max(len(answer.plan.ids) for answer in answers)
        rows = [[*a.plan.ids, *[pad] * (width - len(a.plan.ids))] for a in answers]
        mask = [[1] * len(a.plan.ids) + [0] * (width - len(a.plan.ids)) for a in answers]
        self._ids = torch.tensor(rows, device=device)  # (answers, source tokens)
        self._mask = torch.tensor(mask, device=device)
        self._read: Any = None

    @classmethod
    def begin(cls, model: Any, device: str, answers: list[Answer]) -> list[Group[Answer]]:
        """See ``Group``: one for all that begin; one each for those that go on after a failure."""
        fresh = [answer for answer in answers if not answer.written]
        again = [cls(model, device, [answer]) for answer in answers if answer.written]
        return [*again, *([cls(model, device, fresh)] if fresh else [])]

    def step(self) -> None:
        """See ``Group``."""
        import torch
        from transformers.modeling_outputs import BaseModelOutput

        self.ended = []
        if self._read is None:
            encoder = self._model.get_encoder()
            self._read = encoder(
                input_ids=self._ids, attention_mask=self._mask
            ).last_hidden_state  # (answers, source tokens, width)
            whole = [[*answer.start, *answer.written] for answer in self.answers]
            last = torch.tensor(whole, device=self._device)
        else:
            last = self._last_tokens()
        out = self._model(
            encoder_outputs=BaseModelOutput(last_hidden_state=self._read),
            attention_mask=self._mask,
            decoder_input_ids=last,
            past_key_values=self._cache,
            use_cache=True,
        )
        self._choose(out.logits[:, -1])

    def keep(self, rows: list[int]) -> None:
        """See ``Group``."""
        import torch

        self.answers = [self.answers[i] for i in rows]
        if not rows:
            return
        kept = torch.tensor(rows, device=self._device)
        self._cache.batch_select_indices(kept)
        self._read, self._mask = self._read[kept], self._mask[kept]


def places_and_mask(cached: list[int], device: str) -> tuple[Any, Any]:
    """Where the next token of each row stands, and what of the cache is not padding.

    Args:
        cached: tokens of each row in a cache that is padded at its left.
        device: torch device string.

    Returns:
        (rows, 1) positions and (rows, width of the cache + 1) ones where a row may look.
    """
    import torch

    places = torch.tensor(cached, device=device)[:, None]
    width = max(cached)
    mask = (torch.arange(width, device=device) >= width - places).long()
    return places, torch.cat([mask, torch.ones_like(mask[:, :1])], 1)


def join_caches(mine: Any, theirs: Any, width: int) -> None:
    """Appends the rows of a cache to another, both filled up at their left to ``width`` places."""
    import torch
    from torch.nn.functional import pad

    for one, other in zip(mine.layers, theirs.layers, strict=True):
        for name in ("keys", "values"):
            both = [getattr(one, name), getattr(other, name)]
            filled = [pad(x, (0, 0, width - x.shape[-2], 0)) for x in both]
            setattr(one, name, torch.cat(filled))


def narrow_cache(cache: Any, width: int) -> None:
    """Drops padding at the left that no row needs any more."""
    for layer in cache.layers:
        layer.keys = layer.keys[..., -width:, :]
        layer.values = layer.values[..., -width:, :]
