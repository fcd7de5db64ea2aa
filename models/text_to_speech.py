"""Text to speech: a text of any length, spoken sentence by sentence.

The first sentence can be heard while the next is made. Voice models: hibari (its own runtime over
onnxruntime), and VITS or MMS, SpeechT5 and Bark through transformers.
hibari: the package hibari-tts; VITS: arxiv.org/abs/2106.06103; MMS: arxiv.org/abs/2305.13516;
SpeechT5: arxiv.org/abs/2110.07205; Bark: github.com/suno-ai/bark.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.errors import InputError, ModelUnsupported
from models.sentences import chunks, sentences
from models.spec import Placement, Weights, Work
from models.speech_voice import Sound, TimedWord, VoiceModel
from models.stop import NEVER, StopToken

#: Longest text in characters: about two hours of speech, 350 MB of samples.
MAX_CHARACTERS = 100_000
#: Seeds are whole numbers below this.
SEED_LIMIT = 2**32
#: Words without a sound that a result names.
_NAMED = 20
#: What 1.0 is in 16-bit PCM.
_PCM_SCALE = 32767


@dataclass(frozen=True)
class Spoken:
    """Where a piece of the text lies in the sound.

    Attributes:
        start_char: offset into the text.
        end_char: the same, exclusive.
        start: seconds from the beginning.
        end: the same.
        words: when each word of it is heard, offsets and seconds as above; empty where the model
            does not tell.
        read_as: how the voice reads it, with numbers and abbreviations as words; empty where it
            reads the text as it is.
        phonemes: its sounds in the phonetic alphabet; empty for a model that reads letters.
    """

    start_char: int
    end_char: int
    start: float
    end: float
    words: tuple[TimedWord, ...] = ()
    read_as: str = ""
    phonemes: str = ""


@dataclass(frozen=True)
class Speech:
    """Sound so far, or all of it.

    Attributes:
        pieces: (samples,) int16 PCM, in order, half the size of float32; shared between snapshots.
        sample_rate: in Hz.
        spoken: one entry per piece.
        unread: words and symbols that this voice has no sound for, at most 20 of them.
        voice: the voice that speaks.
        voices: all that the model has.
        seed: with the same text, voice, speed and model, makes the same sound again.
        characters: of the text that are done.
        characters_total: of the whole text.
        first_audio_s: seconds from the call to the first sound.
        elapsed_s: seconds from the call to now.
    """

    pieces: tuple[NDArray[np.int16], ...] = field(repr=False)
    sample_rate: int
    spoken: tuple[Spoken, ...]
    unread: tuple[str, ...]
    voice: str
    voices: tuple[str, ...]
    seed: int
    characters: int
    characters_total: int
    first_audio_s: float
    elapsed_s: float

    @property
    def duration_s(self) -> float:
        """Length of the sound so far."""
        return self.spoken[-1].end if self.spoken else 0.0

    @property
    def samples(self) -> NDArray[np.float32]:
        """All pieces as one array of (samples,) float32, -1 to 1."""
        joined = np.concatenate(self.pieces) if self.pieces else np.zeros(0, np.int16)
        return (joined / np.float32(_PCM_SCALE)).astype(np.float32)

    @property
    def real_time_factor(self) -> float:
        """Seconds of work per second of sound: below 1 it plays without a gap."""
        return self.elapsed_s / self.duration_s if self.duration_s else 0.0

    @property
    def work(self) -> Work:
        """Seconds of sound made."""
        return Work(self.duration_s, "seconds of speech")


class TextToSpeechEngine:
    """Speaks texts with a voice model."""

    def __init__(self, model: VoiceModel) -> None:
        self._model = model
        self.reentrant = model.reentrant
        self.memory_bytes = model.memory_bytes
        self.sample_rate = model.sample_rate
        self.voices = model.voices
        self.speeds = model.speeds

    def speak(
        self,
        text: str,
        *,
        voice: str = "",
        speed: float = 1.0,
        seed: int | None = None,
        stop: StopToken = NEVER,
    ) -> Iterator[Speech]:
        """Says ``text``.

        Args:
            text: 1 to ``MAX_CHARACTERS`` characters with something to say in them.
            voice: from ``voices``; empty for the first.
            speed: 1.0 is the voice's own pace, 2.0 twice as quick; inside ``speeds``.
            seed: 0 to 4,294,967,295; chosen at random when None.
            stop: polled between sentences, and between steps where the model has any.

        Yields:
            The speech so far, sentence by sentence; the last one is whole.

        Raises:
            InputError: an empty or too long text, one without a word that this voice can read, a
                voice it does not have, a speed outside its range.
        """
        began = time.perf_counter()
        self._check(text, voice, speed, seed)
        voice = voice or self.voices[0]
        seed = random.SystemRandom().randrange(SEED_LIMIT) if seed is None else seed
        unread = tuple(dict.fromkeys(self._model.unreadable(text)))[:_NAMED]
        pieces: list[NDArray[np.int16]] = []
        spoken: list[Spoken] = []
        at, first = 0.0, 0.0
        for number, (start, end) in enumerate(self._cuts(text)):
            stop.check()
            sound = self._model.say(
                text[start:end], voice=voice, speed=speed, seed=_nth_seed(seed, number), stop=stop
            )
            if not len(sound.samples):
                continue
            first = first or time.perf_counter() - began
            pieces.append(_as_pcm(sound.samples))
            spoken.append(_spoken(sound, start, end, at, self.sample_rate))
            at = spoken[-1].end
            yield Speech(
                tuple(pieces), self.sample_rate, tuple(spoken), unread, voice, self.voices, seed,
                end, len(text), first, time.perf_counter() - began,
            )  # fmt: skip
        if not pieces:
            raise InputError(
                f"The voice {voice} finds nothing in this text that it can say.",
                hint="Write words in a language and script that the model reads.",
            )

    def _cuts(self, text: str) -> Iterator[tuple[int, int]]:
        """Sentences, cut further where the model can't say one at once."""
        longest = self._model.longest
        for start, end in sentences(text):
            for a, b in chunks(text[start:end], lambda piece: len(piece) <= longest):
                yield start + a, start + b

    def _check(self, text: str, voice: str, speed: float, seed: int | None) -> None:
        if not text.strip():
            raise InputError("There is no text to say.", hint="Write or paste a sentence.")
        if len(text) > MAX_CHARACTERS:
            raise InputError(
                f"The text has {len(text):,} characters; the limit is {MAX_CHARACTERS:,}.",
                hint="Say it in parts.",
            )
        if voice and voice not in self.voices:
            raise InputError(
                f"This model has no voice {voice[:60]!r}.",
                hint=f"Choices: {', '.join(self.voices[:30])}.",
            )
        low, high = self.speeds
        if not low <= speed <= high:
            fixed = "This model speaks at its own pace only." if low == high else ""
            raise InputError(
                f"The speed {speed:g} is outside {low:g} to {high:g}.",
                hint=fixed or "Choose one inside.",
            )
        if seed is not None and not 0 <= seed < SEED_LIMIT:
            raise InputError(
                f"The seed {seed} is outside 0 to {SEED_LIMIT - 1:,}.", hint="Leave it empty."
            )


def _spoken(sound: Sound, start: int, end: int, at: float, sample_rate: int) -> Spoken:
    """A piece with the places of its words in the whole text and the whole sound."""
    until = at + len(sound.samples) / sample_rate
    words = tuple(
        TimedWord(
            start + word.start_char,
            start + word.end_char,
            min(at + word.start, until),
            min(at + word.end, until),
        )
        for word in sound.words
    )
    return Spoken(start, end, at, until, words, sound.read_as, sound.phonemes)


def _as_pcm(sound: NDArray[np.float32]) -> NDArray[np.int16]:
    return np.round(np.clip(sound, -1.0, 1.0) * _PCM_SCALE).astype(np.int16)


def _nth_seed(seed: int, number: int) -> int:
    """A seed for the n-th piece, so that equal sentences don't sound equal."""
    return int(np.random.SeedSequence((seed, number)).generate_state(1)[0])


def _load_hibari(weights: Weights, placement: Placement) -> TextToSpeechEngine:
    from models.speech_hibari import load_hibari

    return TextToSpeechEngine(load_hibari(weights))


def _load_piper(weights: Weights, placement: Placement) -> TextToSpeechEngine:
    from models.speech_piper import load_piper

    return TextToSpeechEngine(load_piper(weights))


def _load_transformers(weights: Weights, placement: Placement) -> TextToSpeechEngine:
    """VITS, SpeechT5 and Bark folders of the Hub; the family is read from config.json."""
    from transformers import AutoConfig

    from models.speech_torch import FAMILIES

    config = AutoConfig.from_pretrained(weights.folder, local_files_only=True)
    load = FAMILIES.get(config.model_type)
    if load is None:
        raise ModelUnsupported(
            f"{weights.card.id} is a {config.model_type} model; this tab speaks with "
            f"{', '.join(sorted(FAMILIES))} models.",
            hint="Try facebook/mms-tts-eng or suno/bark-small.",
        )
    return TextToSpeechEngine(load(weights, placement))


LOADERS: dict[str, Callable[[Weights, Placement], TextToSpeechEngine]] = {
    "hibari": _load_hibari,
    "piper": _load_piper,
    "transformers": _load_transformers,
}
