"""What a person sets to choose the next tokens of a text: temperature and its kin, limits, stop strings."""

from __future__ import annotations

from dataclasses import dataclass

from models.errors import InputError
from models.generation import Options
from models.ranges import MAX_SEED, seed_or_lot
from models.sampling import Sampling
from models.units import counted

#: Largest temperature, repetition penalty, top-k, seed, and length of an answer in tokens.
MAX_TEMPERATURE, MAX_PENALTY, MAX_TOP_K, MAX_NEW = 5.0, 2.0, 1_000, 4_096
#: Stop strings, and characters of one.
MAX_STOPS, MAX_STOP = 8, 80


@dataclass(frozen=True)
class Sampler:
    """How the tokens of a text are chosen.

    Attributes:
        temperature: 0 takes the likeliest token each time (greedy); else what divides the scores,
            up to ``MAX_TEMPERATURE``: below 1 the likely become likelier, above 1 less so.
        top_k: only so many of the likeliest tokens may come, up to ``MAX_TOP_K``; 0 for all.
        top_p: only the likeliest that together have this probability may come, above 0, up to 1.
        min_p: only tokens with this share of the likeliest one's probability may come, 0 to 1.
        repetition_penalty: divides the scores of tokens that stand in the prompt or the text
            already, 1 (none) to ``MAX_PENALTY``; it holds with greedy choice too.
        seed: of the dice, 0 to ``models.ranges.MAX_SEED``; None to have one drawn.
        max_new_tokens: longest text, 1 to ``MAX_NEW``.
        stops: texts that end the writing and are cut off, at most ``MAX_STOPS``.
    """

    temperature: float = 0.3
    top_k: int = 50
    top_p: float = 0.9
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    seed: int | None = None
    max_new_tokens: int = 256
    stops: tuple[str, ...] = ()

    @property
    def greedy(self) -> bool:
        """Whether no dice are thrown."""
        return self.temperature == 0

    def check(self) -> None:
        """Refuses what is out of range.

        Raises:
            InputError: names the setting, its value and its range.
        """
        ranges = (
            ("temperature", self.temperature, 0, MAX_TEMPERATURE),
            ("top_k", self.top_k, 0, MAX_TOP_K),
            ("top_p", self.top_p, 0, 1),
            ("min_p", self.min_p, 0, 1),
            ("repetition_penalty", self.repetition_penalty, 1, MAX_PENALTY),
            ("seed", self.seed or 0, 0, MAX_SEED),
            ("max_new_tokens", self.max_new_tokens, 1, MAX_NEW),
        )
        for name, value, low, high in ranges:
            if not low <= value <= high or (name == "top_p" and value == 0):
                above = "above 0, up to" if name == "top_p" else f"{low:g} to"
                raise InputError(f"{name} can't be {value:g}.", hint=f"It is {above} {high:,.10g}.")
        if len(self.stops) > MAX_STOPS or any(not 0 < len(s) <= MAX_STOP for s in self.stops):
            raise InputError(
                f"Stop strings: {len(self.stops)}, the longest with "
                f"{counted(max(map(len, self.stops)), 'character')}.",
                hint=f"Up to {MAX_STOPS} fit, each with 1 to {MAX_STOP} characters.",
            )

    def seed_or_lot(self) -> int:
        """The seed, or one drawn by lot."""
        return seed_or_lot(self.seed)

    def options(self, limit: int, seed: int) -> Options:
        """The same for ``models.generation``.

        Args:
            limit: longest text in tokens.
            seed: of the dice, where any are thrown.
        """
        # floats: transformers refuses a temperature of 2, and a slider sends just that
        warm, top_p, min_p = map(float, (self.temperature, self.top_p, self.min_p))
        drawn = Sampling(seed, warm, self.top_k, top_p, min_p)
        return Options(
            limit,
            repetition_penalty=float(self.repetition_penalty),
            sampling=None if self.greedy else drawn,
        )

    def cut(self, text: str) -> str | None:
        """The text before the first stop string in it; None without one."""
        places = [at for stop in self.stops if (at := text.find(stop)) >= 0]
        return text[: min(places)] if places else None
