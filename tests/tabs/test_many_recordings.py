"""Many recordings in one go: errors stay in their rows, Stop keeps what is done."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from models.errors import InputError
from models.runs import Metrics, Snapshot
from models.stop import StopToken
from models.transcript import Segment, Transcript
from models.transcript_archive import Recording
from tabs.parts.many_recordings import MAX_FILES, _checked, _followed, ending, table_html

COST = Metrics("m", "M", "cpu", "float32", "", 0, 0, 1, 1, "s", 1)


def heard(text, read=10.0):
    return Transcript((Segment(0, 1, text),), "", "en", None, 10.0, 10.0, 5.0, read, 2.0)


def followed(run_file, names, stop):
    async def collect():
        files = [Path(name) for name in names]
        return [step async for step in _followed(run_file, files, stop)]

    return asyncio.run(collect())


def test_an_error_ends_only_its_own_recording():
    async def run(path, stop):
        if path.name == "bad.wav":
            raise InputError("bad.wav is empty.", hint="Choose another.")
        yield Snapshot(heard(path.stem, 5.0), COST)
        yield Snapshot(heard(path.stem), COST, final=True)

    steps = followed(run, ["a.wav", "bad.wav", "b.wav"], StopToken())
    done = [recording for _, recording in steps if recording]
    assert [(r.name, r.error.startswith("bad.wav is empty")) for r in done] == [
        ("a.wav", False), ("bad.wav", True), ("b.wav", False),
    ]  # fmt: skip
    assert "1 of 3: a.wav" in steps[0][0]
    assert 'value="0.167"' in steps[0][0]


def test_stop_keeps_what_is_done_and_runs_no_further_file():
    stop, ran = StopToken(), []

    async def run(path, part):
        ran.append(path.name)
        stop.set()
        yield Snapshot(heard("half", 5.0), COST, final=True, stopped=True)

    steps = followed(run, ["a.wav", "b.wav"], stop)
    [done] = [recording for _, recording in steps if recording]
    assert (ran, done.transcript.text) == (["a.wav"], "half")
    assert done.error.startswith("stopped")


def test_the_last_line_counts_recordings_failures_and_speed():
    line = ending([Recording("a", heard("x")), Recording("b", None, "e")], 3, stopped=True)
    for text in ("stopped", "2 of 3 recordings", "1 failed", "10.0 s heard", "5.00x real time"):
        assert text in line


def test_the_table_escapes_and_shortens():
    shown = table_html([Recording("<b>.wav", heard("x" * 500))])
    assert "&lt;b&gt;.wav" in shown
    assert "x" * 141 not in shown
    assert table_html([]) == ""


def test_nothing_and_too_much_are_refused():
    with pytest.raises(InputError, match="no recordings"):
        _checked(None)
    with pytest.raises(InputError, match=f"the limit is {MAX_FILES}"):
        _checked(["a"] * (MAX_FILES + 1))
