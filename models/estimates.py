"""What a model will take in memory, told before anybody loads it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from models.hub.preflight import Preflight
from models.lending import homes, lender
from models.offers import need_bytes
from models.service import Service
from models.snippets.source import source_of
from models.sources import LOCAL_REVISION, starter_revision
from models.spec import ModelCard, Placement, Weights
from models.starter import starters
from models.units import size
from models.variant_memory import Beside

#: Stands for a folder that is not known yet: nothing can lie in it.
_NOWHERE = Path(os.devnull)


def memory_told(card: ModelCard, service: Service) -> str:
    """What a model takes or will take, and how that is known, in words; empty where nothing tells.

    In this order: what it takes now; what its last loads on this machine took; what its files say;
    what its card says. With what a quicker variant of its network takes, and which one that is.

    Raises:
        AppError: when its files can't be read.
    """
    keys, card = homes(card), lender(card)
    here = next((r for r in service.registry.residents() if r.key[:2] in keys and r.load_s), None)
    if here is not None:
        return f"{size(here.size_bytes)}, loaded now"
    placement = Placement(*service.admission.placement(card), "")
    weights, on_disk = _files(card, service)
    # a GPU is asked what it holds only once a run has chosen it: that imports torch, and it may not be there
    known = service.registry.device is not None or not placement.device.startswith("cuda")
    by_files = on_disk and known
    own = 0 if by_files else need_bytes(card, placement.dtype)
    if not (own or by_files):
        return ""
    found = service.registry.estimate(weights, placement, own)
    how = "by its files" if by_files else "by its card"
    if found.measured:
        how = "as when it was loaded before"
    told = f"about {size(found.size_bytes)} once loaded, {how}{_variant(found.beside)}"
    return told if found.size_bytes else ""


def with_variant(found: Preflight, card: ModelCard, service: Service) -> Preflight:
    """What is said of a model of the Hub, with what a quicker variant takes where there is room for it."""
    if found.problem or not found.memory_bytes:
        return found
    card = lender(card)
    placement = Placement(*service.admission.placement(card), "")
    weights, _ = _files(card, service)
    beside = service.registry.estimate(weights, placement, found.memory_bytes).beside
    needed, budget = found.memory_bytes + beside.size_bytes, service.admission.machine.budget_bytes
    if not beside.size_bytes or (budget and needed > budget):
        return found
    told = f"Of the memory {size(beside.size_bytes)} is for {_named(beside)}."
    return replace(found, memory_bytes=needed, remarks=(*found.remarks, told))


def _variant(beside: Beside) -> str:
    """How much of it a quicker variant of the network takes, in words."""
    if not beside.size_bytes:
        return ""
    return f"; {size(beside.size_bytes)} of it for {_named(beside)}"


def _named(beside: Beside) -> str:
    return beside.name.replace("-", " ") or "a quicker variant that is tried first"


def _files(card: ModelCard, service: Service) -> tuple[Weights, bool]:
    """A model's files as ``models.sources.ModelBuilder.fetch`` names them, and whether they are here."""
    starter = starters().get(card.id)
    if card.is_starter and starter is None:
        return Weights(card, _NOWHERE, ""), False
    source = source_of(card, service)
    revision = source.revision if card.is_hub else LOCAL_REVISION
    folder, here = source.folder or _NOWHERE, source.folder is not None and source.folder.is_dir()
    return Weights(card, folder, starter_revision(starter) if starter else revision), here
