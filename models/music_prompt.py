"""What a prompt asks of the notes model: kind, metre, key, tempo and instrument, word by word.

The words and their meanings are data (``models/music_words.toml``). What they don't name is left open;
words that mean nothing to the model are said back.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from models.music_score import PITCH_NAMES

_WORDS = Path(__file__).with_name("music_words.toml")
#: Tempos that a prompt may name, in beats a minute.
SLOWEST, FASTEST = 30, 300
_PACES = (0.7, 2.2)  # factors from several words stay inside

_LETTER = re.compile(
    r"(?P<sign>[升降])?(?P<letter>[A-Ga-g])(?P<alter>[#♯♭b]|[ -]?sharp\b|[ -]?flat\b)?"
).pattern
_MODE_WORDS = r"major|maj|minor|min|dorian|mixolydian|mix|大[調调]|小[調调]|多利[亞亚安][調调]?"
#: ``D major``, ``b flat minor``, ``F#m``, ``降B大調``; a bare letter only as ``in D``.
_KEYS = (
    re.compile(rf"(?<![A-Za-z]){_LETTER}[ -]*(?P<mode>{_MODE_WORDS})(?![a-z]| key)", re.IGNORECASE),
    re.compile(rf"(?<![A-Za-z]){_LETTER.replace('a-g', '')}(?P<mode>m)(?![A-Za-z])"),
    re.compile(
        rf"(?:\b[Ii]n|key of) (?P<whole>{_LETTER.replace('a-g', '')})(?P<mode>)(?![A-Za-z])"
    ),
)
_BPM = re.compile(r"(?P<bpm>\d{2,3}) ?(?:bpm|beats (?:a|per) minute|拍)", re.IGNORECASE)
_CHINESE = r"[\u3400-\u9fff]"


@dataclass(frozen=True)
class Asked:
    """What a prompt asks for; whatever it leaves open is empty or None.

    Attributes:
        kinds: of ``models.music_tokens.KINDS``, any of which will do.
        metres: of ``METRES``, the same.
        modes: of ``MODES``, the same.
        tonic: pitch class, 0 for C to 11 for B.
        tempo: beats a minute.
        pace: factor on the tempo of the kind.
        instrument: key of ``models.music_sound.INSTRUMENTS``.
        suits: keys of the same, from which to choose where none is named.
        drone: whether the tonic is to sound under the tune.
        understood: words of the prompt that are acted on, as they stand there.
        ignored: words that aren't.
        remarks: what is done otherwise than asked, in whole sentences.
    """

    kinds: tuple[str, ...] = ()
    metres: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    tonic: int | None = None
    tempo: float | None = None
    pace: float = 1.0
    instrument: str | None = None
    suits: tuple[str, ...] = ()
    drone: bool = False
    understood: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@cache
def meanings() -> dict[str, Any]:
    """The data file."""
    return tomllib.loads(_WORDS.read_text(encoding="utf-8"))


@cache
def _phrases() -> tuple[tuple[re.Pattern[str], dict[str, Any]], ...]:
    """A pattern for each phrase with its row, the longest first."""
    said = [(phrase, row) for row in meanings()["word"] for phrase in row["say"]]
    said.sort(key=lambda one: -len(one[0]))
    return tuple((_pattern(phrase), row) for phrase, row in said)


def _pattern(phrase: str) -> re.Pattern[str]:
    if re.search(_CHINESE, phrase):
        return re.compile(re.escape(phrase))
    return re.compile(rf"(?<![\w/]){re.escape(phrase)}(?![\w/])", re.IGNORECASE)


@dataclass
class _Reading:
    """A prompt while it is read: what was taken out of it, by place."""

    text: str
    taken: list[tuple[int, int]] = field(default_factory=list)
    rows: list[tuple[int, dict[str, Any]]] = field(default_factory=list)

    def take(self, start: int, end: int, row: dict[str, Any]) -> bool:
        """Takes a stretch unless a part of it is taken already."""
        if any(start < b and a < end for a, b in self.taken):
            return False
        self.taken.append((start, end))
        self.rows.append((start, row))
        return True

    def rest(self) -> str:
        """What is left, with the taken stretches blank."""
        left = list(self.text)
        for start, end in self.taken:
            left[start:end] = " " * (end - start)
        return "".join(left)


def asked(prompt: str) -> Asked:
    """Reads a prompt."""
    reading = _Reading(prompt)
    _read_key(reading)
    _read_tempo(reading)
    for pattern, row in _phrases():
        for found in pattern.finditer(prompt):
            reading.take(*found.span(), row)
    reading.rows.sort(key=lambda one: one[0])
    rows = [row for _, row in reading.rows]
    kinds = _all(rows, "kind") or _all(rows, "prefer")
    instruments = _all(rows, "instrument")
    pace = 1.0
    for row in rows:
        pace *= row.get("pace", 1.0)
    remarks = [row["means"] for row in rows if "means" in row]
    if len(instruments) > 1:
        remarks.append(f"One instrument plays the tune: the {instruments[0]}.")
    modes = _all(rows, "mode") or _all(rows, "mood")
    return Asked(
        kinds, _all(rows, "metre"), modes, _one(rows, "tonic"), _one(rows, "tempo"),
        min(max(pace, _PACES[0]), _PACES[1]), instruments[0] if instruments else None,
        _all(rows, "suits"), any(row.get("drone") for row in rows),
        tuple(prompt[a:b] for a, b in sorted(reading.taken)), _left(reading.rest()),
        tuple(dict.fromkeys(remarks)),
    )  # fmt: skip


def _all(rows: list[dict[str, Any]], name: str) -> tuple[str, ...]:
    """Everything that some rows ask for in a field; what all of them agree on if there is such."""
    wanted = [
        row[name] if isinstance(row[name], list) else [row[name]] for row in rows if row.get(name)
    ]
    if not wanted:
        return ()
    common = [one for one in wanted[0] if all(one in other for other in wanted[1:])]
    return tuple(common or dict.fromkeys(one for some in wanted for one in some))


def _one(rows: list[dict[str, Any]], name: str) -> Any:
    return next((row[name] for row in rows if name in row), None)


def _read_key(reading: _Reading) -> None:
    """Takes the first key that is named."""
    for pattern in _KEYS:
        found = pattern.search(reading.text)
        if found:
            place = "whole" if "whole" in pattern.groupindex else 0
            row = {"tonic": _tonic(found), **_mode(found["mode"])}
            reading.take(found.start(place), found.end(), row)
            return


def _tonic(found: re.Match[str]) -> int:
    alter = (found["alter"] or "").strip(" -").lower()
    up = found["sign"] == "升" or alter in ("#", "♯", "sharp")
    down = found["sign"] == "降" or alter in ("b", "♭", "flat")
    return (PITCH_NAMES.index(found["letter"].upper()) + up - down) % 12


def _mode(said: str) -> dict[str, list[str]]:
    starts = {"maj": "major", "大": "major", "min": "minor", "小": "minor", "m": "minor",
              "dor": "dorian", "多": "dorian", "mix": "mixolydian"}  # fmt: skip
    names = [
        name for start, name in starts.items() if said.lower().startswith(start) and start != "m"
    ]
    if not names and said == "m":
        names = ["minor"]
    return {"mode": names[:1]} if names else {}


def _read_tempo(reading: _Reading) -> None:
    found = _BPM.search(reading.text)
    if found:
        bpm = float(found["bpm"])
        within = min(max(bpm, SLOWEST), FASTEST)
        row: dict[str, Any] = {"tempo": within}
        if within != bpm:
            row["means"] = (
                f"{bpm:g} beats a minute are outside {SLOWEST} to {FASTEST}: {within:g} are played."
            )
        reading.take(*found.span(), row)


def _left(rest: str) -> tuple[str, ...]:
    """Words that mean nothing to the model, in their order, each once."""
    fill = meanings()["fill"]
    for sign in sorted(fill["signs"], key=len, reverse=True):
        rest = rest.replace(sign, " ")
    found = re.findall(rf"{_CHINESE}+|[^\W_]+(?:['’-][^\W_]+)*", rest)
    return tuple(dict.fromkeys(word for word in found if word.lower() not in fill["words"]))


def words() -> tuple[str, ...]:
    """A word for each thing that can be asked for, in the order of the data file."""
    rows = [row["say"][0] for row in meanings()["word"]]
    return (*rows, *meanings()["examples"])
