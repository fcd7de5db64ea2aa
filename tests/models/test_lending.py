"""One language model in memory for chat, assistant, summaries and translations."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from models import summarization, translation
from models.assistant import next_turn
from models.assistant_talk import Said
from models.catalog import Catalog, load_catalog
from models.device import TorchDevice
from models.errors import ModelUnsupported
from models.lending import BORROWED, lender, over
from models.registry import Registry
from models.runs import Runner
from models.sampler import Sampler
from models.service import Service
from models.settings import Settings
from models.sources import ModelBuilder
from models.spec import Weights
from models.starter import starters
from models.stop import NEVER
from models.text_generation import load_causal
from models.zero_gpu import calls
from models.zero_gpu.engines import RemoteEngine
from tests.fakes import WAIT_S, OpenDesk, card
from tests.models.engines import HERE
from tests.models.text_checkpoints import tiny_llama

MODEL = "local/chat"
TEXT = (
    "The ferry was cancelled in the morning. The sea was far too rough for it to leave the harbour."
)
SHORT = Sampler(temperature=0, max_new_tokens=3)
VERBS = {
    "text_generation": lambda engine, stop: engine.write("The sea", SHORT, stop=stop),
    "assistant": next_turn((Said("user", "Draw a cat"),), sampler=SHORT),
    "summarization": lambda engine, stop: engine.summarize(TEXT, length="short", stop=stop),
    "translation": lambda engine, stop: engine.translate(
        "The sea.", source="en", target="pt", stop=stop
    ),
}


def causal(capability, name=MODEL):
    return replace(card(name, capability), engine="causal", title=f"For {capability}")


def service_of(folder):
    builder = ModelBuilder(folder / "cache", {MODEL: folder / "chat"}, OpenDesk())
    registry = Registry(builder, lambda: TorchDevice(HERE.device, "test"))
    runner = Runner(registry, workers=2, queue_size=4)
    return Service(Settings(), Catalog(map(causal, VERBS)), registry, runner, desk=OpenDesk())


@pytest.fixture
def service(tmp_path):
    tiny_llama(tmp_path / "chat", window=8_192)
    made = service_of(tmp_path)
    yield made
    made.close()


def ask(service, capability):
    return asyncio.run(service.answer(capability, MODEL, VERBS[capability]))


def test_four_capabilities_share_one_load_one_copy_and_one_charge(service):
    with ThreadPoolExecutor(len(VERBS)) as pool:
        found = dict(zip(VERBS, pool.map(lambda name: ask(service, name), VERBS), strict=True))
    (resident,) = service.registry.residents()
    assert service.registry.counts == (1, 0)
    assert service.registry.charged_bytes() == resident.size_bytes
    assert {f.metrics.memory_bytes for f in found.values()} == {resident.size_bytes}
    assert found["summarization"].value.method == "abstractive"
    assert found["translation"].value.target == "pt"


def test_a_run_is_told_of_the_model_that_was_asked_for(service):
    told = ask(service, "summarization").metrics
    assert (told.model, told.title) == (MODEL, "For summarization")
    assert service.runner.counts.figures().totals["summarization"].outcomes["done"] == 1


def test_it_leaves_when_nobody_uses_it_for_anything_and_nothing_of_it_stays(service):
    ask(service, "translation")
    (resident,) = service.registry.residents()
    with service.registry.claim(service.registry._books.entries[resident.key].spec) as engine:
        network = weakref.ref(engine.generator._model)
        assert not service.registry.unload(resident.key)
    del engine
    assert service.registry.unload(resident.key)
    deadline = time.monotonic() + WAIT_S
    while network() is not None:  # the executor's thread may have it in its hands for a moment
        assert time.monotonic() < deadline
        gc.collect()
        time.sleep(0.01)
    assert (service.registry.residents(), service.registry.charged_bytes()) == ([], 0)
    assert ask(service, "summarization").value.text is not None


def test_what_it_writes_is_what_an_engine_of_its_own_writes(tmp_path):
    weights = Weights(causal("summarization"), tiny_llama(tmp_path, window=8_192), "r")
    lent = load_causal(weights, HERE)
    for module, capability in ((summarization, "summarization"), (translation, "translation")):
        own = module.LOADERS["causal"](weights, HERE)
        put_over = over(lent, causal(capability))
        assert type(put_over) is type(own)
        *_, ours = VERBS[capability](put_over, NEVER)
        *_, theirs = VERBS[capability](own, NEVER)
        assert ours == theirs


def test_a_model_that_can_not_chat_is_refused_for_a_summary_and_goes_on_with_texts(tmp_path):
    weights = Weights(causal("text_generation"), tiny_llama(tmp_path, template=None), "r")
    lent = load_causal(weights, HERE)
    for capability in ("summarization", "translation"):
        with pytest.raises(ModelUnsupported, match="no chat template"):
            over(lent, causal(capability))
    assert [*VERBS["text_generation"](lent, NEVER)]


def test_the_starters_of_one_network_have_one_lender():
    cards = [s.card for s in starters().values() if s.folder == "smollm2-135m"]
    assert {c.capability for c in cards} == {"text_generation", "summarization", "assistant"}
    assert {lender(c).id for c in cards} == {"starter/smollm2-135m-chat"}
    assert {lender(c).capability for c in cards} == {"text_generation"}


@pytest.mark.parametrize(("capability", "engine"), BORROWED)
def test_models_of_the_hub_are_lent_by_the_chat_under_their_own_id(capability, engine):
    asked = replace(card("a/b", capability), engine=engine)
    assert (lender(asked).capability, lender(asked).id) == ("text_generation", "a/b")


def test_every_language_model_of_the_catalog_that_several_tasks_offer_is_one_resident():
    catalog = load_catalog()
    for capability in ("summarization", "translation", "assistant"):
        for row in catalog.of(capability):
            if row.engine == "causal":
                assert lender(row).capability == "text_generation"


def test_on_zero_gpu_the_verb_runs_where_the_network_is(tmp_path):
    weights = Weights(causal("text_generation"), tiny_llama(tmp_path, window=8_192), "r")
    key, seen = ("text_generation", MODEL), []
    calls.ENGINES[key] = load_causal(weights, HERE)

    def dispatch(call):
        seen.append((call.verb, call.capability))
        yield from calls.run(call)

    try:
        remote = over(RemoteEngine(key, calls.ENGINES[key], dispatch), causal("summarization"))
        assert remote.max_tokens == over(calls.ENGINES[key], causal("summarization")).max_tokens
        *_, found = VERBS["summarization"](remote, NEVER)
    finally:
        del calls.ENGINES[key]
    assert found.method == "abstractive"
    assert seen == [("summarize", "summarization")]
