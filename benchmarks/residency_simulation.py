"""Plays streams of requests against policies of residency, in virtual seconds: exact and repeatable.

Knows no torch and loads nothing. Ours asks the very functions that the registry asks,
``models.residency.plan`` and ``held_until``; the peers are the caches that other apps use. One
executor runs requests one after the other, and a load takes a loader to itself.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from models.residency import Occupant, Verdict, held_until, plan


@dataclass(frozen=True)
class Request:
    """One request: which model, when it comes, how long it computes; in seconds."""

    model: str
    at: float
    service_s: float


@dataclass(frozen=True)
class Model:
    """One model: what it takes, in bytes, and how long it loads, in seconds."""

    size_bytes: int
    load_s: float


@dataclass
class Outcome:
    """What a policy made of a stream.

    Attributes:
        loads: models loaded.
        load_s: seconds spent on that.
        served: requests answered.
        end_s: when the last was.
        waits_s: seconds from each request to its answer.
    """

    loads: int = 0
    load_s: float = 0.0
    served: int = 0
    end_s: float = 0.0
    waits_s: list[float] = field(default_factory=list)

    def answer(self, request: Request, at: float) -> None:
        """One request was answered."""
        self.served += 1
        self.end_s = max(self.end_s, at)
        self.waits_s.append(at - request.at)

    def worst_s(self) -> float:
        """The longest that anybody waited."""
        return max(self.waits_s, default=0.0)


def cache(
    requests: Sequence[Request], models: Mapping[str, Model], keep: Callable[[Sequence[str]], bool]
) -> Outcome:
    """A least-recently-used cache under one lock: what ``lru_cache`` and model multiplexers do.

    Args:
        requests: by the time they come.
        models: by name.
        keep: whether these models, least recently used first, may be resident together.
    """
    outcome, now, resident = Outcome(), 0.0, OrderedDict[str, None]()
    for request in requests:
        now = max(now, request.at)
        if request.model not in resident:
            resident[request.model] = None
            while not keep(list(resident)):
                resident.popitem(last=False)
            outcome.loads += 1
            outcome.load_s += models[request.model].load_s
            now += models[request.model].load_s
        resident.move_to_end(request.model)
        now += request.service_s
        outcome.answer(request, now)
    return outcome


@dataclass
class _Resident:
    """One model in memory."""

    ready_at: float
    load_s: float
    size_bytes: int
    last_used: float
    hits: int = 0
    last_hit: float = 0.0
    running: int = 0
    draining: bool = False

    def occupant(self, name: str) -> Occupant:
        busy = self.running > 0
        gap_s = (self.last_hit - self.ready_at) / self.hits if self.hits else float("inf")
        held = held_until(self.ready_at, self.load_s, self.last_used, gap_s, busy=busy)
        return Occupant(
            name, self.size_bytes, self.last_used, busy, draining=self.draining, held_until=held
        )


class Turns:
    """The registry's policy: a line, models that make way, residence.

    Args:
        models: by name.
        budget_bytes: what may be resident together.
    """

    def __init__(self, models: Mapping[str, Model], budget_bytes: int) -> None:
        self._models, self._budget = models, budget_bytes
        self._resident: dict[str, _Resident] = {}
        self._waiting: dict[str, list[Request]] = {}
        self._line: deque[str] = deque()
        self._loading: str | None = None
        self._events: list[tuple[float, int, str, Request | str | None]] = []
        self._now = self._free_at = 0.0
        self._count = 0
        self._outcome = Outcome()

    def play(self, requests: Sequence[Request]) -> Outcome:
        """Answers the whole stream."""
        for request in requests:
            self._at(request.at, "come", request)
        while self._events:
            self._now, _, what, subject = heapq.heappop(self._events)
            if isinstance(subject, Request):
                self._come(subject) if what == "come" else self._end(subject)
            elif isinstance(subject, str):
                self._ready(subject)
            self._go_on()
        return self._outcome

    def _at(self, when: float, what: str, subject: Request | str | None) -> None:
        self._count += 1
        heapq.heappush(self._events, (when, self._count, what, subject))

    def _come(self, request: Request) -> None:
        here = self._resident.get(request.model)
        if here is not None and not here.draining:
            here.hits, here.last_hit = here.hits + 1, self._now
            self._serve(request, here)
            return
        if request.model not in self._waiting:
            self._waiting[request.model] = []
            self._line.append(request.model)
        self._waiting[request.model].append(request)

    def _serve(self, request: Request, here: _Resident) -> None:
        here.running += 1
        self._free_at = max(self._free_at, self._now) + request.service_s
        self._at(self._free_at, "end", request)

    def _end(self, request: Request) -> None:
        here = self._resident[request.model]
        here.running -= 1
        here.last_used = self._now
        self._outcome.answer(request, self._now)

    def _ready(self, name: str) -> None:
        model = self._models[name]
        here = _Resident(self._now, model.load_s, model.size_bytes, self._now)
        self._resident[name], self._loading = here, None
        for request in self._waiting.pop(name):
            self._serve(request, here)

    def _go_on(self) -> None:
        """Lets the first in the line load, evict, wait or make others make way."""
        if self._loading is not None or not self._line:
            return
        name = self._line[0]
        occupants = [here.occupant(other) for other, here in self._resident.items()]
        decision = plan(self._models[name].size_bytes, self._budget, occupants, self._now)
        if decision.verdict is Verdict.NEVER:
            raise ValueError(f"{name} does not fit into the budget at all")
        for other, here in self._resident.items():
            here.draining = other in decision.drain
        if decision.verdict is Verdict.WAIT:
            later = [o.held_until for o in occupants if o.held_until > self._now]
            if later:
                self._at(min(later), "look", None)
            return
        for evicted in decision.evict:
            del self._resident[str(evicted)]
        self._start(name)

    def _start(self, name: str) -> None:
        self._line.popleft()
        self._loading, load_s = name, self._models[name].load_s
        self._outcome.loads += 1
        self._outcome.load_s += load_s
        self._at(self._now + load_s, "ready", name)
