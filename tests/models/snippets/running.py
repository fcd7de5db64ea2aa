"""Runs the code of a snippet, and builds the engine whose result it has to give."""

from __future__ import annotations

import importlib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from models.attribution import without
from models.device import TorchDevice
from models.hub.desk import HubDesk
from models.settings import Settings
from models.snippets.source import Source, homely
from models.sources import ModelBuilder, starter_folder
from models.spec import Weights
from models.starter import starters
from tests.fakes import card
from tests.models.engines import HERE

NASTY = 'He said "it\'s" {good} \\ \n\ttriple: \'\'\' """ %s {{x}}\r\n\x00 \u202e \U0001f600 film.'
FILM = "A warm, funny and beautifully acted film that I would gladly watch again."
ADA = "Ada Lovelace was born in London in 1815 and worked with Charles Babbage.\n\nShe was English."


def run(found: Any) -> Any:
    """What a snippet's result is; its names live in a namespace of its own."""
    names: dict[str, Any] = {"__name__": "snippet"}
    exec(compile(found.code, f"<{found.title}>", "exec"), names)
    return names[found.result]


def local(folder: Path) -> Source:
    return Source(repr(str(folder)), folder, device=HERE.device)


@cache
def starter(name: str) -> tuple[Any, Source, Any]:
    """Card, source and engine of a starter."""
    found = starters()[f"starter/{name}"]
    folder = starter_folder(found, Settings().cache_folder)
    builder = ModelBuilder(Settings().cache_folder, {}, HubDesk(offline=True))
    engine = builder.build(
        Weights(found.card, folder, "test"), TorchDevice("cpu", "").place(found.card)
    )
    return found.card, Source(homely(folder), folder), engine


def built(capability: str, engine: str, folder: Path, **more: Any) -> tuple[Any, Source, Any]:
    """The same for a checkpoint made by a test."""
    of_test = replace(card("local/tiny", capability), engine=engine, **more)
    loader = importlib.import_module(f"models.{capability}").LOADERS[engine]
    return of_test, local(folder), loader(Weights(of_test, folder, "test"), HERE)


def scores(rows: Any) -> dict[str, float]:
    return {row["label"].lower(): pytest.approx(row["score"], abs=1e-5) for row in rows}


def engine_scores(result: Any) -> dict[str, float]:
    return {score.label: score.score for score in result.scores}


def same_answers(level: Any, result: Any) -> None:
    found = run(level)
    assert [(a["text"], a["start"], a["end"]) for a in found] == [
        (a.text, a.start, a.end) for a in result.answers
    ]
    assert [a["score"] for a in found] == pytest.approx([a.score for a in result.answers], abs=1e-4)


def same_labels(level: Any, result: Any) -> None:
    found = {row["label"]: row["score"] for row in run(level)}
    assert found == pytest.approx({fit.label: fit.score for fit in result.scores}, abs=1e-5)


def same_rest(level: Any, text: str, expected: Any) -> None:
    """The code leaves the words that the engine leaves."""
    words = expected.words
    assert expected.gone
    assert run(level) == without(text, [(words[n].start, words[n].end) for n in expected.gone])


def same_weights(level: Any, expected: Any) -> None:
    found = run(level)
    assert [word for word, _ in found] == [word.text for word in expected.words]
    assert [w for _, w in found] == pytest.approx([w.weight for w in expected.words], abs=1e-5)
