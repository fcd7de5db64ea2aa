"""The catalog: a checked file, starters first, and any Hub id."""

import pytest

from models.catalog import Catalog, CatalogError, load_catalog
from models.errors import InputError
from models.local_models import named
from models.spec import CAPABILITIES
from tests.fakes import card


def test_every_capability_starts_with_a_starter():
    catalog = load_catalog()
    assert all(catalog.default(name).is_starter for name in CAPABILITIES)


def test_with_a_gpu_the_best_model_of_its_tier_is_the_default():
    tiers = {"starter/a": "starter", "o/small": "cpu", "o/mid": "8gb", "o/big": "80gb"}
    cards = [card(name, tier=tier) for name, tier in tiers.items()]
    assert Catalog(cards, "8gb").default("sentiment").id == "o/mid"
    assert Catalog(cards, "starter").default("sentiment").id == "starter/a"
    assert Catalog(cards, "8gb").of("sentiment")[0].id == "o/mid"


def test_gated_models_are_never_a_default():
    cards = [card("starter/a", tier="starter"), card("o/gated", tier="8gb", gated=True)]
    assert Catalog(cards, "8gb").default("sentiment").id == "starter/a"


def test_a_hub_id_that_is_not_listed_gets_a_bare_card():
    found = load_catalog().find("sentiment", "org/model")
    assert (found.id, found.engine, found.licence) == ("org/model", "transformers", "unknown")


@pytest.mark.parametrize("model", ["../x", "starter/nothing", "local/nothing", "/tmp"])
def test_what_is_neither_listed_nor_a_hub_id_is_refused(model):
    with pytest.raises(InputError):
        load_catalog().find("sentiment", model)


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ('id="a/b"\ncapability="sentiment"\nengine="x"\ntitle="t"\ncolour="red"', "colour"),
        ('id="a/b"\ncapability="poetry"\nengine="x"\ntitle="t"', "poetry"),
        ('capability="ner"\nengine="x"\ntitle="t"', "'id' is missing"),
        ('id="a/b"\ncapability="ner"\nengine="x"\ntitle="t"\ntier="huge"', "huge"),
    ],
)
def test_a_bad_row_is_named_with_its_number(tmp_path, row, named):
    path = tmp_path / "catalog.toml"
    path.write_text(f"[[model]]\n{row}\n")
    with pytest.raises(CatalogError, match=f"model 1.*{named}"):
        load_catalog(path=path)


def test_a_folder_from_the_command_line_is_offered(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    models = named([("ner", folder)], public=False)
    assert load_catalog(models).find("ner", "local/mine").engine == "transformers"


def test_every_listed_hub_model_has_a_valid_id_and_an_engine_that_exists():
    import importlib

    from models.hub import check_id

    catalog = load_catalog()
    for name in CAPABILITIES:
        loaders = importlib.import_module(f"models.{name}").LOADERS
        for entry in catalog.of(name):
            assert entry.engine in loaders, entry.id
            assert entry.is_starter or check_id(entry.id) == entry.id
