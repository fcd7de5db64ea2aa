"""Captioned 64-pixel drawings for the starter text-to-image model.

Knows: which emoji stand for which concept (`image_concepts.txt`), which packages
carry their drawings and under what licence, how a drawing is recoloured, moved and
captioned. Does not know: autoencoders, networks, training.

Drawings used to train the generator and drawings used to train the judge (the
classifier that scores it) come from different packages, so no drawing is in both.
"""

import io
import json
import logging
import random
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

log = logging.getLogger(__name__)

SIZE = 64  # pixels, both sides of every picture
WORK = Path.home() / ".cache" / "modeldeck" / "train" / "image"
CONCEPTS_FILE = Path(__file__).with_name("image_concepts.txt")

# Hue in degrees, saturation and value multipliers that make the word true.
COLOURS: dict[str, tuple[float, float, float]] = {
    "red": (358.0, 1.0, 1.0),
    "orange": (28.0, 1.0, 1.0),
    "yellow": (50.0, 1.0, 1.1),
    "green": (125.0, 1.0, 0.85),
    "blue": (218.0, 1.0, 1.0),
    "purple": (278.0, 0.9, 0.95),
    "pink": (330.0, 0.6, 1.15),
    "brown": (24.0, 0.8, 0.55),
}
SATURATED = 0.25  # least saturation and value of a pixel that carries a colour

Rgba = npt.NDArray[np.uint8]  # (64, 64, 4)
Rgb = npt.NDArray[np.uint8]  # (64, 64, 3)


@dataclass(frozen=True)
class Package:
    """One npm package of drawings.

    Attributes:
        name: Package name.
        version: Exact version.
        licence: Licence of the drawings (not of the wrapper), as SPDX.
        folder: Folder of the pictures in the archive; empty for an Iconify set.
        judge: True when its drawings train the judge and never the generator.
    """

    name: str
    version: str
    licence: str
    folder: str
    judge: bool = False

    @property
    def archive(self) -> str:
        """File name that `npm pack` gives the package."""
        return f"{self.name.removeprefix('@').replace('/', '-')}-{self.version}.tgz"


PACKAGES = (
    Package("emoji-datasource-google", "16.0.0", "Apache-2.0", "package/img/google/64/"),
    Package("emoji-datasource-google", "4.0.4", "Apache-2.0", "package/img/google/64/"),
    Package("emoji-datasource-twitter", "16.0.0", "CC-BY-4.0", "package/img/twitter/64/"),
    Package("@lobehub/fluent-emoji-3d", "1.1.0", "MIT", "package/assets/"),
    Package("@iconify-json/fluent-emoji-flat", "1.2.6", "MIT", ""),
    Package("openmoji", "17.0.0", "CC-BY-SA-4.0", "package/color/svg/", judge=True),
    Package("@iconify-json/emojione", "1.2.3", "CC-BY-4.0", "", judge=True),
    Package("@iconify-json/emojione-v1", "1.2.3", "CC-BY-SA-4.0", "", judge=True),
    Package("@iconify-json/noto-v1", "1.2.5", "Apache-2.0", "", judge=True),
    Package("@iconify-json/fxemoji", "1.2.2", "Apache-2.0", "", judge=True),
)


@dataclass(frozen=True)
class Concept:
    """A thing the model can draw.

    Attributes:
        word: The noun phrase a prompt uses, lower case.
        emoji: The emoji that depict it.
        fixed: True when a recoloured drawing would no longer be one.
    """

    word: str
    emoji: tuple[str, ...]
    fixed: bool = False


@dataclass(frozen=True)
class Drawing:
    """One vendor's drawing of one concept, on a transparent ground."""

    concept: int  # index into the list of concepts
    package: Package
    emoji: str
    pixels: Rgba


def read_concepts(path: Path = CONCEPTS_FILE) -> list[Concept]:
    """Read the table of concepts, in file order."""
    concepts = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            word, emoji, *flags = (cell.strip() for cell in line.split("|"))
            concepts.append(Concept(word, tuple(emoji.split()), "fixed" in flags))
    return concepts


# --- packages -----------------------------------------------------------------


def fetch(package: Package, folder: Path = WORK / "npm") -> Path:
    """Download a package's archive once, by name, and return its path."""
    path = folder / package.archive
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        spec = f"{package.name}@{package.version}"
        log.info("downloading %s", spec)
        subprocess.run(["npm", "pack", spec], cwd=folder, check=True, capture_output=True)
    return path


def code_point(name: str) -> str:
    """Spell an emoji, or a file's stem, the one way this file compares them.

    Lower-case hexadecimal joined by "-", without the variation selector and zeros.
    """
    is_stem = all(c in "0123456789abcdefABCDEF-" for c in name)
    parts = name.lower().split("-") if is_stem else [f"{ord(c):x}" for c in name]
    return "-".join(p.lstrip("0") for p in parts if p != "fe0f")


def _rasterise(svg: str) -> Image.Image:
    import resvg_py  # only the recipe needs it: pip install resvg-py==0.5.0

    png = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=SIZE, height=SIZE))
    return Image.open(io.BytesIO(png))


def _normalise(image: Image.Image) -> Rgba:
    """Crop to what is drawn and centre it in a 64-pixel transparent square."""
    image = image.convert("RGBA")
    box = image.getchannel("A").point(lambda a: 255 if a > 16 else 0).getbbox()
    image = image.crop(box)
    scale = SIZE / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    image = image.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA")
    square = Image.new("RGBA", (SIZE, SIZE))
    square.paste(image, ((SIZE - size[0]) // 2, (SIZE - size[1]) // 2))
    return np.asarray(square).copy()


def _folder_pictures(package: Package, wanted: set[str]) -> Iterator[tuple[str, Rgba]]:
    with tarfile.open(fetch(package)) as archive:
        for member in archive:
            path = Path(member.name)
            if not member.name.startswith(package.folder) or not path.suffix:
                continue
            key = code_point(path.stem)
            stream = archive.extractfile(member)
            if key not in wanted or stream is None:
                continue
            content = stream.read()
            is_svg = path.suffix == ".svg"
            image = _rasterise(content.decode()) if is_svg else Image.open(io.BytesIO(content))
            yield key, _normalise(image)


def _iconify_json(package: Package, name: str) -> dict[str, dict[str, object]]:
    with tarfile.open(fetch(package)) as archive:
        stream = archive.extractfile(f"package/{name}.json")
        assert stream is not None
        return dict(json.load(stream))


def _emoji_names() -> dict[str, set[str]]:
    """Map a code point to the names that Iconify sets give it."""
    flat = next(p for p in PACKAGES if p.name.endswith("fluent-emoji-flat"))
    names = {code_point(k): {str(v)} for k, v in _iconify_json(flat, "chars").items()}
    with tarfile.open(fetch(PACKAGES[0])) as archive:
        stream = archive.extractfile("package/emoji.json")
        assert stream is not None
        for row in json.load(stream):
            spellings = {row["name"] or "", row["short_name"].replace("_", " ")}
            slugs = {s.lower().replace(" ", "-") for s in spellings}
            names.setdefault(code_point(row["unified"]), set()).update(slugs)
    return names


def _iconify_pictures(package: Package, wanted: set[str]) -> Iterator[tuple[str, Rgba]]:
    book = _iconify_json(package, "icons")
    icons: dict[str, dict[str, str]] = book["icons"]  # type: ignore[assignment]
    aliases: dict[str, dict[str, str]] = book.get("aliases", {})  # type: ignore[assignment]
    names = _emoji_names()
    squashed = {name.replace("-", ""): name for name in icons}
    for key in sorted(wanted):
        spellings = sorted(names.get(key, set()))
        spellings += [aliases[n]["parent"] for n in spellings if n in aliases]
        spellings += [f"{n}-face" for n in spellings]
        found = next((n for n in (s.replace("-", "") for s in spellings) if n in squashed), None)
        if found:
            body = icons[squashed[found]]["body"]
            yield key, _normalise(_rasterise(_svg(body, str(book.get("width", 16)))))


def _svg(body: str, side: str) -> str:
    head = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'<svg {head} viewBox="0 0 {side} {side}">{body}</svg>'


def load_drawings(concepts: list[Concept], cache: Path = WORK / "drawings.npz") -> list[Drawing]:
    """Every package's drawing of every concept, in a fixed order; cached after the first call."""
    keys = {code_point(e): (i, e) for i, c in enumerate(concepts) for e in c.emoji}
    if not cache.exists():
        _render(set(keys), cache)
    with np.load(cache) as saved:
        rows = zip(saved["package"], saved["key"], saved["pixels"], strict=True)
        return [
            Drawing(keys[str(key)][0], PACKAGES[int(package)], keys[str(key)][1], pixels)
            for package, key, pixels in rows
            if str(key) in keys
        ]


def _render(wanted: set[str], cache: Path) -> None:
    rows = []
    for index, package in enumerate(PACKAGES):
        pictures = _folder_pictures if package.folder else _iconify_pictures
        found = sorted(dict(pictures(package, wanted)).items())
        log.info("%s %s: %d of %d emoji", package.name, package.version, len(found), len(wanted))
        rows += [(index, key, pixels) for key, pixels in found]
    cache.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        cache,
        package=np.array([r[0] for r in rows]),
        key=np.array([r[1] for r in rows]),
        pixels=np.stack([r[2] for r in rows]),
    )


# --- colour -------------------------------------------------------------------


def to_hsv(rgb: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Convert (..., 3) RGB in [0, 1] to hue in degrees, saturation and value in [0, 1]."""
    high, low = rgb.max(-1), rgb.min(-1)
    span = np.maximum(high - low, 1e-6)
    r, g, b = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    hue = np.where(
        high == r, (g - b) / span, np.where(high == g, 2 + (b - r) / span, 4 + (r - g) / span)
    )
    saturation = np.where(high > 0, (high - low) / np.maximum(high, 1e-6), 0)
    return np.stack([(hue * 60) % 360, saturation, high], -1).astype(np.float32)


def to_rgb(hsv: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Invert `to_hsv`."""
    hue, saturation, value = hsv[..., 0] / 60, hsv[..., 1], hsv[..., 2]
    channels = []
    for n in (5, 3, 1):
        k = (n + hue) % 6
        channels.append(value - value * saturation * np.clip(np.minimum(k, 4 - k), 0, 1))
    return np.stack(channels, -1).astype(np.float32)


def main_hue(rgba: Rgba) -> tuple[float, float]:
    """Find the hue that most of a drawing's saturated pixels share.

    Returns:
        The hue in degrees, and the share in [0, 1] of the drawn pixels that carry
        it (within 30 degrees). The share is 0 for a drawing with no colour.
    """
    hsv = to_hsv(rgba[..., :3].astype(np.float32) / np.float32(255))
    drawn = rgba[..., 3] > 128
    mask = drawn & (hsv[..., 1] > SATURATED) & (hsv[..., 2] > SATURATED)
    if not mask.any():
        return 0.0, 0.0
    counts = np.bincount((hsv[..., 0][mask] // 10).astype(int) % 36, minlength=36)
    smooth = sum(np.roll(counts, shift) for shift in (-1, 0, 1))
    hue = float(np.argmax(smooth)) * 10 + 5
    near = np.abs((hsv[..., 0] - hue + 180) % 360 - 180) < 30
    return hue, float((near & mask).sum() / max(1, drawn.sum()))


def recolour(rgba: Rgba, colour: str) -> Rgba:
    """Turn a drawing's main hue into the named colour; leave its other hues alone."""
    target, saturate, brighten = COLOURS[colour]
    hue, _ = main_hue(rgba)
    hsv = to_hsv(rgba[..., :3].astype(np.float32) / np.float32(255))
    offset = (hsv[..., 0] - hue + 180) % 360 - 180
    mask = (np.abs(offset) < 45) & (hsv[..., 1] > 0.12)
    painted = hsv.copy()
    painted[..., 0] = (target + offset * 0.25) % 360
    painted[..., 1] = np.clip(np.maximum(hsv[..., 1], 0.45) * saturate, 0, 1)
    painted[..., 2] = np.clip(np.maximum(hsv[..., 2], 0.55) * brighten, 0, 1)
    out = rgba.copy()
    out[..., :3] = np.where(mask[..., None], (to_rgb(painted) * 255).round(), rgba[..., :3])
    return out


def can_recolour(drawing: Drawing, concept: Concept) -> bool:
    """Say whether "a blue ..." would be true of the recoloured drawing: enough of it has one hue."""
    return not concept.fixed and main_hue(drawing.pixels)[1] >= 0.35


def colour_name(hue: float) -> str:
    """Name the colour of a saturated, bright pixel by its hue in degrees."""
    bands = (
        (15, "red"),
        (40, "orange"),
        (68, "yellow"),
        (170, "green"),
        (250, "blue"),
        (300, "purple"),
    )
    return next((name for end, name in bands if hue < end), "pink" if hue < 345 else "red")


# --- placing and captions -----------------------------------------------------


def place(rgba: Rgba, rng: random.Random, *, still: bool = False) -> Rgb:
    """Put a drawing on white: flipped or not, 84-97 % of the side, moved by up to 2 pixels.

    Args:
        rgba: The drawing.
        rng: Source of the choices.
        still: Put it in the middle at 92 %, unflipped.
    """
    side = 59 if still else rng.randint(54, 62)
    image = (
        Image.fromarray(rgba)
        .convert("RGBa")
        .resize((side, side), Image.Resampling.BICUBIC)
        .convert("RGBA")
    )
    if not still and rng.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    ground = Image.new("RGBA", (SIZE, SIZE), "white")
    slack = SIZE - side
    dx, dy = (0, 0) if still else (rng.randint(-1, 1), rng.randint(-1, 1))
    left, top = slack // 2 + dx, slack // 2 + dy
    ground.alpha_composite(image, (min(max(left, 0), slack), min(max(top, 0), slack)))
    return np.asarray(ground.convert("RGB"))


def with_article(phrase: str) -> str:
    """Put "a" or "an" before a phrase ("scissors", "glasses" and the like get none)."""
    if phrase.split()[-1] in {"scissors", "glasses", "grapes", "cherries"}:
        return phrase
    return f"{'an' if phrase[0] in 'aeiou' and not phrase.startswith('uni') else 'a'} {phrase}"


TEMPLATES = (
    "{a}", "{a}", "{a}", "{a}", "{bare}", "{the}", "a picture of {a}", "a drawing of {a}",
    "{a} on a white background", "an icon of {a}", "a cartoon of {a}", "a cute {bare}",
)  # fmt: skip


def caption(word: str, colour: str | None, rng: random.Random) -> str:
    """Write one caption for a concept, with its colour word when it has one.

    One in twelve also holds a made-up word, so that the model learns to pass over
    words that it has never seen.
    """
    bare = f"{colour} {word}" if colour else word
    text = rng.choice(TEMPLATES).format(a=with_article(bare), the=f"the {bare}", bare=bare)
    if rng.random() < 1 / 12:
        nonsense = "".join(
            rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(2, 6))
        )
        words = text.split()
        words.insert(rng.randint(0, len(words)), nonsense)
        text = " ".join(words)
    return text


@dataclass(frozen=True)
class Example:
    """One picture the generator learns from, and what may be said of it."""

    picture: Rgb
    concept: int
    colour: str | None


def variants(
    drawing: Drawing, concept: Concept, plain: int, coloured: int, seed: int
) -> list[Example]:
    """Make a drawing's examples: `plain` placings as drawn, `coloured` in each colour word.

    The seed and the drawing alone decide the result.
    """
    rng = random.Random(f"{seed} {drawing.package.archive} {drawing.emoji}")  # noqa: S311
    made = [Example(place(drawing.pixels, rng), drawing.concept, None) for _ in range(plain)]
    if can_recolour(drawing, concept):
        for colour in COLOURS:
            painted = recolour(drawing.pixels, colour)
            made += [Example(place(painted, rng), drawing.concept, colour) for _ in range(coloured)]
    return made


def split(drawings: list[Drawing]) -> tuple[list[Drawing], list[Drawing]]:
    """Split drawings into the generator's and the judge's; no package is in both."""
    ours = [d for d in drawings if not d.package.judge]
    return ours, [d for d in drawings if d.package.judge]
