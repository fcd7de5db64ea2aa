"""The vocabulary of loading: what a model is called, which phase it is in, who builds it.

Plain values and protocols only; ``models.registry`` is what acts on them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from models.access import MACHINE, Access
from models.spec import Engine, ModelCard, Placement, Weights
from models.variant_memory import Beside

#: What makes two specs the same resident: capability, id, revision and whose model it is.
Key = tuple[str, str, str, str]


class State(Enum):
    """Where a model is on its way into memory; the value is the word the page shows."""

    QUEUED = "queued"
    FETCHING = "fetching files"
    RESERVING = "making room"
    BUILDING = "reading weights"
    MOVING = "moving to the device"
    READY = "ready"
    DRAINING = "making way"
    EVICTING = "leaving"
    FAILED = "failed"
    PARKED = "parked"
    LEAKED = "leaked"


@dataclass(frozen=True)
class ModelSpec:
    """The registry's key: one resident engine per distinct value.

    Attributes:
        card: the model, with its capability and engine.
        revision: commit or tag on the Hub; empty for the default branch.
        access: whose rights the files are fetched with.
        asked: branch or tag that the revision stands for; empty for the default branch.
        borrower: the card that was asked for, where the resident is another card's; see
            ``models.lending``.
        holder: identity of the only caller who may use the resident: for a gated or private model;
            empty for one that is open to everybody.
    """

    card: ModelCard
    revision: str = ""
    access: Access = field(default=MACHINE, compare=False)
    holder: str = ""
    asked: str = field(default="", compare=False)
    borrower: ModelCard | None = field(default=None, compare=False)

    @property
    def key(self) -> Key:
        """What makes two specs the same resident."""
        return (self.card.capability, self.card.id, self.revision, self.holder)

    @property
    def wanted(self) -> ModelCard:
        """The card that was asked for, which is what a run is told of."""
        return self.borrower or self.card


@dataclass(frozen=True)
class Progress:
    """How far a load is.

    Attributes:
        state: the phase.
        fraction: 0 to 1 within the phase, None when it can't be known.
        note: what is going on in words, such as ``412 of 967 MB``; may be empty.
        elapsed_s: seconds since the load was asked for.
    """

    state: State
    fraction: float | None = None
    note: str = ""
    elapsed_s: float = 0.0


@dataclass(frozen=True)
class Estimate:
    """What a load is charged until it is built.

    Attributes:
        size_bytes: in all.
        measured: whether earlier loads took as much; else it comes from the files.
        beside: what a quicker variant of the network takes of it.
    """

    size_bytes: int
    measured: bool
    beside: Beside


Report = Callable[[float | None, str], None]


class Builder(Protocol):
    """How weights become an engine; the real one is ``models.sources.ModelBuilder``."""

    def fetch(self, spec: ModelSpec, report: Report) -> Weights:
        """Finds or downloads the files; runs in parallel with other loads."""
        ...

    def estimate_bytes(self, weights: Weights, placement: Placement) -> int:
        """Memory the built model will take, from file headers alone."""
        ...

    def beside(self, weights: Weights, placement: Placement, size_bytes: int) -> Beside:
        """What a quicker variant takes beside a model that takes ``size_bytes`` by itself."""
        ...

    def build(self, weights: Weights, placement: Placement) -> Engine:
        """Constructs the engine; the registry holds ``BUILD_LOCK`` around it."""
        ...


@dataclass(frozen=True)
class Resident:
    """A model as the Models view and the metrics line show it: plain values, safe to keep.

    Attributes:
        variant: what computes its network now, such as ``openvino bfloat16``; empty where there is
            only one choice, the placement's dtype.
    """

    card: ModelCard
    state: State
    size_bytes: int
    placement: Placement | None
    revision: str
    load_s: float
    hits: int
    claims: int
    pinned: bool
    idle_s: float
    oldest_claim_s: float
    key: Key = ("", "", "", "")
    variant: str = ""

    @property
    def holder(self) -> str:
        """Identity of the only caller who may use or see it; empty for everybody."""
        return self.key[3]
