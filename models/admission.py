"""From a model's id to what the registry may load for a caller: the Hub, the disk and the device asked.

Waiting is done in the Hub desk's own threads; whoever asks only awaits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Future
from dataclasses import dataclass

from models.access import Access
from models.device import TorchDevice, has_gpu
from models.errors import Stopped
from models.host_memory import BUDGET_SHARE, available_memory_bytes
from models.hub.desk import HubDesk, cache_room
from models.hub.ids import split_id
from models.hub.preflight import Preflight, Room
from models.loading import ModelSpec, Progress, State
from models.machine import Machine, machine_of
from models.registry import Registry
from models.run_underway import PROGRESS_S
from models.settings import Settings
from models.sources import file_patterns
from models.spec import ModelCard
from models.stop import NEVER, StopToken
from models.updates import Loading


@dataclass(frozen=True)
class Wish:
    """A model that somebody wants.

    Attributes:
        card: which one.
        revision: branch, tag or commit that was written behind its id; empty without one.
        access: the caller's rights at the Hub.
    """

    card: ModelCard
    revision: str
    access: Access


def wish(card: ModelCard, model: str, access: Access) -> Wish:
    """The wish behind an id from a page or a call, whose card was found.

    Raises:
        InputError: when the revision behind it is none.
    """
    revision = split_id(model)[1] if card.is_hub and "@" in model else ""
    return Wish(card, revision, access)


@dataclass(frozen=True)
class Admission:
    """Decides what may be loaded.

    Attributes:
        desk: where the Hub is asked.
        registry: whose budget counts.
        settings: device and memory that were asked for.
    """

    desk: HubDesk
    registry: Registry
    settings: Settings

    def asks_hub(self, card: ModelCard) -> bool:
        """Whether the Hub has a say; a ZeroGPU Space has only what it built at its start."""
        return card.is_hub and not self.settings.zero_gpu

    async def steps(
        self, wanted: Wish, stop: StopToken = NEVER
    ) -> AsyncIterator[Loading | ModelSpec]:
        """Says that the Hub is being asked while it is, then what may be loaded.

        Raises:
            AppError: why it may not.
            Stopped: when Stop was pressed meanwhile.
        """
        if not self.asks_hub(wanted.card):
            yield ModelSpec(wanted.card, access=wanted.access)
            return
        asking = asyncio.wrap_future(self._asked(wanted))
        asking.add_done_callback(lambda done: done.cancelled() or done.exception())  # retrieved
        while not asking.done():
            yield Loading(wanted.card.title, Progress(State.QUEUED, note="asking the Hub"))
            await asyncio.wait([asking], timeout=PROGRESS_S)
            if stop.is_set:
                raise Stopped
        yield asking.result()

    async def preflight(self, wanted: Wish) -> Preflight | None:
        """What the Hub says before weights are fetched; None where it is not asked.

        Raises:
            AppError: not found, out of reach.
        """
        if not self.asks_hub(wanted.card) or self.desk.offline:
            return None
        card = wanted.card
        asked = self.desk.pool.submit(
            self.desk.preflight,
            *(card, wanted.revision, wanted.access, file_patterns(card), self.room(card)),
        )
        return await asyncio.wrap_future(asked)

    def room(self, card: ModelCard) -> Room:
        """What this machine can take of a model; the memory is a guess until the first load."""
        device, dtype = self.placement(card)
        beside = int(available_memory_bytes() * BUDGET_SHARE) if device.startswith("cuda") else 0
        return cache_room(self.machine.budget_bytes, dtype, beside)

    @property
    def machine(self) -> Machine:
        """What models run on."""
        budget = self.registry.budget_bytes or self.settings.memory_bytes
        return machine_of(self.registry.device, self.settings.device, budget)

    def placement(self, card: ModelCard) -> tuple[str, str]:
        """Device and dtype that a run of the model has, or will have once a device was probed."""
        device = self.registry.device
        if device is None and has_gpu(self.settings.device):
            return "cuda:0", str(card.defaults.get("dtype", "bfloat16"))
        place = (device or TorchDevice("cpu", "")).place(card)
        return place.device, place.dtype

    def _asked(self, wanted: Wish) -> Future[ModelSpec]:
        card = wanted.card
        return self.desk.pool.submit(
            self.desk.admit,
            *(card, wanted.revision, wanted.access, file_patterns(card), self.room(card)),
        )
