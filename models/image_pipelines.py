"""What a diffusers text-to-image pipeline can do, read from its own signature and configuration.

One description serves Stable Diffusion 1.x, 2.x, Turbo and XL, Stable Diffusion 3, FLUX.1,
PixArt, Sana and Z-Image; nothing here looks at a model's name. Imports neither torch nor diffusers.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from models.errors import ModelUnsupported

#: Sizes on offer, relative to the size a model was trained at.
SMALLEST, LARGEST = 0.25, 2.0
#: Steps of a FLUX.1 without guidance embedding, which is the distilled one (its model card).
FLUX_SCHNELL_STEPS, FLUX_SCHNELL_TOKENS = 4, 256
#: Size of an architecture that does not name one, in pixels.
UNNAMED_SIZE = 1024
#: Resolution bins exist in PixArt for these ``sample_size`` only (diffusers' pipeline source).
_PIXART_BINNED = (32, 64, 128, 256)


@dataclass(frozen=True)
class Abilities:
    """What a pipeline takes, and its settings where nobody chose any.

    Attributes:
        width: pixels, by default.
        height: pixels, by default.
        steps: denoising steps, by default.
        guidance: scale of the guidance, by default; 0 is off.
        min_size: least width and height in pixels.
        max_size: largest width and height in pixels.
        size_multiple: width and height must be multiples of it.
        supports_negative_prompt: whether a negative prompt has any effect.
        supports_guidance: whether the guidance scale has any effect.
        max_sequence_length: tokens for a long-text encoder; None where the pipeline has no say.
        parameters: names that the pipeline's call takes.
    """

    width: int
    height: int
    steps: int
    guidance: float
    min_size: int
    max_size: int
    size_multiple: int
    supports_negative_prompt: bool
    supports_guidance: bool
    max_sequence_length: int | None
    parameters: frozenset[str]


def abilities(pipe: Any, wishes: Mapping[str, object]) -> Abilities:
    """Reads a pipeline.

    Args:
        pipe: a built diffusers pipeline.
        wishes: per-model defaults of the catalog: steps, guidance, width, height,
            max_sequence_length.

    Raises:
        ModelUnsupported: when the pipeline draws from something other than a prompt, or can't
            be followed and stopped step by step.
    """
    call = inspect.signature(type(pipe).__call__).parameters
    if "prompt" not in call:
        raise ModelUnsupported(
            f"{type(pipe).__name__} does not draw from a text.",
            hint="Choose a model whose task on the Hub is text-to-image.",
        )
    if not {"callback_on_step_end", "callback"} & set(call):
        raise ModelUnsupported(
            f"{type(pipe).__name__} reports no steps, so that it could not be stopped.",
            hint="Choose another text-to-image model.",
        )
    found = _described(pipe, call)
    known = {k: v for k, v in wishes.items() if k in _WISHES}
    wished = replace(found, **known)  # type: ignore[arg-type]
    return replace(  # a size that the catalog names is within the range
        wished,
        min_size=min(found.min_size, wished.width, wished.height),
        max_size=max(found.max_size, wished.width, wished.height),
    )


_WISHES = ("steps", "guidance", "width", "height", "max_sequence_length")


def _described(pipe: Any, call: Mapping[str, inspect.Parameter]) -> Abilities:
    core = denoiser(pipe)
    size, multiple = _native_size(pipe, core), _multiple(pipe, core)
    flux_like = "true_cfg_scale" in call
    unguided = flux_like and core.config.get("guidance_embeds") is False
    longest = call["max_sequence_length"].default if "max_sequence_length" in call else None
    return Abilities(
        width=size,
        height=size,
        steps=FLUX_SCHNELL_STEPS if unguided else _default(call, "num_inference_steps", 50),
        guidance=0.0 if unguided else float(_default(call, "guidance_scale", 0.0) or 0.0),
        min_size=_rounded(size * SMALLEST, multiple),
        max_size=_rounded(min(size * LARGEST, _position_limit(pipe, core, size)), multiple),
        size_multiple=multiple,
        supports_negative_prompt="negative_prompt" in call and not flux_like,
        supports_guidance="guidance_scale" in call and not unguided,
        max_sequence_length=FLUX_SCHNELL_TOKENS if unguided and longest else longest,
        parameters=frozenset(call),
    )


def denoiser(pipe: Any) -> Any:
    """The network that is called in every step: a UNet or a transformer."""
    core = getattr(pipe, "unet", None)
    return core if core is not None else pipe.transformer


def fixed_arguments(pipe: Any, parameters: frozenset[str]) -> dict[str, object]:
    """Arguments that a pipeline needs for exact sizes and untouched prompts."""
    fixed: dict[str, object] = {}
    if "clean_caption" in parameters:
        fixed["clean_caption"] = False
    if "use_resolution_binning" in parameters:
        fixed["use_resolution_binning"] = denoiser(pipe).config.get("sample_size") in _PIXART_BINNED
    return fixed


@dataclass(frozen=True)
class Reader:
    """A tokenizer of a pipeline and how many of its tokens, special ones included, are read."""

    tokenizer: Any
    limit: int

    def excess(self, prompt: str) -> tuple[int, int]:
        """(tokens of the prompt, tokens that are not read), special tokens left out."""
        inner = self.tokenizer(prompt, add_special_tokens=False, verbose=False)["input_ids"]
        framed = self.tokenizer(prompt, verbose=False)["input_ids"]
        return len(inner), max(0, len(framed) - self.limit)

    @property
    def capacity(self) -> int:
        """Tokens of a prompt that are read, special tokens left out."""
        return self.limit - len(self.tokenizer("", verbose=False)["input_ids"])


def longest_reader(pipe: Any, max_sequence_length: int | None) -> Reader | None:
    """The text encoder that reads most of a prompt: T5 where there is one, CLIP otherwise."""
    readers = []
    for suffix in ("", "_2", "_3"):
        tokenizer = getattr(pipe, f"tokenizer{suffix}", None)
        encoder = getattr(pipe, f"text_encoder{suffix}", None)
        if tokenizer is None or encoder is None:
            continue
        clip = "CLIP" in type(encoder).__name__
        limit = tokenizer.model_max_length if clip else max_sequence_length
        if limit:
            readers.append(Reader(tokenizer, min(limit, tokenizer.model_max_length)))
    return max(readers, key=lambda reader: reader.limit, default=None)


def _native_size(pipe: Any, core: Any) -> int:
    """Width and height that the model was trained at, in pixels."""
    sample = getattr(pipe, "default_sample_size", None) or core.config.get("sample_size")
    if sample is None:  # Z-Image names no size; its card says 1024
        return UNNAMED_SIZE
    latent = sample if isinstance(sample, int) else max(sample)
    return int(latent) * int(pipe.vae_scale_factor)


def _multiple(pipe: Any, core: Any) -> int:
    """Pixels per token or latent: width and height must be multiples."""
    packed = 2 if hasattr(pipe, "_pack_latents") else _patch(core)
    return int(pipe.vae_scale_factor) * packed


def _patch(core: Any) -> int:
    """Latents along a side of one token."""
    many = core.config.get("all_patch_size")  # Z-Image: one network for several patch sizes
    return max(many) if many else int(core.config.get("patch_size") or 1)


def _position_limit(pipe: Any, core: Any, otherwise: int) -> float:
    """Largest size by the table of positions (Stable Diffusion 3); no limit for other models."""
    table = core.config.get("pos_embed_max_size")
    return table * _multiple(pipe, core) if table else otherwise * LARGEST


def _rounded(pixels: float, multiple: int) -> int:
    return max(multiple, int(pixels // multiple) * multiple)


def _default(call: Mapping[str, inspect.Parameter], name: str, otherwise: Any) -> Any:
    return call[name].default if name in call else otherwise
