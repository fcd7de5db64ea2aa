"""One verb on its way through a worker thread, and the mailbox between it and the event loop.

The mailbox keeps the latest snapshot, so that a fast engine can't flood a slow page.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Generic

from models.caller import Caller, acting
from models.device import explain_out_of_memory
from models.errors import AppError, Stopped
from models.loading import Resident
from models.peaks import Peaks, Reading
from models.registry import Claim, Registry
from models.spec import ModelCard, Work
from models.stop import StopToken
from models.updates import Metrics, R, Snapshot

log = logging.getLogger(__name__)

#: Least time between two snapshots that reach the page, in seconds.
COALESCE_S = 0.05
#: How often a waiting page hears of the load's progress, in seconds.
PROGRESS_S = 0.15

#: An engine's verb with its arguments bound: a result, or growing snapshots of it.
Verb = Callable[[Any, StopToken], "R | Iterator[R]"]


class Underway(Generic[R]):
    """One run. Construct it in the event loop that listens.

    Args:
        card: what was asked for; the resident may be another card's.
        claim: on the model, released when the worker has let go.
        verb: what is run.
        stop: polled by the verb; set when nobody listens any more.
        registry: of the model.
        peaks: where its memory is noted.
    """

    def __init__(
        self, card: ModelCard, claim: Claim, verb: Verb[R], stop: StopToken, registry: Registry,
        peaks: Peaks,
    ) -> None:  # fmt: skip
        self._card = card
        self._claim, self._verb, self._stop, self._registry = claim, verb, stop, registry
        self._peaks, self._peak = peaks, Reading()
        self._loop = asyncio.get_running_loop()
        self._bell, self._finished = asyncio.Event(), asyncio.Event()
        self._caller = Caller(stop.user or object(), relieve=registry.relief(claim))
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
        """Runs the verb; again where memory ran out before it had shown anything and some was freed."""
        while (error := self._attempt()) is not None:
            if self._latest is None and self._caller.relieve(error):
                continue
            try:
                raise error
            finally:
                del error  # its traceback holds this frame: a ring, with the model in it

    def _attempt(self) -> BaseException | None:
        """What a run of the verb raised; the ``except`` is left, for its frames hold tensors."""
        try:
            self._run_once()
        except Stopped:
            raise
        except Exception as error:  # noqa: BLE001 - raised again in ``_execute``
            return error
        return None

    def _run_once(self) -> None:
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
        title = self._card.title
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
            model=self._card.id,
            title=self._card.title,
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
