"""What can go wrong on the way to the Hub, each a fault that happens so often and then no more."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field


@dataclass
class Fault:
    """One way to misbehave.

    Attributes:
        kind: ``status`` answers with ``code``; ``break`` closes after ``after`` bytes of the body;
            ``stall`` stops sending after ``after`` bytes for ``seconds``; ``corrupt`` flips a byte;
            ``slow`` sends ``rate`` bytes a second.
        path: regular expression of the paths it befalls.
        times: how often; -1 for ever.
        method: HTTP method it befalls; empty for all.
        code: HTTP status of ``status``.
        headers: further headers of ``status``.
    """

    kind: str
    path: str = ""
    times: int = 1
    method: str = ""
    code: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    after: int = 0
    seconds: float = 0.0
    rate: int = 0


class Faults:
    """The faults that are still to come; thread-safe."""

    def __init__(self) -> None:
        self._left: list[Fault] = []
        self._mutex = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._mutex:
            self._left.append(fault)

    def clear(self) -> None:
        with self._mutex:
            self._left.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that befalls a request now, counted off."""
        with self._mutex:
            for fault in self._left:
                wanted = not fault.method or fault.method == method
                if fault.times and wanted and re.search(fault.path, path):
                    fault.times -= fault.times > 0
                    return fault
        return None
