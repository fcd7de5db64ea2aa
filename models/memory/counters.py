"""What is counted while the registry works; guarded by the mutex of the books."""

from __future__ import annotations

from collections import Counter

from models.telemetry import PhaseTotal


class Counters:
    """Totals since the start; ``models.telemetry.Telemetry`` says what each means."""

    def __init__(self) -> None:
        self.loads = self.hits = self.joins = self.misses = 0
        self.phases: dict[str, PhaseTotal] = {}
        self.evictions: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.out_of_memory: Counter[str] = Counter()

    def claimed(self, *, ready: bool, fresh: bool) -> None:
        """One more claim: of a ready model, of one that must be loaded, or of one that is loading."""
        self.hits += ready
        self.misses += fresh
        self.joins += not ready and not fresh

    def phase_ended(self, phase: str, seconds: float) -> None:
        """One load left a phase."""
        before = self.phases.get(phase, PhaseTotal())
        self.phases[phase] = PhaseTotal(before.count + 1, before.seconds + seconds)
