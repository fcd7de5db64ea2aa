"""The code view: library code that makes a run's result without this app, one file per capability.

Each file has ``snippets(card, source, settings)``, which returns the levels at which the library can
be used: pipeline first, then tokenizer and model. The result is the engine's own; a test runs both.
Knows neither torch nor gradio: the code is text.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from models.service import Service
from models.snippets.code import Snippet
from models.snippets.quicker import remarked
from models.snippets.source import Source, source_of
from models.spec import CAPABILITIES

__all__ = ["CAPABILITIES", "Snippet", "Source", "code_for", "source_of"]


def code_for(
    service: Service, capability: str, model: str, settings: Mapping[str, object]
) -> tuple[Snippet, ...]:
    """The code of a run.

    Args:
        service: whose models and device the run has.
        capability: one of ``CAPABILITIES``.
        model: id from the picker; the default model when empty.
        settings: the run's values by the names of the engine's verb; None stands for the default.

    Returns:
        At least one snippet, the highest level first.

    Raises:
        InputError: when ``model`` is no model id.
    """
    card = service.catalog.find(capability, model)
    given = {name: value for name, value in settings.items() if value is not None}
    source = source_of(card, service, model)
    written = importlib.import_module(f"models.snippets.{capability}").snippets
    return remarked(written(card, source, given), source.variant)
