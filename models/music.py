"""Music from a prompt: sound that grows while it is made, and the notes where a model writes notes.

Three kinds of models. Some predict the tokens of an audio codec, which a decoder turns into sound
(MusicGen: arxiv.org/abs/2306.05284, codec EnCodec: arxiv.org/abs/2210.13438); some denoise all of the
sound at once (ACE-Step, Stable Audio 3); some write notes, which a synthesiser plays. What all are asked
is checked here; how each makes its music is a ``models.music_composer.Composer``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.errors import InputError
from models.hub.parts import INDEX
from models.music_composer import Abilities, Composer, Sketch, Wish
from models.ranges import MAX_SEED, seed_or_lot, within
from models.safetensors_header import folder_bytes
from models.spec import Placement, Weights, Work
from models.stop import NEVER, StopToken

if TYPE_CHECKING:
    from models.memory.recovery import Host
    from models.music_score import Score

__all__ = ["Abilities", "Composer", "Music", "MusicEngine", "Sketch", "Wish"]

#: Longest prompt in characters; text encoders in use read a few hundred tokens at most.
MAX_CHARACTERS = 2_000
#: Shortest piece in seconds: less is a click, and no model is trained on it.
MIN_SECONDS = 1.0
MAX_GUIDANCE, MAX_TEMPERATURE, MAX_STEPS = 20.0, 5.0, 200


@dataclass(frozen=True)
class Music:
    """A piece so far, or all of it.

    Attributes:
        samples: (samples,) float32 for mono, (samples, channels) for more, -1 to 1.
        sample_rate: in Hz.
        seconds_asked: length that was asked for.
        seed: with the same prompt, settings and model, makes the same piece again.
        temperature: that was used; None where the model can't have it set.
        guidance: that was used; None where the model has none.
        step: steps done: tokens of the codec, notes, or denoising steps.
        steps: of the whole piece.
        elapsed_s: seconds from the call to now.
        first_audio_s: seconds from the call to the first sound; 0 while there is none.
        score: the notes; None for a model that makes sound without notes.
        understood: words of the prompt that the model acted on; empty, with ``ignored``, for a model
            that reads the whole prompt as text.
        ignored: words of the prompt that it can't act on.
        warnings: what was not done as asked, in sentences.
    """

    samples: NDArray[np.float32] = field(repr=False)
    sample_rate: int
    seconds_asked: float
    seed: int
    temperature: float | None
    guidance: float | None
    step: int
    steps: int
    elapsed_s: float
    first_audio_s: float
    score: Score | None = None
    understood: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length of the sound so far."""
        return len(self.samples) / self.sample_rate

    @property
    def channels(self) -> int:
        """1 for mono, 2 for stereo."""
        return 1 if self.samples.ndim == 1 else self.samples.shape[1]

    @property
    def real_time_factor(self) -> float:
        """Seconds of work per second of sound: below 1 it plays without a gap."""
        return self.elapsed_s / self.duration_s if self.duration_s else 0.0

    @property
    def work(self) -> Work:
        """Seconds of sound made."""
        return Work(self.duration_s, "seconds of music", self.first_audio_s)


class MusicEngine:
    """Composes with one model.

    Args:
        composer: the model.
    """

    def __init__(self, composer: Composer) -> None:
        self._composer = composer
        self.host: Host | None = None
        self.can = composer.can
        self.reentrant = composer.reentrant
        self.memory_bytes = composer.memory_bytes

    def compose(
        self,
        prompt: str,
        *,
        seconds: float | None = None,
        seed: int | None = None,
        temperature: float | None = None,
        guidance: float | None = None,
        steps: int | None = None,
        stop: StopToken = NEVER,
    ) -> Iterator[Music]:
        """Makes a piece of music.

        Args:
            prompt: what it should be, 1 to ``MAX_CHARACTERS`` characters.
            seconds: its length, ``MIN_SECONDS`` to the model's longest; the model's own when None.
            seed: 0 to ``MAX_SEED``; drawn by lot when None.
            temperature: above 0 to ``MAX_TEMPERATURE``: lower is tamer, higher is wilder; the model's own
                when None. A model that can't have it set says so in ``warnings``.
            guidance: 1 to ``MAX_GUIDANCE``: how closely it keeps to the prompt, 1 is not at all; the
                model's own when None. A model that has none says so in ``warnings``.
            steps: 1 to ``MAX_STEPS`` for a model that denoises; the model's own when None. A model that
                does not says so in ``warnings``.
            stop: polled at every step; what is done is kept.

        Yields:
            The piece so far; the last one is whole.

        Raises:
            InputError: for an empty or too long prompt, or a value out of range, with the range.
            Stopped: when Stop was pressed.
        """
        began = time.perf_counter()
        wish = self._checked(prompt, seconds, seed, temperature, guidance, steps)
        unused = tuple(self._unused(temperature, guidance, steps))
        can, heard = self.can, 0.0
        with self._room(wish):
            for sketch in self._composer.compose(wish, stop):
                now = time.perf_counter() - began
                heard = heard or (now if len(sketch.samples) else 0.0)
                yield Music(
                    sketch.samples, can.sample_rate, wish.seconds, wish.seed,
                    None if can.temperature is None else wish.temperature,
                    None if can.guidance is None else wish.guidance,
                    sketch.step, sketch.steps, now, heard, sketch.score, sketch.understood,
                    sketch.ignored, (*unused, *sketch.warnings),
                )  # fmt: skip

    def _room(self, wish: Wish) -> AbstractContextManager[None]:
        """Working memory for one piece; without a registry around it there is nobody to ask."""
        size_bytes = self._composer.working_bytes(wish)
        return self.host.activation(size_bytes) if self.host else nullcontext()

    def _checked(
        self, prompt: str, seconds: float | None, seed: int | None, temperature: float | None,
        guidance: float | None, steps: int | None,
    ) -> Wish:  # fmt: skip
        can = self.can
        check_prompt(prompt)
        length = can.seconds if seconds is None else seconds
        check_seconds(length, can.max_seconds)
        drawn = within("seed", seed_or_lot(seed), 0, MAX_SEED)
        if temperature is not None:
            within("temperature", temperature, 0.01, MAX_TEMPERATURE)
        if guidance is not None:
            within("guidance", guidance, 1, MAX_GUIDANCE)
        if steps is not None:
            within("steps", steps, 1, MAX_STEPS)
        heat, hold = _used(temperature, can.temperature), _used(guidance, can.guidance)
        many = 0 if can.steps is None else can.steps if steps is None else int(steps)
        return Wish(prompt, float(length), int(drawn), heat, hold, many)

    def _unused(
        self, temperature: float | None, guidance: float | None, steps: int | None
    ) -> Iterator[str]:
        if temperature is not None and self.can.temperature is None:
            yield f"This model has no temperature: {temperature:g} was not used."
        if guidance is not None and self.can.guidance is None:
            yield f"This model has no guidance: {guidance:g} was not used."
        if steps is not None and self.can.steps is None:
            yield f"This model has no steps to choose: {steps} was not used."


def _used(wanted: float | None, own: float | None) -> float:
    """What a setting is: 1, which changes nothing, where the model does not have it."""
    if own is None:
        return 1.0
    return own if wanted is None else float(wanted)


def check_prompt(prompt: str) -> None:
    """Raises ``InputError`` for a blank prompt and for one over ``MAX_CHARACTERS``."""
    if not prompt.strip():
        raise InputError("There is no prompt.", hint="Say what the music should be.")
    if len(prompt) > MAX_CHARACTERS:
        raise InputError(
            f"The prompt has {len(prompt):,} characters; the limit is {MAX_CHARACTERS:,}.",
            hint="Shorten it: a sentence or two say enough.",
        )


def check_seconds(seconds: float, most: float) -> None:
    """Raises ``InputError`` for a length outside ``MIN_SECONDS`` to ``most``, in seconds."""
    if not MIN_SECONDS <= seconds <= most:  # also refuses NaN
        raise InputError(
            f"{seconds:g} seconds are not between {MIN_SECONDS:g} and {most:g}, the longest that this "
            "model makes at once.",
            hint="Choose a length inside.",
        )


def estimate_bytes(weights: Weights, placement: Placement) -> int:
    """Bytes of its device that a model will keep: of a pipeline on a small GPU, a part at a time."""
    if (weights.folder / INDEX).is_file():
        from models import image_generation

        return image_generation.estimate_bytes(weights, placement)
    return folder_bytes(weights.folder, placement.dtype) or weights.card.size_bytes


def _load_hub(weights: Weights, placement: Placement) -> MusicEngine:
    """A folder of the Hub: a pipeline of diffusers where it has an index of parts, else MusicGen."""
    from models.music_diffusion import load_pipeline
    from models.music_torch import load_musicgen

    pipeline = (weights.folder / INDEX).is_file()
    return MusicEngine((load_pipeline if pipeline else load_musicgen)(weights, placement))


def _load_notes(weights: Weights, placement: Placement) -> MusicEngine:
    from models.music_notes import load_notes

    return MusicEngine(load_notes(weights, placement))


#: Engine of a card -> its loader.
LOADERS: dict[str, Callable[[Weights, Placement], MusicEngine]] = {
    "diffusers": _load_hub,
    "notes": _load_notes,
    "transformers": _load_hub,
}
