"""How late the page's event loop gets while models load and 32 clients run: what all visitors feel."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

from benchmarks.beside_a_load import copies
from benchmarks.gradio_calls import caller, throughput
from benchmarks.harness import Effort, Row, Sample, alone, at_most, percentile
from benchmarks.processes import elsewhere, served

TITLE = "The event loop while models load and 32 clients run"
CLIENTS = 32
#: Models that load during a round.
LOADS = 2
_TEXT = ("A warm and funny film.",)


def measure(effort: Effort) -> Iterator[Row]:
    """The whole app as a process; its own probe looks at its loop every 50 ms."""
    rounds = effort.of(2, 5)
    with copies(LOADS * (rounds + 1)) as folders:
        local = ",".join(f"summarization={path}" for path in folders)
        with (
            served(
                "-m", "benchmarks.whole_app", "--port", "{port}", "--offline", "--models", local
            ) as app,
            elsewhere() as there,
        ):
            unseen, worst = iter(folders), []

            def one() -> Sample:
                new = [next(unseen) for _ in range(LOADS)]
                lags = there.submit(crowd, app.address, effort.of(10, 30), new).result()
                worst.append(max(lags) * 1000)
                return Sample(percentile(lags, 99) * 1000)

            yield alone(
                "lag of the event loop, 99th percentile", one, unit="ms", rounds=rounds,
                floor=at_most(50, "ms"),
                note=f"{CLIENTS} clients of short text while {LOADS} copies of SmolLM2 135M load, one core "
                "of the two taken by the load generator",
            )  # fmt: skip
            kept = iter(worst[-rounds:])
            yield alone(
                "lag of the event loop, longest", lambda: Sample(next(kept)), unit="ms",
                rounds=rounds, warm=0, floor=at_most(500, "ms"),
            )  # fmt: skip


def crowd(address: str, calls: int, unseen: list[Path]) -> list[float]:
    """In the load process: 32 clients call and another one asks for models; the loop's lags, in seconds."""

    def load() -> None:
        with caller(address) as other:
            for path in unseen:
                other.call("load", "summarization", f"local/{path.name}")

    with caller(address) as watcher:
        watcher.call("lags")
        loader = threading.Thread(target=load)
        loader.start()
        throughput(address, "sentiment", _TEXT, CLIENTS, calls)
        loader.join()
        lags: list[float] = watcher.call("lags")
    return lags
