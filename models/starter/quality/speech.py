"""Round trip of the speech starters: each voice says 50 sentences, and a recogniser writes them down.

    python -m models.starter.quality.speech              # the figures
    python -m models.starter.quality.speech --wrong      # and what was heard otherwise

The error rate is of both together: a word that the voice says unclearly and one that the recogniser
mishears count the same.
"""

from __future__ import annotations

import argparse
import io
import logging
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.starter.quality.engines import engine
from models.starter.quality.score import DATA, Score
from models.word_errors import word_errors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

SENTENCES = DATA / "speech_sentences.txt"
VOICES = ("starter/hibari", "starter/joe")
RECOGNISERS = (
    "starter/whisper-tiny.en",
    "starter/whisper-tiny.en-ct2",
    "starter/whisper-base-ct2",
)
#: What the recognisers read, in Hz.
RATE = 16_000


def sentences() -> list[str]:
    """The sentences to say."""
    return SENTENCES.read_text("utf-8").splitlines()


def measure(*, wrong: bool = False) -> Iterator[Score]:
    """Word error rate of each voice with each recogniser; one row per model."""
    texts = sentences()
    spoken, speak_s = _spoken(texts)
    by_voice: dict[tuple[str, str], dict[str, float]] = {key: {} for key in spoken}
    for name in RECOGNISERS:
        model, rates, begun = engine(name), {}, time.process_time()
        for key, recordings in spoken.items():
            rate = _error_rate(model, texts, recordings, wrong=wrong)
            rates[f"word error, {key[1]}"] = rate
            by_voice[key][f"word error, {name.removeprefix('starter/')}"] = rate
        each = (time.process_time() - begun) / (len(texts) * len(spoken))
        data = f"{len(texts)} sentences by hand, spoken by the starter voices"
        yield Score("speech_to_text", name, data, rates, round(each, 4))
    for (name, voice), figures in by_voice.items():
        data = f"{len(texts)} sentences by hand, voice {voice}, written down by the starters"
        yield Score("text_to_speech", name, data, figures, speak_s[name, voice])


def _spoken(
    texts: list[str],
) -> tuple[dict[tuple[str, str], list[NDArray[np.float32]]], dict[tuple[str, str], float]]:
    """Recordings at ``RATE`` and seconds a sentence, by model and voice."""
    recordings, seconds = {}, {}
    for name in VOICES:
        model = engine(name)
        for voice in model.voices:
            begun = time.process_time()
            said = [_say(model, text, voice) for text in texts]
            seconds[name, voice] = round((time.process_time() - begun) / len(texts), 4)
            recordings[name, voice] = [_at_rate(speech) for speech in said]
    return recordings, seconds


def _say(model: Any, text: str, voice: str) -> Any:
    (*_, speech) = model.speak(text, voice=voice, seed=1)
    return speech


def _at_rate(speech: Any) -> NDArray[np.float32]:
    """The sound as the recognisers want it, by way of a WAV as the tabs send it."""
    import soundfile

    from models.audio import read_audio

    sound = io.BytesIO()
    soundfile.write(sound, speech.samples, speech.sample_rate, format="WAV", subtype="PCM_16")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        path.write_bytes(sound.getvalue())
        return read_audio(path, RATE)


def _error_rate(
    model: Any, texts: list[str], recordings: list[NDArray[np.float32]], *, wrong: bool
) -> float:
    """Per cent of the words."""
    errors = words = 0
    for text, samples in zip(texts, recordings, strict=True):
        (*_, transcript) = model.transcribe(samples)
        found = word_errors(text, transcript.text)
        errors, words = errors + found.errors, words + found.words
        if wrong and found.errors:
            log.info("%d | %s | %s", found.errors, text, transcript.text)
    return round(100 * errors / words, 1)


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wrong", action="store_true", help="list what was heard otherwise")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for score in measure(wrong=options.wrong):
        log.info("%s: %s (%s s)", score.model, score.shown, score.seconds_per_item)


if __name__ == "__main__":
    main()
