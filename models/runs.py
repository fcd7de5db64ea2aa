"""Runs an engine's verb for an async caller: claims the model, waits its turn, streams snapshots.

The event loop only awaits. Loads happen in the registry's threads, verbs in a pool, and between the
two a mailbox keeps the latest snapshot, so that a fast engine can't flood a slow page. Verbs that
compute by themselves share a few threads; verbs that only wait for the batcher have many, so that
their rows meet in its passes.
"""

from __future__ import annotations

import asyncio
import copy
import logging
import threading
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any, Generic

from models.caller import Caller, acting
from models.device import explain_out_of_memory
from models.errors import AppError, Busy, Stopped
from models.loading import ModelSpec, Resident
from models.metrics_runs import RunCounts
from models.peaks import Peaks, Reading
from models.registry import Claim, Registry
from models.spec import Engine, Work
from models.stop import StopToken
from models.updates import Loading, Metrics, R, Running, Snapshot, Update, Waiting

__all__ = [
    "Loading", "Metrics", "R", "Runner", "Running", "Snapshot", "Update", "Verb", "Waiting",
]  # fmt: skip

log = logging.getLogger(__name__)

#: Least time between two snapshots that reach the page, in seconds.
COALESCE_S = 0.05
#: How often a waiting page hears of the load's progress, in seconds.
PROGRESS_S = 0.15
#: Verbs of batched engines that may be under way at once: they wait, the batcher computes.
BATCHED_WORKERS = 64

#: An engine's verb with its arguments bound: a result, or growing snapshots of it.
Verb = Callable[[Any, StopToken], "R | Iterator[R]"]


class _Workers:
    """A pool of threads that knows how many runs are in it."""

    def __init__(self, count: int, name: str) -> None:
        self.count, self.pending, self.closed = count, 0, False
        self._mutex = threading.Lock()
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)

    def submit(self, work: Callable[[], None]) -> None:
        """Runs ``work`` when a thread is free."""
        with self._mutex:
            self.pending += 1
        self._pool.submit(work).add_done_callback(self._left)

    def close(self) -> None:
        """Lets running work end and takes no more."""
        self.closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _left(self, _: object) -> None:
        with self._mutex:
            self.pending -= 1


class Runner:
    """Executes verbs over one registry.

    Args:
        registry: where models come from.
        workers: verbs that may compute at once; see ``BATCHED_WORKERS`` for those that wait.
        queue_size: runs that may wait for a worker before newcomers are refused.
    """

    def __init__(self, registry: Registry, *, workers: int, queue_size: int) -> None:
        self._registry, self._queue_size = registry, queue_size
        self._computing = _Workers(workers, "run")
        self._waiting = _Workers(BATCHED_WORKERS, "run-batched")
        self._mutex = threading.Lock()
        self._pending = 0
        self._under_way = set[StopToken]()
        self._peaks = Peaks(registry.loads_so_far)
        self.counts = RunCounts()

    @property
    def alive(self) -> bool:
        """Whether it takes runs."""
        return not (self._computing.closed or self._waiting.closed)

    @property
    def pending(self) -> int:
        """Runs that are in a worker or wait for one."""
        return self._pending

    def stream(self, spec: ModelSpec, verb: Verb[R], stop: StopToken) -> AsyncIterator[Update]:
        """Yields progress, then snapshots, the last of them with ``final``.

        Leaving the iterator early sets ``stop``; the model is released when the worker has let go.

        Raises:
            AppError: anything a visitor should read.
            Stopped: Stop was pressed before there was anything to keep.
        """
        return self.counts.watch(spec.card.capability, self._stream(spec, verb, stop))

    async def _stream(
        self, spec: ModelSpec, verb: Verb[R], stop: StopToken
    ) -> AsyncGenerator[Update, None]:
        self._admit(stop)
        run: _Run[R] | None = None
        try:
            claim = self._registry.claim(spec)
            try:
                async for loading in _until_ready(claim, spec.card.title, stop):
                    yield loading
                run = _Run(claim, verb, stop, self._registry, self._peaks)
            finally:
                if run is None:
                    claim.release()
            workers = self._workers_for(claim.engine)
            workers.submit(run.work)
            while not run.started.is_set() and not run.done.is_set():
                if (ahead := workers.pending - workers.count) > 0:
                    yield Waiting(spec.card.title, ahead)
                await run.changed(PROGRESS_S)
            if not run.done.is_set():
                yield Running(spec.card.title)
            async for snapshot in run.snapshots():
                yield snapshot
        finally:
            stop.set()
            with self._mutex:
                self._pending -= 1
                self._under_way.discard(stop)

    def _workers_for(self, engine: Engine) -> _Workers:
        return self._waiting if getattr(engine, "batched", False) else self._computing

    async def answer(
        self, spec: ModelSpec, verb: Verb[R], stop: StopToken | None = None
    ) -> Snapshot[R]:
        """The final snapshot of a run, for callers that want no progress."""
        last: Snapshot[R] | None = None
        async for update in self.stream(spec, verb, stop or StopToken()):
            if isinstance(update, Snapshot):
                last = update
        if last is None:
            raise Stopped
        return last

    def stop(self) -> None:
        """Asks every run to end and keep what it has, as its visitor's Stop does."""
        with self._mutex:
            under_way = [*self._under_way]
        for token in under_way:
            token.set()

    def close(self) -> None:
        """Lets running verbs end and takes no more."""
        self._computing.close()
        self._waiting.close()

    def _admit(self, stop: StopToken) -> None:
        under_way = min(self._waiting.pending, self._waiting.count)
        with self._mutex:
            if self._pending - under_way >= self._computing.count + self._queue_size:
                raise Busy(f"{self._queue_size} runs wait already.", hint="Try again in a moment.")
            self._pending += 1
            self._under_way.add(stop)


class _Run(Generic[R]):
    """One verb on its way through a worker thread, and the mailbox between it and the event loop."""

    def __init__(
        self, claim: Claim, verb: Verb[R], stop: StopToken, registry: Registry, peaks: Peaks
    ) -> None:
        self._claim, self._verb, self._stop, self._registry = claim, verb, stop, registry
        self._peaks, self._peak = peaks, Reading()
        self._loop = asyncio.get_running_loop()
        self._bell, self._finished = asyncio.Event(), asyncio.Event()
        self._caller = Caller(stop.user or object())
        self._latest: R | None = None
        self._error: BaseException | None = None
        self._stopped = False
        self._resident: Resident = claim.resident
        self._load_s = 0.0 if claim.was_ready else claim.progress().elapsed_s
        self._submitted = self._began = self._ended = time.perf_counter()
        self.started, self.done = threading.Event(), threading.Event()

    def work(self) -> None:
        """The worker's side: runs the verb, posts snapshots, releases the model at the end."""
        self._began = self._ended = time.perf_counter()
        self.started.set()
        self._ring()
        try:
            with acting(self._caller), self._claim.turn(), self._watched() as self._peak:
                if not self._stop.is_set:
                    self._execute()
        except Stopped:
            pass
        except BaseException as error:  # noqa: BLE001 - the waiting page must hear of it
            self._error = self._explain(error)
        finally:
            self._stopped = self._stop.is_set
            self._ended = time.perf_counter()
            self._claim.release()
            self.done.set()
            self._ring(self._finished)

    def _watched(self) -> AbstractContextManager[Reading]:
        place, device = self._resident.placement, self._registry.device
        return self._peaks.watched(device.gauge(place.device) if place and device else None)

    def _execute(self) -> None:
        outcome = self._verb(self._claim.engine, self._stop)
        if not isinstance(outcome, Iterator):
            self._latest = outcome
            return
        for snapshot in outcome:
            self._latest = snapshot
            self._ended = time.perf_counter()
            self._ring()
            if self._stop.is_set:
                close = getattr(outcome, "close", None)
                if close is not None:
                    close()
                return

    def _explain(self, error: BaseException) -> BaseException:
        device = self._registry.device
        if isinstance(error, AppError):
            return error
        title = self._resident.card.title
        if device is not None and device.is_out_of_memory(error):
            error.__traceback__ = None
            device.release_cached()
            return explain_out_of_memory(
                f"This run of {title}", self._resident.size_bytes, device.label
            )
        ticket = uuid.uuid4().hex[:8]
        log.error("ticket %s: run of %s failed", ticket, title, exc_info=error)
        return AppError(
            f"{title} failed on this input ({type(error).__name__}).",
            hint=f"The log has the details under ticket {ticket}.",
        )

    def _ring(self, *more: asyncio.Event) -> None:
        def ring() -> None:
            for bell in (self._bell, *more):
                bell.set()

        try:
            self._loop.call_soon_threadsafe(ring)
        except RuntimeError:  # the loop is gone with its page; nobody listens any more
            self._stop.set()

    async def changed(self, timeout_s: float) -> None:
        """Waits for news from the worker, at most ``timeout_s`` seconds."""
        if await _within(self._bell, timeout_s):
            self._bell.clear()

    async def snapshots(self) -> AsyncIterator[Snapshot[R]]:
        """The event loop's side: the latest snapshot whenever it changed, then the final one."""
        shown: R | None = None
        while not self.done.is_set():
            await self.changed(PROGRESS_S)
            if self._latest is not None and self._latest is not shown and not self.done.is_set():
                shown = self._latest
                yield Snapshot(shown, self._metrics(shown.work))
                await _within(self._finished, COALESCE_S)  # the last one is never held back
        if self._error is not None:
            raise self._error
        if self._latest is None:
            raise Stopped
        yield Snapshot(self._latest, self._metrics(self._latest.work), True, self._stopped)

    def _metrics(self, work: Work) -> Metrics:
        place, tally = self._resident.placement, self._caller.tally
        return Metrics(
            model=self._resident.card.id,
            title=self._resident.card.title,
            device=place.device if place else "",
            dtype=place.dtype if place else "",
            reason=place.reason if place else "",
            load_s=self._load_s,
            queue_s=self._began - self._submitted,
            run_s=self._ended - self._began,
            amount=work.amount,
            unit=work.unit,
            memory_bytes=self._resident.size_bytes,
            variant=tally.variant,
            batch_rows=tally.batch_rows,
            batch_wait_s=tally.wait_s,
            peak_bytes=self._peak.peak_bytes,
            first_s=work.first_s,
        )


async def _within(bell: asyncio.Event, timeout_s: float) -> bool:
    """Whether ``bell`` rang before ``timeout_s`` seconds were over."""
    try:
        await asyncio.wait_for(bell.wait(), timeout_s)
    except TimeoutError:
        return False
    return True


async def _until_ready(claim: Claim, title: str, stop: StopToken) -> AsyncIterator[Loading]:
    """Reports the load until the model is ready; raises why when it can't be.

    Nothing is told of a load that was over before: it was another run's.
    """
    ready = asyncio.wrap_future(claim.future)
    ready.add_done_callback(lambda done: done.cancelled() or done.exception())  # always retrieved
    if claim.was_ready:
        await asyncio.wait([ready])
    while not ready.done():
        yield Loading(title, claim.progress())
        await asyncio.wait([ready], timeout=PROGRESS_S)
        if stop.is_set and not ready.done():
            raise Stopped
    error = ready.exception()
    if error is not None:  # a copy each: waiters share the original, and tracebacks would pile up
        raise copy.copy(error).with_traceback(None)
