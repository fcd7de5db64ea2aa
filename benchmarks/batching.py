"""Short texts of many clients at once: our batcher against a thread a request and pipeline().

Ours goes the whole way of an endpoint (claim, queue, worker, batcher); the peers call the network's
own library. Every text is another one, so no answer is shared.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.harness import Effort, Row, Sample, Side, alone, at_most, close, times, versus
from benchmarks.starter_models import folder
from models.encoders import Row as Tokens
from models.encoders import padded
from models.loading import ModelSpec
from models.service import Service, make_service
from models.settings import from_environment
from models.spec import Weights
from models.starter import starters
from models.variants import Shelf

TITLE = "Short texts of 32 clients at once"
MODEL = "starter/minilm-sentiment"
CLIENTS = 32
_WORDS = (
    "good bad film plot slow funny cold warm actor music scene sad long short old new train garden"
    " table river night clever boring lovely awful plain bright simple strange quiet"
)


def texts(count: int, low: int, high: int, seed: int) -> list[str]:
    """Different texts of ``low`` to ``high`` tokens each, special tokens included."""
    dice = random.Random(seed)  # noqa: S311 - a benchmark's texts
    return [
        " ".join(dice.choices(_WORDS.split(), k=dice.randint(low, high) - 2)) for _ in range(count)
    ]


def measure(effort: Effort) -> Iterator[Row]:
    """One client, then 32 against each peer."""
    rounds, each = effort.of(3, 7), effort.of(2, 4)
    service = _service("off")
    try:
        yield _one_client(service, rounds, effort.of(40, 200))
        yield _against_threads(service, rounds, each)
    finally:
        service.close()
    quick = _service("auto")
    try:
        for tokens, floor in ((16, 6.0), (128, 3.5)):
            yield _against_pipeline(quick, tokens, floor, rounds, max(1, each * 16 // tokens))
    finally:
        quick.close()


def _service(variants: str) -> Service:
    """A service with the model loaded, in the variant that was chosen on this machine."""
    settings = replace(from_environment(), offline=True, device="cpu", variants=variants)
    if variants == "auto":
        card = starters()[MODEL].card
        Shelf(settings.cache_folder, "auto").make(Weights(card, folder("minilm-sentiment"), ""))
    return make_service(settings)


def _spec(service: Service) -> ModelSpec:
    return ModelSpec(service.catalog.find("sentiment", MODEL), access=service.own_access)


def _one_client(service: Service, rounds: int, calls: int) -> Row:
    """What the batcher adds to a pass of the network, pair by pair."""
    with service.registry.claim(_spec(service)) as engine:
        encoder: Any = engine.encoder  # type: ignore[attr-defined]
        row = Tokens((101, *range(2000, 2014), 102))

        def added() -> Sample:
            gaps = []
            for _ in range(calls):
                began = perf_counter()
                encoder.runtime.run(*padded([row], 0))
                middle = perf_counter()
                encoder.one(row)
                gaps.append((perf_counter() - middle) - (middle - began))
            return Sample(median(gaps) * 1000)

        return alone(
            "added by the batcher for one client", added, unit="ms", rounds=rounds,
            floor=at_most(0.5, "ms"), note="16 tokens; median of call minus bare pass, in turns",
        )  # fmt: skip


def _against_threads(service: Service, rounds: int, each: int) -> Row:
    with service.registry.claim(_spec(service)) as engine:
        asked = [texts(CLIENTS, 6, 28, seed) for seed in range(each)]
        calls = _rested(lambda text: _direct(engine, text), asked)
        return versus(
            f"{CLIENTS} clients, 6 to 28 tokens, float32", Side("Service.answer", _ours(service, asked)),
            Side("a thread a request", calls), unit="texts/s", rounds=rounds, floor=times(2.2),
            higher_is_better=True, same=close(1e-4), note="the same torch network on both sides",
        )  # fmt: skip


def _against_pipeline(service: Service, tokens: int, floor: float, rounds: int, each: int) -> Row:
    from transformers import pipeline

    pipe = pipeline("text-classification", model=str(folder("minilm-sentiment")), top_k=None)
    asked = [texts(CLIENTS, tokens, tokens, seed) for seed in range(each)]
    with service.registry.claim(_spec(service)) as engine:
        variant = engine.encoder.runtime.name  # type: ignore[attr-defined]
        return versus(
            f"{CLIENTS} clients, {tokens} tokens, {variant}", Side("Service.answer", _ours(service, asked)),
            Side("pipeline() float32, one after the other", _in_turn(pipe, asked)), unit="texts/s",
            rounds=rounds, floor=times(floor), higher_is_better=True, same=close(0.02),
            note="probabilities within 0.02; accuracy: benchmark variants",
        )  # fmt: skip


def _score(text: str, engine: Any, stop: Any) -> Any:
    return engine.score(text, stop=stop)


def _ours(service: Service, asked: Sequence[list[str]]) -> Callable[[], Sample]:
    async def wave(batch: list[str]) -> list[Any]:
        runs = (service.answer("sentiment", MODEL, partial(_score, text)) for text in batch)
        return list(await asyncio.gather(*runs))

    async def all_waves() -> Sample:
        began, found = perf_counter(), list[Any]()
        for batch in asked:
            found += await wave(batch)
        spent = perf_counter() - began
        return Sample(len(found) / spent, [_scores(s.value.scores) for s in found])

    return lambda: asyncio.run(all_waves())


def _rested(call: Callable[[str], Any], asked: Sequence[list[str]]) -> Callable[[], Sample]:
    """A thread for each request, all of a wave at once."""
    pool = ThreadPoolExecutor(CLIENTS)

    def round() -> Sample:
        began, found = perf_counter(), list[Any]()
        for batch in asked:
            found += pool.map(call, batch)
        return Sample(len(found) / (perf_counter() - began), found)

    return round


def _in_turn(pipe: Any, asked: Sequence[list[str]]) -> Callable[[], Sample]:
    def round() -> Sample:
        began = perf_counter()
        found = [pipe(text) for batch in asked for text in batch]
        spent = perf_counter() - began
        pairs = [{row["label"].lower(): row["score"] for row in rows[0]} for rows in found]
        return Sample(len(found) / spent, [[p[name] for name in sorted(p)] for p in pairs])

    return round


def _direct(engine: Any, text: str) -> list[float]:
    """One text by the bare network, as a handler without a batcher calls it."""
    import torch

    ids = torch.tensor([engine._tokenizer(text)["input_ids"]])
    with torch.inference_mode():
        logits = engine._model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits[0]
    shares = dict(zip(engine.labels, logits.softmax(-1).tolist(), strict=True))
    return [shares[name] for name in sorted(shares)]


def _scores(rows: Sequence[Any]) -> list[float]:
    pairs = {row.label: row.score for row in rows}
    return [pairs[name] for name in sorted(pairs)]
