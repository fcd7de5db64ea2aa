"""What models really took when they were loaded before, so that the next load is charged rightly.

Weight files say what tensors take; a runtime of its own (CTranslate2, spaCy, ONNX Runtime) takes
what it likes. The median of several observations counts: a load that finds free pieces between what is used
takes less than the model does, and one beside which the process grows takes more. The caller observes no load
that also paid for libraries.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from pathlib import Path
from statistics import median_low

log = logging.getLogger(__name__)

#: Observations that must agree before an inexact device's figure is believed.
ENOUGH = 2
_KEPT = 5
#: Which way of measuring the figures come from; what another way has found is another figure, and dropped.
#: 2: after the C library has handed back what it only keeps (decision 41). 3: a model with a quicker
#: variant beside it has figures of its own. 4: no loads that imported libraries among them.
_WAY = 4


class SizeBook:
    """Observed sizes by model, revision, device and dtype; kept in a file when there is one.

    Args:
        path: JSON file; None to remember only while the process lives.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path, self._mutex = path, threading.Lock()
        self._seen: dict[str, list[int]] | None = None if path else {}

    def observe(self, name: str, size_bytes: int) -> None:
        """One more measurement, in bytes; values below one are no measurement."""
        if size_bytes < 1:
            return
        with self._mutex:
            seen = self._load()
            seen[name] = [*seen.get(name, [])[-(_KEPT - 1) :], size_bytes]
            self._save(seen)

    def typical(self, name: str, *, exact: bool) -> int | None:
        """What the model takes, in bytes; None when too little is known.

        Args:
            name: as it was observed.
            exact: whether the device counts its allocations, so that one observation suffices.
        """
        with self._mutex:
            found = self._load().get(name, [])
        return median_low(found) if len(found) >= (1 if exact else ENOUGH) else None

    def _load(self) -> dict[str, list[int]]:
        if self._seen is None:
            try:
                self._seen = _checked(json.loads(self._path.read_text("utf-8")))  # type: ignore[union-attr]
            except (OSError, ValueError):
                self._seen = {}
        return self._seen

    def _save(self, seen: dict[str, list[int]]) -> None:
        if self._path is None:
            return
        draft = self._path.with_suffix(f".{os.getpid()}.tmp")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            kept = {"way": _WAY, "sizes": seen}
            draft.write_text(json.dumps(kept, indent=1), "utf-8")
            os.replace(draft, self._path)
        except OSError as error:  # a read-only cache: remembered while the process lives
            log.info("observed sizes are not kept: %s", error)
            self._path = None


def _checked(found: object) -> dict[str, list[int]]:
    """Only what was measured in this way and has the right shape: another version may have written it."""
    if not isinstance(found, dict) or found.get("way") != _WAY:
        return {}
    sizes = found.get("sizes")
    if not isinstance(sizes, dict):
        return {}
    return {
        str(name): [v for v in values if isinstance(v, int) and v > 0]
        for name, values in sizes.items()
        if isinstance(values, list)
    }
