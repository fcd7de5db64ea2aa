"""A transcript as a file: SubRip, WebVTT, plain text, JSON, CSV.

SRT has no standard; this is what players agree on. WebVTT: w3.org/TR/webvtt1.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import asdict

from models.spreadsheets import guarded
from models.transcript import Transcript


def srt(transcript: Transcript) -> str:
    """SubRip: a number, ``00:00:01,000 --> 00:00:02,500``, the text, an empty line."""
    blocks = [
        f"{number}\n{clock(s.start, ',')} --> {clock(s.end, ',')}\n{_lines(s.text)}\n"
        for number, s in enumerate(transcript.said, start=1)
    ]
    return "\n".join(blocks)


def vtt(transcript: Transcript) -> str:
    """WebVTT; ``&`` and ``<`` are escaped: a cue's text is markup."""
    blocks = ["WEBVTT\n"]
    for s in transcript.said:
        text = _lines(s.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
        blocks.append(f"{clock(s.start, '.')} --> {clock(s.end, '.')}\n{text}\n")
    return "\n".join(blocks)


def txt(transcript: Transcript) -> str:
    """One segment a line."""
    return "".join(f"{segment.text}\n" for segment in transcript.said)


def as_json(transcript: Transcript) -> str:
    """Everything that is known, for programs."""
    facts = {"text": transcript.text, **asdict(transcript)}
    facts["segments"] = [asdict(segment) for segment in transcript.said]
    facts.pop("draft")
    return json.dumps(facts, ensure_ascii=False, indent=1)


def as_csv(transcript: Transcript) -> str:
    """Columns start, end (seconds) and text; a word a row where word times are there."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    words = any(segment.words for segment in transcript.said)
    writer.writerow(["segment", "start_s", "end_s", "text", *(["probability"] if words else [])])
    for number, segment in enumerate(transcript.said, start=1):
        for word in segment.words:
            times = (f"{word.start:.3f}", f"{word.end:.3f}")
            writer.writerow([number, *times, guarded(word.text), f"{word.probability:.3f}"])
        if not segment.words:
            row = [number, f"{segment.start:.3f}", f"{segment.end:.3f}", guarded(segment.text)]
            writer.writerow([*row, ""] if words else row)
    return buffer.getvalue()


#: File name ending -> what writes it.
WRITERS: dict[str, Callable[[Transcript], str]] = {
    "srt": srt,
    "vtt": vtt,
    "txt": txt,
    "json": as_json,
    "csv": as_csv,
}


def clock(seconds: float, mark: str) -> str:
    """``hh:mm:ss`` with milliseconds after ``mark``; rounds to the nearest millisecond."""
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02d}:{minute:02d}:{second:02d}{mark}{thousandths:03d}"


def _lines(text: str) -> str:
    """One line without the arrow that would end a cue's head."""
    return " ".join(text.split()).replace("-->", "->")
