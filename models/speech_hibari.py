"""The hibari voice: a 6 M-parameter network over onnxruntime, with its own English pronunciation.

Runs about 50 to 150 times quicker than it speaks, on one core. The package is asked for files by
path only: its own downloader of further voices is never called.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.spec import Weights
from models.stop import StopToken

#: Voice name -> whether words are pronounced the British way. One network speaks both.
VOICES = {"Heart, American": False, "Heart, British accent": True}
#: British sounds that the network never learnt, since no American word has them -> the nearest it
#: knows. A recogniser got 16.2 % of the words of 24 sentences wrong without this, 6.8 % with it.
LEARNT = (("ɜː", "ɜɹ"), ("ɛː", "ɛɹ"), ("ː", ""), ("a", "æ"), ("Q", "O"), ("ɒ", "ɔ"))
#: Letters that its network for unknown words reads; longer words are said in parts.
_LONGEST_WORD = 24
_WORD_OR_PICTURE = re.compile(r"[^\W\d_]+|[^\w\s]")
#: Digits of a number that its number reading has words for; longer ones are said digit by digit.
_LONGEST_NUMBER = 36
_NUMBER = re.compile(r"\d[\d,]*")
_LONG_WORD = re.compile(rf"([^\W\d_]{{{_LONGEST_WORD}}})(?=[^\W\d_])")


class HibariVoice:
    """Speaks English.

    Args:
        speakers: voice name -> ``hibari.Hibari``, their pronunciation already loaded.
        memory_bytes: size of the weights.
    """

    reentrant = True
    speeds = (0.5, 2.0)
    longest = 400

    def __init__(self, speakers: dict[str, Any], memory_bytes: int) -> None:
        self._speakers, self.memory_bytes = speakers, memory_bytes
        self.voices = tuple(speakers)
        self.sample_rate = int(next(iter(speakers.values())).sample_rate)

    def say(
        self, text: str, *, voice: str, speed: float, seed: int, stop: StopToken
    ) -> NDArray[np.float32]:
        """See ``models.speech_voice.VoiceModel``."""
        speaker = self._speakers[voice]
        noise = np.random.default_rng(seed)
        pieces = []
        for phonemes in speaker.phonemize(sayable(text)):
            stop.check()
            if any(character.isalpha() for character in phonemes):
                pieces.append(speaker.from_ids(speaker.ids(learnt(phonemes)), speed, noise))
        return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)

    def unreadable(self, text: str) -> list[str]:
        """Words in another script than Latin, and pictures such as emoji."""
        return [
            piece
            for piece in _WORD_OR_PICTURE.findall(text)
            if not any(map(_is_latin, piece))
            and (piece[0].isalpha() or unicodedata.category(piece[0]) == "So")
        ]


def learnt(phonemes: str) -> str:
    """The phonemes with British sounds as the nearest that the network learnt."""
    for sound, nearest in LEARNT:
        phonemes = phonemes.replace(sound, nearest)
    return phonemes


def sayable(text: str) -> str:
    """The text without what the package's pronunciation breaks on."""
    text = text.replace(
        "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}", "I"
    )  # two letters in lower case
    return _LONG_WORD.sub(r"\1 ", _NUMBER.sub(_spelled, text))


def _spelled(number: re.Match[str]) -> str:
    digits = number[0].replace(",", "")
    return " ".join(digits) if len(digits) > _LONGEST_NUMBER else number[0]


def _is_latin(letter: str) -> bool:
    return "LATIN" in unicodedata.name(letter, "")


def load_hibari(weights: Weights) -> HibariVoice:
    """Builds the speakers from ``hibari.onnx`` in the folder and the package's pronunciation files."""
    from hibari import Hibari
    from hibari.g2p import G2P

    path = str(weights.folder / "hibari.onnx")
    speakers = {}
    for name, british in VOICES.items():
        pronunciation = G2P(british=british)
        pronunciation.oov("ready")  # loads what would else be loaded by the first unknown word
        speakers[name] = Hibari(model=path, g2p=pronunciation)
    return HibariVoice(speakers, weights.card.size_bytes)
