"""Scores question answering on the hand-checked set, beside a baseline without a trained head.

    python -m models.starter.train.qa_eval             # the committed weights
    python -m models.starter.train.qa_eval --wrong     # and every question it gets wrong

Exact match and F1 follow SQuAD: case, punctuation and articles do not count, and the best of the
allowed answers does (Rajpurkar et al. 2016, 2018).
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import string
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from models.starter.minilm import WEIGHTS, build_qa
from models.starter.train import loop

log = logging.getLogger(__name__)

_QUALITY = Path(__file__).parents[3] / "tests" / "quality"
CHECKED, HELD_OUT = _QUALITY / "qa_checked.jsonl", _QUALITY / "qa_held_out.jsonl"
MAX_ANSWER_TOKENS = 30
Reader = Callable[[str, str], str]
"""(passage, question) to the answer, "" for none."""


@dataclass(frozen=True)
class Checked:
    """A question written by hand; `answers` is empty when the passage does not say."""

    passage: str
    question: str
    answers: tuple[str, ...]


def checked(path: Path = CHECKED) -> list[Checked]:
    """The hand-checked questions, which no training row may equal."""
    rows = map(json.loads, path.read_text("utf-8").splitlines())
    return [Checked(row["passage"], row["question"], tuple(row["answers"])) for row in rows]


def held_out() -> list[Checked]:
    """More of them, written after every setting was chosen."""
    return checked(HELD_OUT)


def f1(answer: str, truth: str) -> float:
    """Overlap of words, 0 to 1."""
    got, want = _words(answer), _words(truth)
    same = sum((Counter(got) & Counter(want)).values())
    return 2 * same / (len(got) + len(want)) if same else float(got == want)


def scores(read: Reader, cases: Iterable[Checked]) -> dict[str, float]:
    """Per cent: exact and F1 on answerable questions, right silence on the others."""
    exact, overlap, silent = [], [], []
    for case in cases:
        answer = read(case.passage, case.question)
        if case.answers:
            exact.append(max(float(_words(answer) == _words(truth)) for truth in case.answers))
            overlap.append(max(f1(answer, truth) for truth in case.answers))
        else:
            silent.append(float(not answer))
    return {"exact": _per_cent(exact), "f1": _per_cent(overlap), "no_answer": _per_cent(silent)}


def span_reader(model: Any, tokenizer: Any, margin: float = 0.0) -> Reader:
    """The trained model: the best span, or "" when [CLS] beats it by more than `margin`."""
    import torch

    model.eval()

    def read(passage: str, question: str) -> str:
        encoded = tokenizer(
            question,
            passage,
            truncation="only_second",
            max_length=512,
            return_offsets_mapping=True,
            return_tensors="pt",
        )
        offsets = encoded.pop("offset_mapping")[0].tolist()
        with torch.inference_mode():
            output = model(**encoded)
        start, end = output.start_logits[0].float(), output.end_logits[0].float()  # (tokens,)
        inside = encoded["token_type_ids"][0].bool()
        inside[-1] = False  # the closing [SEP]
        legal = torch.ones(len(start), len(start)).triu().tril(MAX_ANSWER_TOKENS - 1).bool()
        legal &= inside[:, None] & inside[None, :]
        spans = (start[:, None] + end[None, :]).masked_fill(~legal, -1e9)
        best = int(spans.argmax())
        first, last = divmod(best, len(start))
        if float(start[0] + end[0]) > float(spans.max()) + margin:
            return ""
        return str(passage[offsets[first][0] : offsets[last][1]])

    return read


def sentence_reader(model: Any, tokenizer: Any, least: float) -> Reader:
    """The baseline: the sentence nearest to the question, "" below a cosine of `least`."""
    import torch

    def embed(texts: Sequence[str]) -> torch.Tensor:
        encoded = tokenizer(
            list(texts), padding=True, truncation=True, max_length=128, return_tensors="pt"
        )
        with torch.inference_mode():
            hidden = model(**encoded).last_hidden_state  # (texts, tokens, 384)
        mask = encoded["attention_mask"][..., None]
        return torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=-1)

    def read(passage: str, question: str) -> str:
        sentences = re.split(r"(?<=[.!?]) +", passage)
        vectors = embed([question, *sentences])
        near = vectors[1:] @ vectors[0]
        return sentences[int(near.argmax())] if float(near.max()) >= least else ""

    return read


def write_scores() -> dict[str, float]:
    """Scores the committed weights on both sets and writes the figures into the model card."""
    from models.starter.question_answering import MARGIN

    read = _committed(MARGIN)
    held = {f"held_out_{name}": value for name, value in scores(read, held_out()).items()}
    found = {**scores(read, checked()), **held}
    path = WEIGHTS / "qa" / "card.json"
    card = json.loads(path.read_text("utf-8"))
    partial = path.with_suffix(".partial")
    partial.write_text(
        json.dumps({**card, "scores": found}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    os.replace(partial, path)
    return found


def main() -> None:
    """Prints the model's and the baseline's figures."""
    from models.starter.question_answering import MARGIN

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wrong", action="store_true", help="list the questions it gets wrong")
    parser.add_argument("--margin", type=float, default=MARGIN, help="off the score of no answer")
    parser.add_argument("--baseline", action="store_true")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    cases, read = checked(), _committed(options.margin)
    answerable = sum(bool(case.answers) for case in cases)
    log.info(
        "%d questions, %d answerable, %d passages",
        len(cases),
        answerable,
        len({c.passage for c in cases}),
    )
    log.info("MiniLM spans: %s; held out: %s", scores(read, cases), scores(read, held_out()))
    if options.baseline:
        for least in (0.0, 0.4, 0.5, 0.6):
            log.info(
                "nearest sentence from cosine %.1f: %s", least, scores(_baseline(least), cases)
            )
    for case in cases if options.wrong else ():
        answer = read(case.passage, case.question)
        if max((f1(answer, truth) for truth in case.answers), default=float(not answer)) < 0.5:
            log.info("%s | got %r | want %r", case.question, answer, case.answers)


def _committed(margin: float = 0.0) -> Reader:
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    with TemporaryDirectory() as folder:
        build_qa(loop.backbone(), Path(folder))
        model = AutoModelForQuestionAnswering.from_pretrained(folder)
        return span_reader(model, AutoTokenizer.from_pretrained(folder), margin)


def _baseline(least: float) -> Reader:
    from transformers import AutoModel, AutoTokenizer

    model = AutoModel.from_pretrained(loop.backbone())
    return sentence_reader(model.eval(), AutoTokenizer.from_pretrained(loop.backbone()), least)


def _words(text: str) -> list[str]:
    plain = "".join(char for char in text.lower() if char not in string.punctuation)
    return [word for word in plain.split() if word not in {"a", "an", "the"}]


def _per_cent(values: Sequence[float]) -> float:
    return round(100 * sum(values) / max(len(values), 1), 1)


if __name__ == "__main__":
    main()
