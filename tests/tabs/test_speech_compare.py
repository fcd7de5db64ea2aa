"""Two voices compared: what can be heard and when, safe addresses, and the difference."""

from __future__ import annotations

import gradio as gr
import numpy as np
import pytest
import soundfile

from models.speech import Speech, Spoken
from models.speech_recording import SpeechRecording
from models.stop import NEVER
from tabs.parts import speech_batch
from tabs.parts.speech_compare import Heard, heard_html, lengths_html, longer, spoken

EVIL = '"><script>alert(1)</script>'


def speech(seconds=2.0, elapsed=0.5, voice="ada"):
    piece = np.full(int(8000 * seconds), 900, np.int16)
    return Speech(
        (piece,), 8000, (Spoken(0, 5, 0.0, seconds),), (), voice, ("ada", "bo"), 1, 5, 5, 0.1, elapsed
    )  # fmt: skip


class Voices:
    """An engine that notes the voice it is asked for."""

    voices = ("ada", "bo")

    def __init__(self):
        self.asked = []

    def speak(self, text, *, voice, speed, seed, stop):
        self.asked.append((text, voice, speed, seed))
        yield speech(voice=voice or "ada")


def test_a_speech_is_written_to_a_file_that_gradio_deletes_and_serves():
    player, engine = gr.Audio(), Voices()
    (heard,) = list(spoken("Hello", "bo", 1.5, player, 7)(engine, NEVER))
    assert engine.asked == [("Hello", "bo", 1.5, 7)]
    assert soundfile.info(heard.recording.whole).duration == pytest.approx(2.0)
    assert str(heard.recording.whole) in player.temp_files
    assert heard.recording.whole.is_relative_to(player.GRADIO_CACHE)
    assert heard.work.amount == 2.0


@pytest.mark.parametrize(
    ("seed", "lot", "used"), [(7, False, 7), (7, True, None), ("", False, None)]
)
def test_many_texts_are_spoken_with_the_seed_of_the_tab(seed, lot, used):
    engine = Voices()
    list(speech_batch.verb("Hello", None, 1.5, "wav", seed, lot)(engine, NEVER))
    assert engine.asked == [("Hello", "", 1.5, used)]


def test_two_sides_never_share_a_file():
    player = gr.Audio()
    heard = [next(spoken("Hello", "", 1.0, player)(Voices(), NEVER)) for _ in range(2)]
    assert heard[0].recording.whole != heard[1].recording.whole


def test_a_voice_that_a_model_lacks_is_replaced_and_that_is_said():
    engine = Voices()
    (heard,) = list(spoken("Hello", EVIL, 1.0, gr.Audio())(engine, NEVER))
    assert engine.asked[0][1] == ""
    drawn = heard_html(heard)
    assert "it speaks with" in drawn
    assert "<script" not in drawn
    (own,) = list(spoken("Hello", "bo", 1.0, gr.Audio())(engine, NEVER))
    assert "it speaks with" not in heard_html(own)


def test_the_player_appears_once_the_file_is_whole(tmp_path):
    recording = SpeechRecording(tmp_path / 'a "b" #1', "wav")
    running = (Heard(part, recording) for part in recording.follow(iter([speech(voice=EVIL)])))
    heard = next(running)
    assert "<audio" not in heard_html(heard)
    running.close()
    drawn = heard_html(heard)
    assert drawn.count("<audio") == 1
    assert 'src="gradio_api/file=/' in drawn
    assert "a%20%22b%22%20%231/speech.wav" in drawn
    assert "<script" not in drawn


def test_the_difference_is_length_and_pace():
    drawn = lengths_html(speech(2.0, 0.5), speech(5.0, 0.5, voice=EVIL))
    assert "The second speech is 3.0 s longer." in drawn
    assert "0.25" in drawn
    assert "0.10" in drawn
    assert "<script" not in drawn


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (2.0, 2.0, "about as long"),
        (0.0, 0.0, "about as long"),
        (3.0, 1.0, "The first speech is 2.0 s"),
    ],
)
def test_the_longer_one_is_named(first, second, said):
    assert said in longer(first, second)


def test_the_tab_has_the_part_and_publishes_nothing_more():
    from models.service import make_service
    from models.settings import Settings
    from tabs import text_to_speech
    from tabs.parts import Deck

    service = make_service(Settings(offline=True))
    try:
        with gr.Blocks() as page:
            text_to_speech.build(Deck(service, gr.HTML()))
    finally:
        service.close()
    events = [fn for fn in page.fns.values() if fn.inputs]
    for part in ("compare", "batch"):  # both read the seed and whether it is to be drawn anew
        (labels,) = (
            [i.label for i in fn.inputs] for fn in events
            if getattr(fn.fn, "__module__", "") in (f"tabs.parts.{part}", f"tabs.parts.{part}_run")
            and fn.fn.__qualname__.endswith("handler.<locals>.run")
        )  # fmt: skip
        assert labels[-2:] == ["Seed", "New seed for every run"]
    titles = [b.label for b in page.blocks.values() if isinstance(b, gr.Accordion)]
    assert "Compare two models" in titles
    public = [fn.api_name for fn in page.fns.values() if fn.api_visibility == "public"]
    assert public == ["text_to_speech"]
