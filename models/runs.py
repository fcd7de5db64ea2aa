"""Runs an engine's verb for an async caller: claims the model, waits its turn, streams snapshots.

The event loop only awaits. Loads happen in the registry's threads, verbs in a pool. Verbs that
compute by themselves share a few threads; verbs that only wait for the batcher have many, so that
their rows meet in its passes.
"""

from __future__ import annotations

import asyncio
import copy
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from models.errors import Busy, Stopped
from models.handing_back import HandingBack
from models.loading import ModelSpec
from models.metrics_runs import RunCounts
from models.peaks import Peaks
from models.registry import Claim, Registry
from models.run_underway import PROGRESS_S, Underway, Verb
from models.spec import Engine
from models.stop import StopToken
from models.units import counted
from models.updates import Loading, Metrics, R, Running, Snapshot, Update, Waiting

__all__ = [
    "Loading", "Metrics", "R", "Runner", "Running", "Snapshot", "Update", "Verb", "Waiting",
]  # fmt: skip

#: Verbs of batched engines that may be under way at once: they wait, the batcher computes.
BATCHED_WORKERS = 64


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

    def aside(self, work: Callable[[], None]) -> None:
        """Has a free thread do what is no run; not once it is closed."""
        with suppress(RuntimeError):
            self._pool.submit(work)

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
        self._handing_back = HandingBack(self._computing.aside)
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
        return self.counts.watch(spec.wanted.capability, self._stream(spec, verb, stop))

    async def _stream(
        self, spec: ModelSpec, verb: Verb[R], stop: StopToken
    ) -> AsyncGenerator[Update, None]:
        self._admit(stop)
        run: Underway[R] | None = None
        title = spec.wanted.title
        try:
            claim = self._registry.claim(spec)
            try:
                async for loading in _until_ready(claim, title, stop):
                    yield loading
                run = Underway(spec.wanted, claim, verb, stop, self._registry, self._peaks)
            finally:
                if run is None:
                    claim.release()
            workers = self._workers_for(claim.engine)
            workers.submit(run.work)
            while not run.started.is_set() and not run.done.is_set():
                if (ahead := workers.pending - workers.count) > 0:
                    yield Waiting(title, ahead)
                await run.changed(PROGRESS_S)
            if not run.done.is_set():
                yield Running(title)
            async for snapshot in run.snapshots():
                yield snapshot
        finally:
            stop.set()
            with self._mutex:
                self._pending -= 1
                self._under_way.discard(stop)
            self._handing_back.ended(self._pending)

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
                waiting = counted(self._queue_size, "run")
                raise Busy(f"There is no room: {waiting} ahead.", hint="Try again in a moment.")
            self._pending += 1
            self._under_way.add(stop)
        self._handing_back.began()


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
