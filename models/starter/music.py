"""The music starter: a small language model of notes trained by ``models.starter.train.music``."""

from __future__ import annotations

from models.music_prompt import words
from models.spec import ModelCard
from models.starter.committed import Committed
from models.starter.recipe import Starter

#: An ordinary folder of transformers.
FOLDER = Committed(
    "music",
    (
        "card.json",
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ),
)


def _starter() -> Starter:
    return Starter(
        card=ModelCard(
            id="starter/small-tunes",
            capability="music",
            engine="notes",
            title="Small tunes",
            licence="Apache-2.0",
            size_bytes=FOLDER.size_bytes,
            parameters=int(FOLDER.card["parameters"]),
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
        files=FOLDER.files,
        build=FOLDER.build,
    )  # fmt: skip


STARTERS = (_starter(),)
