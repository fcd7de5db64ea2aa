"""Code of an entity run by spaCy: its own call, and one that reads scores off its decisions."""

from __future__ import annotations

from dataclasses import replace

from models.ner_pieces import pieces
from models.ner_spacy import MARGIN, PIECE
from models.snippets.attribution import word_values
from models.snippets.code import Snippet, snippet
from models.snippets.entity_words import weights_source
from models.snippets.source import Source

_SURE_IMPORTS = "import numpy as np\nimport spacy"
_NO_SCORES = "The same entities, without scores: spaCy itself gives none."
_SPACY = """
nlp = spacy.load(checkpoint, exclude=exclude)
entities = [
    {"text": e.text, "label": e.label_, "start": e.start_char, "end": e.end_char}
    for e in nlp(text).ents
]
"""

_SPACY_PIECES = """
nlp = spacy.load(checkpoint, exclude=exclude)
# A long text is read in pieces: (start, end) is read, (own, until) counts; both by sentences.
entities, since = [], 0
for start, end, own, until in pieces:
    for e in nlp(text[start:end]).ents:
        a, b = start + e.start_char, start + e.end_char
        if a >= since and b > own and a < until:
            entities.append({"text": e.text, "label": e.label_, "start": a, "end": b})
            since = b
"""

_SURE = """
nlp = spacy.load(checkpoint, exclude=exclude)
moves = nlp.get_pipe("ner").moves
names = [moves.get_class_name(i) for i in range(moves.n_moves)]


def decide(recogniser, document):
    # One decision a token, the best that may come next, as spaCy itself goes.
    (state,) = recogniser.moves.init_batch([document])
    network, rows = recogniser.model.predict([document]), []
    while not state.is_final():
        logits = network.predict([state])  # (1, decisions)
        rows.append(np.exp(logits[0] - logits[0].max()))
        rows[-1] = rows[-1] / rows[-1].sum()
        recogniser.transition_states([state], logits)
    recogniser.set_annotations([document], [state])
    return rows


def score(entity, rows):
    # The product of the shares of the decisions that made it: begin, in, last, or a unit.
    size, share = len(entity), 1.0
    for i, token in enumerate(entity):
        kind = "U" if size == 1 else "B" if i == 0 else "L" if i == size - 1 else "I"
        share *= float(rows[token.i][names.index(f"{kind}-{entity.label_}")])
    return share


def read(part):
    document, scores = nlp.make_doc(part), {}
    for name, component in nlp.pipeline:
        if name == "ner" and len(document) and not document.ents:
            rows = decide(component, document)
            scores = {(e.start, e.end, e.label_): score(e, rows) for e in document.ents}
        else:
            document = component(document)
    return [(e, scores.get((e.start, e.end, e.label_))) for e in document.ents]


"""

_FOUND = """
def found(part):
    return [(e.start_char, e.end_char, e.label_, sure) for e, sure in read(part)]


"""

_SURE_ONCE = """
entities = [
    {"text": e.text, "label": e.label_, "start": e.start_char, "end": e.end_char, "score": sure}
    for e, sure in read(text)
]
"""

_SURE_PIECES = """
# A long text is read in pieces: (start, end) is read, (own, until) counts; both by sentences.
entities, since = [], 0
for start, end, own, until in pieces:
    for e, sure in read(text[start:end]):
        a, b = start + e.start_char, start + e.end_char
        if a >= since and b > own and a < until:
            entities.append({"text": e.text, "label": e.label_, "start": a, "end": b, "score": sure})
            since = b
"""


def spacy_snippets(source: Source, text: str) -> tuple[Snippet, ...]:
    """By spaCy alone, which gives no scores; and with those that the app reads off its decisions."""
    parts = [(p.start, p.end, p.owned_start, p.owned_end) for p in pieces(text, PIECE, MARGIN)]
    several = {"pieces": parts} if len(parts) > 1 else {}
    values = {"checkpoint": source.checkpoint, "exclude": _missing(source), "text": text, **several}
    body = _SPACY_PIECES if several else _SPACY
    plain = snippet("spaCy", "import spacy", values, body, result="entities")
    if not _sure(source):
        return (plain,)
    body = _SURE + (_SURE_PIECES if several else _SURE_ONCE).lstrip("\n")
    scored = snippet("spaCy with scores", _SURE_IMPORTS, values, body, result="entities")
    return (replace(plain, remark=_NO_SCORES), scored)


def spacy_word_snippet(source: Source, text: str, place: str) -> Snippet | None:
    """The weights of a text's words for an entity; None where that takes the app's own engine.

    Args:
        source: the model.
        text: whose words they are.
        place: of the entity, see ``models.snippets.entity_words``.
    """
    if len(text) > PIECE or not _sure(source):
        return None
    values = {
        "checkpoint": source.checkpoint, "exclude": _missing(source), "text": text,
        **word_values(text),
    }  # fmt: skip
    body = _SURE + _FOUND.lstrip("\n") + weights_source(text, place).lstrip("\n")
    return snippet(
        "spaCy with scores", f"import re\n{_SURE_IMPORTS}", values, body, result="weights"
    )


def _sure(source: Source) -> bool:
    return bool(source.file("ner/cfg").get("beam_width", 1) == 1)


def _missing(source: Source) -> list[str]:
    """Components of the pipeline that have no files here."""
    meta = source.file("meta.json")
    names = [*meta.get("pipeline", ()), *meta.get("disabled", ())]
    return [n for n in names if source.folder and not (source.folder / n).is_dir()]
