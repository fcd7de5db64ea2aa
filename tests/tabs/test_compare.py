"""Two models on the same input: sides that fail alone, Stop, honest order, and what differs."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import pytest

from models.errors import InputError, Stopped
from models.runs import Metrics
from models.settings import Settings
from models.stop import PartToken, StopToken
from tabs.parts import Deck
from tabs.parts.compare import Plan, Side, _handler, at_hand, compare, conclusion, costs_html, pace
from tests.fakes import FakeBuilder, FakeDevice, card, fake_service

EVIL = "<script>alert(1)</script>"
VISIT = SimpleNamespace(session_hash="s")


@pytest.fixture
def builder():
    return FakeBuilder(FakeDevice(limit=1000), sizes={"org/a": 30, "org/b": 60})


@pytest.fixture
def service(builder):
    made = fake_service(builder, "org/a", "org/b")
    yield made
    made.close()


@pytest.fixture
def deck(service):
    with gr.Blocks():
        return Deck(service, gr.HTML())


def shout(text):
    return lambda engine, stop: engine.shout(text)


def plan(verb_of=shout):
    return Plan(
        "sentiment",
        verb_of,
        lambda result, text: f"<p>{result.text}</p>",
        lambda a, b, text: f"<i>{a.text == b.text}</i>",
    )


def run(deck, plan, first="org/a", second="org/b", text="hello"):
    async def collect():
        return [update async for update in _handler(deck, plan)(VISIT, first, second, text)]

    return asyncio.run(collect())


def last(updates):
    _, _, _, line_a, drawn_a, line_b, drawn_b, difference = updates[-1]
    return line_a, drawn_a, line_b, drawn_b, difference


def test_both_results_stand_side_by_side_with_their_own_costs(deck):
    line_a, drawn_a, line_b, drawn_b, difference = last(run(deck, plan()))
    assert drawn_a == drawn_b == "<p>HELLO</p>"
    assert "org/a" in line_a
    assert "org/b" in line_b
    assert "<i>True</i>" in difference
    assert " bytes<" in difference


def test_the_second_model_starts_when_the_first_has_ended(deck, builder):
    running, order = [], []

    def watched(text):
        def verb(engine, stop):
            assert not running
            running.append(1)
            order.append(engine.memory_bytes)
            time.sleep(0.05)
            running.pop()
            return engine.shout(text)

        return verb

    run(deck, plan(watched))
    assert order == [30, 60]


def test_one_model_on_both_sides_is_said_to_be_so(deck):
    assert "same model on both" in last(run(deck, plan(), second="org/a"))[4]
    assert "same model on both" not in last(run(deck, plan()))[4]


def test_a_side_that_fails_says_so_and_the_other_keeps_its_result(deck, builder):
    builder.failures["org/a"] = InputError(f"Not this one {EVIL}.")
    line_a, drawn_a, _, drawn_b, difference = last(run(deck, plan()))
    assert "Not this one &lt;script&gt;" in line_a
    assert drawn_a == difference == ""
    assert drawn_b == "<p>HELLO</p>"


def test_an_id_that_is_a_path_fails_on_its_side_alone(deck):
    line_a, _, _, drawn_b, _ = last(run(deck, plan(), first="../../etc/passwd"))
    assert "no model id" in line_a
    assert drawn_b


def test_stop_ends_the_first_run_and_leaves_the_second_out(deck, builder):
    def endless(text):
        def verb(engine, stop):
            while True:
                yield engine.shout(text)
                deck.stop("s", "compare:sentiment")
                assert stop.is_set

        return verb

    line_a, drawn_a, line_b, drawn_b, difference = last(run(deck, plan(endless)))
    assert "stopped" in line_a
    assert drawn_a == "<p>HELLO</p>"
    assert "Not run" in line_b
    assert builder.built == ["org/a"]
    assert drawn_b == difference == ""


def test_a_comparison_does_not_stop_the_tabs_own_run(deck):
    own = deck.start("s", "sentiment")
    run(deck, plan())
    assert not own.is_set


def test_the_buttons_are_free_again_after_an_error_of_ours(deck):
    def broken(text):
        raise ValueError("secret")

    updates = run(deck, plan(broken))
    assert updates[0][0]["interactive"] is False
    assert updates[-1][0]["interactive"] is True
    assert "ticket" in last(updates)[0]
    assert "secret" not in last(updates)[0]


def test_a_difference_that_fails_does_not_take_the_results_with_it(deck):
    def broken(a, b, text):
        raise ValueError("secret")

    found = last(run(deck, Plan("sentiment", shout, lambda r, _: r.text, broken)))
    assert found[1] == "HELLO"
    assert "ticket" in found[4]


def test_a_part_ends_with_the_whole_and_the_whole_not_with_a_part():
    whole = StopToken()
    first, second = PartToken(whole), PartToken(whole)
    first.set()
    assert first.is_set
    assert not whole.is_set
    second.check()
    whole.set()
    with pytest.raises(Stopped):
        second.check()


def test_the_pickers_start_with_the_two_first_models_and_nothing_is_public(service):
    with gr.Blocks() as page:
        text = gr.Textbox()
        compare(Deck(service, gr.HTML()), "sentiment", [text], shout, str, str)
    pickers = [b for b in page.blocks.values() if isinstance(b, gr.Dropdown)]
    assert [picker.value for picker in pickers] == ["org/a", "org/b"]
    assert all(picker.allow_custom_value for picker in pickers)
    assert {fn.api_visibility for fn in page.fns.values()} == {"private"}


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["starter/a"], "needs a second model, and only this one is on this machine"),
        (["starter/a", "org/b"], "needs a second model. Choose"),
        (["starter/a", "local/b"], ""),
    ],
)
def test_the_second_picker_says_before_a_run_that_another_model_is_needed(names, said, builder):
    made = fake_service(builder, *names)
    offline = replace(made, settings=Settings(offline=True))
    with gr.Blocks() as page:
        compare(Deck(offline, gr.HTML()), "sentiment", [gr.Textbox()], shout, str, str)
    made.close()
    first, second = [b for b in page.blocks.values() if isinstance(b, gr.Dropdown)]
    assert first.info.startswith("Choose one that is on this machine")
    assert said in second.info
    assert ("needs" in second.info) == bool(said)


@pytest.mark.parametrize(
    ("ids", "offline", "chosen"),
    [
        (["starter/a", "org/b", "local/c"], True, ["starter/a", "local/c"]),
        (["starter/a", "org/b"], True, ["starter/a", "starter/a"]),
        (["org/b"], True, ["org/b", "org/b"]),
        (["starter/a", "org/b"], False, ["starter/a", "org/b"]),
    ],
)
def test_without_a_network_a_comparison_starts_with_what_is_here(ids, offline, chosen):
    assert [c.id for c in at_hand([card(name) for name in ids], offline=offline)] == chosen


def metrics(name, run_s, load_s=0.0):
    return Metrics(name, name, "cpu", "float32", "", load_s, 0.0, run_s, 100, "tokens", 91_000_000)


def test_the_faster_model_is_named_with_its_factor():
    assert pace(metrics("a", 0.1), metrics("b", 0.4)) == "The first model was 4.00 times as fast."
    assert pace(metrics("a", 0.4), metrics("b", 0.1)) == "The second model was 4.00 times as fast."
    assert pace(metrics("a", 0.100), metrics("b", 0.105)) == "Both took about the same time."
    assert "too short" in pace(metrics("a", 0.005), metrics("b", 0.02))


def test_costs_say_that_a_first_run_is_slower():
    drawn = costs_html(metrics(EVIL, 0.1, load_s=2.0), metrics("b", 0.1))
    assert "A first run is slower" in drawn
    assert "91 MB" in drawn
    assert EVIL not in drawn


def test_costs_name_what_computed_as_the_status_line_does():
    quick = replace(metrics("a", 0.1), variant="openvino bfloat16")
    drawn = costs_html(quick, metrics("b", 0.1))
    assert "cpu openvino bfloat16" in drawn
    assert "cpu float32" in drawn


def test_there_is_no_difference_with_one_result():
    assert conclusion((Side(), Side()), plan(), ["x"]) == ""
