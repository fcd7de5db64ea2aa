"""A speech and a piece of music by code are the same sound, a transcript has the same words."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from models.audio import read_audio
from models.snippets.music import snippets as music_snippets
from models.snippets.speech_to_text import snippets as transcript_snippets
from models.snippets.text_to_speech import snippets as speech_snippets
from tests.conftest import ROOT
from tests.models.audio_checkpoints import tiny_vits, tiny_wav2vec2
from tests.models.engines import last
from tests.models.music_checkpoints import tiny_ace_step, tiny_musicgen
from tests.models.snippets.running import built, run, starter

_SPOKEN = "Dr. Rivera said \u201chello\u201d. She paid $45.50 on 3 May!\n\n...\n\nThe end"


def same_sound(level: Any, result: Any) -> None:
    found = run(level)
    assert len(found) == len(result.samples)
    assert np.abs(np.clip(found, -1, 1) - result.samples).max() < 1e-3, level.title


@pytest.mark.starter
@pytest.mark.parametrize(("voice", "speed"), [("", 1.0), ("Heart, British accent", 1.25)])
def test_a_speech_by_hibari_is_the_same_sound(voice, speed):
    of, source, engine = starter("hibari")
    settings = {"voice": voice, "speed": speed, "seed": 7}
    (level,) = speech_snippets(of, source, {"text": _SPOKEN, **settings})
    same_sound(level, last(engine.speak(_SPOKEN, **settings)))


@pytest.mark.parametrize("speakers", [1, 2])
def test_a_speech_by_vits_is_the_same_sound_at_both_levels(tmp_path, speakers):
    folder = tiny_vits(tmp_path, speakers=speakers)
    of, source, engine = built("text_to_speech", "transformers", folder)
    settings = {"voice": "speaker 1" if speakers > 1 else "", "speed": 1.5, "seed": 3}
    levels = speech_snippets(of, source, {"text": "hello there. it's me.", **settings})
    assert len(levels) == 2
    for level in levels:
        same_sound(level, last(engine.speak("hello there. it's me.", **settings)))


_RECORDINGS = ROOT / "assets" / "examples"


def words(text: str) -> list[str]:
    return "".join(c for c in text.lower() if c.isalpha() or c.isspace()).split()


@pytest.mark.starter
@pytest.mark.parametrize("name", ["whisper-tiny.en", "whisper-tiny.en-ct2"])
def test_a_transcript_has_the_same_words(name, monkeypatch):
    monkeypatch.chdir(_RECORDINGS)
    of, source, engine = starter(name)
    recording = _RECORDINGS / "austen-leisure.flac"
    expected = words(last(engine.transcribe(read_audio(recording, 16_000))).text)
    assert len(expected) > 15
    levels = transcript_snippets(of, source, {"recording": str(recording)})
    assert levels
    for level in levels:
        assert "assets" not in level.code
        assert words(run(level)) == expected, level.title


def test_a_transcript_by_a_ctc_model_has_the_same_letters(tmp_path, monkeypatch):
    of, source, engine = built("speech_to_text", "transformers", tiny_wav2vec2(tmp_path))
    engine._detector = lambda samples: iter([np.ones(len(samples) // 512 + 1, np.float32)])
    monkeypatch.chdir(_RECORDINGS)
    recording = _RECORDINGS / "austen-leisure.flac"
    expected = "".join(words(last(engine.transcribe(read_audio(recording, 16_000))).text))
    levels = transcript_snippets(of, source, {"recording": str(recording)})
    assert levels
    for level in levels:
        plain = re.sub("</?s>|<unk>", "", run(level))  # a trained model never says these
        assert "".join(words(plain)) == expected, level.title


@pytest.mark.parametrize("channels", [1, 2])
def test_a_piece_by_musicgen_is_the_same_sound_at_both_levels(tmp_path, channels):
    of, source, engine = built("music", "transformers", tiny_musicgen(tmp_path, channels=channels))
    settings = {"seconds": 1, "seed": 3, "temperature": 0.8, "guidance": 2.0}
    expected = last(engine.compose("a slow jig", **settings)).samples
    levels = music_snippets(of, source, {"prompt": "a slow jig", **settings})
    assert [level.title for level in levels] == ["pipeline", "tokenizer and model"]
    for level in levels:
        found = run(level)
        assert found.shape[0] == channels, level.title
        assert np.abs(found.T.reshape(expected.shape) - expected).max() < 1e-4, level.title


def test_a_piece_by_a_diffusion_pipeline_is_the_same_sound(tmp_path):
    of, source, engine = built("music", "diffusers", tiny_ace_step(tmp_path))
    settings = {"seconds": 1, "seed": 3, "guidance": 2.0, "steps": 2}
    expected = last(engine.compose("a slow jig", **settings)).samples
    (level,) = music_snippets(of, source, {"prompt": "a slow jig", **settings})
    assert np.abs(run(level).T - expected).max() < 1e-4
