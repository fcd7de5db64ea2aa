"""Named entities: the names, places, dates and amounts in a text, with true offsets.

Two engines give the same result (``models.entities``): spaCy's pipelines and the token classifiers of
transformers. Both have one verb, ``entities(text, stop=..., aggregation=...)``, which yields growing
results, and say in ``aggregations`` how they can join sub-tokens (empty: they find whole entities).
Model card of the starter: https://huggingface.co/spacy/en_core_web_sm
"""

from __future__ import annotations

from collections.abc import Callable

from models.entities import MAX_CHARACTERS, Entities, Entity, keep, selected
from models.ner_spacy import SpacyNer, load_spacy
from models.ner_spans import AGGREGATIONS
from models.ner_transformers import TransformersNer, load_transformers
from models.spec import Placement, Weights

__all__ = ["AGGREGATIONS", "LOADERS", "MAX_CHARACTERS", "Entities", "Entity", "keep", "selected"]

LOADERS: dict[str, Callable[[Weights, Placement], SpacyNer | TransformersNer]] = {
    "spacy": load_spacy,
    "transformers": load_transformers,
}
