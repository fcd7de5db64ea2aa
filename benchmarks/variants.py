"""What each variant of a starter's network gains and loses: speed against torch, answers right."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from benchmarks.harness import Disagree, Effort, Row, Side, timed, versus
from benchmarks.starter_models import folder
from models.encoders import Encoder, TorchRuntime
from models.settings import Settings
from models.spec import ModelCard, Placement, Weights
from models.starter import starters
from models.starter.quality import question_answering
from models.starter.quality.score import DATA
from models.starter.train import qa_eval
from models.variant_verdict import Verdict
from models.variants import Shelf
from models.variants_openvino import OpenVinoRuntime
from models.variants_trial import VARIANTS

TITLE = "Variants of the starters' networks on this CPU"
CPU = Placement("cpu", "float32", "benchmark")


def measure(effort: Effort) -> Iterator[Row]:
    """Both starters with a head, each variant, over their labelled texts."""
    yield from _rows("sentiment", "minilm-sentiment", _sentiment, effort)
    yield from _rows("question_answering", "minilm-qa", _answers, effort)


def _rows(
    capability: str, name: str, exam: Callable[[Any, int], list[bool]], effort: Effort
) -> Iterator[Row]:
    import importlib

    card: ModelCard = starters()[f"starter/{name}"].card
    weights = Weights(card, folder(name), "")
    shelf = Shelf(Settings().cache_folder, "auto")
    verdict: Verdict = shelf.make(weights)
    engine = importlib.import_module(f"models.{capability}").load(weights, CPU)
    encoder: Encoder = engine.encoder
    plain = encoder.runtime
    if not isinstance(plain, TorchRuntime):
        raise TypeError("the engine was not loaded with torch")
    texts = effort.of(24, 60)
    for variant in VARIANTS:
        quick = OpenVinoRuntime(shelf.folder(weights), verdict.fields, variant.partition("-")[2])

        def taken(runtime: Any) -> Any:
            encoder.exchange(runtime)
            return timed(lambda: exam(engine, texts))

        chosen = "chosen on this machine" if verdict.chosen == variant else "not chosen"
        yield versus(
            f"{card.title}, {variant}",
            Side(variant, partial(taken, quick)), Side("torch float32", lambda: taken(plain)),
            unit="ms", rounds=effort.of(2, 5), same=_marks,
            note=f"{texts} labelled texts, one after the other; {chosen}",
        )  # fmt: skip


def _sentiment(engine: Any, count: int) -> list[bool]:
    lines = (DATA / "sentiment_tricky.jsonl").read_text("utf-8").splitlines()[:count]
    rows = [json.loads(line) for line in lines]
    return [[*engine.score(row["text"])][-1].scores[0].label == row["label"] for row in rows]


def _answers(engine: Any, count: int) -> list[bool]:
    lines = (DATA / "qa_held_out.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines[:: max(1, len(lines) // count)]][:count]
    read = question_answering.reader(engine)
    marks = []
    for row in rows:
        found, wanted = read(row["passage"], row["question"]), row["answers"] or [""]
        marks.append(max(qa_eval.f1(found, answer) for answer in wanted) >= 0.5)
    return marks


def _marks(ours: list[bool], peer: list[bool]) -> str:
    """How many are right on each side; more than one in twenty lost is no match."""
    if sum(peer) - sum(ours) > len(peer) / 20:
        raise Disagree(f"{sum(ours)} right against {sum(peer)} of {len(peer)}")
    return f"{sum(ours)} right, torch {sum(peer)}, of {len(peer)}"
