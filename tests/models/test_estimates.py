"""What a model will take in memory, told before it is loaded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.estimates import memory_told
from models.service import make_service
from models.settings import Settings
from models.sources import LOCAL_REVISION
from models.spec import Placement, Weights
from models.token_embeddings import has_table
from models.translation import estimate_bytes
from models.units import size
from tests.fakes import card
from tests.models.checkpoints import tiny_bert


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("tiny"), "BertForSequenceClassification", num_labels=2)


@pytest.fixture
def service(folder, tmp_path):
    made = make_service(
        Settings(offline=True, device="cpu", cache=str(tmp_path), models=f"sentiment={folder}")
    )
    yield made
    made.close()


@pytest.fixture
def mine(service):
    """The card of the folder."""
    (model,) = service.settings.local_models
    return service.catalog.find("sentiment", model.id)


def test_a_folder_is_sized_by_its_files(service, mine, folder):
    weights = Weights(mine, folder, LOCAL_REVISION)
    expected, seen = service.registry.estimate(weights, Placement("cpu", "float32", ""))
    assert (expected > 10_000, seen) == (True, False)
    assert memory_told(mine, service) == f"about {size(expected)} once loaded, by its files"


def test_what_loads_took_before_counts_more_than_what_files_say(service, mine):
    name = f"sentiment transformers {mine.id} {LOCAL_REVISION} cpu float32"
    for _ in range(2):
        service.registry._builds._sizes.observe(name, 77_000_000)
    assert memory_told(mine, service) == "about 77 MB once loaded, as when it was loaded before"


def test_a_starter_that_was_never_unpacked_is_sized_by_its_card(service):
    starter = service.catalog.find("sentiment", "")
    assert memory_told(starter, service).endswith("once loaded, by its card")


def test_bergamot_is_sized_as_its_engine_widens_it(tmp_path):
    for pair in ("en-pt", "pt-en"):
        (tmp_path / pair).mkdir()
        (tmp_path / pair / f"model.{pair}.bin").write_bytes(b"x" * 1000)
        (tmp_path / pair / f"lex.{pair}.bin").write_bytes(b"x" * 500)
    of = replace(card("starter/b", "translation"), engine="bergamot")
    weights = Weights(of, tmp_path, "test")
    assert estimate_bytes(weights, Placement("cpu", "float32", "")) == 8500


def test_nothing_is_told_where_nothing_is_known(service):
    assert memory_told(card("org/unheard-of", "sentiment"), service) == ""


def test_an_embedding_table_is_found_by_the_headers_of_the_files(folder, tmp_path):
    assert has_table(folder)
    assert not has_table(None)
    assert not has_table(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"damaged")
    assert not has_table(tmp_path)
