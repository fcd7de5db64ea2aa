"""Word errors of both Whisper engines on LibriVox sentences, beside transformers with the same weights."""

from __future__ import annotations

import numpy as np
import pytest

from models.settings import Settings
from models.sources import starter_folder
from models.spec import Placement, Weights
from models.speech_recogniser import SAMPLE_RATE
from models.speech_to_text import LOADERS
from models.starter import starters
from models.variants_whisper import recordings
from models.word_errors import word_errors

#: Word errors that ours may have more than the reference, in points.
POINTS = 1.0


def folder_of(name):
    return starter_folder(starters()[name], Settings().cache_folder)


def rate(hear):
    """Per cent of the words, over all recordings."""
    found = [word_errors(text, hear(samples)) for samples, text in recordings()]
    return 100 * sum(f.errors for f in found) / sum(f.words for f in found)


@pytest.fixture(scope="module")
def reference():
    """Word errors of transformers' pipeline with Whisper tiny.en in float32."""
    from transformers import pipeline

    pipe = pipeline(
        "automatic-speech-recognition", str(folder_of("starter/whisper-tiny.en")), device="cpu"
    )
    return rate(lambda samples: pipe({"raw": samples, "sampling_rate": SAMPLE_RATE})["text"])


@pytest.mark.slow
@pytest.mark.starter
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["starter/whisper-tiny.en", "starter/whisper-tiny.en-ct2"])
def test_real_sentences_have_at_most_a_point_more_word_errors_than_in_transformers(name, reference):
    card = starters()[name].card
    place = Placement("cpu", "float32", "test")
    engine = LOADERS[card.engine](Weights(card, folder_of(name), "r"), place)

    def hear(samples: np.ndarray) -> str:
        *_, last = engine.transcribe(samples, timestamps="word")
        inside = len(samples) / SAMPLE_RATE
        times = [at for s in last.segments for w in s.words for at in (w.start, w.end)]
        assert times == sorted(times)
        assert 0 <= times[0] <= times[-1] <= inside + 0.01
        assert times[-1] > 0.8 * inside  # the last word is heard at the end, not in the middle
        assert all(
            s.start - 0.01 <= w.start <= w.end <= s.end + 0.01
            for s in last.segments for w in s.words
        )  # fmt: skip
        return last.text

    ours = rate(hear)
    print(f"\n{name}: {ours:.1f} % word errors, transformers {reference:.1f} %")
    assert ours <= reference + POINTS
