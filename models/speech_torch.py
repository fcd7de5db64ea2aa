"""Voice models of the Hub through transformers: VITS and MMS, SpeechT5, Bark.

All three draw from torch's global generator, deep inside their code. So each piece of text is said
under one lock with that generator seeded, and it is put back as it was: a seed repeats its sound.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.device import tensor_bytes
from models.errors import ModelUnsupported
from models.spec import Placement, Weights
from models.speech_voice import SILENCE, Sound, VoiceModel
from models.stop import StopToken
from models.token_loading import forget_words, load_tokenizer

_DRAWING = threading.Lock()
_WORD = re.compile(r"\w+")
#: Name of the voice of a model that has only one.
ONLY = "the model's own"


class VitsVoice:
    """VITS, and the MMS voices for over a thousand languages.

    Args:
        model: ``VitsModel`` on its device.
        tokenizer: its tokenizer, which normalises the text.
        device: torch device string of the model.
    """

    reentrant = False
    longest = 400

    def __init__(self, model: Any, tokenizer: Any, device: str) -> None:
        self._model, self._tokenizer, self._device = model, tokenizer, device
        config = model.config
        self.sample_rate = int(config.sampling_rate)
        many = config.num_speakers > 1
        self.voices = tuple(f"speaker {n}" for n in range(config.num_speakers)) if many else (ONLY,)
        self.speeds = (0.5, 2.0)
        self.memory_bytes = tensor_bytes(model)
        self._known = set(tokenizer.get_vocab())

    def say(self, text: str, *, voice: str, speed: float, seed: int, stop: StopToken) -> Sound:
        """See ``models.speech_voice.VoiceModel``."""
        prepared, _ = self._tokenizer.prepare_for_tokenization(text)
        if not any(c.isalnum() and c in self._known for c in prepared):
            return SILENCE
        inputs = self._tokenizer(text, return_tensors="pt").to(self._device)
        speaker = self.voices.index(voice) if len(self.voices) > 1 else None
        with drawn_from(seed, self._device):
            out = self._model(
                **inputs, speaker_id=speaker, speaking_rate=self._model.config.speaking_rate * speed
            )
        known = "".join(c for c in prepared if c in self._known or c == " ")
        return Sound(_plain(out.waveform[0]), read_as=known.strip())

    def unreadable(self, text: str) -> list[str]:
        """Words with a character that the vocabulary lacks: digits, mostly, and other scripts."""
        found = []
        for word in _WORD.findall(text):
            prepared = self._tokenizer.normalize_text(word) if self._tokenizer.normalize else word
            if not self._tokenizer.is_uroman and any(c not in self._known for c in prepared):
                found.append(word)
        return found


class SpeechT5Voice:
    """SpeechT5 with its HiFi-GAN vocoder.

    Args:
        model: ``SpeechT5ForTextToSpeech`` on its device.
        vocoder: from spectrograms to sound, on the same device.
        tokenizer: its tokenizer of letters.
        speakers: name -> x-vector of (512,) float32.
        device: torch device string of both.
    """

    reentrant = False
    speeds = (1.0, 1.0)
    longest = 400

    def __init__(
        self, model: Any, vocoder: Any, tokenizer: Any, speakers: dict[str, NDArray[np.float32]], device: str
    ) -> None:  # fmt: skip
        self._model, self._vocoder, self._tokenizer = model, vocoder, tokenizer
        self._speakers, self._device = speakers, device
        self.sample_rate = int(vocoder.config.sampling_rate)
        self.voices = tuple(speakers)
        self.memory_bytes = tensor_bytes(model, vocoder)

    def say(self, text: str, *, voice: str, speed: float, seed: int, stop: StopToken) -> Sound:
        """See ``models.speech_voice.VoiceModel``; the model's dropout is always on, hence the seed."""
        import torch

        if not any(c.isalnum() for c in text):
            return SILENCE
        ids = self._tokenizer(text, return_tensors="pt").input_ids.to(self._device)
        speaker = torch.from_numpy(self._speakers[voice])[None].to(self._device, self._model.dtype)
        with drawn_from(seed, self._device):
            sound = self._model.generate_speech(ids, speaker, vocoder=self._vocoder)
        return Sound(_plain(sound))

    def unreadable(self, text: str) -> list[str]:
        """Words that become the unknown token, whole or in part."""
        unknown = self._tokenizer.unk_token_id
        return [w for w in _WORD.findall(text) if unknown in self._tokenizer(w).input_ids]


class BarkVoice:
    """Bark: three language models in a row, many languages, and sounds such as [laughs].

    Args:
        model: ``BarkModel`` on its device.
        processor: its processor, with the voices as presets where there are any.
        device: torch device string of the model.
    """

    reentrant = False
    speeds = (1.0, 1.0)
    #: Bark makes at most about 14 s at once.
    longest = 200

    def __init__(self, model: Any, processor: Any, device: str) -> None:
        self._model, self._processor, self._device = model, processor, device
        presets = processor.speaker_embeddings or {}
        named = sorted(name for name in presets if name != "repo_or_path")
        self.voices = (ONLY, *named)
        self.sample_rate = int(model.generation_config.sample_rate)
        self.memory_bytes = tensor_bytes(model)

    def say(self, text: str, *, voice: str, speed: float, seed: int, stop: StopToken) -> Sound:
        """See ``models.speech_voice.VoiceModel``; Stop takes effect with the next token."""
        from transformers import StoppingCriteriaList

        if not any(c.isalnum() for c in text):
            return SILENCE
        preset = None if voice == ONLY else voice
        inputs = self._processor(text, voice_preset=preset).to(self._device)

        def poll(ids: Any, scores: Any, **_: Any) -> Any:
            stop.check()
            return ids.new_zeros(ids.shape[0], dtype=bool)

        with drawn_from(seed, self._device):
            sound = self._model.generate(**inputs, stopping_criteria=StoppingCriteriaList([poll]))
        return Sound(_plain(sound[0]))

    def unreadable(self, text: str) -> list[str]:
        """None: it tries everything."""
        return []


@contextmanager
def drawn_from(seed: int, device: str) -> Iterator[None]:
    """Torch's global generators seeded, by one thread at a time, and restored afterwards."""
    import torch

    devices = [device] if device.startswith("cuda") else []
    with _DRAWING, torch.random.fork_rng(devices=devices), torch.inference_mode():
        torch.manual_seed(seed)
        yield


def _plain(sound: Any) -> NDArray[np.float32]:
    return np.asarray(sound.detach().float().cpu().reshape(-1).numpy(), np.float32)


def _load_vits(weights: Weights, placement: Placement) -> VitsVoice:
    import torch
    from transformers import VitsModel
    from transformers.utils import is_phonemizer_available, is_uroman_available

    tokenizer = load_tokenizer(weights.folder)
    if tokenizer.phonemize and not is_phonemizer_available():
        raise ModelUnsupported(
            f"{weights.card.id} reads phonemes made by the packages phonemizer and espeak-ng, "
            "which are not installed.",
            hint="Install both, or choose an MMS voice.",
        )
    if tokenizer.is_uroman and not is_uroman_available():
        raise ModelUnsupported(
            f"{weights.card.id} reads text in Latin letters, which the package uroman would make.",
            hint="Run: pip install uroman",
        )
    model = VitsModel.from_pretrained(
        weights.folder, dtype=getattr(torch, placement.dtype), local_files_only=True
    )
    _in_full_precision(model.duration_predictor, model.dtype)
    return VitsVoice(model.to(placement.device).eval(), tokenizer, placement.device)


def _in_full_precision(part: Any, outside: Any) -> None:
    """Lets a part of a network compute in float32 whatever the rest does.

    The splines that VITS draws durations with solve quadratic equations, which rounding to 16 bits now and
    then leaves without a solution: "Discriminant has negative values".
    """
    import torch

    def cast(value: Any, dtype: Any) -> Any:
        return value.to(dtype) if torch.is_tensor(value) and value.is_floating_point() else value

    if outside == torch.float32:
        return
    part.float()
    part.register_forward_pre_hook(
        lambda _, args, named: (
            tuple(cast(one, torch.float32) for one in args),
            {name: cast(one, torch.float32) for name, one in named.items()},
        ),
        with_kwargs=True,
    )
    part.register_forward_hook(lambda _, args, out: cast(out, outside))


def _load_speecht5(weights: Weights, placement: Placement) -> SpeechT5Voice:
    import torch
    from transformers import SpeechT5ForTextToSpeech, SpeechT5HifiGan

    folder = weights.folder / "vocoder"
    if not folder.is_dir():
        raise ModelUnsupported(
            f"{weights.card.id} has no vocoder in it, and SpeechT5 makes spectra only.",
            hint="Put microsoft/speecht5_hifigan into its folder as vocoder/ and name it with --models.",
        )
    kind: dict[str, Any] = {"dtype": getattr(torch, placement.dtype), "local_files_only": True}
    model = (
        SpeechT5ForTextToSpeech.from_pretrained(weights.folder, **kind).to(placement.device).eval()
    )
    vocoder = SpeechT5HifiGan.from_pretrained(folder, **kind).to(placement.device).eval()
    tokenizer = load_tokenizer(weights.folder)
    speakers = {
        path.stem: np.load(path, allow_pickle=False).astype(np.float32).reshape(-1)
        for path in sorted((weights.folder / "speakers").glob("*.npy"))
    }
    if not speakers:
        raise ModelUnsupported(
            f"{weights.card.id} has no speakers/*.npy, the x-vectors of its voices.",
            hint="Save x-vectors of 512 numbers there, such as CMU ARCTIC's.",
        )
    return SpeechT5Voice(model, vocoder, tokenizer, speakers, placement.device)


def _load_bark(weights: Weights, placement: Placement) -> BarkVoice:
    import torch
    from transformers import AutoProcessor, BarkModel

    model = BarkModel.from_pretrained(
        weights.folder, dtype=getattr(torch, placement.dtype), local_files_only=True
    )
    processor = AutoProcessor.from_pretrained(weights.folder, local_files_only=True)
    forget_words(processor.tokenizer)
    return BarkVoice(model.to(placement.device).eval(), processor, placement.device)


def _load_csm(weights: Weights, placement: Placement) -> VoiceModel:
    from models.speech_csm import load_csm

    return load_csm(weights, placement)


#: ``model_type`` of config.json -> what builds it.
FAMILIES: dict[str, Callable[[Weights, Placement], VoiceModel]] = {
    "vits": _load_vits,
    "speecht5": _load_speecht5,
    "bark": _load_bark,
    "csm": _load_csm,
}
