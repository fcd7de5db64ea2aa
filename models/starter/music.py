"""The music starter: a small language model of notes trained by ``models.starter.train.music``."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.music_prompt import words
from models.spec import ModelCard
from models.starter.minilm import WEIGHTS
from models.starter.recipe import RepoFile, Starter

FOLDER = "models/starter/weights/music"
_HERE = WEIGHTS / "music"
#: The files of the folder, an ordinary one of transformers.
PARTS = (
    "card.json",
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
)


def model_card() -> dict[str, Any]:
    """What the training script wrote about the weights: data, recipe, scores, failures."""
    card: dict[str, Any] = json.loads((_HERE / "card.json").read_text(encoding="utf-8"))
    return card


def build(paths: Mapping[str, Path], out: Path) -> None:
    """Copies the folder; the roles are its file names."""
    for name, source in paths.items():
        shutil.copyfile(source, out / name)


def _starter() -> Starter:
    card = model_card()
    lock = _HERE.with_name("music.sha256.json")  # written by models.starter.weights_lock
    locked: dict[str, str] = json.loads(lock.read_text(encoding="utf-8"))
    return Starter(
        card=ModelCard(
            id="starter/small-tunes",
            capability="music",
            engine="notes",
            title="Small tunes",
            licence="Apache-2.0",
            size_bytes=sum((_HERE / part).stat().st_size for part in PARTS),
            parameters=int(card["parameters"]),
            original="a small language model of notes trained by this project on Ryan's Mammoth "
            "Collection (1883) and O'Neill's Music of Ireland (1903)",
            notes=(
                "Writes a tune of one voice, note by note, in the manner of Irish, Scottish and American "
                "dances and airs of the 19th century; a synthesiser plays it. It knows the words for kind, "
                "metre, key, tempo and instrument, in English and Chinese; no chords, no drums, no "
                "singing, no other style."
            ),
            defaults={
                "seconds": 30.0, "max_seconds": 120.0, "temperature": 1.0, "words": list(words()),
            },
            tier="starter",
        ),
        files={part: RepoFile(f"{FOLDER}/{part}", locked.get(part, "")) for part in PARTS},
        build=build,
    )  # fmt: skip


STARTERS = (_starter(),)
