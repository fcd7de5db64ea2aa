"""Text to speech: a text of any length, spoken sentence by sentence.

The first sentence can be heard while the next is made. Voice models: hibari (its own runtime over
onnxruntime), and VITS or MMS, SpeechT5, Bark and CSM through transformers.
hibari: the package hibari-tts; VITS: arxiv.org/abs/2106.06103; MMS: arxiv.org/abs/2305.13516;
SpeechT5: arxiv.org/abs/2110.07205; Bark: github.com/suno-ai/bark.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from models.chapters import chapters
from models.errors import InputError, ModelUnsupported
from models.ranges import MAX_SEED, seed_or_lot, within
from models.spec import Placement, Weights
from models.speech import Speech
from models.speech_pieces import Said, cuts
from models.speech_voice import Remembering, VoiceModel
from models.stop import NEVER, StopToken
from models.text_limits import check_size

#: Longest text in characters: about five hours of speech, 900 MB as WAV.
MAX_CHARACTERS = 300_000
#: Words without a sound that a result names.
_NAMED = 20


class TextToSpeechEngine:
    """Speaks texts with a voice model.

    Args:
        model: says single pieces.

    Attributes:
        reentrant, memory_bytes, sample_rate, voices, speeds: the model's own, see ``VoiceModel``.
    """

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
        keep: bool = True,
        stop: StopToken = NEVER,
    ) -> Iterator[Speech]:
        """Says ``text``.

        Args:
            text: 1 to ``MAX_CHARACTERS`` characters with something to say in them.
            voice: from ``voices``; empty for the first.
            speed: 1.0 is the voice's own pace, 2.0 twice as quick; inside ``speeds``.
            seed: 0 to ``MAX_SEED``; drawn by lot when None.
            keep: whether a snapshot holds all of the sound so far; otherwise only its newest piece, so
                that a long text takes no memory.
            stop: polled between sentences, and between steps where the model has any.

        Yields:
            The speech so far, sentence by sentence; the last one is whole.

        Raises:
            InputError: an empty or too long text, one without a word that this voice can read, a
                voice it does not have, a speed or seed outside its range.
            Stopped: when Stop was pressed; what was yielded before stays valid.
        """
        began = time.perf_counter()
        self._check(text, voice, speed, seed)
        voice = voice or self.voices[0]
        seed = seed_or_lot(seed)
        unread = tuple(dict.fromkeys(self._model.unreadable(text)))[:_NAMED]
        parts = chapters(text)
        said = Said(self.sample_rate, keep)
        if isinstance(self._model, Remembering):
            self._model.begin()
        for number, cut in enumerate(cuts(text, parts, self._model.longest)):
            stop.check()
            sound = self._model.say(
                text[cut.start : cut.end],
                voice=voice, speed=speed, seed=_nth_seed(seed, number), stop=stop,
            )  # fmt: skip
            if not len(sound.samples):
                continue
            said.add(sound, cut)
            now = time.perf_counter() - began
            yield Speech(
                said.pieces, self.sample_rate, said.spoken, unread, voice, self.voices, seed,
                cut.end, len(text), said.first_audio(now), now, said.chapters, len(parts),
            )  # fmt: skip
        if not said.spoken:
            raise InputError(
                f"The voice {voice} finds nothing in this text that it can say.",
                hint="Write words in a language and script that the model reads.",
            )

    def _check(self, text: str, voice: str, speed: float, seed: int | None) -> None:
        check_size(text, MAX_CHARACTERS, "There is no text to say.", "Say it in parts.")
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
        if seed is not None:
            within("seed", seed, 0, MAX_SEED)


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
    """VITS, SpeechT5, Bark and CSM folders of the Hub; the family is read from config.json."""
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


#: What a Hub repository must send for each engine; CSM's holds the same weights in its owner's layout too.
FILES = {
    "csm": (
        "transformers*", "config.json", "generation_config.json", "*processor_config.json",
        "tokenizer*", "special_tokens_map.json", "chat_template*",
    ),
}  # fmt: skip
LOADERS: dict[str, Callable[[Weights, Placement], TextToSpeechEngine]] = {
    "csm": _load_transformers,
    "hibari": _load_hibari,
    "piper": _load_piper,
    "transformers": _load_transformers,
}
