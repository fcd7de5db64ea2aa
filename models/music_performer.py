"""Plays a tune while it is written, bar by bar, in the order in which the bars are heard.

What the network is told beyond the grammar: a part has four bars at least, a tune goes on where too few bars
are left for another one, and the last bar of all ends on the tonic, without the pickup into the next part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.music_tokens import END
from models.music_tune import Tone, bar_ticks, ticks
from models.music_writer import Heading, Page, Pen, ending_on_tonic, is_tonic, only, without
from models.stop import StopToken

#: Shortest part in bars.
LEAST_BARS = 4
#: Bars for which no other tune is begun: the one before goes on with another part.
TOO_FEW = 8
#: Tokens after which a tune goes into no further part: rows of training are not longer.
LONGEST = 600

Bar = tuple[Tone, ...]


@dataclass
class Performer:
    """Plays a piece of ``bars`` bars while it is written: parts again where they are to be, tune after tune.

    Attributes:
        pen: that writes it.
        heading: of its tunes.
        bars: of the whole piece, 1 or more.
        stop: polled at every token.
        tunes: number of bars played before each tune began.
    """

    pen: Pen
    heading: Heading
    bars: int
    stop: StopToken
    tunes: list[int] = field(default_factory=list)
    _pickup: int = 0  # ticks of the piece's pickup
    _own: int = 0  # of the tune's that is being played

    def play(self) -> Iterator[Bar]:
        """Yields the pickup, which may be empty, and then each bar as soon as it is known.

        The last bar lacks what the pickup has, so that all of them together are whole bars.
        """
        page, played = self._begun(), 0
        lead: Bar = tuple(page.writing.pickup)
        yield lead
        while played < self.bars:
            for bar in self._part(page, lead, self.bars - played):
                yield bar
                played += 1
            lead = self._split(self._last(page))[1]
            if page.writing.ended and played < self.bars:
                self.tunes.append(played)
                page, lead = self._begun(), ()

    def _begun(self) -> Page:
        """A page up to its first part; only the first tune of a piece has a pickup."""
        page = self.pen.start(self.heading.tokens)
        first = not self.tunes
        if first:
            self.tunes.append(0)
        self._until(page, ("once", "twice"), without("pickup") if not first else None)
        self._own = ticks(tuple(page.writing.pickup))
        self._pickup = self._own if first else self._pickup
        return page

    def _part(self, page: Page, lead: Bar, left: int) -> Iterator[Bar]:
        """A part while it is written, and again if it is to be and there is room; at most ``left`` bars."""
        twice = page.writing.tokens[-1] == "twice"
        self._next(page, 0)
        while True:
            bar, number = (
                self._bar(page, closes=page.writing.bar_number == left),
                page.writing.bar_number,
            )
            if number == left:
                yield bar
                return
            rest = left - (2 * number if twice and 2 * number <= left else number)
            if not self._next(page, number, rest).startswith("bar:"):
                break
            yield bar
        bars = [tuple(tones) for tones in page.writing.parts[-1 - (not page.writing.ended)][1]]
        if twice and 2 * number <= left:
            yield self._led(bar, lead)
            yield from bars[:-1]
            left -= number
        yield self._last_bar(page, bars, number == left)

    def _last_bar(self, page: Page, bars: list[Bar], closes: bool) -> Bar:
        """The last bar of a part: as it is written, into nothing, or as the end of the piece."""
        if not closes:
            return self._led(bars[-1], ()) if page.writing.ended else bars[-1]
        head = self._split(bars[-1])[0]
        if ticks(head) == self._full - self._pickup and is_tonic(head[-1]):
            return head
        tokens = page.writing.tokens
        place = len(tokens) - 1 - tokens[::-1].index(f"bar:{len(bars)}")
        return self._bar(self.pen.start(tokens[: place + 1]), closes=True)

    def _next(self, page: Page, number: int, rest: int = 0) -> str:
        """Writes what follows a full bar: another one, another part, or the end.

        Args:
            page: that is written.
            number: of the bar in its part; 0 before the first.
            rest: bars that will be left if the part is over with it.
        """
        tokens = page.writing.tokens
        if number < LEAST_BARS:
            return self._token(page, without("once", "twice", END))
        if len(tokens) > LONGEST:
            return self._token(page, only(END))
        return self._token(page, without(END) if 0 < rest <= TOO_FEW else None)

    def _bar(self, page: Page, *, closes: bool) -> Bar:
        page.writing.lacks = self._pickup if closes else 0
        while not page.writing.bar_full:
            self._token(page, ending_on_tonic(page.writing) if closes else None)
        return tuple(page.writing.parts[-1][1][-1])

    def _until(self, page: Page, ends: tuple[str, ...], allow: NDArray[np.bool_] | None) -> None:
        while self._token(page, allow) not in ends:
            pass

    def _token(self, page: Page, allow: NDArray[np.bool_] | None) -> str:
        self.stop.check()
        return page.write(allow)

    def _last(self, page: Page) -> Bar:
        bars = [bar for _, part in page.writing.parts for bar in part]
        return tuple(bars[-1])

    def _led(self, bar: Bar, lead: Bar) -> Bar:
        """A bar that ends with another pickup, or, without one, with its last note held on."""
        head, tail = self._split(bar)
        if not tail:
            return bar
        if ticks(lead) == self._own:
            return (*head, *lead)
        last = head[-1]
        return (*head[:-1], Tone(last.ticks + self._own, last.step, last.held))

    def _split(self, bar: Bar) -> tuple[Bar, Bar]:
        """What is before the pickup at the end of a bar, and the pickup; nothing where a note lies across."""
        at = 0
        for number, tone in enumerate(bar):
            if number and at == self._full - self._own and not tone.held:
                return bar[:number], bar[number:]
            at += tone.ticks
        return bar, ()

    @property
    def _full(self) -> int:
        return bar_ticks(self.heading.metre)
