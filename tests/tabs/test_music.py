"""What the music tab shows, plays and fills in. Words of a prompt are data."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
import soundfile

from models.music import Music
from models.music_recording import MusicRecording
from models.music_score import Note, Score
from models.spec import ModelCard
from tabs.parts import music_batch
from tabs.parts.music_compare import Heard, differences_html, heard_html, kinds, with_one_seed
from tabs.parts.music_endpoint import notes_file
from tabs.parts.music_fields import advice, has, longest, own_seconds, settings, words_html
from tabs.parts.music_view import Views, displays, facts_html, score_html, view_json
from tabs.parts.score_view import LISTED, bar_of, notes_html, pitch_range, roll_html, summary
from tabs.parts.sound_fields import InFormat

NOTES = (
    Note(0, 1, 60), Note(1, 0.5, 64), Note(1.5, 1.5, 67), Note(3, 4, 48, voice=1),
)  # fmt: skip
SCORE = Score(NOTES, 120, (4, 4), "C major", ("flute", "<b>drone"), "air", 1.0)
NASTY = "<img src=x onerror=alert(1)>"


def music(**changes):
    facts = {
        "samples": np.zeros(800, np.float32), "sample_rate": 100, "seconds_asked": 10.0, "seed": 7,
        "temperature": 0.9, "guidance": None, "step": 8, "steps": 8, "elapsed_s": 4.0,
        "first_audio_s": 0.5,
    }  # fmt: skip
    return Music(**{**facts, **changes})


def card(**defaults):
    return ModelCard("o/m", "music", "transformers", "M", defaults=defaults)


@pytest.fixture
def recording():
    return MusicRecording(Path("/cache/one"), "mp3")


@pytest.fixture
def views():
    return Views(gr.HTML(), gr.Audio(), gr.HTML(), gr.HTML(), gr.DownloadButton())


def test_the_facts_name_length_pace_sound_and_settings():
    shown = facts_html(music())
    for fact in ("8.0 s", "2.00x", "500 ms", "0.1 kHz, mono", "7", "0.9"):
        assert f"<dd>{fact}</dd>" in shown
    assert "guidance" not in shown
    assert "progress" not in shown
    assert "stereo" in facts_html(music(samples=np.zeros((10, 2), np.float32)))


def test_an_unfinished_piece_says_how_far_it_is():
    shown = facts_html(music(step=4, samples=np.zeros(0, np.float32), first_audio_s=0.0))
    assert '<progress class="md-music-meter" max="8" value="4"' in shown
    assert "<dd>0.00 of 10 s</dd>" in shown
    assert "times real time" not in shown


def test_words_that_counted_and_words_that_did_not_stand_apart_and_are_data():
    shown = facts_html(music(understood=("slow", NASTY), ignored=("dragon",)))
    assert '<li class="md-word-read" dir="auto">slow</li>' in shown
    assert '<li class="md-word-left" dir="auto">dragon</li>' in shown
    assert "<img" not in shown
    assert "a guess" not in shown


def test_a_piece_that_no_word_led_is_called_a_guess():
    assert "the piece is a guess" in facts_html(music(ignored=("dragon",)))
    assert "Understood" not in facts_html(music())  # this model reads the prompt as text


def test_what_was_not_done_is_told():
    assert "no &lt;guidance" in facts_html(music(warnings=("no <guidance",)))


def test_facts_of_notes_stand_beside_those_of_the_sound():
    shown = facts_html(music(score=SCORE))
    for fact in ("air", "C major", "4/4", "120 BPM", "4"):
        assert f"<dd>{fact}</dd>" in shown


def test_a_roll_has_a_bar_for_each_note_and_says_what_it_shows():
    shown = roll_html(SCORE)
    assert shown.count("<title>") == 4
    assert "<title>E4, bar 1, beat 1</title>" in shown
    assert 'data-seconds="4.500"' in shown  # a beat before the first bar, and two bars
    assert f'aria-label="{summary(SCORE)}"' in shown
    assert summary(SCORE) == ("4 notes from C3 to G4, 2 bars of 4/4, C major, 120 beats a minute")
    assert "&lt;b&gt;drone" in shown
    assert "<b>" not in shown


def test_a_roll_of_one_voice_has_no_legend_and_an_empty_score_no_roll():
    assert "legend" not in roll_html(Score(NOTES[:3], 120, (4, 4), "C major", ("flute",)))
    assert roll_html(Score((), 120, (4, 4), "C major", ("flute",))) == ""
    assert score_html(None) == ""


def test_a_roll_shows_some_room_around_the_notes_and_no_pitch_that_is_none():
    assert pitch_range(SCORE) == (46, 69)
    low, high = pitch_range(Score((Note(0, 1, 0),), 120, (4, 4), "C major", ("flute",)))
    assert low == 0
    assert high >= 10


def test_bars_are_counted_from_the_first_full_one():
    assert [bar_of(SCORE, beat) for beat in (0, 1, 4.5, 5)] == [(0, 1), (1, 1), (1, 4.5), (2, 1)]


def test_the_notes_are_a_table_too():
    shown = notes_html(SCORE)
    assert "<tr><td>2</td><td>3</td><td>C3</td>" not in shown
    assert "<tr><td>1</td><td>3</td><td>C3</td><td>4</td><td>&lt;b&gt;drone</td></tr>" in shown
    long = Score(tuple(Note(n, 1, 60) for n in range(LISTED + 5)), 120, (3, 4), "D minor", ("a",))
    assert f"The first {LISTED} notes; 5 more are in the MIDI file." in notes_html(long)


def test_the_page_is_told_where_the_parts_are(recording):
    recording.parts = 3
    told = json.loads(view_json(recording, ended=False))
    assert told == {"run": "one", "folder": "/cache/one", "count": 3, "ended": False}


def test_the_whole_plays_by_itself_only_when_it_was_not_played_in_parts(recording, views):
    show, show_final = displays(recording, views)
    assert show(music())[1] == gr.skip()
    recording.done = True
    quick = show_final(music())
    assert quick[1]["autoplay"] is True
    recording.parts = 2
    slow = show_final(music())
    assert slow[1]["autoplay"] is False
    assert json.loads(slow[0])["ended"] is True
    assert str(recording.whole) in views.player.temp_files


def test_a_run_that_was_stopped_before_there_was_sound_shows_no_player(recording, views):
    _, show_final = displays(recording, views)
    assert show_final(music(samples=np.zeros(0, np.float32), step=1))[1]["visible"] is False


def test_notes_can_be_taken_away_as_a_midi_file_and_a_model_without_them_has_none(recording, views):
    _, show_final = displays(recording, views)
    played = replace(SCORE, instruments=("flute", "fiddle"))
    with_notes, without = show_final(music(score=played))[4], show_final(music())[4]
    assert Path(with_notes["value"]).read_bytes()[:4] == b"MThd"
    assert with_notes["interactive"] is True
    assert (without["value"], without["interactive"]) == (None, False)
    assert notes_file(gr.File(), music()) is None


def test_lengths_and_words_come_from_the_card():
    assert (longest(card()), own_seconds(card())) == (30, 10)
    named = card(seconds=40.0, max_seconds=90.0, guidance=3.0, words=["slow", "<i>"])
    assert (longest(named), own_seconds(named)) == (90, 40)
    assert advice(named) == "Set for M: 40 of at most 90 seconds, guidance 3."
    assert "The 2 words it understands" in words_html(named)
    assert "&lt;i&gt;" in words_html(named)
    assert "model's own settings" in advice(card())
    assert [has(named, name) for name in ("guidance", "steps")] == [True, False]
    assert has(card(), "steps")  # nothing is known of it


@pytest.mark.parametrize(
    ("seed", "lot", "expected"), [("", False, None), (5.0, False, 5), (5.0, True, None)]
)
def test_a_seed_is_drawn_by_lot_unless_one_is_chosen(seed, lot, expected):
    given = settings(5, seed, lot, None, "", 8.0)
    assert given == {
        "seconds": 5, "seed": expected, "temperature": None, "guidance": None, "steps": 8,
    }  # fmt: skip


def test_both_sides_of_a_comparison_have_one_seed():
    assert with_one_seed("hum", 5, 7.0, False, "", 2.0, None) == ["hum", 5, 7, False, "", 2.0, None]
    first, second = (with_one_seed("hum", 5, 7.0, True)[2] for _ in range(2))
    assert first != second


def test_a_comparison_plays_both_and_says_what_they_are(recording):
    assert heard_html(Heard(music(), recording)) == ""
    recording.done = True
    assert "/cache/one/music.mp3" in heard_html(Heard(music(), recording))
    notes = music(score=SCORE)
    assert "writes notes, which" not in kinds(music(), music())
    assert kinds(notes, music()).startswith("The first model writes notes")
    assert kinds(music(), notes).startswith("The second model writes notes")
    assert "0.50" in differences_html(music(), notes)


def test_a_row_of_many_prompts_becomes_a_sound_and_its_notes(tmp_path):
    score = replace(SCORE, instruments=("flute", "fiddle"))
    made = InFormat(music(score=score, ignored=("loud",)), "flac")
    sound, notes = music_batch.written(made, tmp_path / "00001-air")
    assert (sound.name, notes.name) == ("00001-air.flac", "00001-air.mid")
    assert soundfile.info(sound).frames == 800
    assert notes.read_bytes()[:4] == b"MThd"
    assert music_batch.columns(made) == {
        "seconds": 8.0, "seed": "7", "key": "C major", "ignored": "loud", "warnings": "",
    }  # fmt: skip
    assert music_batch.written(InFormat(music(), "wav"), tmp_path / "2") == [tmp_path / "2.wav"]


def test_many_prompts_are_composed_with_the_settings_of_the_tab():
    given = {}

    class Engine:
        def compose(self, prompt, **settings):
            given.update(settings, prompt=prompt)
            yield music()

    verb = music_batch.verb("a jig", 5.0, "mp3", 3, False, "", "", "")
    assert [made.kind for made in verb(Engine(), None)] == ["mp3"]
    assert (given["prompt"], given["seconds"], given["seed"]) == ("a jig", 5.0, 3)
