"""64-pixel drawings for the starter text-to-image model.

Knows: which emoji stand for which concept (`image_concepts.txt`), which packages
carry their drawings and under what licence. Does not know: colours, captions, networks.

Drawings used to train the generator and drawings used to train the judge (the
classifier that scores it) come from different packages, so no drawing is in both.
"""

import io
import json
import logging
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from models.starter.train.image_colours import Rgba

log = logging.getLogger(__name__)

SIZE = 64  # pixels, both sides of every picture
WORK = Path.home() / ".cache" / "modeldeck" / "train" / "image"
CONCEPTS_FILE = Path(__file__).with_name("image_concepts.txt")


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


def split(drawings: list[Drawing]) -> tuple[list[Drawing], list[Drawing]]:
    """Split drawings into the generator's and the judge's; no package is in both."""
    ours = [d for d in drawings if not d.package.judge]
    return ours, [d for d in drawings if d.package.judge]
