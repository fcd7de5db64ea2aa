"""Writes the folder that is pushed as a Hugging Face Space: ``python -m deploy.space``.

The app and what it reads at run time: no tests, no training, no weights that need a package which a
Space can't install. gradio is left out of its requirements: the front matter names its version, and the
Space installs that one itself (with its extras for sign-in and MCP, and ``spaces`` where there is ZeroGPU).
"""

from __future__ import annotations

import argparse
import logging
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deploy.front_matter import problems, read, write
from models.catalog import load_catalog
from models.spec import CAPABILITIES
from models.zero_gpu.device import TIER, fixed_set

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "build" / "space"
#: Largest folder that is written, in bytes: a sign that something got in that does not belong there.
LIMIT = 40_000_000
FOLDERS = ("tabs", "models", "assets")
#: Paths inside them that a Space has no use for.
LEFT_OUT = (
    "models/starter/train", "models/starter/quality",
    "models/starter/weights/qa", "models/starter/weights/sentiment",  # they need a package's backbone
)  # fmt: skip
_CACHES = ("__pycache__", ".DS_Store")
ABOUT = """
# Modeldeck

Every classic Hugging Face task on one page: sentiment, entities, question answering, summaries,
translation, speech, transcription, images and tokenizers, with the code of every run, an HTTP endpoint
for each tab ("Use via API") and tools for MCP clients (`/gradio_api/mcp/`).

Models are downloaded at their first use and shared by all visitors. {hardware}
Sign in to use gated models that you have been granted; what you type is not kept.

Settings are environment variables of the Space, all listed in `models/settings.py`:
`MODELDECK_ANY_MODEL=true` lets visitors type any model id.
"""
_ON_CPU = "On a GPU the tabs start with larger ones."
_ON_ZERO = "On ZeroGPU a fixed set is loaded at start: change it with `MODELDECK_ZERO_MODELS`."


def files() -> Iterator[Path]:
    """Every file of the repository that goes into a Space, relative to the root."""
    yield Path("app.py")
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            inside = path.relative_to(ROOT)
            name = inside.as_posix()
            left_out = any(name == out or name.startswith(f"{out}/") for out in LEFT_OUT)
            if path.is_file() and not left_out and not set(inside.parts) & set(_CACHES):
                yield inside


def requirements() -> str:
    """Ours without gradio, which the front matter pins."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    ranges = [line for line in lines if line and not line.startswith("#")]
    kept = [line for line in ranges if re.split(r"[\[<>=~! ]", line)[0] != "gradio"]
    return "# gradio comes with the Space: sdk_version in README.md\n" + "\n".join(kept) + "\n"


def front_matter(*, zero_gpu: bool) -> dict[str, Any]:
    """The settings of the Space; those of the repository's README, and which models it shows."""
    block = read((ROOT / "README.md").read_text(encoding="utf-8"))
    catalog = load_catalog(preferred_tier=TIER if zero_gpu else "cpu")
    chosen = fixed_set(catalog) if zero_gpu else [catalog.default(name) for name in CAPABILITIES]
    ids = list(dict.fromkeys(card.id for card in chosen if not card.is_starter))
    extra: dict[str, Any] = {"models": ids}
    if zero_gpu:  # they are built at each start: better downloaded once, with the image
        extra |= {"preload_from_hub": list(ids), "startup_duration_timeout": "1h"}
    return {**block, **extra}


def build(target: Path, *, zero_gpu: bool = False) -> int:
    """Writes the folder anew.

    Args:
        target: its place; what is there already must be an earlier build.
        zero_gpu: whether it is meant for ZeroGPU hardware.

    Returns:
        Its size in bytes.

    Raises:
        ValueError: when the target is something else, the front matter is wrong, or it is too large.
    """
    if target.exists() and not (target / "app.py").is_file():
        raise ValueError(f"{target} is no earlier build of a Space; it is left as it is.")
    block = front_matter(zero_gpu=zero_gpu)
    if wrong := problems(block):
        raise ValueError(f"front matter: {' '.join(wrong)}")
    shutil.rmtree(target, ignore_errors=True)
    for path in files():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, target / path)
    about = ABOUT.format(hardware=_ON_ZERO if zero_gpu else _ON_CPU)
    written = {
        "README.md": write(block) + about,
        "requirements.txt": requirements(),
        ".gitattributes": "*.safetensors filter=lfs diff=lfs merge=lfs -text\n",
    }
    for name, text in written.items():
        (target / name).write_text(text, encoding="utf-8")
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    if size > LIMIT:
        raise ValueError(f"The folder has {size / 1e6:.0f} MB; the limit is {LIMIT / 1e6:.0f} MB.")
    return size


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="deploy.space", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--to", type=Path, default=TARGET, help="folder to write")
    parser.add_argument("--zero-gpu", action="store_true", help="for ZeroGPU hardware")
    options = parser.parse_args()
    size = build(options.to, zero_gpu=options.zero_gpu)
    log.info("%s: %.1f MB; push it as it is", options.to, size / 1e6)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
