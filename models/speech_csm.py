"""Voices that copy a sample: CSM, a language model that goes on speaking as it heard somebody speak.

It is told the words and the sound of a sample and goes on with new words in the same voice. Samples lie
in the model's folder as ``voices/NAME.wav`` with their words in ``voices/NAME.txt``. Without one the
first sentence of a text draws a voice by its seed, and is the sample of all that follow.
Model: github.com/SesameAILabs/csm; the codec inside is Mimi (arxiv.org/abs/2410.00037).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.audio import read_audio
from models.device import tensor_bytes
from models.errors import InputError, ModelUnsupported
from models.spec import Placement, Weights
from models.speech_torch import ONLY, drawn_from
from models.speech_voice import SILENCE, Sound
from models.stop import StopToken
from models.token_loading import forget_words

#: Longest sample in seconds: it takes 12.5 of the model's 2,048 positions for each.
LONGEST_SAMPLE_S = 30.0
#: Frames for each character of a text, and for its pauses: slow speech has about 8 characters a second.
FRAMES_PER_CHARACTER, SPARE_FRAMES = 12.5 / 8, 25
#: The role that speaks; one voice is enough here.
_SPEAKER = "0"


@dataclass(frozen=True)
class Sample:
    """What a voice sounds like.

    Attributes:
        text: the words that are said in it.
        samples: (samples,) float32 at the model's rate.
    """

    text: str
    samples: NDArray[np.float32] = field(repr=False)


class CsmVoice:
    """CSM with samples.

    Args:
        model: ``CsmForConditionalGeneration``, with its codec.
        processor: its processor, whose template writes a conversation.
        samples: name -> sample.
        device: torch device string of the model.
    """

    reentrant = False
    speeds = (1.0, 1.0)
    longest = 250

    def __init__(self, model: Any, processor: Any, samples: dict[str, Sample], device: str) -> None:
        self._model, self._processor, self._device = model, processor, device
        self._samples = samples
        self._first: Sample | None = None
        self.voices = (*samples, ONLY)
        self.sample_rate = int(processor.feature_extractor.sampling_rate)
        self.memory_bytes = tensor_bytes(model)

    def begin(self) -> None:
        """See ``models.speech_voice.Remembering``: the voice of the last text is forgotten."""
        self._first = None

    def say(self, text: str, *, voice: str, speed: float, seed: int, stop: StopToken) -> Sound:
        """See ``models.speech_voice.VoiceModel``; Stop takes effect with the next frame."""
        if not any(c.isalnum() for c in text):
            return SILENCE
        heard = self._samples.get(voice, self._first)
        turns = [_turn(heard.text, heard.samples)] if heard else []
        inputs = self._processor.apply_chat_template(
            [*turns, _turn(text)], tokenize=True, return_dict=True
        ).to(self._device)
        if "input_values" in inputs:
            inputs["input_values"] = inputs["input_values"].to(self._model.dtype)
        frames = int(len(text) * FRAMES_PER_CHARACTER) + SPARE_FRAMES
        with drawn_from(seed, self._device):
            made = self._model.generate(
                **inputs, output_audio=True, max_new_tokens=frames, streamer=_Pulse(stop),
                do_sample=True, depth_decoder_do_sample=True,
            )  # fmt: skip
        samples = np.asarray(made[0].detach().float().cpu().reshape(-1).numpy(), np.float32)
        if self._first is None and len(samples):
            self._first = Sample(text, samples)
        return Sound(samples)

    def unreadable(self, text: str) -> list[str]:
        """None: it tries everything."""
        return []


class _Pulse:
    """A streamer that only looks whether to stop: CSM ignores stopping criteria of others."""

    def __init__(self, stop: StopToken) -> None:
        self._stop = stop

    def put(self, value: Any) -> None:
        """Called for every frame; raises ``Stopped``."""
        self._stop.check()

    def end(self) -> None:
        """Nothing to flush."""


def _turn(text: str, samples: NDArray[np.float32] | None = None) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": text.strip()}]
    if samples is not None:
        content.append({"type": "audio", "path": samples})
    return {"role": _SPEAKER, "content": content}


def read_samples(folder: Path, sample_rate: int) -> dict[str, Sample]:
    """The samples in a model's folder by name.

    Raises:
        ModelUnsupported: when one has no words, is too long, or can't be read.
    """
    found = {}
    for path in sorted(path for path in folder.glob("*") if path.suffix in (".wav", ".flac")):
        words = path.with_suffix(".txt")
        if not words.is_file() or not (text := words.read_text(encoding="utf-8").strip()):
            raise ModelUnsupported(
                f"The sample voices/{path.name} has no words.",
                hint=f"Write what is said in it into voices/{words.name}.",
            )
        try:
            samples = read_audio(path, sample_rate, max_s=LONGEST_SAMPLE_S)
        except InputError as error:
            raise ModelUnsupported(
                f"The sample voices/{path.name} can't be used: {error.message}", hint=error.hint
            ) from error
        found[path.stem] = Sample(text, samples)
    return found


def load_csm(weights: Weights, placement: Placement) -> CsmVoice:
    """Builds the voice from a folder in transformers' layout.

    Raises:
        ModelUnsupported: when it has no template for conversations, or a sample is of no use.
    """
    import torch
    from transformers import AutoProcessor, CsmForConditionalGeneration

    processor = AutoProcessor.from_pretrained(weights.folder, local_files_only=True)
    forget_words(processor.tokenizer)
    if not getattr(processor, "chat_template", None):
        raise ModelUnsupported(
            f"{weights.card.id} has no chat template, by which it is told who says what.",
            hint="Choose a CSM with chat_template.jinja in its repository.",
        )
    model = CsmForConditionalGeneration.from_pretrained(
        weights.folder, dtype=getattr(torch, placement.dtype), local_files_only=True
    )
    samples = read_samples(
        weights.folder / "voices", int(processor.feature_extractor.sampling_rate)
    )
    return CsmVoice(model.to(placement.device).eval(), processor, samples, placement.device)
