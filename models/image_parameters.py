"""Settings that other image tools write into their PNG files, read as settings of ours.

Both kinds are a text named ``parameters``. AUTOMATIC1111's, which Forge, SD.Next and sites for pictures write
too: the prompt, ``Negative prompt: ...``, and a last line of ``Name: value`` pairs. SwarmUI's: a JSON
object. (modules/infotext_utils.py in github.com/AUTOMATIC1111/stable-diffusion-webui; docs/Image Metadata
Format.md in github.com/mcmonkeyprojects/SwarmUI; the readers here are our own.) The text is a stranger's:
values are taken by name, and whoever draws with them checks their ranges.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

from models.errors import InputError
from models.image_png import OWN_KEY, ImageSettings, read_settings, text_chunk

#: Keyword of the text in a PNG file.
KEY = "parameters"
_NEGATIVE = "Negative prompt:"
#: A pair of the last line; a value with a comma stands in quotation marks.
_PAIR = re.compile(r'\s*([\w /-]+):\s*("(?:\\.|[^"\\])*"|[^,]*)(?:,|$)')
#: SwarmUI's object, and its names of what we call otherwise.
_SWARM, _NAMES = "sui_image_params", {
    "prompt": "prompt", "negativeprompt": "negative", "model": "Model", "seed": "Seed", "steps": "Steps",
    "cfgscale": "CFG scale", "width": "width", "height": "height", "variationseed": "Variation seed",
    "variationseedstrength": "Variation seed strength", "initimagecreativity": "Denoising strength",
}  # fmt: skip


def read_any(content: bytes) -> ImageSettings:
    """The settings in a PNG file, ours or another tool's.

    Args:
        content: see ``models.image_png.read_settings``.

    Returns:
        The settings; those of another tool have no ``revision``, and ``model`` is its own name for it.

    Raises:
        InputError: when it is no PNG, too large, or carries no settings that can be read.
    """
    foreign = None if text_chunk(content, OWN_KEY) else text_chunk(content, KEY)
    return read_settings(content) if foreign is None else _settings(foreign)


def _settings(text: str) -> ImageSettings:
    found = _of_swarm(text) if text.lstrip().startswith("{") else _of_lines(text)
    try:
        return ImageSettings(
            prompt=found.get("prompt", ""),
            negative_prompt=found.get("negative", ""),
            width=int(found["width"]),
            height=int(found["height"]),
            steps=int(found["Steps"]),
            guidance=_finite(found.get("CFG scale", "7")),
            seed=int(found["Seed"]),
            model=found.get("Model", ""),
            revision="",
            variation=_finite(found.get("Variation seed strength", "0")),
            variation_seed=int(found.get("Variation seed", "0")),
            strength=_finite(found.get("Denoising strength", "0")),
        )
    except (KeyError, ValueError) as problem:
        raise InputError(
            "The PNG carries settings of another tool that can't be read: size, steps or seed are missing or "
            "no numbers.",
            hint="Drop another picture, or write the settings by hand.",
        ) from problem


def _of_lines(text: str) -> dict[str, str]:
    """AUTOMATIC1111's text as names and values."""
    said, _, last = text.strip().rpartition("\n")
    found = {name.strip(): value.strip('"') for name, value in _PAIR.findall(last)}
    prompt, _, negative = f"\n{said}".partition(f"\n{_NEGATIVE}")
    width, _, height = found.get("Size", "").partition("x")
    return {
        **found, "prompt": prompt.strip(), "negative": negative.strip(), "width": width,
        "height": height,
    }  # fmt: skip


def _of_swarm(text: str) -> dict[str, str]:
    """SwarmUI's object as names and values."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    inner = whole.get(_SWARM) if isinstance(whole, Mapping) else None
    if not isinstance(inner, Mapping):
        return {}
    plain = {name: inner[name] for name in _NAMES if isinstance(inner.get(name), str | int | float)}
    return {_NAMES[name]: str(value) for name, value in plain.items()}


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value
