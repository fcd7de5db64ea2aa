"""Entities by a spaCy pipeline, which finds whole entities and gives no score.

Long texts are read in pieces that end with a sentence. Documentation: https://spacy.io/api/entityrecognizer
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.entities import Entities, Entity, check_text
from models.errors import InputError, ModelUnsupported
from models.ner_pieces import Found, pieces, taken
from models.ner_spans import trimmed
from models.ner_vectors import give_vectors, has_rows
from models.spec import Placement, Weights
from models.stop import NEVER, StopToken

#: Characters of a piece: spaCy gains nothing from longer ones, and its tokenizer takes time by the
#: square of a run of punctuation (20,000 characters of "!": 38 s; 2,000: 0.4 s).
PIECE = 2_000
#: Characters read on both sides where a sentence longer than a piece is cut.
MARGIN = 150


class SpacyNer:
    """Finds entities with a spaCy pipeline, a piece of the text at a time.

    Runs on the CPU. A pipeline's vocabulary is not safe under threads: pieces of different texts
    take turns, so that a short text does not wait for a long one.

    Args:
        pipeline: a loaded ``spacy.Language`` with an entity recogniser.
        memory_bytes: size of its files.
    """

    reentrant = True
    aggregations: tuple[str, ...] = ()

    def __init__(self, pipeline: Any, memory_bytes: int) -> None:
        self._pipeline, self.memory_bytes = pipeline, memory_bytes
        self.labels = tuple(pipeline.get_pipe("ner").labels)
        self._turn = threading.Lock()

    def entities(
        self, text: str, *, stop: StopToken = NEVER, aggregation: str = "simple"
    ) -> Iterator[Entities]:
        """Finds the entities of ``text``, piece by piece.

        Args:
            text: 1 to ``MAX_CHARACTERS`` characters, not only white space.
            stop: polled between pieces.
            aggregation: ``simple`` or empty; the pipeline joins its tokens itself.

        Yields:
            The entities so far; the last result covers the whole text.

        Raises:
            InputError: when the text is empty or too long, or another aggregation is asked for.
        """
        check_text(text)
        if aggregation not in ("", "simple"):
            raise InputError(
                f"Aggregation {aggregation!r} is not for this model: it finds whole entities itself.",
                hint="Leave it out, or choose a token classifier.",
            )
        parts, kept = pieces(text, PIECE, MARGIN), list[Entity]()
        for done, piece in enumerate(parts, start=1):
            stop.check()
            since = kept[-1].end if kept else 0
            new = taken(piece, self._read(text, piece.start, piece.end), since)
            kept += [Entity(text[a:b], label, a, b, None) for label, a, b in new]
            yield Entities(
                tuple(kept), self.labels, False, "", len(text), piece.owned_end, done, len(parts)
            )

    def _read(self, text: str, since: int, until: int) -> list[Found]:
        """Entities of a part, with offsets into the whole; the words of the text are not kept."""
        with self._turn, self._pipeline.memory_zone():
            document = self._pipeline(text[since:until])
            found = [
                (str(e.label_), since + e.start_char, since + e.end_char) for e in document.ents
            ]
        bare = [(label, *trimmed(text, start, end)) for label, start, end in found]
        return [entity for entity in bare if entity[1] < entity[2]]


def load_spacy(weights: Weights, placement: Placement) -> SpacyNer:
    """Builds the engine from a spaCy pipeline folder; components without files there are left out.

    Raises:
        ModelUnsupported: when the pipeline has no entity recogniser.
    """
    import spacy

    meta = json.loads((weights.folder / "meta.json").read_text("utf-8"))
    names = [*meta["pipeline"], *meta.get("disabled", ())]
    here = [name for name in names if (weights.folder / name).is_dir()]
    if "ner" not in here:
        raise ModelUnsupported(
            f"{weights.card.id} has no entity recogniser, only {', '.join(here) or 'nothing'}.",
            hint="Choose a spaCy pipeline with a component named ner.",
        )
    absent, vocabulary = [name for name in names if name not in here], weights.folder / "vocab"
    if not has_rows(vocabulary):
        return SpacyNer(spacy.load(weights.folder, exclude=absent), _bytes(weights.folder))
    pipeline = spacy.load(weights.folder, exclude=[*absent, "vectors"])
    give_vectors(pipeline, vocabulary)
    return SpacyNer(pipeline, _bytes(weights.folder))


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
