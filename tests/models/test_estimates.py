"""What a model will take in memory, told before it is loaded."""

from __future__ import annotations

import importlib
from dataclasses import replace
from functools import partial

import pytest

from models.estimates import memory_told, with_variant
from models.hub.facts import HubFacts
from models.hub.preflight import Preflight
from models.safetensors_header import folder_bytes
from models.service import make_service
from models.settings import Settings
from models.sources import LOCAL_REVISION, starter_folder
from models.spec import Weights
from models.starter import starters
from models.starter.zero_shot import SCALE
from models.token_embeddings import has_table
from models.translation import estimate_bytes
from models.units import size
from models.variant_memory import varied
from models.variant_seats import network_of
from models.variant_verdict import Tried, Verdict
from models.variants import Shelf
from tests.fakes import card
from tests.models.audio_checkpoints import tiny_wav2vec2, tiny_whisper
from tests.models.checkpoints import tiny_bert
from tests.models.embedding_checkpoints import tiny_encoder
from tests.models.engines import CPU
from tests.models.text_checkpoints import tiny_bart, tiny_marian, tiny_nllb


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("tiny"), "BertForSequenceClassification", num_labels=2)


@pytest.fixture
def service(folder, tmp_path):
    made = served(folder, tmp_path, variants="off")
    yield made
    made.close()


def served(folder, cache, **more):
    settings = {"offline": True, "device": "cpu", "cache": str(cache)}
    return make_service(Settings(**settings, models=f"sentiment={folder}", **more))


@pytest.fixture
def mine(service):
    """The card of the folder."""
    (model,) = service.settings.local_models
    return service.catalog.find("sentiment", model.id)


def test_a_folder_is_sized_by_its_files(service, mine, folder):
    weights = Weights(mine, folder, LOCAL_REVISION)
    expected = service.registry.estimate(weights, CPU)
    assert expected.size_bytes > 10_000
    assert not expected.measured
    assert memory_told(mine, service) == (
        f"about {size(expected.size_bytes)} once loaded, by its files"
    )


def test_what_loads_took_before_counts_more_than_what_files_say(service, mine):
    name = f"sentiment transformers {mine.id} {LOCAL_REVISION} cpu float32"
    for _ in range(2):
        service.registry._builds._sizes.observe(name, 77_000_000)
    assert memory_told(mine, service) == "about 77 MB once loaded, as when it was loaded before"


@pytest.fixture
def quicker(folder, tmp_path):
    """A service on a machine where networks have variants, the folder's weights, and what they take."""
    made = served(folder, tmp_path)
    (model,) = made.settings.local_models
    weights = Weights(made.catalog.find("sentiment", model.id), folder, LOCAL_REVISION)
    yield made, weights, folder_bytes(folder, "float32")
    made.close()


def test_a_quicker_variant_is_charged_and_named_before_the_load(quicker, tmp_path):
    service, weights, own = quicker
    folder = Shelf(tmp_path, "auto").folder(weights)
    folder.mkdir(parents=True)
    (folder / "openvino_model.bin").write_bytes(b"x" * 2_000_000)
    tried = {"openvino-bfloat16": Tried(1, 1)}
    Verdict("openvino-bfloat16", ("logits",), tried).save(folder)
    assert service.registry.estimate(weights, CPU).size_bytes == own + 1_000_000
    assert memory_told(weights.card, service) == (
        f"about {size(own + 1_000_000)} once loaded, by its files; "
        "1.0 MB of it for openvino bfloat16"
    )
    Verdict("", ("logits",), tried).save(folder)  # torch was the quickest
    assert service.registry.estimate(weights, CPU).size_bytes == own


def test_as_much_again_is_kept_for_a_variant_that_was_never_tried(quicker):
    service, weights, own = quicker
    assert service.registry.estimate(weights, CPU).size_bytes == 2 * own
    assert memory_told(weights.card, service).endswith(
        f"by its files; {size(own)} of it for a quicker variant that is tried first"
    )
    starter = service.catalog.find("sentiment", "starter/minilm-sentiment")
    assert "by its card; 91 MB of it for a quicker variant" in memory_told(starter, service)
    assert service.registry.estimate(replace(weights, plain=True), CPU).size_bytes == own
    on_gpu = replace(CPU, device="cuda:0")
    assert service.registry.estimate(weights, on_gpu).size_bytes == own


def test_what_the_hub_says_is_told_with_the_variant_where_there_is_room_for_it(quicker):
    service, weights, own = quicker
    found = Preflight(HubFacts("org/m", "org/m", "c" * 40), memory_bytes=own)
    told = with_variant(found, weights.card, service)
    assert told.memory_bytes == 2 * own
    assert told.remarks == (
        f"Of the memory {size(own)} is for a quicker variant that is tried first.",
    )
    service.registry._books.budget_bytes = 2 * own - 1
    assert with_variant(found, weights.card, service) == found


@pytest.mark.parametrize(
    ("capability", "engine", "make"),
    [
        ("sentiment", "transformers", partial(tiny_bert, architecture="BertForSequenceClassification")),
        ("zero_shot", "similarity", partial(tiny_bert, architecture="BertModel")),
        ("ner", "transformers", partial(tiny_bert, architecture="BertForTokenClassification")),
        ("question_answering", "transformers", partial(tiny_bert, architecture="BertForQuestionAnswering")),
        ("summarization", "extractive", partial(tiny_bert, architecture="BertModel")),
        ("summarization", "transformers", tiny_bart),
        ("embeddings", "transformers", tiny_encoder),
        ("translation", "transformers", tiny_marian),
        ("translation", "transformers", tiny_nllb),
        ("speech_to_text", "transformers", tiny_whisper),
        ("speech_to_text", "transformers", tiny_wav2vec2),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:.*sacremoses")
def test_it_is_known_of_every_kind_of_engine_whether_it_has_variants(
    tmp_path, capability, engine, make
):
    make(tmp_path)
    defaults = SCALE if engine == "similarity" else {}
    of = replace(card("org/tiny", capability), engine=engine, defaults=defaults)
    weights = Weights(of, tmp_path, "test")
    built = importlib.import_module(f"models.{capability}").LOADERS[engine](weights, CPU)
    assert varied(weights, built.memory_bytes) == (network_of(built) is not None)


def test_a_starter_that_was_never_unpacked_is_sized_by_its_card(service):
    starter = service.catalog.find("sentiment", "starter/minilm-sentiment")
    assert memory_told(starter, service).endswith("once loaded, by its card")


def test_no_gpu_is_asked_before_a_run_has_chosen_it(tmp_path):
    made = make_service(Settings(offline=True, device="cuda", cache=str(tmp_path)))
    starter = made.catalog.find("image_generation", "")
    starter_folder(starters()[starter.id], tmp_path)
    assert memory_told(starter, made).endswith("once loaded, by its card")
    made.close()


def test_bergamot_is_sized_as_its_engine_widens_it(tmp_path):
    for pair in ("en-pt", "pt-en"):
        (tmp_path / pair).mkdir()
        (tmp_path / pair / f"model.{pair}.bin").write_bytes(b"x" * 1000)
        (tmp_path / pair / f"lex.{pair}.bin").write_bytes(b"x" * 500)
    of = replace(card("starter/b", "translation"), engine="bergamot")
    weights = Weights(of, tmp_path, "test")
    assert estimate_bytes(weights, CPU) == 8500


def test_nothing_is_told_where_nothing_is_known(service):
    assert memory_told(card("org/unheard-of", "sentiment"), service) == ""


def test_an_embedding_table_is_found_by_the_headers_of_the_files(folder, tmp_path):
    assert has_table(folder)
    assert not has_table(None)
    assert not has_table(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"damaged")
    assert not has_table(tmp_path)
