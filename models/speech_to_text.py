"""Speech to text: a recording of any length as segments and words with their times.

The recording is searched for speech, cut in pauses into windows that the model can hear, and read
window by window, so memory does not grow with its length and silence stays empty. Three kinds of
models: Whisper and connectionist (CTC) models through transformers, Whisper through CTranslate2.
Whisper: cdn.openai.com/papers/whisper.pdf, huggingface.co/openai/whisper-tiny.en.
Wav2Vec2: arxiv.org/abs/2006.11477.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from models.audio import MAX_DURATION_S, check_samples
from models.errors import InputError, ModelUnsupported
from models.spec import Placement, Weights
from models.speech_activity import speech_probabilities, windows_of_speech
from models.speech_recogniser import SAMPLE_RATE, Heard, Recogniser, Request
from models.stop import NEVER, StopToken
from models.transcript import Segment, Transcript, orderly, shifted

#: Detail of the times that can be asked for.
TIMESTAMPS = ("segment", "word")
#: Files of a Hub repository that an engine needs, where they differ from the usual ones.
FILES = {
    "ctranslate2": (
        "model.bin",
        "config.json",
        "tokenizer.json",
        "vocabulary.*",
        "preprocessor_config.json",
    )
}

SpeechDetector = Callable[[NDArray[np.float32]], NDArray[np.float32]]


class SpeechToTextEngine:
    """Transcribes recordings.

    Args:
        recogniser: the model.
        detector: samples at 16 kHz -> probability of speech in each frame of 32 ms.
    """

    def __init__(
        self, recogniser: Recogniser, detector: SpeechDetector = speech_probabilities
    ) -> None:
        self._recogniser, self._detector = recogniser, detector
        self.reentrant = recogniser.reentrant
        self.memory_bytes = recogniser.memory_bytes
        self.languages = recogniser.languages
        self.tasks = recogniser.tasks

    def transcribe(
        self,
        samples: NDArray[np.float32],
        *,
        language: str = "",
        task: str = "transcribe",
        timestamps: str = "segment",
        stop: StopToken = NEVER,
    ) -> Iterator[Transcript]:
        """Writes down what is said.

        Args:
            samples: (samples,) float32, -1 to 1, mono at 16 kHz, up to ``MAX_DURATION_S``.
            language: code from ``languages``; empty to detect it where the model can.
            task: ``transcribe``, or ``translate`` (into English) where ``tasks`` has it.
            timestamps: ``segment`` or ``word``.
            stop: polled with every token or window.

        Yields:
            The transcript so far; the last one is whole. Without speech it has no segments.

        Raises:
            InputError: no samples, not a number, too long, or a choice the model does not have.
        """
        began = time.perf_counter()
        self._check(samples, language, task, timestamps)
        duration = len(samples) / SAMPLE_RATE
        probabilities = self._detector(samples)
        windows = windows_of_speech(probabilities, self._recogniser.window_s)
        speech = min(duration, sum(end - start for start, end in windows))
        request = Request(language, task, timestamps == "word")
        done: list[Segment] = []
        heard, read = Heard((), language=language), 0.0

        def now(fresh: list[Segment], draft: str) -> Transcript:
            return Transcript(
                (*done, *fresh), draft, heard.language, heard.language_probability,
                duration, speech, read, time.perf_counter() - began,
            )  # fmt: skip

        for start, end in windows:
            stop.check()
            end = min(end, duration)
            window = samples[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)]
            fresh: list[Segment] = []
            settled = _settled(request, heard)
            for heard in self._recogniser.hear(window, settled, stop):
                fresh = orderly([shifted(s, start) for s in heard.segments], start, end)
                yield now(fresh, heard.draft)
            done.extend(fresh)
            read = end
        read = duration
        yield now([], "")

    def _check(
        self, samples: NDArray[np.float32], language: str, task: str, timestamps: str
    ) -> None:
        check_samples(samples)
        if len(samples) > MAX_DURATION_S * SAMPLE_RATE:
            raise InputError(
                f"The recording has {len(samples) / SAMPLE_RATE / 60:.0f} minutes; "
                f"the limit is {MAX_DURATION_S // 60}.",
                hint="Cut it and send the parts.",
            )
        if language and self.languages and language not in self.languages:
            raise _no_choice("language", language, self.languages)
        if task not in self.tasks:
            raise _no_choice("task", task, self.tasks)
        if timestamps not in TIMESTAMPS:
            raise _no_choice("kind of timestamps", timestamps, TIMESTAMPS)


def _settled(request: Request, heard: Heard) -> Request:
    """The request with the language that an earlier window had: one recording, one language."""
    return Request(request.language or heard.language, request.task, request.words)


def _no_choice(what: str, value: str, choices: tuple[str, ...]) -> InputError:
    shown = ", ".join(choices[:20]) + (" and more" if len(choices) > 20 else "")
    return InputError(f"This model has no {what} {value!r}.", hint=f"Choices: {shown}.")


def _load_transformers(weights: Weights, placement: Placement) -> SpeechToTextEngine:
    """Any Whisper or CTC folder of the Hub; the architecture is read from config.json."""
    from transformers import AutoConfig
    from transformers.models.auto.modeling_auto import MODEL_FOR_CTC_MAPPING_NAMES

    config = AutoConfig.from_pretrained(weights.folder, local_files_only=True)
    if config.model_type == "whisper":
        from models.whisper import load_whisper

        return SpeechToTextEngine(load_whisper(weights, placement))
    named = set(config.architectures or ())
    if named & set(MODEL_FOR_CTC_MAPPING_NAMES.values()) and any("CTC" in name for name in named):
        from models.speech_ctc import load_ctc

        return SpeechToTextEngine(load_ctc(weights, placement))
    raise ModelUnsupported(
        f"{weights.card.id} is a {config.model_type} model "
        f"({', '.join(sorted(named)) or 'no architecture named'}); "
        "this tab runs Whisper and CTC models such as Wav2Vec2, HuBERT or WavLM.",
        hint="Try openai/whisper-tiny or facebook/wav2vec2-base-960h.",
    )


def _load_ctranslate2(weights: Weights, placement: Placement) -> SpeechToTextEngine:
    from models.whisper_ctranslate2 import load_whisper_ctranslate2

    return SpeechToTextEngine(load_whisper_ctranslate2(weights, placement))


LOADERS: dict[str, Callable[[Weights, Placement], SpeechToTextEngine]] = {
    "transformers": _load_transformers,
    "ctranslate2": _load_ctranslate2,
}
