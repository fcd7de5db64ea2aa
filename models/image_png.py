"""The settings of an image inside its PNG file: written as text chunks, read back without decoding.

Two texts: ``modeldeck`` holds JSON, ``parameters`` the line that other image tools read. Reading
walks the chunk headers only, within limits, so that a hostile file costs nothing.
"""

from __future__ import annotations

import json
import struct
from dataclasses import MISSING, asdict, dataclass, fields
from io import BytesIO
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from models.errors import InputError

#: Limits for a file that is dropped on the page.
MAX_FILE_BYTES, MAX_CHUNKS, MAX_TEXT_BYTES = 64_000_000, 4096, 100_000
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: Keyword of our text.
OWN_KEY = "modeldeck"


@dataclass(frozen=True)
class ImageSettings:
    """Everything that makes the same image again.

    Attributes:
        prompt: what was asked for.
        negative_prompt: what was to be avoided; may be empty.
        width: pixels.
        height: pixels.
        steps: denoising steps.
        guidance: scale of the guidance.
        seed: of this image.
        model: model id.
        revision: commit or package version of the weights.
        variation: share of another seed's noise mixed in, 0 to 1.
        variation_seed: that other seed.
        strength: how much of a source picture was redrawn; 0 without one.
        source: first digits of that picture's SHA-256; empty without one.
    """

    prompt: str
    negative_prompt: str
    width: int
    height: int
    steps: int
    guidance: float
    seed: int
    model: str
    revision: str
    variation: float = 0.0
    variation_seed: int = 0
    strength: float = 0.0
    source: str = ""


def texts(settings: ImageSettings) -> dict[str, str]:
    """The text chunks by keyword."""
    line = (
        f"Steps: {settings.steps}, CFG scale: {settings.guidance:g}, Seed: {settings.seed}, "
        f"Size: {settings.width}x{settings.height}, Model: {settings.model}"
    )
    if settings.variation:
        line += (
            f", Variation seed: {settings.variation_seed}, "
            f"Variation seed strength: {settings.variation:g}"
        )
    if settings.strength:
        line += f", Denoising strength: {settings.strength:g}"
    negative = f"Negative prompt: {settings.negative_prompt}\n" if settings.negative_prompt else ""
    return {
        OWN_KEY: json.dumps(asdict(settings)),
        "parameters": f"{settings.prompt}\n{negative}{line}",
    }


def png_bytes(image: Image.Image, settings: ImageSettings) -> bytes:
    """The image as a PNG file that carries its settings."""
    chunks = PngInfo()
    for key, text in texts(settings).items():
        chunks.add_text(key, text)
    stream = BytesIO()
    image.save(stream, "PNG", pnginfo=chunks)
    return stream.getvalue()


def read_settings(content: bytes) -> ImageSettings:
    """The settings in a PNG file.

    Args:
        content: the whole file, at most ``MAX_FILE_BYTES``.

    Raises:
        InputError: when it is no PNG, too large, or carries no settings of ours.
    """
    if len(content) > MAX_FILE_BYTES:
        raise InputError(
            f"The file has {len(content):,} bytes; the limit is {MAX_FILE_BYTES:,}.",
            hint="Drop an image that was made here.",
        )
    if not content.startswith(_SIGNATURE):
        raise InputError(
            "The file is no PNG image.", hint="Drop a PNG that still has its settings."
        )
    text = text_chunk(content, OWN_KEY)
    if text is None:
        raise InputError(
            "The PNG carries no settings.",
            hint="Images lose them when they are edited or sent through a messenger.",
        )
    return _settings(text)


def text_chunk(content: bytes, keyword: str) -> str | None:
    """A text of a PNG file by its keyword; None where there is none, or the file is no PNG.

    Chunks of text are found by walking the headers (PNG specification, 5.3 and 11.3.3): plain ones, and
    international ones that are not compressed, as the programs that write settings leave them.
    """
    if not content.startswith(_SIGNATURE):
        return None
    position = len(_SIGNATURE)
    for _ in range(MAX_CHUNKS):
        if position + 8 > len(content):
            return None
        length, kind = struct.unpack_from(">I4s", content, position)
        start = position + 8
        if kind in (b"tEXt", b"iTXt") and length <= MAX_TEXT_BYTES:
            key, _, text = content[start : start + length].partition(b"\0")
            if key == keyword.encode():
                return text.decode("latin-1") if kind == b"tEXt" else _international(text)
        if kind == b"IEND":
            return None
        position = start + length + 4
    return None


def _international(content: bytes) -> str | None:
    """The text of an ``iTXt`` chunk behind its keyword; None where it is compressed or damaged."""
    parts = content[2:].split(b"\0", 2)  # language, keyword in it, text
    if content[:1] != b"\0" or len(parts) < 3:
        return None
    return parts[2].decode("utf-8", "replace")


def _settings(text: str) -> ImageSettings:
    try:
        found = json.loads(text)
        values: dict[str, Any] = {
            f.name: _typed(f.type, found[f.name])
            for f in _FIELDS
            if f.default is MISSING or f.name in found  # older files lack what came later
        }
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            "The settings in the PNG are damaged.", hint="Drop another image."
        ) from error
    return ImageSettings(**values)


_FIELDS = fields(ImageSettings)


def _typed(kind: Any, value: object) -> object:
    """The value, checked against the field's annotation (a string here)."""
    wanted = {"str": str, "int": int, "float": (int, float)}[kind]
    if isinstance(value, bool) or not isinstance(value, wanted):  # type: ignore[arg-type]
        raise TypeError(f"{value!r} is no {kind}")
    return float(value) if kind == "float" else value  # type: ignore[arg-type]
