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
from functools import partial
from itertools import count
from typing import Any, Generic, TypeVar

from models.batching import Lane
from models.batching_executor import executor_of
from models.caller import Caller, current
from models.decoding_answers import UnderwayT
from models.decoding_groups import Group
from models.stop import NEVER

log = logging.getLogger(__name__)
T = TypeVar("T")
#: Whom an error met, and the error.
Met = tuple[list[UnderwayT], BaseException]

#: How many are under way at once, and bytes that their keys and values may take together.
MOST_UNDER_WAY, MOST_BYTES = 32, 512 * 1024**2
#: Of a GPU's memory they may take this part where that is more: budgets of models leave 0.3 of it.
GPU_PART = 1 / 16


def _for_inference() -> AbstractContextManager[Any]:
    import torch

    mode: AbstractContextManager[Any] = torch.inference_mode()
    return mode


def most_bytes(device: str) -> int:
    """What keys and values of one network may take on a device: 5 GB on one of 80, 40 answers of an
    8B model with 1,000 tokens each."""
    if not device.startswith("cuda"):
        return MOST_BYTES
    import torch

    return max(MOST_BYTES, int(torch.cuda.get_device_properties(device).total_memory * GPU_PART))


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
        caller = current() or Caller(object())
        wanted.user, wanted.relieve = caller.user, caller.relieve
        with self._mutex:
            self._joining.append(wanted)
            if self._going:
                return
            self._going = True
        self._ask()

    def _ask(self) -> None:
        caller = Caller(self._lane, stands_for=self._users())
        executor_of(self._line).ask(self._lane, next(self._numbers), caller, NEVER)

    def _users(self) -> int:
        """How many different users the next step is for, at least one."""
        going = [one for group in self._groups for one in group.answers]
        with self._mutex:
            return max(1, len({one.user for one in (*going, *self._joining)}))

    # ---- in the executor's thread -----------------------------------------------------------

    def _step(self, rows: Sequence[int]) -> list[None]:
        """Lets newcomers in, moves one group on, asks for the next step."""
        with self._computing():
            met = [*self._admit(), *self._move_on()]
        for those, error in met:  # what is freed for them must not be moved as a step's tensors are
            self._begin_again(those, error)
        del met
        with self._mutex:
            self._going = bool(self._groups or self._joining)
            going = self._going
        if going:
            self._ask()
        return [None] * len(rows)

    def _admit(self) -> list[Met[UnderwayT]]:
        """Begins what there is room for; whom an error met in that."""
        met, prepared = list[Met[UnderwayT]](), list[UnderwayT]()
        for one in self._chosen():
            _, error = _attempt(partial(one.prepare, self._model, self._device))
            if error is None:
                prepared.append(one)
            else:
                met.append(([one], error))
        if prepared:
            begun, error = _attempt(lambda: self._kind.begin(self._model, self._device, prepared))
            self._groups.extend(begun or ())
            if error is not None:
                met.append((prepared, error))
        return met

    def _chosen(self) -> list[UnderwayT]:
        """Takes those out of the line for whom there is room; who has gone meanwhile is only told."""
        under_way = [one for group in self._groups for one in group.answers]
        places = sum(one.most_tokens for one in under_way)
        by_user = Counter(one.user for one in under_way)
        chosen: list[UnderwayT] = []
        with self._mutex:
            while len(under_way) + len(chosen) < self._most:
                one = self._next(by_user)
                if one is None:
                    break
                places += one.most_tokens
                if (under_way or chosen) and places * self._token_bytes > most_bytes(self._device):
                    break
                self._joining.remove(one)
                if one.gone:
                    one.tell(None)
                else:
                    by_user[one.user] += 1
                    chosen.append(one)
        return chosen

    def _next(self, by_user: Counter[object]) -> UnderwayT | None:
        """The first in the line of the user who has the least under way."""
        allowed = [one for one in self._joining if by_user[one.user] < self._most_of_one]
        return min(allowed, key=lambda one: by_user[one.user], default=None)

    def _move_on(self) -> list[Met[UnderwayT]]:
        """One step of the next group, then whoever has ended leaves it, and it joins one that it may.

        Whom an error met is told; their groups are gone, with the tensors that were half done:
        nothing else could become free.
        """
        if not self._groups:
            return []
        group = self._groups[0]
        self._groups.rotate(-1)
        _, error = _attempt(group.step)
        if error is None:
            self._token_bytes = group.token_bytes or self._token_bytes
            error = self._let_go(group)
        if error is not None:
            return [(self._broken_up(group), error)]
        if group.answers:
            return self._join(group)
        self._groups.remove(group)
        return []

    def _let_go(self, group: Group[UnderwayT]) -> BaseException | None:
        """Takes out those that have ended or begin anew."""
        anew = [one for one in group.anew if not one.gone]
        ended = [one for one in group.answers if one in group.ended or one.gone]
        for one in ended:
            one.tell(None)
        if anew:
            with self._mutex:
                self._joining.extendleft(reversed(anew))
        if not (ended or anew):
            return None
        self._most = min(self._limit, self._most + 1)
        left = {id(one) for one in (*ended, *anew)}
        rows = [i for i, one in enumerate(group.answers) if id(one) not in left]
        staying = [group.answers[i] for i in rows]
        _, error = _attempt(lambda: group.keep(rows))
        group.answers = staying
        return error

    def _join(self, group: Group[UnderwayT]) -> list[Met[UnderwayT]]:
        """Joins a group with another that may be one with it; see ``_move_on``."""
        for other in [g for g in self._groups if g is not group]:
            apart = other.answers
            joined, error = _attempt(partial(other.join, group))
            if error is not None:
                other.answers = apart
                return [(self._broken_up(other, group), error)]
            if joined:
                self._groups.remove(group)
                break
        return []

    def _broken_up(self, *groups: Group[UnderwayT]) -> list[UnderwayT]:
        """Ends groups; who in them is not done yet."""
        left = list[UnderwayT]()
        for group in groups:
            self._groups.remove(group)
            for one in group.answers:
                if one.over:
                    one.tell(None)
                else:
                    left.append(one)
        return left

    def _begin_again(self, met: list[UnderwayT], error: BaseException) -> None:
        """Lets those whom an error met begin again, where memory was freed or with fewer at a time;
        one alone whom neither helps is told."""
        if not met:
            return
        freed = met[0].relieve(error)
        if len(met) == 1 and not freed:
            met[0].tell(error)
            return
        if not freed:
            log.info("a step of %d answers failed (%s); in halves", len(met), error)
            self._most = max(1, len(met) // 2)
        with self._mutex:
            self._joining.extendleft(reversed(met))


def _attempt(work: Callable[[], T]) -> tuple[T | None, BaseException | None]:
    """What it returned or raised, without the frames that would keep its tensors alive."""
    try:
        return work(), None
    except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
        return None, error.with_traceback(None)
