"""Offline: the pickers offer what lies in the Hub's cache, also under a name that a model had before."""

from __future__ import annotations

import json

import pytest

from models.access import MACHINE, Access
from models.catalog import Catalog
from models.hub.desk import HubDesk, cache_room
from models.hub.here import models_here, named_now, usable
from models.machine import Machine
from models.offers import offers
from models.spec import ModelCard
from tests.fakes import card
from tests.hub.conftest import ADA, plain_repo, sorting

ROOM = cache_room(10**12, "float32")
CPU = Machine("CPU", 10**12, has_gpu=False, dtype="float32")


def bring(name="org/plain", access=MACHINE, capability="sentiment", revision=""):
    desk = HubDesk()
    wanted = ModelCard(name, capability, "transformers", name)
    return desk, desk.fetch(desk.admit(wanted, revision, access, (), ROOM), (), lambda *_: None)


def reshaped(repo, architecture, task):
    """The same repository with another architecture."""
    config = json.dumps({"architectures": [architecture], "model_type": "x"}).encode()
    files = {name: file.content for name, file in repo.commits[repo.refs["main"]].items()}
    repo.commit({**files, "config.json": config})
    repo.facts["pipeline_tag"] = task
    return repo


def test_what_was_fetched_is_offered_where_it_can_be_used(hub):
    bring()
    [facts] = models_here()
    assert (facts.id, facts.task) == ("org/plain", "text-classification")
    assert facts.commit == hub.repos["org/plain"].refs["main"]
    [found] = usable("sentiment", (), [facts])
    assert found.size_bytes > 300_000
    for other in ("zero_shot", "ner", "summarization", "text_to_speech", "image_generation"):
        assert usable(other, (), [facts]) == []
    assert usable("tokenizer", ("tokenizer*", "config.json"), [facts])


@pytest.mark.parametrize(
    ("classes", "fits"), [(["entailment", "neutral"], True), (["sad", "glad"], False)]
)
def test_a_classifier_is_offered_for_zero_shot_when_it_tells_entailment(hub, classes, fits):
    hub.add(sorting(plain_repo("org/other"), classes))
    bring("org/other")
    assert bool(usable("zero_shot", (), models_here())) == fits


@pytest.mark.parametrize(
    ("architecture", "task", "at_home", "abroad"),
    [
        ("WhisperForConditionalGeneration", "automatic-speech-recognition", "speech_to_text",
         "summarization"),
        ("M2M100ForConditionalGeneration", "translation", "translation", "summarization"),
        ("BartForConditionalGeneration", "summarization", "summarization", "translation"),
    ],
)  # fmt: skip
def test_classes_with_like_names_are_told_apart(hub, architecture, task, at_home, abroad):
    hub.add(reshaped(plain_repo("org/other"), architecture, task))
    _, folder = bring("org/other", capability=at_home)
    (folder.parent.parent / ".modeldeck-task").unlink()  # as another program leaves it
    assert usable(at_home, (), models_here())
    assert usable(abroad, (), models_here()) == []


def test_offline_a_picker_lists_starters_and_the_cache_and_nothing_else(hub):
    bring()
    cards = [card("starter/a", tier="starter"), card("o/listed", size_bytes=9, parameters=9)]
    found = offers(Catalog(cards), "sentiment", CPU, models_here())
    assert [offer.card.id for offer in found] == ["starter/a", "org/plain"]
    assert found[1].card.size_bytes > 300_000
    assert offers(Catalog(cards, locked=True), "sentiment", CPU, models_here())[1:] == []


def test_offline_a_listed_model_of_the_cache_keeps_its_card(hub):
    bring()
    title = card("org/plain", size_bytes=9, parameters=9, notes="short texts")
    listed = ModelCard(**{**title.__dict__, "engine": "transformers"})
    found = offers(
        Catalog([card("starter/a", tier="starter"), listed]), "sentiment", CPU, models_here()
    )
    assert [(o.card.notes, o.recommended) for o in found] == [("", False), ("short texts", True)]


def test_an_empty_cache_offers_nothing(hub):
    assert models_here() == []
    assert HubDesk(offline=True).here() == []


def test_a_damaged_configuration_hides_a_model_and_breaks_nothing(hub):
    _, folder = bring()
    (folder / "config.json").unlink()
    (folder / "config.json").write_text("{broken")
    assert usable("sentiment", (), models_here()) == []


def test_a_model_that_moved_is_found_offline_under_both_names(hub):
    hub.add(plain_repo("org/new", was=("org/old",)))
    bring("org/old")
    assert named_now("org/old") == "org/new"
    assert named_now("org/never") == "org/never"
    desk = HubDesk(offline=True)
    for name in ("org/old", "org/new"):
        spec = desk.admit(ModelCard(name, "sentiment", "transformers", name), "", MACHINE, (), ROOM)
        assert desk.fetch(spec, (), lambda *_: None).name == hub.repos["org/new"].refs["main"]


def test_a_gated_model_that_moved_stays_its_readers_own(hub):
    hub.add(plain_repo("org/new", was=("org/old",), gated=True, readers={ADA}))
    bring("org/old", Access(ADA))
    [facts] = models_here()
    assert facts.restricted
    spec = HubDesk(offline=True).admit(
        ModelCard("org/old", "sentiment", "transformers", "x"), "", MACHINE, (), ROOM
    )
    assert spec.holder == MACHINE.identity


def test_the_commit_of_a_run_is_known_from_the_question_the_cache_or_the_revision(hub):
    commit = hub.repos["org/plain"].refs["main"]
    assert HubDesk().commit_of("org/plain", "") == ""
    assert HubDesk().commit_of("org/plain", "a" * 40) == "a" * 40
    desk, _ = bring()
    assert desk.commit_of("org/plain", "") == commit
    assert HubDesk(offline=True).commit_of("org/plain", "") == commit
    assert HubDesk(offline=True).commit_of("org/plain", "v2") == ""
