"""A transcript as the page draws it: phrases, words, player and facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.transcript import Segment, Transcript, Word
from tabs.parts.transcript_view import (
    clock,
    facts_html,
    growing_html,
    phrases_html,
    transcript_html,
)

DONE = Transcript(
    (Segment(0.0, 1.5, "Tom & <b>"), Segment(61.25, 63.0, "Yes.")), "", "en", 0.98, 70.0, 70.0, 4.0, 70.0, 2.0
)  # fmt: skip
WORDS = Segment(1.0, 2.0, "so <it>", (Word("so", 1.0, 1.4, 0.9), Word("<it>", 1.4, 2.0, 0.3)))


@pytest.mark.parametrize(
    ("second", "text"),
    [(0, "0:00.0"), (7.44, "0:07.4"), (59.96, "1:00.0"), (3723.0, "1:02:03.0")],
)
def test_places_in_a_recording_read_as_a_clock(second, text):
    assert clock(second) == text


def test_every_phrase_has_a_button_for_its_start_and_is_escaped():
    shown = phrases_html(DONE.segments)
    assert shown.count("<button") == 2
    assert 'data-phrase="1"' in shown
    assert 'data-start="61.250"' in shown
    assert "Tom &amp; &lt;b&gt;" in shown


def test_words_can_be_clicked_and_unsure_ones_are_marked():
    shown = phrases_html((WORDS,))
    assert (
        'data-start="1.400" data-end="2.000" title="1.40 to 2.00 s, 30% sure" class="md-unsure"'
        in shown
    )
    assert "&lt;it&gt;" in shown
    assert shown.count("md-unsure") == 1
    assert "md-less-sure" not in shown


def test_a_draft_is_told_apart_and_old_phrases_are_counted_while_it_runs():
    long = replace(DONE, segments=DONE.segments * 30, draft="and <so>")
    shown = growing_html(long, tail=10)
    assert shown.count("<button") == 10
    assert "50 phrases before these" in shown
    assert "and &lt;so&gt;" in shown


def test_nothing_is_drawn_without_phrases():
    assert (
        growing_html(replace(DONE, segments=()), 9)
        + transcript_html(replace(DONE, segments=()), "a")
        == ""
    )


def test_the_facts_say_how_much_was_heard_and_how_quickly():
    shown = facts_html(replace(DONE, read_s=35.0))
    assert "<dt>about left</dt><dd>2.0 s</dd>" in shown
    assert "<dd>50%</dd>" in shown
    assert "<dd>17.5x</dd>" in shown
    assert "English (98% sure)" in shown


def test_a_recording_without_speech_says_so():
    assert "No speech was found in these 1 min 10 s: silence" in facts_html(
        replace(DONE, segments=())
    )


def test_the_search_for_speech_is_shown_first():
    shown = facts_html(replace(DONE, searched_s=35.0, read_s=0.0, segments=()))
    assert "<dt>searched for speech</dt><dd>50%</dd>" in shown


def test_the_player_has_the_recording_and_its_path_can_not_break_out():
    shown = transcript_html(DONE, '/cache/a "x" onerror=.mp3')
    assert 'src="gradio_api/file=/cache/a%20%22x%22%20onerror%3D.mp3"' in shown
    assert shown.index("<audio") < shown.index("<ol")
