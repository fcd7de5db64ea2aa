"""Where an engine keeps a network that may be exchanged, and which variant of it computes now."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

#: Attributes of engines: an encoder, a translator's seat, an ear.
_SEATS = ("encoder", "translator_seat", "hearing_seat")


class Exchangeable(Protocol):
    """A network whose variants can take its place while it serves.

    Attributes:
        runtime: what computes now, with its ``memory_bytes``.
    """

    runtime: Any

    def variant(self, folder: Path, fields: tuple[str, ...], name: str) -> Any:
        """Builds one of its variants from the shelf's folder."""
        ...

    def exchange(self, runtime: Any) -> None:
        """Computes with another variant from now on."""
        ...


def network_of(engine: object) -> Exchangeable | None:
    """The network of an engine that may be exchanged; None where there is none."""
    return next((x for x in (getattr(engine, name, None) for name in _SEATS) if x), None)


def computing(engine: object) -> str:
    """The variant that computes now, such as ``openvino bfloat16`` or ``torch float32``.

    Empty for engines that say of no variant: what they compute in is their placement's dtype.
    """
    runtime = getattr(network_of(engine) or engine, "runtime", None)
    return str(getattr(runtime, "name", ""))
