"""What the speech tab shows and plays."""

from __future__ import annotations

import json
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from models.spec import ModelCard
from models.speech import Speech, Spoken
from models.speech_recording import SpeechRecording
from tabs.text_to_speech import (
    displays,
    facts_html,
    first_voice,
    playlist,
    speeds,
    unread_text,
    voices,
)


def speech(**changes):
    facts = {
        "pieces": (np.zeros(24_000, np.int16),), "sample_rate": 24_000,
        "spoken": (Spoken(0, 5, 0.0, 8.0),), "unread": (), "voice": "b", "voices": ("a", "b"),
        "seed": 1, "characters": 5, "characters_total": 1200, "first_audio_s": 0.045,
        "elapsed_s": 2.0,
    }  # fmt: skip
    return Speech(**{**facts, **changes})


def card(**defaults):
    return ModelCard("o/m", "text_to_speech", "transformers", "M", defaults=defaults)


@pytest.fixture
def recording():
    return SpeechRecording(Path("/cache/one"), "mp3")


def test_the_facts_name_length_first_sound_and_real_time_factor():
    shown = facts_html(speech())
    for fact in ("8.0 s", "45 ms", "0.25", "24 kHz", "5 of 1,200"):
        assert f"<dd>{fact}</dd>" in shown


def test_words_without_a_sound_are_named_and_escaped():
    assert "日本 😀" in unread_text(("日本", "😀"))
    shown = facts_html(speech(unread=("<b>",)))
    assert "Not spoken" in shown
    assert "&lt;b&gt;" in shown


def test_voices_and_speeds_come_from_the_card():
    named = card(voices=["x", "y"], speeds=[0.8, 1.2])
    assert (voices(named), first_voice(named), speeds(named)) == (["x", "y"], "x", (0.8, 1.2))


def test_a_model_that_names_no_voices_offers_its_own():
    assert voices(card()) == [("The model's own", "")]
    assert first_voice(card()) == ""
    assert speeds(card()) == (0.5, 2.0)


def test_there_is_no_playlist_before_there_are_pieces(recording):
    assert playlist(recording, ended=True) == ""


def test_the_playlist_says_where_the_pieces_are(recording):
    recording.pieces = 3
    assert json.loads(playlist(recording, ended=False)) == {
        "folder": str(Path("/cache/one")), "count": 3, "ended": False,
    }  # fmt: skip


def test_the_whole_plays_by_itself_only_when_it_was_not_played_in_pieces(recording):
    player = gr.Audio()
    show, show_final = displays(recording, player)
    assert show(speech())[0] == ""
    assert show(speech())[1] == gr.skip()
    quick = show_final(speech())
    assert quick[1]["autoplay"] is True
    assert quick[1]["value"] == str(recording.whole)
    recording.pieces = 2
    slow = show_final(speech())
    assert slow[1]["autoplay"] is False
    assert json.loads(slow[0])["ended"] is True


def test_after_a_run_the_menu_holds_the_voices_the_model_really_has(recording):
    _, show_final = displays(recording, gr.Audio())
    update = show_final(speech())[3]
    assert (update["choices"], update["value"]) == (["a", "b"], "b")


def test_gradio_is_told_of_every_file_so_that_it_deletes_them(recording):
    player = gr.Audio()
    displays(recording, player)[1](speech())
    assert str(recording.whole) in player.temp_files
