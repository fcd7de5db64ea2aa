"""Models that are in memory before anybody comes: loaded one after the other at start, and kept."""

from __future__ import annotations

import asyncio
import logging
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from models.errors import AppError
from models.spec import Work

if TYPE_CHECKING:
    from models.service import Service

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Loaded:
    """The result of a load that runs nothing."""

    work: Work = field(default_factory=lambda: Work(0, "models"))


def warm(service: Service) -> threading.Thread | None:
    """Loads what the settings name, in a thread of its own, while the page is served already.

    A model that can't be loaded is told in the log and left to its first run, which tells why on the page.

    Returns:
        The thread; None where nothing is named.
    """
    if not service.settings.preloaded:
        return None
    thread = threading.Thread(target=lambda: asyncio.run(_all(service)), name="warm", daemon=True)
    thread.start()
    return thread


async def _all(service: Service) -> None:
    for capability, model in service.settings.preloaded:
        try:
            done = await service.keep(capability, model)
        except AppError as error:
            log.error("%s=%s is not loaded: %s", capability, model, error)
        else:
            log.info("%s is in memory and stays", done.metrics.title)
