"""Ours against its named peer, in the same run: ``python -m benchmarks --help``.

A benchmark is one module of this package and its name in ``ORDER``. It has a ``TITLE`` and a function
``measure(effort) -> Iterable[Row]``, which makes its rows with ``harness.versus`` (ours and a peer) or
``harness.alone`` (a limit that ours must keep). Each runs in a process of its own, so that neither
imports nor thread counts of one change another.

What makes a row worth reading: the same weights and inputs on both sides, both warm, no cache of
answers, outputs compared, and load for a server made by another process (``processes.elsewhere``).
A short run of one benchmark takes about twenty-five seconds, of all of them five minutes.
"""

from __future__ import annotations

ORDER = (
    "startup",
    "page_load",
    "gradio_noop",
    "call_overhead",
    "single_flight",
    "corruption",
    "beside_a_load",
    "loop_lag",
    "residency_trace",
    "batching",
    "variants",
    "generation",
    "translation",
    "speech_to_text",
    "on_gpu",
)
#: What a short run of all leaves out: nothing is asked of these in the project's own floors.
LONGER = frozenset({"page_load", "loop_lag", "variants", "on_gpu"})
#: What runs only where it is named, or with everything on a machine that has a CUDA GPU.
NEEDS_GPU = frozenset({"on_gpu"})
