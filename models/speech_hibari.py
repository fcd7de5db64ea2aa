"""The hibari voice: a 6 M-parameter network over onnxruntime, with its own English pronunciation.

Runs about 50 to 150 times quicker than it speaks, on one core. The package is asked for files by
path only: its own downloader of further voices is never called.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from models.spec import Weights
from models.speech_english import EnglishReader, ReadWord, english_reader, ipa
from models.speech_english_voice import EnglishVoice, Phrase

#: Voice name -> whether words are pronounced the British way. One network speaks both.
VOICES = {"Heart, American": False, "Heart, British accent": True}
#: British sounds that the network never learnt, since no American word has them -> the nearest it
#: knows. A recogniser got 16.2 % of the words of 24 sentences wrong without this, 6.8 % with it.
LEARNT = (("ɜː", "ɜɹ"), ("ɛː", "ɛɹ"), ("ː", ""), ("a", "æ"), ("Q", "O"), ("ɒ", "ɔ"))
#: Samples of one of the network's frames, at 24 kHz.
HOP = 300
#: What the network gives, by the names in its file; the last is made an output by the starter.
_PARTS = ["lh", "theta", "ln", "lr", "phi", "f0"]
DURATIONS = "durations"


class HibariVoice(EnglishVoice):
    """Speaks English.

    Args:
        network: ``hibari.Hibari``, whose network also gives ``DURATIONS``.
        readers: voice name -> its pronunciation.
        memory_bytes: size of the weights.
    """

    def __init__(self, network: Any, readers: dict[str, EnglishReader], memory_bytes: int) -> None:
        super().__init__(readers, int(network.sample_rate), memory_bytes)
        self._network = network

    def phrase(self, words: list[ReadWord], speed: float, noise: np.random.Generator) -> Phrase:
        """See ``EnglishVoice``."""
        from hibari import dsp

        ids, owners = self._symbols(words)
        given = {"ids": np.asarray([ids], np.int64), "speed": np.asarray([speed], np.float32)}
        *parts, frames = self._network.sess.run([*_PARTS, DURATIONS], given)
        samples = dsp.synth(*(part[0] for part in parts), noise)
        return Phrase(
            samples, owners, (frames.reshape(-1).astype(float) * HOP / self.sample_rate).tolist()
        )

    def written(self, phonemes: str) -> str:
        """See ``EnglishVoice``."""
        return ipa(learnt(phonemes))

    def _symbols(self, words: list[ReadWord]) -> tuple[list[int], list[int]]:
        vocabulary = self._network.vocab
        ids, owners = [0], [-1]
        for number, word in enumerate(words):
            said = learnt(word.phonemes) + (" " if number + 1 < len(words) else "")
            known = [symbol for symbol in said if symbol in vocabulary]
            ids += [vocabulary[symbol] for symbol in known]
            owners += [-1 if symbol == " " else number for symbol in known]
        return [*ids, 0], [*owners, -1]


def learnt(phonemes: str) -> str:
    """The phonemes with British sounds as the nearest that the network learnt."""
    for sound, nearest in LEARNT:
        phonemes = phonemes.replace(sound, nearest)
    return phonemes


def load_hibari(weights: Weights) -> HibariVoice:
    """Builds the voices from ``hibari.onnx`` in the folder and the package's pronunciation files."""
    from hibari import Hibari

    network = Hibari(model=str(weights.folder / "hibari.onnx"))
    readers = {name: english_reader(british=british) for name, british in VOICES.items()}
    return HibariVoice(network, readers, weights.card.size_bytes)
