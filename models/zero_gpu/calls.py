"""One call of an engine's verb, in the process that has the GPU.

A verb of the page is a closure and can't travel. What travels is its call of the engine: capability,
model, verb and arguments, and back come the snapshots. ``run`` is the one function of the whole app
that takes a GPU.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from models.device import explain_out_of_memory
from models.errors import AppError
from models.lending import over
from models.spec import ModelCard
from models.zero_gpu.deltas import Delta, Sender
from models.zero_gpu.device import ZeroDevice
from models.zero_gpu.durations import seconds
from models.zero_gpu.flags import SharedToken

log = logging.getLogger(__name__)

#: Capability and model id.
Key = tuple[str, str]
#: The engines on the GPU: filled at start in the main thread, inherited by every forked worker.
ENGINES: dict[Key, Any] = {}


class Mark(Enum):
    """Stands for what can't travel."""

    STOP = "the run's stop token"


@dataclass(frozen=True)
class Call:
    """A call of a verb; plain values, so that it can be pickled.

    Attributes:
        key: whose verb.
        verb: name of the engine's method.
        args: positional arguments, ``Mark.STOP`` where the stop token was.
        kwargs: named ones, likewise.
        slot: the run's byte in ``models.zero_gpu.flags``.
        card: whose kind of engine has the verb, where that is put over the resident; see
            ``models.lending``.
    """

    key: Key
    verb: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    slot: int = 0
    card: ModelCard | None = None

    @property
    def capability(self) -> str:
        """Whose verb it is."""
        return self.card.capability if self.card else self.key[0]


@dataclass(frozen=True)
class Began:
    """The first answer: whether snapshots follow, or one result."""

    streams: bool


@dataclass(frozen=True)
class Failed:
    """The last answer of a call that did not end well."""

    error: AppError


Answer = Began | Delta | Failed
Dispatch = Callable[[Call], Iterator[Answer]]


def duration(call: Call) -> int:
    """Seconds of GPU to ask for."""
    return seconds(call.capability, (*call.args, *call.kwargs.values(), call.kwargs))


def run(call: Call) -> Iterator[Answer]:
    """Runs the call where the GPU is: in a forked process, by way of ``spaces.GPU``."""
    engine, sender = ENGINES[call.key], Sender()
    try:
        if call.card is not None:
            engine = over(engine, call.card)
        outcome = getattr(engine, call.verb)(*_placed(call), **_named(call))
        streams = isinstance(outcome, Iterator)
        yield Began(streams)
        for snapshot in outcome if streams else [outcome]:
            yield sender.pack(snapshot)
    except AppError as error:
        yield Failed(error)
    except Exception as error:  # noqa: BLE001 - a foreign class may not survive the way back
        yield Failed(_plain(call, error))


def _placed(call: Call) -> list[Any]:
    return [SharedToken(call.slot) if value is Mark.STOP else value for value in call.args]


def _named(call: Call) -> dict[str, Any]:
    return {
        name: SharedToken(call.slot) if value is Mark.STOP else value
        for name, value in call.kwargs.items()
    }


def _plain(call: Call, error: Exception) -> AppError:
    """An unforeseen error as one that both processes know; the traceback stays in this one's log."""
    device, model = ZeroDevice(), call.key[1]
    if device.is_out_of_memory(error):
        size = getattr(ENGINES[call.key], "memory_bytes", 0)
        return explain_out_of_memory(f"This run of {model}", size, device.label)
    log.error("%s of %s failed", call.verb, model, exc_info=error)
    return AppError(
        f"{model} failed on this input ({type(error).__name__}).",
        hint="The log of the Space has the details.",
    )
