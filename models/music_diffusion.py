"""Music by diffusion: diffusers pipelines that make all of a sound at once, from noise, in some steps.

What a pipeline takes and its defaults are read from its own signature. ACE-Step 1.5
(github.com/ace-step/ACE-Step-1.5), Stable Audio 3 (stability.ai). Nothing can be heard before the last step.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.device import tensor_bytes
from models.errors import ModelUnsupported
from models.hub.parts import INDEX
from models.image_memory import choose, settle
from models.image_runs import run_of_its_own
from models.music import Abilities, Sketch, Wish
from models.spec import Placement, Weights
from models.stepwise import stepwise
from models.stop import StopToken
from models.token_loading import forget_words

#: What pipelines call the length of a piece.
LENGTHS = ("audio_duration", "duration")
#: Longest pieces by the pipelines' own documentation, in seconds; others are asked for a minute at most.
LONGEST = {"AceStepPipeline": 600.0, "StableAudio3Pipeline": 380.0}
OTHERS = 60.0
#: Tokens of a prompt that both read (their pipelines in diffusers).
READ = 256
#: Length where nobody chose one, in seconds.
SECONDS = 30.0
#: Steps that a pipeline takes where it names none: Stable Audio 3 with and without a distilled sampler.
DISTILLED, WHOLE = 8, 100


class DiffusionComposer:
    """One pipeline. Runs share its networks, each has its own sampler.

    Args:
        pipe: the pipeline on its device.
        longest: longest piece in seconds.
        memory_bytes: what it keeps on its device.
    """

    reentrant = False

    def __init__(self, pipe: Any, longest: float, memory_bytes: int) -> None:
        self._pipe, self.memory_bytes = pipe, memory_bytes
        call = inspect.signature(type(pipe).__call__).parameters
        self._length = next(name for name in LENGTHS if name in call)
        sound = pipe.vae.config
        guided = "guidance_scale" in call and not getattr(pipe, "is_turbo", False)
        self.can = Abilities(
            int(sound.sampling_rate), int(sound.audio_channels), min(SECONDS, longest), longest,
            temperature=None,
            guidance=max(1.0, float(call["guidance_scale"].default)) if guided else None,
            steps=own_steps(pipe, call),
        )  # fmt: skip

    def working_bytes(self, wish: Wish) -> int:
        """See ``models.music.Composer``; not known: it is met by the share that budgets leave out."""
        return 0

    def compose(self, wish: Wish, stop: StopToken) -> Iterator[Sketch]:
        """See ``models.music.Composer``; on Stop nothing is there yet to be kept."""
        nothing, cut = np.zeros(0, np.float32), tuple(cut_off(self._pipe, wish))
        yield Sketch(nothing, 0, wish.steps, warnings=cut)
        steps: Any = stepwise(lambda report: self._run(wish, stop, report))
        with closing(steps):
            for made in steps:
                if isinstance(made, int):
                    yield Sketch(nothing, min(made, wish.steps - 1), wish.steps, warnings=cut)
                else:
                    yield Sketch(made, wish.steps, wish.steps, warnings=cut)

    def _run(self, wish: Wish, stop: StopToken, report: Callable[[Any], None]) -> None:
        """Reports every step by its number, then the sound."""
        import torch

        pipe = run_of_its_own(self._pipe)

        def step_end(_: Any, index: int, moment: Any, values: dict[str, Any]) -> dict[str, Any]:
            stop.check()
            report(index + 1)
            return values

        guided = {} if self.can.guidance is None else {"guidance_scale": wish.guidance}
        try:
            answer = pipe(
                prompt=wish.prompt, num_inference_steps=wish.steps,
                generator=torch.Generator("cpu").manual_seed(wish.seed),
                callback_on_step_end=step_end, **{self._length: wish.seconds}, **guided,
            )  # fmt: skip
        finally:
            pipe.maybe_free_model_hooks()
        report(plain(answer.audios[0]))


def cut_off(pipe: Any, wish: Wish) -> Iterator[str]:
    """What of a prompt is not read, as a sentence: pipelines cut it without a word."""
    text = wish.prompt
    if hasattr(pipe, "_format_prompt"):  # ACE-Step writes its settings around the prompt
        text = pipe._format_prompt(text, audio_duration=wish.seconds)[0]
    tokens = len(pipe.tokenizer(text).input_ids)
    if tokens > READ:
        yield (
            f"The model reads the first {READ} of {tokens} tokens of the prompt and its settings; what "
            "comes after has no effect."
        )


def own_steps(pipe: Any, call: Mapping[str, inspect.Parameter]) -> int:
    """Steps of a pipeline where nobody chose any."""
    own = call["num_inference_steps"].default
    if isinstance(own, int):
        return own
    return DISTILLED if pipe.scheduler.config.get("stochastic_sampling") else WHOLE


def plain(sound: Any) -> NDArray[np.float32]:
    """(channels, samples) of a pipeline as (samples,) or (samples, channels) float32."""
    rows = np.asarray(sound.float().cpu().numpy(), np.float32)
    return rows[0] if len(rows) == 1 else np.ascontiguousarray(rows.T)


def load_pipeline(weights: Weights, placement: Placement) -> DiffusionComposer:
    """Builds the composer from a diffusers folder.

    Raises:
        ModelUnsupported: when its pipeline makes no sound from a text, or needs what is not installed.
    """
    kind = _kind(weights)
    import torch
    from diffusers import DiffusionPipeline

    pipe = DiffusionPipeline.from_pretrained(
        weights.folder, dtype=getattr(torch, placement.dtype), local_files_only=True,
        use_safetensors=True,
    )  # fmt: skip
    for part in pipe.components.values():
        forget_words(part)
    networks = [part for part in pipe.components.values() if hasattr(part, "parameters")]
    memory = choose([tensor_bytes(part) for part in networks], placement.device)
    settle(pipe, memory, placement.device)
    pipe.set_progress_bar_config(disable=True)
    return DiffusionComposer(pipe, LONGEST.get(kind, OTHERS), memory.device_bytes)


def _kind(weights: Weights) -> str:
    """Name of the pipeline's class, once it is known to make sound from a text."""
    import diffusers

    name = str(json.loads((weights.folder / INDEX).read_text("utf-8")).get("_class_name"))
    if name == "StableAudioPipeline":
        raise ModelUnsupported(
            f"The sampler of {weights.card.id} needs the package torchsde, which is not kept up any more.",
            hint="Choose a Stable Audio 3 or ACE-Step pipeline.",
        )
    kind: Any = getattr(diffusers, name, None)
    known = isinstance(kind, type) and issubclass(kind, diffusers.DiffusionPipeline)
    takes = inspect.signature(kind.__call__).parameters if known else {}
    if not ({"prompt", "callback_on_step_end"} <= {*takes} and any(n in takes for n in LENGTHS)):
        raise ModelUnsupported(
            f"{weights.card.id} is a {name}, which makes no music of a given length from a text.",
            hint="Choose an ACE-Step pipeline such as ACE-Step/acestep-v15-xl-turbo-diffusers.",
        )
    return name
