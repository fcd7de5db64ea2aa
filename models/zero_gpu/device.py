"""Where models live on a ZeroGPU Space, and which ones do."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Iterable, Mapping

from models.catalog import TIERS, Catalog
from models.device import DTYPE_BYTES, ran_out
from models.host_memory import HostMemory
from models.lending import lender
from models.spec import CAPABILITIES, CPU_ENGINES, ModelCard, Placement

#: Hardware tier of the models that are built where nobody chose them: small, so that a start is
#: short and the worker that is forked for a visitor has its weights soon.
TIER = "8gb"
#: Share of the GPU that weights may fill; the rest is for activations.
WEIGHT_SHARE = 0.7


class ZeroDevice(HostMemory):
    """The GPU of a ZeroGPU Space: weights are placed on it at start, and reach it with each worker."""

    name = "cuda"
    label = "ZeroGPU"
    exact = True

    def budget_bytes(self) -> int:
        """``WEIGHT_SHARE`` of what the ``spaces`` package says that a worker gets."""
        import torch

        return int(torch.cuda.get_device_properties(0).total_memory * WEIGHT_SHARE)

    def used_bytes(self) -> int:
        """0: what this process puts on cuda leaves it for a disk, and then for its workers."""
        return 0

    def place(self, card: ModelCard) -> Placement:
        """The CPU for what needs no GPU, and bfloat16 on the GPU for the rest."""
        if not needs_gpu(card):
            dtype = CPU_ENGINES.get(card.engine, "float32")
            return Placement("cpu", dtype, "needs no GPU, so none is asked for")
        wanted = str(card.defaults.get("dtype", ""))
        dtype = wanted if wanted in DTYPE_BYTES else "bfloat16"
        why = "as the model asks" if dtype == wanted else "half the memory at full range"
        return Placement(self.name, dtype, f"a GPU is lent for each run; {dtype}: {why}")

    def is_out_of_memory(self, error: BaseException) -> bool:
        """See ``TorchDevice``."""
        import torch

        return isinstance(error, torch.OutOfMemoryError) or ran_out(error)

    def release_cached(self) -> None:
        """Nothing: this process holds no GPU memory, its workers hand theirs back when they end."""


def needs_gpu(card: ModelCard) -> bool:
    """Whether the model computes with torch; tokenizers and engines with a runtime of their own do not."""
    if card.engine in CPU_ENGINES:
        return False
    return bool(
        getattr(importlib.import_module(f"models.{card.capability}"), "READS_WEIGHTS", True)
    )


def fixed_set(
    catalog: Catalog, chosen: Mapping[str, Iterable[str]] | None = None
) -> list[ModelCard]:
    """The models that are built at start.

    Args:
        catalog: everything on offer; its defaults are taken for capabilities that nobody chose for.
        chosen: capability -> model ids, from ``Settings.zero_models``.

    Raises:
        InputError: when a chosen id is neither in the catalog nor a Hub id.
    """
    picked = [
        lender(catalog.find(capability, model))
        for capability in CAPABILITIES
        for model in (chosen or {}).get(capability, [catalog.default(capability).id])
    ]
    once = {(card.capability, card.id): card for card in reversed(picked)}
    return [card for card in reversed(once.values()) if needs_gpu(card)]


def borrows(card: ModelCard, keys: Collection[tuple[str, str]]) -> bool:
    """Whether a model that was built for another capability does the card's work."""
    other = lender(card)
    return other is not card and (other.capability, other.id) in keys


def offered(catalog: Catalog, built: Iterable[ModelCard], *, locked: bool = False) -> Catalog:
    """The catalog without what this Space can't run: GPU models outside the fixed set."""
    ready = list(built)
    keys = {(card.capability, card.id) for card in ready}
    light = [
        card
        for capability in CAPABILITIES
        for card in catalog.of(capability)
        if (card.capability, card.id) not in keys and (not needs_gpu(card) or borrows(card, keys))
    ]
    return Catalog([*ready, *light], preferred_tier=TIERS[-1], locked=locked)
