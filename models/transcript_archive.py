"""Many transcripts in one ZIP: every file of each, and a table of all."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.spreadsheets import file_bytes, guarded
from models.subtitles import WRITERS
from models.transcript import Transcript

#: Columns of the table.
HEAD = ("file", "seconds", "language", "words", "text", "error")


@dataclass(frozen=True)
class Recording:
    """What became of one recording.

    Attributes:
        name: its file name.
        transcript: None when it failed before there was one.
        error: why it failed or is not whole; empty when it is.
    """

    name: str
    transcript: Transcript | None
    error: str = ""


def rows(recordings: Iterable[Recording]) -> list[list[str]]:
    """The table's cells, in the order of ``HEAD``."""
    found = []
    for recording in recordings:
        result = recording.transcript
        facts = ["", "", "", ""]
        if result is not None:
            words = f"{len(result.text.split())}"
            facts = [f"{result.duration_s:.1f}", result.language, words, result.text]
        found.append([recording.name, *facts, recording.error])
    return found


def archive(recordings: Sequence[Recording]) -> bytes:
    """A ZIP with NAME.txt, .srt, .vtt, .csv and .json of each recording, and ``transcripts.csv``.

    Recordings of the same name are told apart by a number.
    """
    buffer, taken = io.BytesIO(), set[str]()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        table = io.StringIO()
        writer = csv.writer(table)
        writer.writerow(HEAD)
        writer.writerows([[guarded(text) for text in row] for row in rows(recordings)])
        file.writestr("transcripts.csv", file_bytes("transcripts.csv", table.getvalue()))
        for recording in recordings:
            if recording.transcript is None:
                continue
            name = _free(Path(recording.name).stem, taken)
            for ending, write in WRITERS.items():
                content = file_bytes(f"{name}.{ending}", write(recording.transcript))
                file.writestr(f"{name}.{ending}", content)
    return buffer.getvalue()


def _free(stem: str, taken: set[str]) -> str:
    """The name, with a number where it is taken; no separator leads out of the archive's folder."""
    clean = stem.replace("/", "_").replace("\\", "_").strip(". ") or "recording"
    name, number = clean, 1
    while name.lower() in taken or name == "transcripts":
        number += 1
        name = f"{clean}-{number}"
    taken.add(name.lower())
    return name
