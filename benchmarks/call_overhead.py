"""What a call costs beyond the model's own forward pass: our engine and service against pipeline().

In one loop each call is timed next to a bare forward pass on the same ids, and the difference counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.harness import Effort, Row, Sample, Side, close, times, versus
from benchmarks.starter_models import folder
from models.service import make_service
from models.settings import from_environment
from models.stop import NEVER

TITLE = "What a call costs beyond the forward pass"
TEXT = "The plot is thin, but the actors are a joy to watch and the music is lovely."
MODEL = "starter/minilm-sentiment"
_PEER = "transformers pipeline()"


def measure(effort: Effort) -> Iterator[Row]:
    """The engine's verb, and the same through the service, as an endpoint calls it."""
    rounds, calls = effort.of(5, 15), effort.of(150, 400)
    service = make_service(replace(from_environment(), offline=True, device="cpu"))
    with asyncio.Runner() as runner:
        runner.run(service.answer("sentiment", MODEL, _verb))
        with service.registry.claim(_spec(service)) as engine:
            bare = _forward(engine)
            pipe = _pipeline()
            peer = Side(_PEER, lambda: _beyond(lambda: pipe(TEXT), bare, calls))
            yield versus(
                "overhead of a call, engine",
                _side("SentimentEngine", lambda: _verb(engine, NEVER), bare, calls), peer,
                unit="ms", rounds=rounds, floor=times(4), same=close(1e-5), note="one text of 20 tokens",
            )  # fmt: skip

        async def served(bare: Callable[[], Any]) -> Sample:
            spans, forwards, output = [], [], None
            for _ in range(calls):
                began = perf_counter()
                bare()
                middle = perf_counter()
                output = (await service.answer("sentiment", MODEL, _verb)).value
                spans.append(perf_counter() - middle), forwards.append(middle - began)
            return Sample((median(spans) - median(forwards)) * 1000, _scores(output))

        yield versus(
            "overhead of a call, through the service",
            Side("Service.answer", lambda: runner.run(served(bare))), peer,
            unit="ms", rounds=rounds, floor=None, same=close(1e-5),
            note="with the claim, the queue, the worker thread and the metrics of a run",
        )  # fmt: skip
    service.close()


def _verb(engine: Any, stop: Any) -> Any:
    *_, last = engine.score(TEXT, stop=stop)
    return last


def _spec(service: Any) -> Any:
    from models.loading import ModelSpec

    return ModelSpec(service.catalog.find("sentiment", MODEL))


def _pipeline() -> Callable[[str], Any]:
    from transformers import pipeline

    return pipeline("text-classification", model=str(folder("minilm-sentiment")), top_k=None)


def _forward(engine: Any) -> Callable[[], Any]:
    """The engine's own network on the ids of ``TEXT``, nothing around it."""
    import torch

    model, tokenizer = engine._model, engine._tokenizer
    ids = torch.tensor([tokenizer(TEXT)["input_ids"]])
    mask = torch.ones_like(ids)

    def forward() -> Any:
        with torch.inference_mode():
            return model(input_ids=ids, attention_mask=mask).logits

    return forward


def _side(name: str, call: Callable[[], Any], bare: Callable[[], Any], calls: int) -> Side:
    return Side(name, lambda: _beyond(call, bare, calls))


def _beyond(call: Callable[[], Any], bare: Callable[[], Any], calls: int) -> Sample:
    """Milliseconds of ``call`` less those of ``bare``, medians of calls that take turns."""
    spans, forwards, output = [], [], None
    for _ in range(calls):
        began = perf_counter()
        bare()
        middle = perf_counter()
        output = call()
        spans.append(perf_counter() - middle), forwards.append(middle - began)
    return Sample((median(spans) - median(forwards)) * 1000, _scores(output))


def _scores(output: Any) -> list[float]:
    """Scores by label name, whichever side they come from."""
    if hasattr(output, "scores"):
        pairs = {entry.label: entry.score for entry in output.scores}
    else:
        pairs = {entry["label"].lower(): entry["score"] for entry in output[0]}
    return [pairs[name] for name in sorted(pairs)]
