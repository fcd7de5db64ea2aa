"""What a call costs beyond the model's own forward pass: our engine and service against pipeline().

A stopwatch on the network itself, fp32 torch on both sides, is read in the same call, so the forward
pass of that very call is what is taken off.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from benchmarks.harness import Effort, Row, Sample, Side, close, times, versus
from benchmarks.starter_models import folder
from models.loading import ModelSpec
from models.service import Service, make_service
from models.settings import from_environment
from models.spec import ModelCard, Placement, Weights
from models.stop import NEVER

TITLE = "What a call costs beyond the forward pass"
TEXT = "The plot is thin, but the actors are a joy to watch and the music is lovely."
MODEL = "starter/minilm-sentiment"
_NAMES = "Ada Lovelace was born in London and worked with Charles Babbage, whom Siemens never met."
_PEER = "transformers pipeline()"


class Stopwatch:
    """Sums the seconds inside a network's forward pass.

    Args:
        network: a torch module.
    """

    def __init__(self, network: Any) -> None:
        self.seconds, self._forward = 0.0, network.forward
        network.forward = self._timed

    def _timed(self, *args: Any, **kwargs: Any) -> Any:
        began = perf_counter()
        try:
            return self._forward(*args, **kwargs)
        finally:
            self.seconds += perf_counter() - began

    def beyond(
        self, call: Callable[[], Any], calls: int, scores: Callable[[Any], Any] | None = None
    ) -> Sample:
        """Median milliseconds of ``call`` outside the network, and the scores it gave."""
        spans, output = [], None
        for _ in range(calls):
            self.seconds, began = 0.0, perf_counter()
            output = call()
            spans.append(perf_counter() - began - self.seconds)
        return Sample(median(spans) * 1000, (scores or _scores)(output))


def measure(effort: Effort) -> Iterator[Row]:
    """The engine's verb, and the same through the service, as an endpoint calls it."""
    import torch

    torch.set_num_threads(1)  # a wait for a second, busy core would hide what is measured
    rounds, calls = effort.of(3, 7), effort.of(50, 200)
    service = make_service(replace(from_environment(), offline=True, device="cpu", variants="off"))
    pipe = _pipeline()
    theirs = Stopwatch(pipe.model)
    peer = Side(_PEER, lambda: theirs.beyond(lambda: pipe(TEXT), calls))
    engine: Any
    with asyncio.Runner() as runner, service.registry.claim(_spec(service)) as engine:
        watch = Stopwatch(engine._model)
        yield versus(
            "overhead of a call, engine",
            Side("SentimentEngine", lambda: watch.beyond(lambda: _verb(engine, NEVER), calls)), peer,
            unit="ms", rounds=rounds, floor=times(4), same=close(1e-5), note="20 tokens, one core",
        )  # fmt: skip

        def served() -> Any:
            return runner.run(service.answer("sentiment", MODEL, _verb)).value

        if effort.full:
            yield versus(
                "overhead of a call, through the service",
                Side("Service.answer", lambda: watch.beyond(served, calls)), peer,
                unit="ms", rounds=rounds, same=close(1e-5),
                note="with the claim, the queue, the worker thread and the metrics of a run",
            )  # fmt: skip
    service.close()
    yield from _entities(rounds, calls)


def _entities(rounds: int, calls: int) -> Iterator[Row]:
    """The same for entities, joined out of sub-tokens: on MiniLM's encoder with a head by lot."""
    from transformers import pipeline

    from models.ner_transformers import load_transformers

    with TemporaryDirectory() as made:
        tagger = _tagger(Path(made))
        place = Placement("cpu", "float32", "the benchmark")
        engine: Any = load_transformers(
            Weights(ModelCard("local/ner", "ner", "", ""), tagger, ""), place
        )
        pipe = pipeline("token-classification", model=str(tagger), aggregation_strategy="simple")
    ours, theirs = Stopwatch(engine.encoder.runtime.model), Stopwatch(pipe.model)

    def found() -> list[tuple[str, int, int]]:
        *_, last = engine.entities(_NAMES)
        return [(e.label, e.start, e.end) for e in last.entities]

    def peers() -> list[tuple[str, int, int]]:
        return [(e["entity_group"], e["start"], e["end"]) for e in pipe(_NAMES)]

    yield versus(
        "overhead of a call, entities",
        Side("TransformersNer", lambda: ours.beyond(found, calls, scores=list)),
        Side(_PEER, lambda: theirs.beyond(peers, calls, scores=list)),
        unit="ms", rounds=rounds, floor=times(4), note="24 tokens, one core; outputs: label, start, end",
    )  # fmt: skip


def _tagger(made: Path) -> Path:
    """A token classifier's folder: the starter's encoder, a head by lot."""
    import torch
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    torch.manual_seed(0)
    names = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    network = AutoModelForTokenClassification.from_pretrained(
        folder("minilm-sentiment"), id2label=dict(enumerate(names)), num_labels=len(names),
        label2id={name: i for i, name in enumerate(names)}, ignore_mismatched_sizes=True,
    )  # fmt: skip
    network.save_pretrained(made)
    AutoTokenizer.from_pretrained(folder("minilm-sentiment")).save_pretrained(made)
    return made


def _verb(engine: Any, stop: Any) -> Any:
    *_, last = engine.score(TEXT, stop=stop)
    return last


def _spec(service: Service) -> ModelSpec:
    return ModelSpec(service.catalog.find("sentiment", MODEL), access=service.own_access)


def _pipeline() -> Any:
    from transformers import pipeline

    return pipeline("text-classification", model=str(folder("minilm-sentiment")), top_k=None)


def _scores(output: Any) -> list[float]:
    """Scores by label name, whichever side they come from."""
    if hasattr(output, "scores"):
        pairs = {entry.label: entry.score for entry in output.scores}
    else:
        pairs = {entry["label"].lower(): entry["score"] for entry in output[0]}
    return [pairs[name] for name in sorted(pairs)]
