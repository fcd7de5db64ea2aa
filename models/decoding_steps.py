"""Steps of a network that many callers share: who may begin, whose turn it is, and what has failed.

A step is one row in a batcher's line (``models.batching``), so steps take turns with the passes of other
models and users, and one executor computes them. What is under way sits in groups
(``models.decoding_groups``); each step moves one of them on. Bounded: how many are under way, and the
bytes that their keys and values may take; further ones wait, and who has the least under way comes next.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from itertools import count
from typing import Any, Generic

from models.batching import Lane
from models.batching_executor import executor_of
from models.caller import Caller, current
from models.decoding_answers import UnderwayT
from models.decoding_groups import Group
from models.stop import NEVER

log = logging.getLogger(__name__)

#: How many are under way at once, and bytes that their keys and values may take together.
MOST_UNDER_WAY, MOST_BYTES = 32, 512 * 1024**2


def _for_inference() -> AbstractContextManager[Any]:
    import torch

    mode: AbstractContextManager[Any] = torch.inference_mode()
    return mode


class Steps(Generic[UnderwayT]):
    """What callers want of one network, a step at a time.

    Args:
        kind: the groups' class.
        model: the network, handed to the groups.
        device: torch device string.
        most: how many are under way at once.
        most_of_one: how many of them may be one user's; the rest stays free for others.
        line: name of the executor that takes the steps; the device's own when empty.
        computing: what a step runs under.
    """

    def __init__(
        self,
        kind: type[Group[UnderwayT]],
        model: Any,
        device: str,
        *,
        most: int = MOST_UNDER_WAY,
        most_of_one: int | None = None,
        line: str = "",
        computing: Callable[[], AbstractContextManager[Any]] = _for_inference,
    ) -> None:
        self._kind, self._model, self._device = kind, model, device
        self._line, self._computing = line or device, computing
        self._lane: Lane[int, None] = Lane(
            self._step, lambda _: 1, self._line, pads=False, max_rows=1
        )
        self._mutex, self._numbers = threading.Lock(), count()
        self._joining: deque[UnderwayT] = deque()
        self._groups: deque[Group[UnderwayT]] = deque()
        self._going, self._token_bytes = False, 0
        self._most = self._limit = most
        self._most_of_one = most_of_one or most

    def ask(self, wanted: UnderwayT) -> None:
        """Lets somebody begin as soon as there is room."""
        wanted.user = (current() or Caller(object())).user
        with self._mutex:
            self._joining.append(wanted)
            if self._going:
                return
            self._going = True
        self._ask()

    def _ask(self) -> None:
        executor_of(self._line).ask(self._lane, next(self._numbers), Caller(self._lane), NEVER)

    # ---- in the executor's thread -----------------------------------------------------------

    def _step(self, rows: Sequence[int]) -> list[None]:
        """Lets newcomers in, moves one group on, asks for the next step."""
        with self._computing():
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
        """Begins what there is room for."""
        under_way = [one for group in self._groups for one in group.answers]
        places = sum(one.most_tokens for one in under_way)
        by_user = Counter(one.user for one in under_way)
        fresh: list[UnderwayT] = []
        with self._mutex:
            while len(under_way) + len(fresh) < self._most:
                chosen = self._next(by_user)
                if chosen is None:
                    break
                places += chosen.most_tokens
                if (under_way or fresh) and places * self._token_bytes > MOST_BYTES:
                    break
                self._joining.remove(chosen)
                if chosen.gone:
                    chosen.tell(None)
                else:
                    by_user[chosen.user] += 1
                    fresh.append(chosen)
        prepared = [one for one in fresh if self._prepared(one)]
        if prepared:
            self._groups.extend(self._kind.begin(self._model, self._device, prepared))

    def _next(self, by_user: Counter[object]) -> UnderwayT | None:
        """The first in the line of the user who has the least under way."""
        allowed = [one for one in self._joining if by_user[one.user] < self._most_of_one]
        return min(allowed, key=lambda one: by_user[one.user], default=None)

    def _prepared(self, one: UnderwayT) -> bool:
        try:
            one.prepare(self._model, self._device)
        except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
            one.tell(error.with_traceback(None))
            return False
        return True

    def _guarded(self, group: Group[UnderwayT]) -> None:
        """One step of a group; when it fails, those in it go on in smaller ones."""
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
            answers[0].tell(error)

    def _settle(self, group: Group[UnderwayT]) -> None:
        """Takes out those that have ended or begin anew, and joins groups that may be one."""
        anew = [one for one in group.anew if not one.gone]
        ended = [one for one in group.answers if one in group.ended or one.gone]
        for one in ended:
            one.tell(None)
        if anew:
            with self._mutex:
                self._joining.extendleft(reversed(anew))
        if ended or anew:
            self._most = min(self._limit, self._most + 1)
            left = {id(one) for one in (*ended, *anew)}
            group.keep([i for i, one in enumerate(group.answers) if id(one) not in left])
        if not group.answers:
            self._groups.remove(group)
            return
        for other in [g for g in self._groups if g is not group]:
            if other.join(group):
                self._groups.remove(group)
                return


def _attempt(group: Group[UnderwayT]) -> BaseException | None:
    """What a step raised, without the frames that would keep its tensors alive."""
    try:
        group.step()
    except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
        return error.with_traceback(None)
    return None
