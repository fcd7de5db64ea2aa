"""From the command to the first page: seconds and memory, against the same app with eager imports."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.harness import Effort, Row, Sample, Side, times, versus
from benchmarks.processes import served

TITLE = "Start to the first page"
_PEER = "the same app with eager imports"
_OPTIONS = ("--port", "{port}", "--offline")


def measure(effort: Effort) -> Iterator[Row]:
    """Whole processes, started anew for each round; both figures come from the same starts."""
    starts: dict[str, list[tuple[float, float]]] = {"ours": [], "peer": []}
    commands = {"ours": ("app.py",), "peer": ("-m", "benchmarks.peers.eager_app")}
    rounds = effort.of(2, 5)

    def start(which: str) -> Sample:
        with served(*commands[which], *_OPTIONS) as server:
            starts[which].append((server.start_s, server.memory_mb))
        return Sample(server.start_s)

    if not effort.full:
        start("ours")  # which compiles what both import
    yield versus(
        "start to first page", Side("app.py", lambda: start("ours")),
        Side(_PEER, lambda: start("peer")), unit="s", rounds=rounds, floor=times(1.5), same=None,
        warm=effort.of(0, 1),
    )  # fmt: skip
    ours, peer = (
        iter([memory for _, memory in starts[which]][-rounds:]) for which in ("ours", "peer")
    )
    yield versus(
        "memory at the first page", Side("app.py", lambda: Sample(next(ours))),
        Side(_PEER, lambda: Sample(next(peer))), unit="MB", rounds=rounds, floor=times(2), same=None,
        warm=0, note="resident memory of the process, in the same starts",
    )  # fmt: skip
