"""Code of an entity run: spaCy's own, or the token classification pipeline and its work by hand."""

from __future__ import annotations

from collections.abc import Mapping

from models.ner_transformers import OVERLAP
from models.snippets.attribution import word_values
from models.snippets.code import Snippet, snippet
from models.snippets.engine import engine_code
from models.snippets.entity_words import weights_source
from models.snippets.ner_spacy import spacy_snippets, spacy_word_snippet
from models.snippets.quicker import as_it_ran
from models.snippets.reading import EDGES, LONGEST, WINDOWS
from models.snippets.sizes import fits
from models.snippets.source import Source
from models.spec import ModelCard

_PIPELINE = """
recogniser = pipeline(
    "token-classification",
    model=checkpoint,
    device=device,
    dtype=dtype,
    aggregation_strategy=aggregation,
)
entities = recogniser(text)
"""

_FOUND = """

def found(part):
    return [
        (e["start"], e["end"], e.get("entity_group") or e["entity"], float(e["score"]))
        for e in recogniser(part)
    ]


"""

_LOAD = """
tokenizer = AutoTokenizer.from_pretrained(checkpoint)
model = AutoModelForTokenClassification.from_pretrained(checkpoint, dtype=dtype)
model = model.to(device).eval()
"""

_ONCE = """
encoded = tokenizer(text, return_offsets_mapping=True, return_tensors="pt")
offsets = encoded.pop("offset_mapping")[0].tolist()
words = encoded.word_ids()
with torch.inference_mode():
    rows = model(**encoded.to(device)).logits[0].float().softmax(-1)  # (tokens, labels)
"""

_WINDOWS = f"""
# The text may be longer than the model's window: each token counts where it has most context.
encoded = tokenizer(
    text, return_offsets_mapping=True, return_special_tokens_mask=True, verbose=False
)
ids, special = encoded["input_ids"], encoded["special_tokens_mask"]
first, last = special.index(0), len(special) - special[::-1].index(0)
head, body, tail = ids[:first], ids[first:last], ids[last:]
offsets, words = encoded["offset_mapping"][first:last], encoded.word_ids()[first:last]
{LONGEST}
{WINDOWS}
{EDGES}
rows = []
for start, (left, right) in zip(starts, pairwise(edges)):
    tokens = torch.tensor([[*head, *body[start : start + size], *tail]], device=device)
    with torch.inference_mode():
        shares = model(input_ids=tokens).logits[0].float().softmax(-1)  # (tokens, labels)
    rows.append(shares[len(head) + left - start : len(head) + right - start])
rows = torch.cat(rows)
"""

_TOKENS = """
units = [(span, row) for span, row in zip(offsets, rows) if span[0] < span[1]]
"""

_WORDS = """
# A word has one label: {how}.
tokens = [(w, span, row) for w, span, row in zip(words, offsets, rows) if span[0] < span[1]]
units = []
for _, group in groupby(tokens, key=lambda token: token[0]):
    _, spans, parts = zip(*group)
    row = {row}
    units.append(((spans[0][0], spans[-1][1]), row))
"""

_ROW = {
    "first": ("that of its first token", "parts[0]"),
    "average": ("by the mean over its tokens", "torch.stack(parts).mean(0)"),
    "max": ("that of its surest token", "max(parts, key=lambda part: part.max())"),
}

_RAW = """
entities = []
for (start, end), row in units:
    tag = model.config.id2label[int(row.argmax())]
    if tag != "O":
        start += len(text[start:end]) - len(text[start:end].lstrip())
        entities.append(
            {"text": text[start:end], "label": tag, "start": start, "end": end,
             "score": float(row.max())}
        )
"""

_JOINED = """
entities, entity = [], None
for (start, end), row in units:
    tag = model.config.id2label[int(row.argmax())]
    prefix, label = (tag[0], tag[2:]) if tag[1:2] in ("-", "_") else ("I", tag)
    if label == "O":
        entity = None
        continue
    if entity is None or prefix in "BSU" or entity["label"] != label:
        start += len(text[start:end]) - len(text[start:end].lstrip())
        entity = {"label": label, "start": start, "scores": []}
        entities.append(entity)
    entity["end"] = end
    entity["scores"].append(float(row.max()))
    if prefix in "ELSU":
        entity = None
for entity in entities:
    scores = entity.pop("scores")
    entity["score"] = sum(scores) / len(scores)
    entity["text"] = text[entity["start"] : entity["end"]]
"""


def snippets(
    card: ModelCard, source: Source, settings: Mapping[str, object]
) -> tuple[Snippet, ...]:
    """Settings: ``text``, ``aggregation``; with ``method`` the weights of the text's words, for ``label``.

    That is the place of an entity as ``0-12``, or empty for the first one. Several labels a token take the
    app's engine: see there.
    """
    text = str(settings.get("text", ""))
    if "method" in settings:
        return (_weights(card, source, text, settings),)
    if card.engine == "spacy":
        return spacy_snippets(source, text)
    joined = str(settings.get("aggregation") or "simple")
    if _several(source):
        return (engine_code(card, source, "entities", text, {"aggregation": joined}),)
    values = {"checkpoint": source.checkpoint, **source.placement}
    short = fits(text, source.config)
    pipe = snippet(
        "pipeline",
        "from transformers import pipeline",
        {**values, "aggregation": joined, "text": text},
        _PIPELINE,
        result="entities",
    )
    given = {**values, **({} if short else {"overlap": OVERLAP}), "text": text}
    body = _LOAD + (_ONCE if short else _WINDOWS) + _decoding(joined)
    imports = _imports(joined, short)
    by_hand = snippet("tokenizer and model", imports, given, body, result="entities")
    levels = (pipe, by_hand) if short else (by_hand,)
    return (*as_it_ran(source, imports, given, body, result="entities"), *levels)


def _several(source: Source) -> bool:
    """Whether a token may have several labels."""
    return source.config.get("problem_type") == "multi_label_classification"


def _weights(card: ModelCard, source: Source, text: str, settings: Mapping[str, object]) -> Snippet:
    """The weights of words, by the app's own engine where the library alone would not read it all."""
    place = str(settings.get("label") or "")
    joined = str(settings.get("aggregation") or "")
    if card.engine == "spacy":
        found = spacy_word_snippet(source, text, place)
    elif fits(text, source.config) and not _several(source):
        values = {
            "checkpoint": source.checkpoint, **source.placement,
            "aggregation": joined or "simple", "text": text, **word_values(text),
        }  # fmt: skip
        body = f"{_PIPELINE.rpartition('entities =')[0]}{_FOUND}{weights_source(text, place)}"
        imports = "import re\nfrom transformers import pipeline"
        found = snippet("pipeline", imports, values, body, result="weights")
    else:
        found = None
    if found is not None:
        return found
    start, _, end = place.partition("-")
    asked = {"place": (int(start), int(end)) if place else None, "aggregation": joined}
    return engine_code(card, source, "explain", text, asked)


def _imports(joined: str, short: bool) -> str:
    tools = [] if short else ["pairwise"]
    tools = ["groupby", *tools] if joined in _ROW else tools
    return "\n".join(
        [
            "import torch",
            "from transformers import AutoModelForTokenClassification, AutoTokenizer",
            *([f"from itertools import {', '.join(tools)}"] if tools else []),
        ]
    )


def _decoding(joined: str) -> str:
    if joined == "none":
        return _TOKENS + _RAW
    if joined not in _ROW:
        return _TOKENS + _JOINED
    how, row = _ROW[joined]
    return _WORDS.replace("{how}", how).replace("{row}", row) + _JOINED
