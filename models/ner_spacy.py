"""Entities by a spaCy pipeline, which finds whole entities; ``models.ner_certainty`` scores them.

Long texts are read in pieces that end with a sentence. Documentation: https://spacy.io/api/entityrecognizer
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.entities import Entities, Entity, check_text
from models.entity_words import Explaining
from models.errors import InputError, ModelUnsupported
from models.ner_certainty import Found as Scored
from models.ner_certainty import SureRecogniser, takes_one_way
from models.ner_pieces import pieces, taken
from models.ner_spans import trimmed
from models.ner_vectors import give_vectors, has_rows
from models.spec import Placement, Weights
from models.stop import NEVER, StopToken

#: Characters of a piece: spaCy gains nothing from longer ones, and its tokenizer takes time by the
#: square of a run of punctuation (20,000 characters of "!": 38 s; 2,000: 0.4 s).
PIECE = 2_000
#: Characters read on both sides where a sentence longer than a piece is cut.
MARGIN = 150


class SpacyNer(Explaining):
    """Finds entities with a spaCy pipeline, a piece of the text at a time.

    Runs on the CPU. A pipeline's vocabulary is not safe under threads: pieces of different texts
    take turns, so that a short text does not wait for a long one.

    Args:
        pipeline: a loaded ``spacy.Language`` with an entity recogniser.
        memory_bytes: size of its files.
        sure: the same pipeline with scores; None where it has none to give.
    """

    reentrant = True
    aggregations: tuple[str, ...] = ()

    def __init__(
        self, pipeline: Any, memory_bytes: int, sure: SureRecogniser | None = None
    ) -> None:
        self._pipeline, self._sure, self.memory_bytes = pipeline, sure, memory_bytes
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
            found = self._read(text, piece.start, piece.end)
            scores = {(a, b): score for _, a, b, score in found}
            new = taken(piece, [(label, a, b) for label, a, b, _ in found], since)
            kept += [Entity(text[a:b], label, a, b, scores[a, b]) for label, a, b in new]
            yield Entities(
                tuple(kept), self.labels, self._sure is not None, "", len(text), piece.owned_end,
                done, len(parts),
            )  # fmt: skip

    def _read(self, text: str, since: int, until: int) -> list[Scored]:
        """Entities of a part, with offsets into the whole; the words of the text are not kept."""
        with self._turn, self._pipeline.memory_zone():
            found = self._found(text[since:until])
        bare = [
            (label, *trimmed(text, since + start, since + end), score)
            for label, start, end, score in found
        ]
        return [entity for entity in bare if entity[1] < entity[2]]

    def _found(self, part: str) -> list[Scored]:
        if self._sure is not None:
            return list(self._sure.entities(part))
        return [(str(e.label_), e.start_char, e.end_char, None) for e in self._pipeline(part).ents]


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
    rows = has_rows(vocabulary)
    pipeline = spacy.load(weights.folder, exclude=[*absent, "vectors"] if rows else absent)
    if rows:
        give_vectors(pipeline, vocabulary)
    sure = SureRecogniser(pipeline) if takes_one_way(pipeline) else None
    return SpacyNer(pipeline, _bytes(weights.folder), sure)


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
