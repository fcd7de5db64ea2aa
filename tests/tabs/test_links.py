"""Links that restore a tab, and values sent to another tab."""

from __future__ import annotations

from types import SimpleNamespace

import gradio as gr
import pytest

from models.errors import InputError
from models.service import make_service
from models.settings import Settings
from models.spec import CAPABILITIES
from tabs import all_tabs
from tabs.parts.deck import Deck, Sender
from tabs.parts.links import _moved, connect, link_button, restored
from tabs.parts.values import fitted

SKIP = gr.skip()


@pytest.fixture(scope="module")
def deck():
    """The page with every tab."""
    service = make_service(Settings(offline=True, device="cpu"))
    with gr.Blocks() as page:
        made = Deck(service, gr.HTML())
        for tab in all_tabs().values():
            tab.build(made)
        connect(made, gr.Tabs(), page, {name: tab.TITLE for name, tab in all_tabs().items()})
        made.page = page
    yield made
    service.close()


def examples_of(part):
    """Values of a component that a visitor may choose: every choice, both ends, both ticks."""
    if isinstance(part, gr.Checkbox):
        return [True, False]
    if isinstance(part, gr.Number | gr.Slider):
        ends = [end for end in (part.minimum, part.maximum) if end is not None]
        return ends or [7]
    if isinstance(part, gr.Textbox):
        return ["a & <b>\n\u202e?=#"]
    return [value for _, value in part.choices]


def as_javascript_writes(value):
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


@pytest.mark.parametrize("name", CAPABILITIES)
def test_a_link_brings_back_every_setting_of_every_tab(deck, name):
    parts, count = deck.linked[name], 0
    for key, part in parts.items():
        for value in examples_of(part):
            query = {"tab": name, key: as_javascript_writes(value)}
            updates, problems = restored({name: parts}, query, CAPABILITIES)
            found = dict(zip(parts, updates[1:], strict=True))
            assert problems == []
            assert found[key] == value
            count += 1
    assert count >= len(parts) > 1


def test_every_value_goes_to_every_tab_that_takes_its_kind(deck):
    """Each pair on offer, through the event that its menu triggers."""
    takers = {(name, kind): part for (name, kind), part in deck.accepted.items()}
    menus = [fn for fn in deck.page.fns.values() if "_moved" in getattr(fn.fn, "__qualname__", "")]
    assert len(menus) == len(deck.senders) >= 13
    pairs = 0
    for menu, sender in zip(menus, deck.senders, strict=True):
        _, *offered = [value for _, value in menu.inputs[0].choices]
        assert offered == [
            name for name, kind in takers if kind == sender.kind and name != sender.capability
        ]
        for target in offered:
            told, tabs, *filled = menu.fn(target, "something")
            changed = dict(zip(menu.outputs[2:], filled, strict=True))
            assert (told, tabs.selected) == ("", target)
            assert changed.pop(takers[target, sender.kind]) == "something"
            if place := deck.inside.get((target, sender.kind)):
                assert changed.pop(place[0]).selected == place[1]
            assert all(value == SKIP for value in changed.values())
            pairs += 1
    assert pairs > 50


def test_a_link_to_a_view_opens_it_and_fills_what_it_shares_with_other_views_once(deck):
    (load,) = [
        fn
        for fn in deck.page.fns.values()
        if "connect.<locals>.restore" in getattr(fn.fn, "__qualname__", "")
    ]
    assert len(load.outputs) == len(set(load.outputs))
    for name, place in deck.places.items():
        query = {"tab": name, "model": "org/some", "text": "hello", "message1": "hello"}
        found = load.fn(SimpleNamespace(query_params=query))
        changed = {
            part: value for part, value in zip(load.outputs, found, strict=True) if value != SKIP
        }
        assert changed.pop(load.outputs[0]).selected == place.tab
        assert changed.pop(place.views).selected == place.view
        mine = deck.linked[name]
        assert changed == {mine[key]: query[key] for key in query if key in mine}
    assert sorted(place.view for place in deck.places.values()) == [
        "chat", "embeddings", "ids", "search", "several", "steps",
    ]  # fmt: skip


def test_a_menu_of_several_is_restored_within_its_limits():
    with gr.Blocks():
        menu = gr.Dropdown(["a/b", "c/d", "e/f"], multiselect=True, max_choices=2)
    assert fitted(menu, "models", "a/b,e/f") == ["a/b", "e/f"]
    for wrong in ("a/b,x/y", "a/b,c/d,e/f"):
        with pytest.raises(InputError, match="up to 2 of a/b, c/d, e/f"):
            fitted(menu, "models", wrong)


@pytest.fixture
def linked():
    with gr.Blocks():
        return {
            "ner": {"text": gr.Textbox()},
            "translation": {
                "text": gr.Textbox(),
                "length": gr.Radio([("Short", "short"), ("Long", "long")], value="short"),
                "model": gr.Dropdown(["a/b"], allow_custom_value=True),
                "steps": gr.Number(minimum=1, maximum=50, precision=0),
                "lot": gr.Checkbox(),
            },
        }


def values(linked, **query):
    names = ["tabs", *(f"{tab}.{name}" for tab, parts in linked.items() for name in parts)]
    return dict(zip(names, restored(linked, query, linked)[0], strict=True))


def test_a_link_fills_its_own_tab_only(linked):
    found = values(
        linked, tab="translation", text="<b>hi</b>", length="long", steps="7", lot="true"
    )
    assert found["translation.text"] == "<b>hi</b>"
    assert found["translation.length"] == "long"
    assert found["translation.steps"] == 7
    assert found["translation.lot"] is True
    assert found["ner.text"] == SKIP
    assert found["tabs"].selected == "translation"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("length", "huge", "length can't be 'huge'. It is one of short, long."),
        ("steps", "0", "steps can't be '0'. It is a number from 1 up to 50."),
        ("steps", "51", "a number from 1 up to 50"), ("steps", "nan", "a number"),
        ("steps", "many", "a number"), ("steps", "", "a number"), ("steps", "inf", "a number"),
        ("lot", "perhaps", "true or false"),
    ],
)  # fmt: skip
def test_what_a_component_does_not_take_is_left_out_and_said(linked, name, value, said):
    found = values(linked, tab="translation", **{name: value})
    assert all(v == SKIP for key, v in found.items() if key != "tabs")
    (problem,) = restored(linked, {"tab": "translation", name: value}, linked)[1]
    assert said in problem


def test_a_voice_of_another_model_comes_back_with_the_menu_of_that_model(deck):
    parts = {"text_to_speech": deck.linked["text_to_speech"]}
    query = {"tab": "text_to_speech", "model": "starter/joe", "voice": "Joe, American"}
    updates, problems = restored(parts, query, CAPABILITIES, deck.by_model)
    found = dict(zip(parts["text_to_speech"], updates[1:], strict=True))
    assert problems == []
    assert found["voice"] == gr.update(
        choices=[("Joe, American", "Joe, American")], value="Joe, American"
    )
    (problem,) = restored(parts, {**query, "voice": "Ada"}, CAPABILITIES, deck.by_model)[1]
    assert problem == "voice can't be 'Ada'. It is one of Joe, American."


def test_a_menu_that_was_empty_for_another_model_is_passed_over(linked):
    linked["translation"]["voice"] = gr.Dropdown(["Heart"], value="Heart", render=False)
    updates, problems = restored(linked, {"tab": "translation", "voice": ""}, linked)
    assert problems == []
    assert updates[-1] == SKIP


def test_a_name_that_others_put_into_addresses_is_passed_over(linked):
    updates, problems = restored(linked, {"tab": "translation", "utm_source": "x"}, linked)
    assert problems == []
    assert all(update == SKIP for update in updates[1:])


def test_an_unknown_tab_changes_nothing_and_that_is_said(linked):
    assert all(v == SKIP for v in values(linked, tab="poetry", text="x").values())
    assert restored(linked, {"tab": "poetry"}, linked)[1] == ["There is no tab 'poetry'."]


def test_a_value_goes_to_the_chosen_tab_and_opens_it():
    menu, tabs, first, second = _moved(["ner", "sentiment"], "text")("sentiment", "hello")
    assert (menu, tabs.selected, first, second) == ("", "sentiment", SKIP, "hello")


@pytest.mark.parametrize(("target", "value"), [("", "hello"), ("elsewhere", "hello")])
def test_no_target_moves_nothing(target, value):
    assert _moved(["ner"], "text")(target, value) == ["", SKIP, SKIP]


def test_only_tabs_that_take_the_kind_are_offered():
    with gr.Blocks() as page:
        tabs, deck, slot = gr.Tabs(), Deck(None, gr.HTML()), gr.Row()
        text, summary, audio = gr.Textbox(), gr.Textbox(), gr.Audio()
        deck.accept("ner", "text", text)
        deck.accept("speech_to_text", "audio", audio)
        deck.senders.append(Sender("summarization", "text", summary, "summary", slot))
        connect(deck, tabs, page, {"ner": "Entities", "speech_to_text": "Speech to text"})
    menu = next(b for b in page.blocks.values() if isinstance(b, gr.Dropdown))
    assert [value for _, value in menu.choices] == ["", "ner"]


def test_files_are_not_put_into_links():
    with gr.Blocks():
        deck = Deck(None, gr.HTML())
        link_button(deck, "speech_to_text", {"audio": gr.Audio(), "model": gr.Dropdown(["a"])})
    assert list(deck.linked["speech_to_text"]) == ["model"]
