"""Starter models: weights that come inside packages or inside this repository."""

from __future__ import annotations

import importlib
from functools import cache

from models.spec import CAPABILITIES
from models.starter.recipe import Starter


@cache
def starters() -> dict[str, Starter]:
    """Every starter by its model id, capability by capability in the order of the page."""
    found: dict[str, Starter] = {}
    for capability in CAPABILITIES:
        module = importlib.import_module(f"models.starter.{capability}")
        found.update((starter.card.id, starter) for starter in module.STARTERS)
    return found
