"""What the speech tab shows and plays."""

from __future__ import annotations

import json
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from models.service import make_service
from models.settings import Settings
from models.spec import ModelCard
from models.speech import Speech, Spoken, SpokenChapter
from models.speech_recording import SpeechRecording
from models.speech_voice import TimedWord
from tabs.parts import Deck
from tabs.parts.speech_fields import (
    chosen_seed,
    first_voice,
    speech_fields,
    speeds,
    voice_choices,
    voices,
)
from tabs.parts.speech_view import (
    TAIL,
    Done,
    Views,
    displays,
    facts_html,
    read_html,
    unread_text,
    view_json,
)

TEXT = "One <b>two</b>. Three."


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


def test_a_voice_of_the_model_before_is_no_error_of_the_page():
    service = make_service(Settings(offline=True, device="cpu"))
    with gr.Blocks():
        fields = speech_fields(Deck(service, gr.HTML()), "text_to_speech")
    assert fields.voice.preprocess("Joe, American") == "Joe, American"
    service.close()


def test_voices_and_speeds_come_from_the_card():
    named = card(voices=["x", "y"], speeds=[0.8, 1.2])
    assert (voices(named), first_voice(named), speeds(named)) == (
        [("x", "x"), ("y", "y")],
        "x",
        (0.8, 1.2),
    )


def test_a_model_that_names_no_voices_offers_its_own():
    assert voices(card()) == [("The model's own", "")]
    assert first_voice(card()) == ""
    assert speeds(card()) == (0.5, 2.0)


def views():
    buttons = [gr.DownloadButton() for _ in range(3)]
    return Views(gr.HTML(), gr.Audio(), gr.HTML(), gr.HTML(), buttons[:2], buttons[2], gr.State())


def said():
    words = (TimedWord(0, 3, 0.1, 0.4), TimedWord(4, 15, 0.5, 0.9))
    pieces = Spoken(0, 15, 0.0, 1.0, words, "One two.", "wˈʌn tˈu"), Spoken(16, 22, 1.0, 2.0)
    return speech(spoken=pieces, characters=22, characters_total=22)


def test_the_page_is_told_where_the_pieces_are_and_what_is_said_when(recording):
    recording.pieces = 3
    told = json.loads(view_json(recording, said(), TEXT, ended=False))
    assert told == {
        "run": "one", "folder": "/cache/one", "count": 3, "ended": False, "from": 0,
        "said": [
            ["", "One <b>two</b>.", 0.0, 1.0, [[0, 3, 0.1, 0.4], [4, 11, 0.5, 0.9]], False],
            [" ", "Three.", 1.0, 2.0, [], False],
        ],
    }  # fmt: skip


def test_an_update_repeats_the_newest_pieces_and_the_last_one_has_all(recording):
    text = "A. " * 100
    many = speech(spoken=tuple(Spoken(3 * n, 3 * n + 2, n, n + 1) for n in range(100)))
    told = json.loads(view_json(recording, many, text, ended=False))
    assert (told["from"], len(told["said"])) == (100 - TAIL, TAIL)
    told = json.loads(view_json(recording, many, text, ended=True))
    assert (told["from"], len(told["said"])) == (0, 100)


def test_headings_are_told_without_their_marks(recording):
    text = "# One\nA.\n# Two\nB."
    spoken = tuple(Spoken(*place, 0, 1) for place in ((2, 5), (6, 8), (11, 14), (15, 17)))
    chapters = SpokenChapter("One", 2, 0, 0, 1), SpokenChapter("Two", 11, 2, 1, 2)
    book = speech(spoken=spoken, chapters=chapters, chapters_total=2)
    told = json.loads(view_json(recording, book, text, ended=True))["said"]
    assert [(gap, own, head) for gap, own, *_, head in told] == [
        ("", "One", True), ("\n", "A.", False), ("\n", "Two", True), ("\n", "B.", False),
    ]  # fmt: skip
    assert "<dd>2 of 2: Two</dd>" in facts_html(book)


def test_the_whole_plays_by_itself_only_when_it_was_not_played_in_pieces(recording):
    show, show_final = displays(recording, TEXT, views())
    assert show(said())[1] == gr.skip()
    quick = show_final(said())
    assert quick[1]["autoplay"] is True
    assert quick[1]["value"] == str(recording.whole)
    recording.pieces = 2
    slow = show_final(said())
    assert slow[1]["autoplay"] is False
    assert json.loads(slow[0])["ended"] is True


def test_at_the_end_there_are_subtitles_and_what_the_check_needs(recording):
    outputs = views()
    shown = displays(recording, TEXT, outputs)[1](said())
    assert len(shown) == len(outputs.outputs)
    srt, vtt, chapters, done = shown[4:]
    assert srt["interactive"]
    assert "00:00:01,000 --> 00:00:02,000\nThree.\n" in Path(srt["value"]).read_text("utf-8")
    assert Path(vtt["value"]).read_text("utf-8").startswith("WEBVTT\n")
    assert (chapters["value"], chapters["interactive"]) == (None, False)
    assert done == Done(str(recording.whole), "One two. Three.")


def test_how_it_was_read_is_shown_escaped_and_only_where_it_differs():
    shown = read_html(said(), TEXT)
    assert "One &lt;b&gt;two&lt;/b&gt;." in shown
    assert "<b>" not in shown
    assert "One two." in shown
    assert "wˈʌn tˈu" in shown
    silent = read_html(speech(), "Hello")
    assert "does not tell" in silent


def test_voices_of_many_languages_are_named_by_them():
    assert voice_choices(["v2/de_speaker_3", "fr_speaker_0", "Joe"]) == [
        ("German, speaker 3", "v2/de_speaker_3"),
        ("French, speaker 0, first version", "fr_speaker_0"),
        ("Joe", "Joe"),
    ]


def test_a_seed_holds_only_where_no_new_one_is_wanted():
    assert chosen_seed(7.0, False) == 7
    assert chosen_seed(7.0, True) is None
    assert chosen_seed(0, False) == 0


@pytest.mark.parametrize("empty", [None, ""])
def test_an_empty_seed_is_one_by_lot(empty):
    assert chosen_seed(empty, False) is None


def test_gradio_is_told_of_every_file_so_that_it_deletes_them(recording):
    outputs = views()
    displays(recording, TEXT, outputs)[1](said())
    assert str(recording.whole) in outputs.player.temp_files
