"""The classes that a classifier sorts into, read from its configuration before its weights are fetched.

The Hub's own description of a model does not name them, and for some tasks they decide.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from models.access import Access
from models.errors import AppError
from models.hub.client import explained, get
from models.hub.facts import HubFacts

log = logging.getLogger(__name__)
_CONFIG = "config.json"


def classes_in(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The names in a configuration's ``id2label``, in lower case by their number; empty without one."""
    named = config.get("id2label")
    if not isinstance(named, dict) or not all(str(i) in named for i in range(len(named))):
        return ()
    return tuple(str(named[str(i)]).lower() for i in range(len(named)))


def with_classes(facts: HubFacts, folder: Path, access: Access) -> HubFacts:
    """The facts with the model's classes; without them where the Hub does not give its configuration.

    Args:
        facts: the model.
        folder: where its files lie once they are fetched: then the Hub is not asked.
        access: the caller's rights.
    """
    here = folder / _CONFIG
    try:
        if here.is_file():
            text: str | bytes = here.read_text("utf-8")
        elif not facts.readable or all(file.name != _CONFIG for file in facts.files):
            return facts
        else:
            with explained(facts.id):
                text = get(f"/{facts.id}/resolve/{facts.commit}/{_CONFIG}", access).content
        config = json.loads(text)
    except (AppError, OSError, ValueError) as error:
        log.warning("the classes of %s are not known: %s", facts.id, error)
        return facts
    return replace(facts, classes=classes_in(config)) if isinstance(config, dict) else facts
