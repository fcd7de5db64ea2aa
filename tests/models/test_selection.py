"""What the owner of a page chose for it: tabs, and models that are there from the start."""

from __future__ import annotations

import logging

import pytest

from models.catalog import Catalog
from models.errors import InputError
from models.selection import TABS, preloads, tabs
from models.settings import Settings, SettingsError
from models.warming import warm
from tabs import ORDER
from tests.fakes import FakeBuilder, FakeDevice, card, fake_service


def test_every_tab_may_be_named_and_all_are_shown_where_none_is():
    assert TABS == ORDER
    assert tabs("") == TABS


def test_named_tabs_stand_in_the_order_of_the_page():
    assert tabs("models, translation,ner") == ("ner", "translation", "models")


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("tabs", "ner,poetry", "there is no tab 'poetry'"),
        ("preload", "poetry=a/b", "'poetry' is no capability"),
        ("preload", "models", "'models' is no capability"),
        ("preload", "ner=a/b@main", "names a revision"),
    ],
)
def test_what_can_not_be_chosen_stops_the_start(setting, value, told):
    with pytest.raises(SettingsError, match=f"{setting}: .*{told}"):
        Settings(**{setting: value})


def test_models_to_load_are_named_with_or_without_their_id():
    assert preloads("ner=o/m, sentiment,ner=starter/x") == (
        ("ner", "o/m"), ("sentiment", ""), ("ner", "starter/x"),
    )  # fmt: skip


def test_a_tab_starts_with_the_first_model_that_was_chosen_for_it():
    catalog = Catalog([card("starter/a"), card("o/b")], locked=True)
    led = catalog.led_by([("sentiment", "o/new"), ("sentiment", "o/b")])
    assert [one.id for one in led.of("sentiment")] == ["o/new", "starter/a", "o/b"]
    assert led.find("sentiment", "o/new").id == "o/new"
    with pytest.raises(InputError, match="not offered"):
        led.find("sentiment", "o/another")
    assert catalog.default("sentiment").id == "starter/a"


def test_a_chosen_model_that_is_none_stops_the_start():
    with pytest.raises(InputError, match="not offered"):
        Catalog([card("starter/a")]).led_by([("sentiment", "local/x")])


def preloading(preload):
    from dataclasses import replace

    service = fake_service(FakeBuilder(FakeDevice(limit=100)), "starter/a", "starter/b")
    return replace(service, settings=Settings(preload=preload))


def test_models_are_loaded_at_start_and_stay():
    service = preloading("sentiment=starter/b")
    warm(service).join()
    (resident,) = service.registry.residents()
    assert (resident.card.id, resident.pinned) == ("starter/b", True)
    service.close()


def test_a_model_that_can_not_be_loaded_is_told_and_the_next_one_is_loaded(caplog):
    service = preloading("sentiment=starter/none,sentiment=starter/a")
    with caplog.at_level(logging.ERROR):
        warm(service).join()
    assert "sentiment=starter/none is not loaded" in caplog.text
    assert [one.card.id for one in service.registry.residents()] == ["starter/a"]
    service.close()


def test_nothing_is_loaded_where_nothing_is_named():
    service = preloading("")
    assert warm(service) is None
    service.close()
