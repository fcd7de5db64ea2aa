"""Writes the answers of many callers at once, a token each in every step; newcomers join between steps.

A step is one row in the batcher's line (``models.batching``): steps take turns with the passes of
other models and users, and the device's one executor computes them. Prompts of causal models are read in
pieces, then join the group that is being written (continuous batching); answers of seq2seq models that
begin together are a group of their own, since their decoders count positions from a common start. Each
answer has its own rules, limit and stop. Bounded: answers under way, and the bytes that their keys and
values may take; further ones wait.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from models.batching import Lane
from models.batching_executor import executor_of
from models.caller import Caller, current
from models.decoding_answers import Answer, Plan, news, rules_of
from models.decoding_groups import CausalGroup, Group, SeqGroup
from models.stop import NEVER, StopToken

log = logging.getLogger(__name__)

#: Answers that are written at once, and bytes that their keys and values may take together.
MOST_ANSWERS, MOST_BYTES = 32, 512 * 1024**2


class Decoder:
    """The answers of one model.

    Args:
        model: a transformers model with ``generate`` that ``can_share`` accepts.
        device: torch device string of the model.
    """

    def __init__(self, model: Any, device: str) -> None:
        self._model, self._device = model, device
        self._lane: Lane[int, None] = Lane(self._step, lambda _: 1, device, pads=False, max_rows=1)
        self._mutex, self._numbers = threading.Lock(), count()
        self._joining: deque[Answer] = deque()
        self._groups: deque[Group] = deque()
        self._going, self._most, self._token_bytes = False, MOST_ANSWERS, 0
        self._group: type[Group] = SeqGroup if model.config.is_encoder_decoder else CausalGroup

    def write(self, plan: Plan, stop: StopToken) -> Iterator[int]:
        """The tokens of an answer as they are written; ends early when Stop is asked for.

        Raises:
            Exception: whatever the network raises on this prompt.
        """
        answer, caller = Answer(plan, stop), current() or Caller(object())
        with self._mutex:
            self._joining.append(answer)
        self._wake()
        try:
            while (found := news(answer)) is not None:
                token, shared = found
                caller.tally.rows += 1
                caller.tally.shared += shared
                yield token
        finally:
            answer.left = True

    def _wake(self) -> None:
        with self._mutex:
            if self._going:
                return
            self._going = True
        self._ask()

    def _ask(self) -> None:
        executor_of(self._device).ask(self._lane, next(self._numbers), Caller(self._lane), NEVER)

    # ---- in the executor's thread -----------------------------------------------------------

    def _step(self, rows: Sequence[int]) -> list[None]:
        """Lets one newcomer in or reads on in its prompt, writes a token each, asks for the next."""
        import torch

        with torch.inference_mode():
            self._admit()
            if self._groups:
                group = self._groups[0]
                self._groups.rotate(-1)
                self._guarded(group)
        with self._mutex:
            self._going = bool(self._groups or self._joining)
            going = self._going
        if going:
            self._ask()
        return [None] * len(rows)

    def _admit(self) -> None:
        """Begins the answers that there is room for."""
        under_way = [answer for group in self._groups for answer in group.answers]
        places = sum(answer.most_tokens for answer in under_way)
        fresh: list[Answer] = []
        with self._mutex:
            while self._joining and len(under_way) + len(fresh) < self._most:
                answer = self._joining[0]
                places += answer.most_tokens
                if (under_way or fresh) and places * self._token_bytes > MOST_BYTES:
                    break
                self._joining.popleft()
                if answer.gone:
                    answer.mail.put(None)
                else:
                    fresh.append(answer)
        prepared = [answer for answer in fresh if self._prepared(answer)]
        if prepared:
            self._groups.extend(self._group.begin(self._model, self._device, prepared))

    def _prepared(self, answer: Answer) -> bool:
        """Sets an answer's rules, as ``generate`` would make them."""
        try:
            rules_of(self._model, self._device, answer)
        except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
            answer.mail.put(error.with_traceback(None))
            return False
        return True

    def _guarded(self, group: Group) -> None:
        """One step of a group; when it fails, its answers go on in smaller ones."""
        error = _attempt(group)
        if error is None:
            self._token_bytes = group.token_bytes or self._token_bytes
            self._settle(group)
            return
        self._groups.remove(group)
        answers = group.answers
        del group
        if len(answers) > 1:
            log.info("a step of %d answers failed (%s); in halves", len(answers), error)
            self._most = max(1, len(answers) // 2)
            with self._mutex:
                self._joining.extendleft(reversed(answers))
        else:
            answers[0].mail.put(error)

    def _settle(self, group: Group) -> None:
        """Takes the answers out that have ended, and joins groups that may be one."""
        ended = [answer for answer in group.answers if answer in group.ended or answer.gone]
        for answer in ended:
            answer.mail.put(None)
        if ended:
            self._most = min(MOST_ANSWERS, self._most + 1)
            group.keep([i for i, a in enumerate(group.answers) if a not in ended])
        if not group.answers:
            self._groups.remove(group)
            return
        for other in [g for g in self._groups if g is not group]:
            if other.takes(group):
                other.join(group)
                self._groups.remove(group)
                return


def can_share(model: Any) -> bool:
    """Whether a model's answers can be written together: it is one of the kinds that were tried.

    Causal models must take ``position_ids`` and keep plain keys and values in every layer (no sliding
    windows, no states); seq2seq models must be of the families below.
    """
    from inspect import signature

    if not callable(getattr(model, "forward", None)):
        return False
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer

    if model.config.is_encoder_decoder:
        return model.config.model_type in SEQ2SEQ
    layers = DynamicCache(config=model.config).layers
    plain = all(type(layer) is DynamicLayer for layer in layers)
    return plain and "position_ids" in signature(model.forward).parameters


#: Families of seq2seq models whose decoders were tried in groups.
SEQ2SEQ = frozenset({"bart", "mbart", "t5", "mt5", "umt5", "marian", "m2m_100", "pegasus"})


def _attempt(group: Group) -> BaseException | None:
    """What a step raised, without the frames that would keep its tensors alive."""
    try:
        group.step()
    except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
        return error.with_traceback(None)
    return None
