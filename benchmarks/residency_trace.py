"""Which models stay: what each policy reloads on the same streams of requests, in virtual seconds.

Exact and without a model: the decisions are the registry's own (``models.residency``), the clock is
simulated (``benchmarks.residency_simulation``). A load takes half a second and a second a gigabyte.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

from benchmarks.harness import Effort, Floor, Row, Sample, Side, times, versus
from benchmarks.residency_simulation import Model, Outcome, Request, Turns, cache
from models.catalog import load_catalog
from models.spec import CAPABILITIES

TITLE = "Which models stay"
SERVICE_S = 0.02
#: Zipf's exponent: the most wanted model is asked for twice as often as the second.
SKEW = 1.0
MODELS, KEPT = 24, 3


def measure(effort: Effort) -> Iterator[Row]:
    """Two models that take turns, and two dozen that are asked for by Zipf's law."""
    pair = {"A": Model(10**9, 1.5), "B": Model(10**9, 1.5)}
    crowd, lone = alternating(2000, gap_s=0.05), alternating(200, gap_s=5.0)
    yield _row(
        "A and B in turns from a crowd, room for one: seconds of reloading",
        lambda: Turns(pair, 10**9).play(crowd), lambda: cache(crowd, pair, _at_most(1)),
        "count cache of one", times(3),
    )  # fmt: skip
    yield versus(
        "the same: longest wait for an answer",
        Side("Registry", lambda: Sample(Turns(pair, 10**9).play(crowd).worst_s())),
        Side("count cache of one", lambda: Sample(cache(crowd, pair, _at_most(1)).worst_s())),
        unit="s", rounds=1, warm=0, same=None,
    )  # fmt: skip
    yield _row(
        "A and B in turns from one visitor, a pause between: seconds of reloading",
        lambda: Turns(pair, 10**9).play(lone), lambda: cache(lone, pair, _at_most(1)),
        "count cache of one", None,
        note="nothing can be gained here: every request wants the model that is not there",
    )  # fmt: skip
    yield from _zipf_rows(effort)


def _zipf_rows(effort: Effort) -> Iterator[Row]:
    models = from_catalog()
    sizes = sorted((m.size_bytes for m in models.values()), reverse=True)
    budget = sum(sizes[:KEPT])  # what a count of three must be ready for
    seeds = range(effort.of(5, 25))
    streams = [zipf(list(models), 4000, seed) for seed in seeds]

    def fits(names: Sequence[str]) -> bool:
        return sum(models[name].size_bytes for name in names) <= budget

    def total(play: Callable[[Sequence[Request]], Outcome]) -> Callable[[], Outcome]:
        return lambda: _sum([play(stream) for stream in streams])

    ours = total(lambda stream: Turns(models, budget).play(stream))
    note = f"{MODELS} models of the catalog, {budget / 1e9:.1f} GB, {len(streams)} orders of rank"
    for name, keep, floor in (
        (f"count cache of {KEPT}", _at_most(KEPT), times(1.2)),
        ("byte LRU under one lock", fits, None),
    ):
        peer = total(lambda stream, keep=keep: cache(stream, models, keep))  # type: ignore[misc]
        yield _row(
            f"Zipf over {MODELS} models: seconds of reloading", ours, peer, name, floor, note
        )


def _row(
    name: str, ours: Callable[[], Outcome], peer: Callable[[], Outcome], peer_name: str,
    floor: Floor | None, note: str = "",
) -> Row:  # fmt: skip
    def sample(play: Callable[[], Outcome]) -> Callable[[], Sample]:
        def one() -> Sample:
            outcome = play()
            return Sample(outcome.load_s, outcome.served)

        return one

    return versus(
        name, Side("Registry", sample(ours)), Side(peer_name, sample(peer)), unit="s", rounds=1,
        floor=floor, warm=0, note=note or "virtual seconds; outputs: requests answered",
    )  # fmt: skip


def alternating(count: int, gap_s: float) -> list[Request]:
    """A, B, A, B, ... one every ``gap_s`` seconds, whether or not the last was answered."""
    return [Request("AB"[i % 2], i * gap_s, SERVICE_S) for i in range(count)]


def zipf(names: Sequence[str], count: int, seed: int) -> list[Request]:
    """Requests that come at random, 1 in 4 s in the mean; the rank of each model is drawn."""
    draw = random.Random(seed)  # noqa: S311 - a trace, not a secret
    ranked = draw.sample(list(names), len(names))
    weights = [1 / rank**SKEW for rank in range(1, len(ranked) + 1)]
    at, requests = 0.0, []
    for model in draw.choices(ranked, weights, k=count):
        at += draw.expovariate(1 / 4)
        requests.append(Request(model, at, SERVICE_S))
    return requests


def from_catalog() -> dict[str, Model]:
    """The first ``MODELS`` models of the catalog that have weights of their own, 0.1 to 6 GB."""
    found: dict[str, Model] = {}
    catalog = load_catalog()
    for card in (card for capability in CAPABILITIES for card in catalog.of(capability)):
        if not card.is_starter and 10**8 <= card.size_bytes <= 6 * 10**9:
            found[card.id] = Model(card.size_bytes, 0.5 + card.size_bytes / 1e9)
    return dict(list(found.items())[:MODELS])


def _sum(outcomes: Sequence[Outcome]) -> Outcome:
    return Outcome(
        sum(o.loads for o in outcomes), sum(o.load_s for o in outcomes),
        sum(o.served for o in outcomes),
    )  # fmt: skip


def _at_most(count: int) -> Callable[[Sequence[str]], bool]:
    return lambda names: len(names) <= count
