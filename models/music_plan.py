"""How many bars a piece of given seconds has, and how quick they go: a tune ends with a bar, not in one."""

from __future__ import annotations

from dataclasses import dataclass

from models.music_tune import BEAT, bar_ticks

#: Seconds after the last bar in which the last note dies away.
TAIL_S = 0.45
#: Groups of bars that tunes are made of, the best first, and how far the tempo may give way for each.
GROUPS = ((8, 0.08), (4, 0.1), (2, 0.12), (1, 0.5))
#: The same where the prompt named the tempo.
STRICT = ((8, 0.03), (4, 0.03), (2, 0.05), (1, 0.5))


@dataclass(frozen=True)
class Plan:
    """The frame of a piece.

    Attributes:
        bars: to be played, 1 or more.
        tempo: quarter notes a minute, such that the bars and ``TAIL_S`` take the seconds asked for.
    """

    bars: int
    tempo: float


def beat_quarters(metre: str) -> float:
    """Quarter notes of what is counted as a beat: three eighths in 6/8 and 9/8."""
    return 1.5 if metre.endswith("/8") else 1.0


def plan(seconds: float, metre: str, tempo: float, *, strict: bool) -> Plan:
    """Fits whole bars into a length, eight by eight where the tempo allows it.

    Args:
        seconds: of the whole piece.
        metre: such as ``6/8``.
        tempo: wanted, in beats a minute as ``beat_quarters`` counts them.
        strict: whether the prompt named the tempo, so that it may hardly give way.
    """
    quarters = bar_ticks(metre) / BEAT
    wanted = tempo * beat_quarters(metre)  # quarter notes a minute
    room = max(seconds - TAIL_S, seconds / 2)
    ideal = room * wanted / 60 / quarters  # bars at the tempo wanted
    for group, give in STRICT if strict else GROUPS:
        bars = max(1, round(ideal / group)) * group
        if abs(bars / ideal - 1) <= give:
            return Plan(bars, bars * quarters * 60 / room)
    return Plan(1, wanted)  # not even a bar has room
