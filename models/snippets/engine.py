"""The last resort of the code view: the app's own engine, where it does more than its libraries.

A text that is longer than a model reads at once, or with a layout to keep, takes a few hundred lines
which nobody wants to read in a code view. They are this repository's, and this is how to call them.
"""

from __future__ import annotations

from collections.abc import Mapping

from models.snippets.code import Snippet, snippet
from models.snippets.source import Source
from models.spec import ModelCard

_BODY = """
# In a checkout of this app: its own engine does here what the libraries do not.
card = ModelCard(
    id=model_id, capability=capability, engine=engine, title=model_id, defaults=defaults
)
weights, placement = Weights(card, Path(checkpoint), ""), Placement(device, dtype, "")
built = import_module(f"models.{capability}").LOADERS[engine](weights, placement)
RESULT = built.VERB(text, **settings)
"""


def engine_code(
    card: ModelCard, source: Source, verb: str, text: object, settings: Mapping[str, object],
    *, grows: bool = True,
) -> Snippet:  # fmt: skip
    """Calls the engine of a card.

    Args:
        card: the model.
        source: where it lies; a model of the Hub must have been downloaded.
        verb: name of the engine's method.
        text: its first argument: a text, or a list of them.
        settings: its keyword arguments.
        grows: whether it gives growing results, of which the last one is wanted; else a single one.
    """
    hub = not (card.is_starter or card.id.startswith("local/"))
    values = {
        "model_id": card.id,
        "capability": card.capability,
        "engine": card.engine,
        "defaults": dict(card.defaults),
        **source.placement,
        "text": text,
        "settings": dict(settings),
    }
    imports = [
        "from importlib import import_module",
        "from pathlib import Path",
        "from models.spec import ModelCard, Placement, Weights",
        *(["from huggingface_hub import snapshot_download"] if hub else []),
    ]
    found = (
        "checkpoint = snapshot_download(model_id)" if hub else f"checkpoint = {source.expression}"
    )
    call = _BODY.replace("VERB", verb).replace("RESULT", "*_, result" if grows else "result")
    return snippet(
        "this app's engine", "\n".join(imports), values, f"{found}\n{call}", result="result",
    )  # fmt: skip
