"""How often the embeddings starter finds the passage that a question was written for, beside BM25.

Questions and passages are those of the question-answering sets, written by hand; every passage of both
sets stands in one pile. Nothing was chosen on them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from models.similarity import cosines
from models.starter.quality.engines import engine
from models.starter.quality.score import Score
from models.starter.train import qa_eval
from models.word_overlap import WordIndex

MODEL = "starter/minilm-embeddings"
#: Places that count as found near the top.
NEAR = 3


def measure() -> Iterator[Score]:
    """Answerable questions over all passages."""
    cases = [case for case in (*qa_eval.checked(), *qa_eval.held_out()) if case.answers]
    passages = list(dict.fromkeys(case.passage for case in cases))
    truth = [passages.index(case.passage) for case in cases]
    questions = [case.question for case in cases]
    model = engine(MODEL)
    begun = time.process_time()
    asked, read = (vectors(model, texts) for texts in (questions, passages))
    each = (time.process_time() - begun) / (len(questions) + len(passages))
    places = [
        int((row > row[right]).sum()) + 1
        for row, right in zip(cosines(asked, read), truth, strict=True)
    ]
    figures = {
        **shares(places),
        "BM25 first": shares(by_words(questions, passages, truth))["first"],
    }
    data = f"{len(questions)} questions by hand, each for one of {len(passages)} passages"
    yield Score("embeddings", MODEL, data, figures, round(each, 4))


def vectors(model: Any, texts: Sequence[str]) -> Any:
    """(texts, dimensions) float32."""
    (*_, found) = model.embed(texts)
    return found.vectors


def by_words(questions: Sequence[str], passages: Sequence[str], truth: Sequence[int]) -> list[int]:
    """Place of the right passage for each question by BM25; last where no word is shared."""
    index, places = WordIndex(passages), []
    for question, right in zip(questions, truth, strict=True):
        scores = index.scores(question)
        places.append(
            sum(score > scores[right] for score in scores.values()) + 1
            if right in scores
            else len(passages)
        )
    return places


def shares(places: Sequence[int]) -> dict[str, float]:
    """Per cent of the right passages that came first, and among the first ``NEAR``."""
    found = np.array(places)
    return {
        "first": round(100 * float((found == 1).mean()), 1),
        f"among {NEAR}": round(100 * float((found <= NEAR).mean()), 1),
    }
