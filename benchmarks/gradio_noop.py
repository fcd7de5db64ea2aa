"""What a call costs that does nothing, after 10,000 earlier ones: this app against default Blocks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from statistics import median

from benchmarks.gradio_calls import latencies, throughput
from benchmarks.harness import Effort, Row, Sample, Side, times, versus
from benchmarks.processes import elsewhere, served

TITLE = "A call that does nothing, after 10,000 earlier ones"
EARLIER = "10000"
_TEXT = ("A warm and funny film.",)
_PEER = "default gradio Blocks"
_NOTE = "the earlier calls are records in the queue as real ones leave them"


def measure(effort: Effort) -> Iterator[Row]:
    """Both servers and the load are processes of their own; the page's own protocol."""
    rounds = effort.of(3, 5)
    with (
        served(
            "-m", "benchmarks.whole_app", "--port", "{port}", "--offline", "--earlier", EARLIER
        ) as ours,
        served(
            "-m", "benchmarks.peers.default_blocks", "--port", "{port}", "--earlier", EARLIER
        ) as peer,
        elsewhere() as there,
    ):

        def latency(address: str) -> Sample:
            done = there.submit(latencies, address, "noop", _TEXT, effort.of(30, 100))
            spans, output = done.result()
            return Sample(median(spans), output)

        def rate(address: str) -> Sample:
            done = there.submit(throughput, address, "noop", _TEXT, 16, effort.of(8, 30))
            return Sample(*done.result())

        yield versus(
            "latency of a no-op, 1 client", Side("this app", partial(latency, ours.address)),
            Side(_PEER, partial(latency, peer.address)), unit="ms", rounds=rounds, floor=times(4),
            note=_NOTE,
        )  # fmt: skip
        yield versus(
            "throughput of a no-op, 16 clients", Side("this app", partial(rate, ours.address)),
            Side(_PEER, partial(rate, peer.address)), unit="calls/s", rounds=rounds, floor=times(3),
            higher_is_better=True, note=_NOTE,
        )  # fmt: skip
