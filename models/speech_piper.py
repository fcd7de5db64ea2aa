"""Piper voices: VITS networks over onnxruntime, on the English pronunciation of ``models.speech_english``.

Piper itself reads texts with espeak-ng, which is GPL; a voice only wants espeak's sounds, so those of
the reader are written the way espeak writes them. VITS: arxiv.org/abs/2106.06103.
"""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.spec import Weights
from models.speech_english import IPA, EnglishReader, ReadWord, english_reader
from models.speech_english_voice import EnglishVoice, Phrase

#: Name of the only voice.
VOICE = "Joe, American"
#: Samples of one of the network's frames.
HOP = 256
#: Inputs and outputs that the starter adds: what is random, and how long each symbol is held.
PACE_NOISE, SOUND_NOISE, DURATIONS = "pace_noise", "sound_noise", "durations"
#: Frames of noise made for each symbol; a symbol is held for 3 to 4 on average at its own pace.
_FRAMES = 16
_PAD, _BEGIN, _END = "_", "^", "$"
#: Sounds in the reader's letters -> in espeak's for American English, longest first.
_ESPEAK = (
    *(("ɜɹ", "ɜː"), ("əɹ", "ɚ"), ("ɑɹ", "ɑːɹ"), ("ɔɹ", "ɔːɹ")),
    *IPA.items(),
    *(("ɑ", "ɑː"), ("ɔ", "ɔː"), ("u", "uː")),
    *(("—", ","), ("…", "."), ("“", ""), ("”", ""), ('"', ""), ("(", ""), (")", "")),
)
_SOUND = re.compile("|".join(re.escape(ours) for ours, _ in _ESPEAK))
_THEIRS = dict(_ESPEAK)
#: Stands for an i that stays short.
_SHORT = "\0"
_VOWELS = "aeiouæɐɑɒɔəɚɛɜɪʊʌᵻ"
#: An i is short before a vowel ("area") and at the end of a word whose stress is elsewhere ("happy").
_SHORT_I = re.compile(rf"i(?=[{_VOWELS}])|(?<=[ˈˌ])(.*[{_VOWELS}].*)i(?=\W*$)")
#: A word that begins with a schwa: the article and "about".
_FIRST_SCHWA = re.compile(r"^ə(?![ɹln])")


class PiperVoice(EnglishVoice):
    """Speaks English.

    Args:
        session: the network, an ``onnxruntime.InferenceSession``.
        config: the voice's own JSON: alphabet, sample rate, shares of noise.
        readers: name of its only voice -> its pronunciation.
        memory_bytes: size of the weights.
    """

    def __init__(
        self, session: Any, config: dict[str, Any], readers: dict[str, EnglishReader], memory_bytes: int
    ) -> None:  # fmt: skip
        super().__init__(readers, int(config["audio"]["sample_rate"]), memory_bytes)
        self._session, self._shares = session, config["inference"]
        self._ids = {symbol: ids[0] for symbol, ids in config["phoneme_id_map"].items()}
        inputs = {item.name: item for item in session.get_inputs()}
        self._channels = int(inputs[SOUND_NOISE].shape[1])

    def phrase(self, words: list[ReadWord], speed: float, noise: np.random.Generator) -> Phrase:
        """See ``EnglishVoice``."""
        ids, owners = self._symbols(words)
        shares, count = self._shares, len(ids)
        scales = [shares["noise_scale"], shares["length_scale"] / speed, shares["noise_w"]]
        given = {
            "input": np.asarray([ids], np.int64),
            "input_lengths": np.asarray([count], np.int64),
            "scales": np.asarray(scales, np.float32),
            PACE_NOISE: _normal(noise, 2, count),
            SOUND_NOISE: _normal(noise, self._channels, count * _FRAMES),
        }
        samples, held = self._session.run(["output", DURATIONS], given)
        return Phrase(
            samples.reshape(-1),
            owners,
            (held.reshape(-1).astype(float) * HOP / self.sample_rate).tolist(),
        )

    def written(self, phonemes: str) -> str:
        """See ``EnglishVoice``."""
        return espeak(phonemes)

    def _symbols(self, words: list[ReadWord]) -> tuple[list[int], list[int]]:
        """Ids as the voice was taught: every symbol followed by the padding one."""
        symbols, owners = [_BEGIN], [-1]
        for number, word in enumerate(words):
            said = [symbol for symbol in espeak(word.phonemes) if symbol in self._ids]
            symbols += said
            owners += [number] * len(said)
            if number + 1 < len(words):
                symbols, owners = [*symbols, " "], [*owners, -1]
        symbols, owners = [*symbols, _END], [*owners, -1]
        pad = self._ids[_PAD]
        ids = [id_ for symbol in symbols for id_ in (self._ids[symbol], pad)]
        return ids[:-1], [owner for owner in owners for _ in range(2)][:-1]


def espeak(phonemes: str) -> str:
    """Sounds of ``models.speech_english`` as espeak-ng writes them for American English."""
    return " ".join(_espeak_word(word) for word in phonemes.split(" "))


def _espeak_word(word: str) -> str:
    word = _FIRST_SCHWA.sub("ɐ", word)
    word = _SHORT_I.sub(lambda found: f"{found[1] or ''}{_SHORT}", word).replace("i", "iː")
    return _SOUND.sub(lambda found: _THEIRS[found[0]], word).replace(_SHORT, "i")


def _normal(noise: np.random.Generator, rows: int, columns: int) -> NDArray[np.float32]:
    return noise.standard_normal((1, rows, columns), dtype=np.float32)


def load_piper(weights: Weights) -> PiperVoice:
    """Builds the voice from ``voice.onnx`` and ``voice.json`` in the folder."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False  # would keep thrice the network for a tenth of the time
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads sleep
    session = onnxruntime.InferenceSession(
        str(weights.folder / "voice.onnx"), options, providers=["CPUExecutionProvider"]
    )
    config = json.loads((weights.folder / "voice.json").read_text("utf-8"))
    readers = {VOICE: english_reader(british=False)}
    return PiperVoice(session, config, readers, weights.card.size_bytes)
