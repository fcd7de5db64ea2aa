"""What the transcription tab shows and hands out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import gradio as gr
import pytest
import soundfile

from models.errors import InputError
from models.spec import ModelCard
from models.transcript import Segment, Transcript, Word
from tabs.speech_to_text import (
    EXAMPLES,
    clock,
    displays,
    facts_html,
    given,
    languages,
    multilingual,
    segments_html,
)

DONE = Transcript(
    (Segment(0.0, 1.5, "Tom & <b>"), Segment(61.25, 63.0, "Yes.")), "", "en", 0.98, 70.0, 70.0, 4.0, 70.0, 2.0
)  # fmt: skip
WORDS = Segment(1.0, 2.0, "so <it>", (Word("so", 1.0, 1.4, 0.9), Word("<it>", 1.4, 2.0, 0.3)))


def card(*codes):
    return ModelCard("o/m", "speech_to_text", "transformers", "M", languages=codes)


@pytest.mark.parametrize(
    ("second", "text"),
    [(0, "0:00.0"), (7.44, "0:07.4"), (59.96, "1:00.0"), (3723.0, "1:02:03.0")],
)
def test_places_in_a_recording_read_as_a_clock(second, text):
    assert clock(second) == text


def test_every_phrase_has_a_button_for_its_start_and_is_escaped():
    shown = segments_html(DONE)
    assert shown.count("<button") == 2
    assert 'data-start="61.250"' in shown
    assert "Tom &amp; &lt;b&gt;" in shown


def test_words_can_be_clicked_and_unsure_ones_are_marked():
    shown = segments_html(replace(DONE, segments=(WORDS,)))
    assert 'data-start="1.400" title="1.40 to 2.00 s, 30% sure" class="md-unsure"' in shown
    assert "&lt;it&gt;" in shown
    assert shown.count("md-unsure") == 1


def test_a_draft_is_told_apart_and_old_phrases_are_counted_while_it_runs():
    long = replace(DONE, segments=DONE.segments * 30, draft="and <so>")
    shown = segments_html(long, tail=10)
    assert shown.count("<button") == 10
    assert "50 phrases before these" in shown
    assert "and &lt;so&gt;" in shown


def test_nothing_is_drawn_without_phrases():
    assert segments_html(replace(DONE, segments=())) == ""


def test_the_facts_say_how_much_was_heard_and_how_quickly():
    shown = facts_html(replace(DONE, read_s=35.0))
    assert "<dd>50%</dd>" in shown
    assert "<dd>17.5x</dd>" in shown
    assert "English (98% sure)" in shown


def test_a_recording_without_speech_says_so():
    assert "No speech was found in these 1 min 10 s." in facts_html(replace(DONE, segments=()))


def test_the_files_are_named_after_the_recording_and_hold_the_phrases():
    buttons = [gr.DownloadButton() for _ in range(4)]
    show, show_final = displays("talk", buttons)
    assert [update["interactive"] for update in show(DONE)[3:]] == [False] * 4
    text, _, _, *updates = show_final(DONE)
    assert text == "Tom & <b> Yes."
    assert all(update["interactive"] for update in updates)
    paths = [update["value"] for update in updates]
    assert [Path(path).name for path in paths] == ["talk.txt", "talk.srt", "talk.vtt", "talk.json"]
    assert Path(paths[1]).read_text().startswith("1\n00:00:00,000 --> 00:00:01,500\n")


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
    for _, [path, _] in EXAMPLES:
        assert soundfile.info(path).duration < 20
        assert Path(path).stat().st_size < 300_000
        assert Path(path).name in named
    assert {p.name for p in folder.glob("*.flac")} == {Path(p).name for _, [p, _] in EXAMPLES}
