"""What a model will take in memory, told before anybody loads it."""

from __future__ import annotations

from models.offers import need_bytes
from models.service import Service
from models.snippets.source import source_of
from models.sources import LOCAL_REVISION, starter_revision
from models.spec import ModelCard, Placement, Weights
from models.starter import starters
from models.units import size


def memory_told(card: ModelCard, service: Service) -> str:
    """What a model takes or will take, and how that is known, in words; empty where nothing tells.

    In this order: what it takes now; what its last loads on this machine took; what its files say;
    what its card says.

    Raises:
        AppError: when its files can't be read.
    """
    key = (card.capability, card.id)
    here = next((r for r in service.registry.residents() if r.key[:2] == key and r.load_s), None)
    if here is not None:
        return f"{size(here.size_bytes)}, loaded now"
    device, dtype = service.admission.placement(card)
    weights = _files(card, service)
    if weights is not None:
        expected, seen = service.registry.estimate(weights, Placement(device, dtype, ""))
        how = "as when it was loaded before" if seen else "by its files"
    else:
        expected, how = need_bytes(card, dtype), "by its card"
    return f"about {size(expected)} once loaded, {how}" if expected else ""


def _files(card: ModelCard, service: Service) -> Weights | None:
    """A model's files as ``models.sources.ModelBuilder.fetch`` names them; None where none are here."""
    starter = starters().get(card.id)
    if card.is_starter and starter is None:
        return None
    source = source_of(card, service)
    if source.folder is None or not source.folder.is_dir():
        return None
    revision = source.revision if card.is_hub else LOCAL_REVISION
    return Weights(card, source.folder, starter_revision(starter) if starter else revision)
