"""What a trial of variants found, as plain values that lie beside them as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

_VERDICT = "verdict.json"


@dataclass(frozen=True)
class Tried:
    """How one variant did against torch.

    Attributes:
        one_ms: least time of one short row, in milliseconds.
        many_ms: least time of a pass of many rows.
        agreement: share of decisions that equal torch's, 0 to 1.
        drift: mean difference of the probabilities behind them, or of 1 to the cosine.
        passed: whether it decides as torch does.
    """

    one_ms: float
    many_ms: float
    agreement: float = 1.0
    drift: float = 0.0
    passed: bool = True


@dataclass(frozen=True)
class Verdict:
    """What a trial found.

    Attributes:
        chosen: one of ``models.settings.VARIANTS``; empty where torch stays.
        fields: the network's outputs.
        tried: variant, or ``torch-float32``, -> how it did.
        error: why nothing could be made; empty where something was.
    """

    chosen: str
    fields: tuple[str, ...] = ()
    tried: dict[str, Tried] = field(default_factory=dict)
    error: str = ""

    def save(self, folder: Path) -> None:
        """Writes it into the variants' folder."""
        text = json.dumps(asdict(self), indent=1)
        (folder / _VERDICT).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Verdict:
        """Reads it from there."""
        raw = json.loads((folder / _VERDICT).read_text("utf-8"))
        tried = {name: Tried(**row) for name, row in raw.pop("tried").items()}
        return cls(**{**raw, "fields": tuple(raw["fields"]), "tried": tried})
