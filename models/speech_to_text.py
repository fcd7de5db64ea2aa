"""Speech to text: a recording of any length as segments and words with their times.

The recording is searched for speech, cut in pauses into windows that the model can hear, and read
a few windows at a time, so memory does not grow with its length and silence stays empty. Three kinds of
models: Whisper and connectionist (CTC) models through transformers, Whisper through CTranslate2.
Whisper: cdn.openai.com/papers/whisper.pdf, huggingface.co/openai/whisper-tiny.en.
Wav2Vec2: arxiv.org/abs/2006.11477.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.audio import MAX_DURATION_S, check_samples
from models.errors import InputError, ModelUnsupported
from models.spec import Placement, Weights
from models.speech_activity import FRAME_S, speech_probabilities, windows_of_speech
from models.speech_recogniser import SAMPLE_RATE, Heard, Recogniser, Request
from models.stop import NEVER, StopToken
from models.transcript import Segment, Transcript, orderly, shifted

if TYPE_CHECKING:
    from models.whisper import WhisperRecogniser

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

SpeechDetector = Callable[[NDArray[np.float32]], Iterator[NDArray[np.float32]]]


@dataclass
class _Course:
    """A recording on its way to a transcript: windows end out of order, phrases never stand so."""

    duration_s: float
    language: str
    began: float
    language_probability: float | None = None
    searched_s: float = 0.0
    spans: list[tuple[float, float]] | None = None
    _going: dict[int, Heard] = field(default_factory=dict)
    _done: dict[int, list[Segment]] = field(default_factory=dict)

    def take(self, index: int, heard: Heard) -> None:
        """Notes what was heard in a window."""
        self.language = self.language or heard.language
        self.language_probability = heard.language_probability
        self._going[index] = heard
        if heard.whole:
            self._done[index] = self._placed(index)
            del self._going[index]

    def transcript(self) -> Transcript:
        """All phrases there are, in the order of time; the rest is draft."""
        placed = self._done | {index: self._placed(index) for index in self._going}
        segments = [segment for index in sorted(placed) for segment in placed[index]]
        drafts = [self._going[index].draft for index in sorted(self._going)]
        return Transcript(
            tuple(segments), " ".join(filter(None, drafts)), self.language, self.language_probability,
            self.duration_s, self.searched_s, self._seconds(range(len(self._known))), self._read_s(),
            time.perf_counter() - self.began,
        )  # fmt: skip

    def _placed(self, index: int) -> list[Segment]:
        start, end = self._known[index]
        return orderly([shifted(s, start) for s in self._going[index].segments], start, end)

    def _read_s(self) -> float:
        if self.spans is None:
            return 0.0
        speech = self._seconds(range(len(self.spans)))
        begun = sum(h.segments[-1].end for h in self._going.values() if h.segments)
        return self.duration_s * ((self._seconds(self._done) + begun) / speech if speech else 1.0)

    def _seconds(self, indices: Iterable[int]) -> float:
        return sum(self._known[index][1] - self._known[index][0] for index in indices)

    @property
    def _known(self) -> list[tuple[float, float]]:
        return self.spans or []


class SpeechToTextEngine:
    """Transcribes recordings.

    Args:
        recogniser: the model.
        detector: samples at 16 kHz -> probability of speech in each frame of 32 ms, in stretches.
    """

    def __init__(
        self, recogniser: Recogniser, detector: SpeechDetector = speech_probabilities
    ) -> None:
        self._recogniser, self._detector = recogniser, detector
        self.hearing_seat: WhisperRecogniser | None = None  # a quicker variant may take it
        self.reentrant = recogniser.reentrant
        self.batched = getattr(recogniser, "batched", False)
        self.memory_bytes = recogniser.memory_bytes
        self.languages = recogniser.languages
        self.tasks = recogniser.tasks

    @property
    def runtime(self) -> object:
        """What computes, with its name; None where there is no choice of it."""
        return getattr(self._recogniser, "runtime", None)

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
        course = _Course(len(samples) / SAMPLE_RATE, language, began)
        found: list[NDArray[np.float32]] = []
        for block in self._detector(samples):
            stop.check()
            found.append(block)
            course.searched_s = min(course.duration_s, course.searched_s + len(block) * FRAME_S)
            yield course.transcript()
        course.spans = [
            (start, min(end, course.duration_s))
            for start, end in windows_of_speech(np.concatenate(found), self._recogniser.window_s)
        ]
        request = Request(language, task, timestamps == "word")
        windows = [samples[int(a * SAMPLE_RATE) : int(b * SAMPLE_RATE)] for a, b in course.spans]
        for index, heard in self._recogniser.hear(windows, request, stop):
            course.take(index, heard)
            yield course.transcript()
        yield course.transcript()

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


def _no_choice(what: str, value: str, choices: tuple[str, ...]) -> InputError:
    shown = ", ".join(choices[:20]) + (" and more" if len(choices) > 20 else "")
    return InputError(f"This model has no {what} {value!r}.", hint=f"Choices: {shown}.")


def _load_transformers(weights: Weights, placement: Placement) -> SpeechToTextEngine:
    """Any Whisper or CTC folder of the Hub; the architecture is read from config.json."""
    from transformers import AutoConfig
    from transformers.models.auto.modeling_auto import MODEL_FOR_CTC_MAPPING_NAMES

    config = AutoConfig.from_pretrained(weights.folder, local_files_only=True)
    if config.model_type == "whisper":
        from models.variant_memory import MOST_WHISPER_BYTES
        from models.whisper_decoding import load_whisper

        recogniser = load_whisper(weights, placement)
        engine = SpeechToTextEngine(recogniser)
        if not weights.card.is_starter and recogniser.memory_bytes <= MOST_WHISPER_BYTES:
            engine.hearing_seat = recogniser  # of the starter there is a converted one beside it
        return engine
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
    from models.whisper_ctranslate2_files import load_whisper_ctranslate2

    return SpeechToTextEngine(load_whisper_ctranslate2(weights, placement))


LOADERS: dict[str, Callable[[Weights, Placement], SpeechToTextEngine]] = {
    "transformers": _load_transformers,
    "ctranslate2": _load_ctranslate2,
}
