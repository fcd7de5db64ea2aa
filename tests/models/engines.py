"""What tests of engines share: a place, the engine of a starter, the last of its results."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from importlib import import_module
from typing import Any

from models.errors import Stopped
from models.spec import Placement, Weights
from models.stop import StopToken

CPU = Placement("cpu", "float32", "test")
#: Where the engines of tests are built: on the CPU, unless ``make test-gpu`` names another device.
HERE = replace(CPU, device=os.environ.get("TEST_DEVICE", "cpu"))


#: How far sounds of one network may differ: cuDNN chooses its way by the length, and rounds to TF32.
EXACT = 1e-5 if HERE.device == "cpu" else 5e-3


def last(results: Iterable[Any]) -> Any:
    """The last of an engine's growing results."""
    *_, found = results
    return found


def until_stopped(results: Iterable[Any], stop: StopToken, step: int) -> list[Any]:
    """An engine's results when Stop is pressed at a step; it has to end with ``Stopped``."""
    found = []
    try:
        for result in results:
            found.append(result)
            if result.step >= step:
                stop.set()
    except Stopped:
        return found
    raise AssertionError("the run went on to its end")


def starter_engine(name: str) -> Any:
    """The engine of ``starter/NAME``, from the packages that are installed."""
    from models.settings import Settings
    from models.sources import starter_folder
    from models.starter import starters

    found = starters()[f"starter/{name}"]
    folder = starter_folder(found, Settings().cache_folder)
    loaders = import_module(f"models.{found.card.capability}").LOADERS
    return loaders[found.card.engine](Weights(found.card, folder, "test"), HERE)
