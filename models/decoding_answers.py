"""One answer under way: what it is to be, what it has, and how its tokens reach the caller.

The executor's thread writes it (``models.decoding``), the caller's thread reads it.
"""

from __future__ import annotations

import copy
import queue
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from models.sampling import dice, draw
from models.stop import StopToken

#: How often a reader looks at its stop token, in seconds.
_POLL_S = 0.1

#: Told a step's (1, vocabulary) float32 logits, the scores after the rules, and the token chosen; what
#: it returns goes with the token. Called in the executor's thread.
Watch = Callable[[Any, Any, int], object]


class Told(NamedTuple):
    """A token on its way to the caller.

    Attributes:
        token: its id.
        shared: answers written in that step.
        seen: what the plan's ``watch`` returned; None without one.
    """

    token: int
    shared: int
    seen: object = None


@dataclass(frozen=True)
class Plan:
    """What one answer is to be.

    Attributes:
        ids: prompt or source, special tokens included.
        limit: longest answer in tokens.
        ends: ids that end it.
        halt: told the answer so far: whether to end it, such as when it runs in circles.
        config: transformers' generation settings: the rules for the next token.
        seed: of the dice that draw each token; None where the likeliest is taken.
        watch: looks on; see ``Watch``.
    """

    ids: tuple[int, ...]
    limit: int
    ends: frozenset[int]
    halt: Callable[[Sequence[int]], bool]
    config: Any
    seed: int | None = None
    watch: Watch | None = None


@dataclass(eq=False)
class Underway(ABC):
    """What a caller wants of a network whose steps are shared (``models.decoding_steps``).

    Attributes:
        stop: the caller's.
        left: whether nobody reads any more.
        over: whether its reader has everything, so that it must not begin again.
        user: whose it is; set when it is asked for.
        relieve: frees memory after an error; see ``models.caller.Caller``; set likewise.
    """

    stop: StopToken
    left: bool = field(default=False, kw_only=True)
    over: bool = field(default=False, kw_only=True)
    user: object = field(default=None, kw_only=True)
    relieve: Callable[[BaseException], bool] = field(default=lambda _: False, kw_only=True)

    @property
    def gone(self) -> bool:
        """Whether to go on is useless."""
        return self.left or self.stop.is_set

    @property
    @abstractmethod
    def most_tokens(self) -> int:
        """Places it may take in a cache."""

    @abstractmethod
    def tell(self, news: BaseException | None) -> None:
        """The executor's side: it has ended, well or with an error."""

    @abstractmethod
    def prepare(self, model: Any, device: str) -> None:
        """The executor's side: called when it begins, and begins again; may raise."""


UnderwayT = TypeVar("UnderwayT", bound=Underway)


@dataclass(eq=False)
class Answer(Underway):
    """An answer under way; the executor's thread writes, the caller's reads ``mail``.

    Attributes:
        plan: what it is to be.
        rules: transformers' logits processors.
        start: what the decoder's sequence begins with: the prompt, or the start token.
        dice: what draws the tokens; goes on where it was when the answer begins again.
        written: tokens so far.
        mail: the tokens, then an error or None.
    """

    plan: Plan
    rules: Any = None
    start: tuple[int, ...] = ()
    dice: Any = None
    written: list[int] = field(default_factory=list)
    mail: queue.SimpleQueue[Told | BaseException | None] = field(default_factory=queue.SimpleQueue)

    @property
    def most_tokens(self) -> int:
        """See ``Underway``."""
        return len(self.plan.ids) + self.plan.limit

    def tell(self, news: BaseException | None) -> None:
        """See ``Underway``."""
        self.mail.put(news)

    def prepare(self, model: Any, device: str) -> None:
        """See ``Underway``."""
        rules_of(model, device, self)
        if self.plan.seed is not None and self.dice is None:
            self.dice = dice(self.plan.seed, device)

    def choose(self, logits: Any, shared: int) -> bool:
        """Takes the likeliest token that the rules allow, or draws one; False when it was the last.

        Args:
            logits: (1, vocabulary) float32 of the next token.
            shared: answers in this step.
        """
        import torch

        scores = logits
        if self.rules:
            so_far = torch.tensor([[*self.start, *self.written]], device=logits.device)
            scores = self.rules(so_far, logits)
        token = int(scores.argmax()) if self.dice is None else draw(scores, self.dice)
        plan = self.plan
        self.written.append(token)
        self.mail.put(Told(token, shared, plan.watch and plan.watch(logits, scores, token)))
        self.over = token in plan.ends or len(self.written) >= plan.limit or plan.halt(self.written)
        return not self.over


def rules_of(model: Any, device: str, answer: Answer) -> None:
    """Sets what an answer starts with and the rules for its next tokens, as ``generate`` makes them."""
    from transformers import LogitsProcessorList

    plan, config = answer.plan, copy.deepcopy(answer.plan.config)
    model._prepare_special_tokens(config, True, device=device)
    seq2seq = model.config.is_encoder_decoder
    if seq2seq:
        answer.start = (int(config._decoder_start_token_tensor.flatten()[0]),)
    else:
        answer.start = plan.ids
    config.max_length = len(answer.start) + plan.limit
    import torch

    answer.rules = model._get_logits_processor(
        config,
        input_ids_seq_length=len(answer.start),
        encoder_input_ids=torch.tensor([plan.ids], device=device) if seq2seq else None,
        logits_processor=LogitsProcessorList(),
        device=device,
    )


def news(answer: Answer) -> Told | None:
    """The next token; None at the end, or when Stop was asked for."""
    while not answer.stop.is_set:
        try:
            found = answer.mail.get(timeout=_POLL_S)
        except queue.Empty:
            continue
        if answer.stop.is_set:
            return None
        if isinstance(found, BaseException):
            raise found
        return found
    return None
