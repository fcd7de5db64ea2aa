"""A model typed by its id: what its files tell of its engine, and that a language model is in memory once."""

from __future__ import annotations

import asyncio

import pytest

from models.catalog import Catalog
from models.device import TorchDevice
from models.errors import ModelUnsupported
from models.estimates import memory_told
from models.hub.desk import HubDesk
from models.hub.facts import HubFacts, HubFile
from models.hub.kinds import by_files
from models.registry import Registry
from models.runs import Runner
from models.service import Service
from models.settings import Settings
from models.sources import ModelBuilder
from models.spec import ModelCard
from tests.hub_standin.repos import repo_of
from tests.models.test_lending import VERBS
from tests.models.text_checkpoints import tiny_bart, tiny_llama

TASK = {"pipeline_tag": "text-generation", "library_name": "transformers"}
TYPED = ("summarization", "translation")


def typed(capability, engine="transformers"):
    return ModelCard("org/m", capability, engine, "org/m")


def facts(*architectures, files=("tokenizer.json",), chats=True):
    held = tuple(HubFile(name, 1, "", large=False) for name in files)
    return HubFacts(
        "org/m", "org/m", "c" * 40, architectures=architectures, files=held, chats=chats
    )


@pytest.mark.parametrize("capability", TYPED)
def test_a_chat_model_is_known_by_its_architecture_template_and_tokenizer(capability):
    card = typed(capability)
    assert by_files(card, facts("LlamaForCausalLM")).engine == "causal"
    for other in (
        facts("BartForConditionalGeneration"),
        facts("LlamaForCausalLM", "BartForConditionalGeneration"),
        facts(),
        facts("LlamaForCausalLM", chats=False),
        facts("LlamaForCausalLM", files=("tokenizer.model",)),
    ):
        assert by_files(card, other) is card


@pytest.mark.parametrize(
    "card", [typed("ner"), typed("text_generation"), typed("translation", "nllb")]
)
def test_what_says_its_engine_by_itself_is_left_as_it_is(card):
    assert by_files(card, facts("LlamaForCausalLM")) is card


def service_of(folder, offline=False):
    desk = HubDesk(offline=offline)
    registry = Registry(
        ModelBuilder(folder / "cache", {}, desk), lambda: TorchDevice("cpu", "test")
    )
    return Service(
        Settings(), Catalog([]), registry, Runner(registry, workers=2, queue_size=4), desk=desk
    )


@pytest.fixture
def service(hub, tmp_path):
    hub.add(repo_of("org/chat", tiny_llama(tmp_path / "chat", window=8_192), facts=TASK))
    made = service_of(tmp_path)
    yield made
    made.close()


def ask(service, capability, model="org/chat"):
    return asyncio.run(service.answer(capability, model, VERBS[capability]))


def residents(service):
    return [row.key[:2] for row in service.registry.residents()]


def test_a_chat_model_typed_under_several_tasks_is_loaded_and_charged_once(service, tmp_path):
    found = {
        name: ask(service, name) for name in ("summarization", "text_generation", "translation")
    }
    assert residents(service) == [("text_generation", "org/chat")]
    assert service.registry.counts == (1, 0)
    assert service.registry.charged_bytes() == service.registry.residents()[0].size_bytes
    assert found["summarization"].value.method == "abstractive"
    assert found["translation"].value.target == "pt"
    assert (found["translation"].metrics.model, found["translation"].metrics.title) == (
        "org/chat",
    ) * 2
    card = service.catalog.find("summarization", "org/chat")
    assert memory_told(card, service).endswith("loaded now")


def test_it_is_one_offline_too_and_at_another_revision_another_one(service, hub, tmp_path):
    ask(service, "translation")
    first = hub.repos["org/chat"].refs["main"]
    offline = service_of(tmp_path, offline=True)
    try:
        for name in ("text_generation", "summarization"):
            ask(offline, name)
        assert residents(offline) == [("text_generation", "org/chat")]
        ask(offline, "summarization", f"org/chat@{first}")
        assert residents(offline) == [("text_generation", "org/chat")]
    finally:
        offline.close()


def test_a_model_that_turns_texts_into_texts_stays_the_tasks_own(service, hub, tmp_path):
    hub.add(repo_of("org/bart", tiny_bart(tmp_path / "bart"), facts=TASK))
    assert ask(service, "summarization", "org/bart").value.method == "abstractive"
    assert residents(service) == [("summarization", "org/bart")]


@pytest.mark.parametrize("capability", TYPED)
def test_a_model_that_follows_no_instructions_is_refused_without_being_loaded_as_a_chat(
    service, hub, tmp_path, capability
):
    folder = tiny_llama(tmp_path / "base", template=None)
    hub.add(repo_of("org/base", folder, facts=TASK))
    with pytest.raises(ModelUnsupported, match="no chat template"):
        ask(service, capability, "org/base")
    assert service.registry.charged_bytes() == 0
