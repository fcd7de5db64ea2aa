"""What the English voices with a runtime of their own share: phrase after phrase, with times of the words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, groupby

import numpy as np
from numpy.typing import NDArray

from models.speech_english import EnglishReader, ReadWord, phoneme_text, unreadable
from models.speech_voice import SILENCE, Sound, TimedWord
from models.stop import StopToken


@dataclass(frozen=True)
class Phrase:
    """A phrase as a network said it.

    Attributes:
        samples: (samples,) float32.
        owners: for each symbol that the network was given, the number of its word; -1 for none.
        durations: of each symbol in seconds, as the network chose them.
    """

    samples: NDArray[np.float32] = field(repr=False)
    owners: Sequence[int]
    durations: Sequence[float]


class EnglishVoice(ABC):
    """A voice that says phrases of ``models.speech_english``.

    Args:
        readers: voice name -> its pronunciation.
        sample_rate: in Hz.
        memory_bytes: size of the weights.
    """

    reentrant = True
    speeds = (0.5, 2.0)
    longest = 400

    def __init__(
        self, readers: dict[str, EnglishReader], sample_rate: int, memory_bytes: int
    ) -> None:
        self._readers, self.sample_rate, self.memory_bytes = readers, sample_rate, memory_bytes
        self.voices = tuple(readers)

    @abstractmethod
    def phrase(self, words: list[ReadWord], speed: float, noise: np.random.Generator) -> Phrase:
        """Says one phrase."""

    @abstractmethod
    def written(self, phonemes: str) -> str:
        """The reader's sounds as this voice takes them."""

    def say(self, text: str, *, voice: str, speed: float, seed: int, stop: StopToken) -> Sound:
        """See ``models.speech_voice.VoiceModel``."""
        noise = np.random.default_rng(seed)
        pieces: list[NDArray[np.float32]] = []
        times: list[TimedWord] = []
        phrases = self._readers[voice].read(text)
        for words in phrases:
            stop.check()
            at = sum(map(len, pieces)) / self.sample_rate
            said = self.phrase(words, speed, noise)
            pieces.append(said.samples)
            times += timed(words, said, at)
        if not pieces:
            return SILENCE
        read_as = " ".join(word.text for words in phrases for word in words if word.text)
        sounds = " ".join(self.written(phoneme_text(words)) for words in phrases)
        return Sound(np.concatenate(pieces), tuple(times), read_as, sounds)

    def unreadable(self, text: str) -> list[str]:
        """Words in another script than Latin, and pictures such as emoji."""
        return unreadable(text)


def timed(words: Sequence[ReadWord], phrase: Phrase, at: float) -> list[TimedWord]:
    """When the words of a phrase that begins at ``at`` seconds are heard: one entry per place in
    the text, in order."""
    owners, ends = phrase.owners, list(accumulate(phrase.durations, initial=at))
    spans: list[TimedWord] = []
    for number, symbols in groupby(range(len(owners)), key=lambda symbol: owners[symbol]):
        if number < 0:
            continue
        held = list(symbols)
        word, start, end = words[number], ends[held[0]], ends[held[-1] + 1]
        before = spans[-1] if spans else None
        if before and (before.start_char, before.end_char) == (word.start, word.end):
            spans[-1] = TimedWord(word.start, word.end, before.start, end)
        else:
            spans.append(TimedWord(word.start, word.end, start, end))
    return spans
