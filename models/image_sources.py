"""Pictures that a drawing starts from: read from a file within limits, fitted, and the pipeline for them.

A file is refused by what its header claims, before a pixel of it is decoded, so that a small file
with a huge picture costs nothing.
"""

from __future__ import annotations

import hashlib
import inspect
import warnings
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from models.errors import InputError

#: Limits for a source picture: bytes of its file, pixels of a side.
MAX_SOURCE_BYTES, MIN_SOURCE_SIDE, MAX_SOURCE_SIDE = 64_000_000, 16, 8192
#: Kinds of files that are read; each decoder is a surface for attacks, so no more than are asked for.
FORMATS = ("PNG", "JPEG", "WEBP")
#: Loss of a side, in shares, from which cropping is worth a sentence.
CROP_SAID = 0.02


def open_source(path: Path) -> Image.Image:
    """Reads a picture.

    Args:
        path: a PNG, JPEG or WebP file of at most ``MAX_SOURCE_BYTES``.

    Returns:
        RGB, upright, transparency on white.

    Raises:
        InputError: when it is no such file, damaged, or outside the limits.
    """
    size = path.stat().st_size
    if size > MAX_SOURCE_BYTES:
        raise InputError(
            f"The picture's file has {size:,} bytes; the limit is {MAX_SOURCE_BYTES:,}.",
            hint="Save it smaller, for example as a JPEG.",
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our limit is lower
            with Image.open(path, formats=FORMATS) as image:
                check_source(image)
                return _plain(image)
    except (
        Image.DecompressionBombError
    ) as error:  # what the header claims is past Pillow's own limit
        raise InputError(
            f"The picture claims more than {MAX_SOURCE_SIDE:,} pixels a side.",
            hint="Use a smaller one.",
        ) from error
    except (OSError, SyntaxError, ValueError) as error:
        raise InputError(
            "The picture can't be read: it is damaged, or no PNG, JPEG or WebP.",
            hint="Open it in a viewer and save it again.",
        ) from error


def check_source(image: Image.Image) -> None:
    """Raises ``InputError`` for a picture with a side outside ``MIN_SOURCE_SIDE`` to ``MAX_SOURCE_SIDE``
    pixels; decodes nothing."""
    least, most = min(image.size), max(image.size)
    if least < MIN_SOURCE_SIDE or most > MAX_SOURCE_SIDE:
        raise InputError(
            f"The picture has {image.width:,} x {image.height:,} pixels; each side must be "
            f"{MIN_SOURCE_SIDE} to {MAX_SOURCE_SIDE:,}.",
            hint="Use a larger one." if least < MIN_SOURCE_SIDE else "Make it smaller first.",
        )


def _plain(image: Image.Image) -> Image.Image:
    upright = ImageOps.exif_transpose(image)
    if "A" in upright.getbands() or "transparency" in upright.info:
        seen = upright.convert("RGBA")
        paper = Image.new("RGBA", seen.size, "white")
        return Image.alpha_composite(paper, seen).convert("RGB")
    return upright.convert("RGB")


def fitted(image: Image.Image, width: int, height: int) -> tuple[Image.Image, str]:
    """The middle of a picture in exactly the asked size, and a sentence when much was cut off."""
    scale = max(width / image.width, height / image.height)
    lost = 1 - min(width / (image.width * scale), height / (image.height * scale))
    made = ImageOps.fit(image.convert("RGB"), (width, height), Image.Resampling.LANCZOS)
    if lost < CROP_SAID:
        return made, ""
    tall = height * image.width < width * image.height
    side = "top and bottom" if tall else "left and right"
    return made, f"{lost:.0%} of the picture was cut off at {side} to fit {width} x {height}."


def fingerprint(image: Image.Image) -> str:
    """The first 16 digits of the SHA-256 of a picture's size and pixels."""
    digest = hashlib.sha256(repr((image.mode, image.size)).encode())
    digest.update(image.tobytes())
    return digest.hexdigest()[:16]


def twin(pipe: Any) -> Any | None:
    """The image-to-image pipeline over the same networks; None where diffusers has none.

    Nothing is loaded: the components are the very objects of ``pipe``.
    """
    from diffusers import AutoPipelineForImage2Image

    try:
        made = AutoPipelineForImage2Image.from_pipe(pipe)
    except ValueError:  # diffusers knows none for this architecture
        return None
    takes = inspect.signature(type(made).__call__).parameters
    return made if {"image", "strength", "prompt"} <= set(takes) else None


def share_offloading(pipe: Any, other: Any) -> None:
    """Lets ``other`` use the offloading hooks that ``pipe`` put on their common networks."""
    for name in ("_all_hooks", "_offload_device", "_offload_gpu_id"):
        if name in vars(pipe):
            setattr(other, name, vars(pipe)[name])
