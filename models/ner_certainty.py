"""How sure a spaCy recogniser is of each entity, which spaCy itself does not tell.

A recogniser reads a text from left to right and makes one decision a token: begin an entity of some label,
go on with it, end it, make one of this token alone, or leave the token out. It was trained with a softmax
over these decisions, so their shares are its probabilities, each given those before it. An entity's score is
their product over its tokens: the probability of just these edges and just this label, where reading had come
to its first token. The decisions are taken as spaCy takes them, the best one that may come next, so
that the entities are spaCy's own. Knows no page and no offsets of pieces.

Source: the loss in spacy/ml/parser_model.pyx (``cpu_log_loss``), the walk in
spacy/pipeline/transition_parser.pyx (``greedy_parse``), spaCy 3.8.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from models.encoders import softmax

#: The component whose decisions are read.
COMPONENT = "ner"
#: An entity without its text: label, start and end in characters, and its score, 0 to 1, where there is one.
Found = tuple[str, int, int, float | None]


class SureRecogniser:
    """Runs a pipeline and gives its entities with scores.

    Args:
        pipeline: a loaded ``spacy.Language`` of which ``takes_one_way`` is true.
    """

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline
        moves = pipeline.get_pipe(COMPONENT).moves
        self._places = {moves.get_class_name(at): at for at in range(moves.n_moves)}

    def entities(self, text: str) -> Iterator[Found]:
        """The entities of a text, in its order; None for the score of one that a rule has set."""
        document, scores = self._pipeline.make_doc(text), dict[tuple[int, int, str], float]()
        for name, component in self._pipeline.pipeline:
            if name == COMPONENT and len(document) and not document.ents:
                scores = self._recognised(component, document)
            else:  # the recogniser itself, where rules came before it: it is bound by theirs
                document = component(document)
        for entity in document.ents:
            score = scores.get((entity.start, entity.end, entity.label_))
            yield entity.label_, entity.start_char, entity.end_char, score

    def _recognised(self, recogniser: Any, document: Any) -> dict[tuple[int, int, str], float]:
        """Sets the document's entities; their scores by first token, token after the last, and label."""
        import numpy as np

        (state,) = recogniser.moves.init_batch([document])
        network, rows = recogniser.model.predict([document]), list[Any]()
        while not state.is_final():  # a token a turn
            logits = network.predict([state])  # (1, decisions)
            rows.append(logits[0])
            recogniser.transition_states([state], logits)
        network.clear_memory()
        recogniser.set_annotations([document], [state])
        shares = softmax(np.stack(rows))  # (tokens, decisions)
        return {
            (entity.start, entity.end, entity.label_): float(
                np.prod([shares[at, self._places[move]] for at, move in _moves(entity)])
            )
            for entity in document.ents
        }


def takes_one_way(pipeline: Any) -> bool:
    """Whether a pipeline's recogniser is spaCy's own and follows its best decisions alone, without a beam."""
    from spacy.pipeline import EntityRecognizer

    recogniser = pipeline.get_pipe(COMPONENT)
    return isinstance(recogniser, EntityRecognizer) and recogniser.cfg["beam_width"] == 1


def _moves(entity: Any) -> Iterator[tuple[int, str]]:
    """The decisions that made an entity: token, and spaCy's name of the move."""
    first, last = entity.start, entity.end - 1
    for at in range(first, entity.end):
        kind = "U" if first == last else "B" if at == first else "L" if at == last else "I"
        yield at, f"{kind}-{entity.label_}"
