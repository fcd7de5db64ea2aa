"""What the transcription tab shows and hands out."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
import pytest
import soundfile

from models.errors import InputError
from models.spec import ModelCard
from models.transcript import Segment, Transcript, corrected
from tabs.parts.word_errors import checked
from tabs.speech_to_text import (
    EXAMPLES,
    FILES,
    displays,
    given,
    languages,
    multilingual,
    written,
)

DONE = Transcript(
    (Segment(0.0, 1.5, "Tom & <b>"), Segment(61.25, 63.0, "Yes.")), "", "en", 0.98, 70.0, 70.0, 4.0, 70.0, 2.0
)  # fmt: skip


def card(*codes):
    return ModelCard("o/m", "speech_to_text", "transformers", "M", languages=codes)


def test_the_files_are_named_after_the_recording_and_hold_the_phrases():
    buttons = [gr.DownloadButton() for _ in FILES]
    show, show_final = displays(Path("/tmp/talk.mp3"), buttons)
    assert [update["interactive"] for update in show(DONE)[4:]] == [False] * len(FILES)
    text, _, _, done, *updates = show_final(DONE)
    assert (text, done) == ("Tom & <b> Yes.", DONE)
    assert all(update["interactive"] for update in updates)
    paths = [update["value"] for update in updates]
    assert [Path(path).name for path in paths] == [f"talk.{ending}" for ending in FILES]
    assert Path(paths[1]).read_text().startswith("1\n00:00:00,000 --> 00:00:01,500\n")


def test_files_hold_corrections():
    fresh = corrected(DONE, 1, "No.")
    updates = written(fresh, "talk", [gr.DownloadButton() for _ in FILES])
    assert Path(updates[0]["value"]).read_text() == "Tom & <b>\nNo.\n"
    assert "00:01:01,250 --> 00:01:03,000\nNo." in Path(updates[1]["value"]).read_text()


def test_the_word_error_rate_is_shown_or_what_is_missing_for_it():
    assert "100.0%" in checked("Tom", "Bob")
    assert "no transcript yet" in checked("Tom", "")
    assert "no word to compare" in checked(" ", "Bob")


def test_without_a_recording_there_is_a_clear_error():
    with pytest.raises(InputError, match="no audio"):
        given(None)


def test_languages_are_offered_only_where_there_is_a_choice():
    assert not multilingual(card("en"))
    assert multilingual(card("en", "de"))
    assert multilingual(card())
    assert languages(card("en", "de")) == [
        ("Find out", ""), ("English", "en"), ("German", "de"),
    ]  # fmt: skip


def test_every_example_is_a_short_recording_that_the_readme_names():
    folder = Path(EXAMPLES[0][1][0]).parent
    named = (folder / "README.md").read_text()
    for _, [path, *_] in EXAMPLES:
        assert soundfile.info(path).duration < 20
        assert Path(path).stat().st_size < 300_000
        assert Path(path).name in named
    assert {p.name for p in folder.glob("*.flac")} == {Path(p).name for _, [p, *_] in EXAMPLES}
