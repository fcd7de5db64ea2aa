"""A piece of music as notes on the page: a piano roll, and the same as a table for whoever can't see it."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tabs.parts.markup import note

if TYPE_CHECKING:
    from models.music_score import Note, Score

#: Height of a semitone and least width of a beat in the roll, in pixels.
ROW, BEAT = 6, 14
#: Semitones of room above and below the notes, and fewest that the roll shows.
MARGIN, FEWEST = 2, 18
#: Notes that the table lists; the MIDI file has all.
LISTED = 200
#: Voices that have a colour of their own; a further one has that of the first.
COLOURS = 4


def roll_html(score: Score) -> str:
    """The notes over time, a row for each semitone; empty for a score without notes.

    ``assets/js/music.js`` moves the line of what is heard over it: ``data-seconds`` is its width.
    """
    if not score.notes:
        return ""
    low, high = pitch_range(score)
    beats = _width(score)
    height = (high - low + 1) * ROW
    drawn = "".join(
        [*_rows(low, high, beats), *_bars(score, beats, height), *_rects(score, high, beats)]
    )
    return (
        f'<figure class="md-roll" data-seconds="{beats * score.seconds_per_beat:.3f}">'
        f"{_legend(score)}"
        f'<div class="md-roll-box"><div class="md-roll-keys" aria-hidden="true">'
        f"{''.join(_keys(low, high))}</div>"
        f'<div class="md-roll-view" tabindex="0" role="group" aria-label="Piano roll">'
        f'<div class="md-roll-paper" style="min-width:{round(beats * BEAT)}px">'
        f'<div class="md-roll-bars" aria-hidden="true">{"".join(_numbers(score, beats))}</div>'
        f'<svg role="img" aria-label="{html.escape(summary(score))}" viewBox="0 0 {beats:g} {height}" '
        f'preserveAspectRatio="none" style="height:{height}px">{drawn}</svg>'
        f'<i class="md-roll-head" hidden></i></div></div></div></figure>'
    )


def pitch_range(score: Score) -> tuple[int, int]:
    """Lowest and highest row, with some room around the notes."""
    pitches = [one.pitch for one in score.notes]
    low, high = min(pitches) - MARGIN, max(pitches) + MARGIN
    low = max(0, low - max(0, FEWEST - (high - low + 1)) // 2)
    return low, min(127, max(high, low + FEWEST - 1))


def _width(score: Score) -> float:
    """Beats that are shown: to the end of the last bar that has begun."""
    return max(score.length, score.pickup + score.bars * score.bar_beats)


def _rows(low: int, high: int, beats: float) -> Iterator[str]:
    """Black keys as shaded rows, and a line under every C."""
    for pitch in range(low, high + 1):
        top = (high - pitch) * ROW
        if pitch % 12 in (1, 3, 6, 8, 10):
            yield f'<rect class="md-roll-black" y="{top}" width="{beats:g}" height="{ROW}"/>'
        if pitch % 12 == 0:
            yield _line(0, top + ROW, beats, top + ROW)


def _keys(low: int, high: int) -> Iterator[str]:
    """The name of every C beside its row."""
    for pitch in range(low, high + 1):
        if pitch % 12 == 0:
            yield f'<span style="top:{(high - pitch) * ROW}px">C{pitch // 12 - 1}</span>'


def _bars(score: Score, beats: float, height: int) -> Iterator[str]:
    for number in range(score.bars):
        at = score.pickup + number * score.bar_beats
        if 0 < at < beats:
            yield _line(at, 0, at, height)


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"/>'


def _numbers(score: Score, beats: float) -> Iterator[str]:
    """The number of every fourth bar over its beginning."""
    for number in range(0, score.bars, 4):
        at = (score.pickup + number * score.bar_beats) / beats
        yield f'<span style="left:{at:.2%}">{number + 1}</span>'


def _rects(score: Score, high: int, beats: float) -> Iterator[str]:
    for one in score.notes:
        top = (high - one.pitch) * ROW
        said = html.escape(f"{one.name}, {_place(score, one)}")
        yield (
            f'<rect class="md-voice-{one.voice % COLOURS}" x="{one.start:g}" y="{top}" '
            f'width="{one.length:g}" height="{ROW}" rx="{min(0.15, one.length / 4):.3f}" ry="2">'
            f"<title>{said}</title></rect>"
        )


def _legend(score: Score) -> str:
    """Which colour is whose, where there is more than one voice."""
    if len(score.instruments) < 2:
        return ""
    names = "".join(
        f'<li><i class="md-voice-{at % COLOURS}" aria-hidden="true"></i>{html.escape(name)}</li>'
        for at, name in enumerate(score.instruments)
    )
    return f'<ul class="md-roll-legend">{names}</ul>'


def bar_of(score: Score, beat: float) -> tuple[int, float]:
    """Bar and beat within it, both from 1; bar 0 is the pickup."""
    inside = beat - score.pickup
    if inside < -1e-6:
        return 0, beat + 1
    bar = int((inside + 1e-6) // score.bar_beats)
    return bar + 1, inside - bar * score.bar_beats + 1


def _place(score: Score, one: Note) -> str:
    bar, beat = bar_of(score, one.start)
    return f"bar {bar}, beat {_short(beat)}"


def summary(score: Score) -> str:
    """What the roll shows, in a sentence."""
    lowest = min(score.notes, key=lambda one: one.pitch)
    highest = max(score.notes, key=lambda one: one.pitch)
    count, unit = score.metre
    return (
        f"{len(score.notes):,} notes from {lowest.name} to {highest.name}, {score.bars} bars of "
        f"{count}/{unit}, {score.key}, {score.tempo:.0f} beats a minute"
    )


def notes_html(score: Score) -> str:
    """The notes as a table, closed; empty for a score without notes."""
    if not score.notes:
        return ""
    rows = "".join(_row(score, one) for one in score.notes[:LISTED])
    heads = "".join(
        f'<th scope="col">{head}</th>'
        for head in ("Bar", "Beat", "Note", "Length in beats", "Voice")
    )
    left = len(score.notes) - LISTED
    more = (
        note(f"The first {LISTED} notes; {left:,} more are in the MIDI file.") if left > 0 else ""
    )
    return (
        '<details class="md-score"><summary>The notes as a table</summary>'
        f'<div class="md-score-rows" tabindex="0" role="group" aria-label="Notes">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>{more}</details>"
    )


def _row(score: Score, one: Note) -> str:
    bar, beat = bar_of(score, one.start)
    voice = score.instruments[one.voice] if one.voice < len(score.instruments) else str(one.voice)
    cells = (str(bar), _short(beat), one.name, _short(one.length), voice)
    return "<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in cells) + "</tr>"


def _short(beats: float) -> str:
    return f"{round(beats, 2):g}"
