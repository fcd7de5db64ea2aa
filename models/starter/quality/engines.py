"""Starters as engines on the CPU: loaded the way the tabs do, with no registry in between."""

from __future__ import annotations

from typing import Any

from models.hub.desk import HubDesk
from models.loading import ModelSpec
from models.settings import Settings
from models.sources import ModelBuilder
from models.spec import ModelCard, Placement
from models.starter import starters

_CPU = Placement("cpu", "float32", "Quality is measured on the CPU.")


def card(starter: str) -> ModelCard:
    """The card of a starter, such as ``starter/minilm-qa``."""
    return starters()[starter].card


def engine(starter: str) -> Any:
    """The engine of a starter; its folder is made first where it is not here yet.

    Raises:
        ModelError: when its package is missing or damaged.
    """
    builder = ModelBuilder(Settings().cache_folder, {}, HubDesk(offline=True))
    weights = builder.fetch(ModelSpec(card(starter)), lambda *_: None)
    return builder.build(weights, _CPU)
