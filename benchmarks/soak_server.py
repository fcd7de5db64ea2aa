"""This app as users start it, with ``/facts`` about its memory and ``/unload_all`` beside the page."""

from __future__ import annotations

import ctypes
import gc
import sys
import weakref
from pathlib import Path
from typing import Any

import app
from models import allocator
from models.command_line import parse
from models.host_memory import process_memory_bytes
from models.loading import State
from models.parking import modules_of
from models.service import Service, make_service
from models.sources import ModelBuilder
from models.spec import Engine, Placement, Weights
from tabs.parts.deck import Deck


class Watched:
    """Weak references to everything that was ever built: engines and the networks inside them."""

    def __init__(self) -> None:
        self._built: list[tuple[str, list[weakref.ref[Any]]]] = []

    def watch(self) -> None:
        """From now on every engine of this process is watched."""
        build = ModelBuilder.build

        def watched(builder: ModelBuilder, weights: Weights, placement: Placement) -> Engine:
            engine = build(builder, weights, placement)
            parts = [engine, *modules_of(engine)]
            self._built.append((weights.card.id, [weakref.ref(part) for part in parts]))
            return engine

        ModelBuilder.build = watched  # type: ignore[method-assign, assignment]

    def alive(self) -> list[str]:
        """The id of each model of which a part is still there, once for each time it was built."""
        self._built = [
            (name, refs) for name, refs in self._built if any(ref() is not None for ref in refs)
        ]
        return [name for name, _ in self._built]


def facts(service: Service, watched: Watched) -> dict[str, Any]:
    """What the process takes, what is charged for it, and what is going on."""
    told, residents = service.registry.telemetry(), service.registry.residents()
    return {
        "resident_bytes": process_memory_bytes(),
        "charged_bytes": sum(m.charged_bytes for m in told.memories),
        "budget_bytes": sum(m.budget_bytes for m in told.memories if m.name == "cpu"),
        "loads": told.loads,
        "evictions": dict(told.evictions),
        "failures": dict(told.failures),
        "out_of_memory": dict(told.out_of_memory),
        "oldest_in_line_s": told.oldest_in_line_s,
        "in_line": told.in_line,
        "holds": sum(r.claims for r in residents),
        "pending": service.runner.pending,
        "models": [r.card.id for r in residents],
        "leaked": [r.card.id for r in residents if r.state is State.LEAKED],
        "alive": watched.alive(),
    }


class _MallInfo(ctypes.Structure):
    """``mallinfo2`` of glibc 2.33."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks",
                     "fordblks", "keepcost")
    ]  # fmt: skip


def in_use() -> int:
    """Bytes that the C library has handed out and not got back; 0 where it does not say."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallinfo2"):
        return 0
    library.mallinfo2.restype = _MallInfo
    told = library.mallinfo2()
    return int(told.uordblks + told.hblkhd)


def untouched() -> int:
    """Bytes of weights whose files are mapped and that nobody has read yet; libraries do not count."""
    found, counts = 0, False
    for line in Path("/proc/self/smaps").read_text("utf-8").splitlines():
        name, _, value = line.partition(":")
        if name == "Size":
            found += int(value.split()[0]) * 1024 if counts else 0
        elif name == "Rss":
            found -= int(value.split()[0]) * 1024 if counts else 0
        elif name[0] in "0123456789abcdef":
            counts = "/" in line and ".so" not in line
    return found


def main() -> None:
    """Serves until it is ended."""
    import gradio as gr

    watched = Watched()
    watched.watch()
    service = make_service(parse(sys.argv[1:]))
    page = app.build_app(service)

    async def facts_now() -> dict[str, Any]:
        """Facts about the memory of this process."""
        return facts(service, watched)

    async def unload_all() -> dict[str, Any]:
        """Unloads everything that nobody holds, and tells the facts after it."""
        for resident in service.registry.residents():
            service.registry.unload(resident.key)
        gc.collect()
        allocator.trim()
        return {**facts(service, watched), "objects": len(gc.get_objects()), "in_use": in_use()}

    async def tidy() -> dict[str, Any]:
        """Collects garbage, hands freed memory back to the system, and tells the facts after it."""
        gc.collect()
        allocator.trim()
        return facts(service, watched)

    async def thaw() -> dict[str, Any]:
        """Collects also among what was set aside for good (``gc.freeze``), and tells the facts after it."""
        gc.unfreeze()
        found = gc.collect()
        allocator.trim()
        return {**facts(service, watched), "garbage": found, "untouched_bytes": untouched()}

    with page:
        deck = Deck(service, gr.HTML())
        deck.endpoint(tidy, "tidy")
        deck.endpoint(thaw, "thaw")
        deck.endpoint(facts_now, "facts")
        deck.endpoint(unload_all, "unload_all")
    app.serve(page, service, block=False)
    page.block_thread()


if __name__ == "__main__":
    main()
