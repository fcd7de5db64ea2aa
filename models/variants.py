"""Quicker variants of a network on a CPU: made once, tried on real texts, kept beside the starters.

When an encoder is loaded its variants are looked up; where they were never made, it serves with
torch at once, while another process makes and tries them (``models.variants_trial``), and the
network is exchanged when that is done. A variant is chosen where it decides as torch does and is
quicker here. The folder's name carries a digest of the weights, the libraries and the processor; folders
that are of no use any more are removed (``models.leftovers``).
"""

from __future__ import annotations

import atexit
import hashlib
import importlib.metadata
import json
import logging
import os
import platform
import queue
import re
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from models import leftovers
from models.device import usable_cores
from models.spec import Engine, Placement, Weights
from models.variant_memory import Beside, size_of, varied
from models.variant_seats import Exchangeable, network_of
from models.variant_verdict import Verdict

log = logging.getLogger(__name__)

#: Raised when a folder's content or the trial changes, so that old ones are made anew.
LAYOUT = 2
#: Where in the cache they lie.
FOLDER = "variants"
#: A trial that takes longer is ended, in seconds.
TRIAL_LIMIT_S = 900
_LIBRARIES = ("torch", "transformers", "openvino", "ctranslate2")
#: What a progress bar has in each of its lines: a share, then the bar.
_BAR = re.compile(r"\d%\|")
_REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class _Trial:
    """Variants to be made for an engine that serves with torch meanwhile.

    Attributes:
        weights: the model's files.
        engine: refers to it as long as it is there.
        size_bytes: what it takes without a variant.
    """

    weights: Weights
    engine: weakref.ref[Engine]
    size_bytes: int


class Shelf:
    """The variants of this machine.

    Args:
        cache: the app's cache folder.
        mode: ``auto``, ``off`` or one of ``models.settings.VARIANTS``.

    Attributes:
        recharge: told an engine whose ``memory_bytes`` a trial has changed.
    """

    def __init__(self, cache: Path, mode: str) -> None:
        self._root, self._mode = cache / FOLDER, mode
        self.recharge: Callable[[Engine], None] = lambda engine: None
        self._jobs: queue.SimpleQueue[_Trial] = queue.SimpleQueue()
        self._worker: threading.Thread | None = None
        self._mutex = threading.Lock()

    def equip(self, engine: Engine, weights: Weights, placement: Placement) -> None:
        """Gives an engine just built its best variant, now or when it has been made.

        Only encoders, Marian translators and Whisper in float32 on a CPU have variants; others stay
        as they are. The engine is charged for the variant from the start; where it must be tried first,
        for as much again as it takes itself until that is done.
        """
        network = network_of(engine)
        if not self._serves(placement) or network is None:
            return
        folder, own = self.folder(weights), engine.memory_bytes
        leftovers.use(folder)
        if folder.is_dir():
            engine.memory_bytes = own + self._exchange(network, folder)
            return
        engine.memory_bytes = 2 * own
        self._jobs.put(_Trial(weights, weakref.ref(engine), own))
        self._start()

    def beside(self, weights: Weights, placement: Placement, size_bytes: int) -> Beside:
        """What ``equip`` will charge an engine for a variant, before it is built.

        Args:
            weights, placement: see ``equip``.
            size_bytes: what the engine takes by itself.
        """
        if not self._serves(placement) or not varied(weights, size_bytes):
            return Beside()
        if not weights.folder.is_dir():
            return Beside(size_bytes)
        folder = self.folder(weights)
        try:
            chosen = self._chosen(Verdict.load(folder))
            return Beside(size_of(folder, chosen), chosen) if chosen else Beside()
        except FileNotFoundError:  # nothing was tried, or it is of no use any more and just goes
            return Beside(size_bytes)

    def folder(self, weights: Weights) -> Path:
        """Where a model's variants are or would be."""
        name = weights.card.id.replace("/", "--")
        return self._root / f"{name}-{weights.card.capability}-{_digest(weights.folder)}"

    def make(self, weights: Weights) -> Verdict:
        """Makes and tries a model's variants unless that was done; takes a minute of CPU time.

        Processes share the work by a file lock, and the folder appears at once or not at all.
        """
        folder = self.folder(weights)
        self._root.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            leftovers.use(folder)
            if not folder.is_dir():
                with tempfile.TemporaryDirectory(prefix=f"{folder.name}-", dir=self._root) as draft:
                    _try_out(weights, Path(draft))
                    os.replace(_sealed(Path(draft)), folder)
        return Verdict.load(folder)

    def tidy(self) -> None:
        """Removes variants that nobody has any use for, and drafts of trials that were broken off."""
        leftovers.sweep_variants(self._root)

    def _serves(self, placement: Placement) -> bool:
        """Whether networks in this place have variants at all."""
        suits = placement.device == "cpu" and placement.dtype == "float32"
        return suits and self._mode != "off"

    def _chosen(self, verdict: Verdict) -> str:
        """The variant that is wanted, of those that were tried; empty where torch stays."""
        chosen = verdict.chosen if self._mode == "auto" else self._mode
        return chosen if not verdict.error and chosen in verdict.tried else ""

    def _exchange(self, network: Exchangeable, folder: Path) -> int:
        """Gives a network the variant that was asked for; what that takes, 0 where torch stays."""
        verdict = Verdict.load(folder)
        chosen = self._chosen(verdict)
        if not chosen:
            return 0
        runtime = network.variant(folder, verdict.fields, chosen)
        network.exchange(runtime)
        return int(runtime.memory_bytes)

    def _start(self) -> None:
        with self._mutex:
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="variants", daemon=True)
                self._worker.start()

    def _work(self) -> None:
        while True:
            self._serve(self._jobs.get())

    def _serve(self, trial: _Trial) -> None:
        """Makes variants in turn; a model that has left meanwhile finds them at its next load."""
        weights, beside = trial.weights, 0
        try:
            verdict = self.make(weights)
            log.info("variants of %s: %s", weights.card.id, verdict.chosen or "torch stays")
            beside = self._equip_late(trial)
        except TrialEndedError as ended:
            log.info("%s; the next start makes it anew", ended)
        except (OSError, RuntimeError, ValueError, subprocess.SubprocessError):
            log.exception("no variants of %s; torch stays", weights.card.id)
        engine = trial.engine()
        if engine is not None:
            engine.memory_bytes = trial.size_bytes + beside
            self.recharge(engine)

    def _equip_late(self, trial: _Trial) -> int:
        """Gives the engine its variant if it is still there; what that takes."""
        network = network_of(trial.engine())
        return self._exchange(network, self.folder(trial.weights)) if network is not None else 0


class TrialEndedError(RuntimeError):
    """The app is going down, and the trial with it: nothing was found out."""


def _try_out(weights: Weights, draft: Path) -> None:
    """The trial in a process of its own: exporting patches torch, and would hold up every load.

    Raises:
        TrialEndedError: when this process ends before the trial does.
    """
    card = weights.card
    task = {"folder": str(weights.folder), "id": card.id, "capability": card.capability,
            "engine": card.engine}  # fmt: skip
    process = subprocess.Popen(  # noqa: S603 - our own module, arguments from the catalog
        [sys.executable, "-m", "models.variants_trial", json.dumps(task), str(draft)],
        cwd=_REPOSITORY, env={**os.environ, "HF_HUB_OFFLINE": "1"},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    going_down = threading.Event()

    def end() -> None:
        going_down.set()
        process.kill()

    atexit.register(end)
    try:
        _, words = process.communicate(timeout=TRIAL_LIMIT_S)
    finally:
        process.kill()
        atexit.unregister(end)
    if going_down.is_set():
        raise TrialEndedError(f"the trial of {card.id} ended with the app")
    if process.returncode:
        said = last_line(words) or "it said nothing"
        Verdict("", error=f"the trial ended with {process.returncode}: {said}").save(draft)
        log.warning("variants of %s could not be tried: %s", card.id, said)


def last_line(words: str) -> str:
    """The last line that a process wrote on stderr and that is no progress bar; may be empty."""
    lines = (line.strip() for line in words.replace("\r", "\n").split("\n"))
    return next((line for line in reversed([*lines]) if line and not _BAR.search(line)), "")[:500]


def _sealed(draft: Path) -> Path:
    """The draft under a name that its clean-up does not remove."""
    sealed = draft.with_name(f"{draft.name}.made")
    os.replace(draft, sealed)
    draft.mkdir()
    return sealed


def _digest(folder: Path) -> str:
    """Of everything that a variant or its speed depends on."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    facts: list[Any] = [LAYOUT, platform.machine(), _processor(), usable_cores()]
    facts += [importlib.metadata.version(name) for name in _LIBRARIES]
    facts += [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:12]


def _processor() -> str:
    """The processor's model and what it can do, as far as Linux tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return "\n".join(sorted({line for line in lines if line.startswith(("model name", "flags"))}))
