"""How a model turns the vectors of its tokens into one vector for a text, as its own files say.

Reads what sentence-transformers writes beside the weights: ``modules.json`` lists the steps,
``1_Pooling/config.json`` names the pooling, ``sentence_bert_config.json`` the longest input and
``config_sentence_transformers.json`` the prompts. Where a file is silent that is said, never hidden.
Knows JSON and names only; computes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from models.embedding_prefixes import NO_PREFIXES, Prefixes, known_prefixes
from models.errors import ModelUnsupported
from models.spec import ModelCard

Kind = TypeVar("Kind", dict[str, Any], list[Any])
#: Keys of a pooling's configuration -> our names; several that are true are put side by side.
_FLAGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len",
    "pooling_mode_weightedmean_tokens": "weighted_mean",
    "pooling_mode_lasttoken": "last",
}
#: The single name that newer releases write as ``pooling_mode``.
_NAMES = {
    "cls": "cls", "mean": "mean", "max": "max", "mean_sqrt_len_tokens": "mean_sqrt_len",
    "weightedmean": "weighted_mean", "lasttoken": "last",
}  # fmt: skip
#: What each pooling does, for a person.
POOLINGS = {
    "mean": "the mean of all token vectors",
    "cls": "the vector of the first token, [CLS]",
    "last": "the vector of the last token",
    "max": "the largest number of each dimension over all tokens",
    "mean_sqrt_len": "the sum of all token vectors over the root of their number",
    "weighted_mean": "a mean in which later tokens weigh more",
}
#: Steps of ``modules.json`` that are done here, by the last part of their type.
_STEPS = {"Transformer", "Pooling", "Normalize", "Dropout"}
#: Names that query and passage prompts go by in ``config_sentence_transformers.json``.
_QUERY, _PASSAGE = ("query", "search_query", "retrieval.query"), (
    "passage", "document", "search_document", "corpus", "retrieval.passage",
)  # fmt: skip


@dataclass(frozen=True)
class Recipe:
    """From token vectors to a text's vector.

    Attributes:
        pooling: names of ``POOLINGS``; the results of several stand side by side in the vector.
        normalised: whether the vector is scaled to length 1.
        max_tokens: longest input in tokens, special ones included; 0 where only the network limits it.
        lower: whether texts are put into lower case first.
        pools_prefix: whether the tokens of a prefix count in the pooling.
        prefixes: what stands before a text.
        source: where pooling and normalisation come from, as one sentence.
        assumed: whether the pooling is a guess, since no file names it.
    """

    pooling: tuple[str, ...]
    normalised: bool
    source: str
    max_tokens: int = 0
    lower: bool = False
    pools_prefix: bool = True
    prefixes: Prefixes = NO_PREFIXES
    assumed: bool = False

    @property
    def said(self) -> str:
        """Pooling and length of the vectors, for a person."""
        how = ", and ".join(POOLINGS[name] for name in self.pooling)
        return f"{how}{', scaled to length 1' if self.normalised else ', not scaled'}"


def read_recipe(folder: Path | None, card: ModelCard) -> Recipe:
    """The recipe of a model.

    Args:
        folder: its files; None while they are not here, which makes the pooling an assumption.
        card: names it, for prefixes that only its description tells.

    Raises:
        ModelUnsupported: when the files ask for a step that is not done here, or for no known pooling.
    """
    kinds = {
        str(step.get("type")).rsplit(".", 1)[-1]: str(step.get("path", ""))
        for step in _read(folder, "modules.json", list) or []
        if isinstance(step, dict)
    }
    strange = sorted(set(kinds) - _STEPS)
    if strange:
        raise ModelUnsupported(
            f"{card.id} has a step {strange[0]} behind its pooling, which is not done here.",
            hint="Choose a model whose modules.json lists Transformer, Pooling and Normalize only.",
        )
    found = _pooled(
        folder, kinds.get("Pooling") or "1_Pooling", card, normalised="Normalize" in kinds
    )
    limits = _json(folder, "sentence_bert_config.json")
    return replace(
        found,
        max_tokens=most if isinstance(most := limits.get("max_seq_length"), int) else 0,
        lower=bool(limits.get("do_lower_case")),
        prefixes=_prompted(folder) or known_prefixes(card),
    )


def _pooled(folder: Path | None, path: str, card: ModelCard, *, normalised: bool) -> Recipe:
    settings = _json(folder, f"{path}/config.json")
    if not settings:
        return _assumed(folder, card)
    name = settings.get("pooling_mode")
    chosen = [_NAMES.get(str(name), "")] if name else [
        ours for key, ours in _FLAGS.items() if settings.get(key)
    ]  # fmt: skip
    if not chosen or not all(chosen):
        raise ModelUnsupported(
            f"{path}/config.json of {card.id} names no pooling that is known here.",
            hint=f"Known are {', '.join(POOLINGS)}.",
        )
    length = "modules.json scales it" if normalised else "modules.json lists no scaling"
    return Recipe(
        tuple(chosen), normalised, f"{path}/config.json names the pooling, {length}.",
        pools_prefix=settings.get("include_prompt") is not False,
    )  # fmt: skip


def _assumed(folder: Path | None, card: ModelCard) -> Recipe:
    """What is usual for the architecture; said to be no more than that."""
    config = _json(folder, "config.json")
    names = [str(name) for name in config.get("architectures") or []]
    decodes = any(name.endswith("ForCausalLM") for name in names)
    pooling, why = ("last", "decoders") if decodes else ("mean", "encoders")
    missing = "The files of this model" if folder else "No file of this model is here yet:"
    said = "say nothing about pooling:" if folder else "its pooling is not known:"
    return Recipe(
        (pooling,), True,
        f"{missing} {said} {POOLINGS[pooling]}, scaled to length 1, is assumed, as is usual for {why}.",
        assumed=True,
    )  # fmt: skip


def _prompted(folder: Path | None) -> Prefixes | None:
    """The prompts that the model's own files name; None where they name none."""
    settings = _json(folder, "config_sentence_transformers.json")
    prompts: Mapping[str, Any] = settings.get("prompts") or {}
    query = next((str(prompts[name]) for name in _QUERY if prompts.get(name)), "")
    passage = next((str(prompts[name]) for name in _PASSAGE if prompts.get(name)), "")
    usual = str(prompts.get(str(settings.get("default_prompt_name"))) or "")
    if not (query or passage or usual):
        return None
    return Prefixes(
        query or usual, passage or usual, usual, "as its config_sentence_transformers.json says"
    )


def _json(folder: Path | None, name: str) -> dict[str, Any]:
    """A JSON object of the model's files; empty when it is not there."""
    return _read(folder, name, dict) or {}


def _read(folder: Path | None, name: str, kind: type[Kind]) -> Kind | None:
    """A JSON file of the model; None when it is not there.

    Raises:
        ModelUnsupported: when it can't be read, or holds another kind of value.
    """
    path = folder / name if folder else None
    if path is None or not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelUnsupported(
            f"{name} of this model is no JSON ({error}).", hint="Fetch the model again."
        ) from error
    if not isinstance(found, kind):
        raise ModelUnsupported(
            f"{name} of this model holds no {kind.__name__}.", hint="Choose another model."
        )
    return found
