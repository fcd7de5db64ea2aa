"""What the assistant tab draws, opens and keeps. Text of a person, a model and a tool is data."""

from __future__ import annotations

import json
from pathlib import Path

import gradio as gr
import pytest

import app
from models.assistant import Turn
from models.assistant_loop import Exchange
from models.assistant_router import Choice
from models.assistant_talk import Said, Step, written
from models.entities import Entities, Entity
from models.errors import InputError
from models.sentiment import LabelScore, Sentiment
from models.service import make_service
from models.settings import Settings
from models.tool_arguments import Material
from models.tool_calls import Call
from models.tools import TOOLS
from tabs import assistant
from tabs.parts.assistant_open import inputs_of, targets
from tabs.parts.assistant_plan import facts_html, turn_html
from tabs.parts.assistant_shown import Kept, Showing
from tabs.parts.assistant_view import talk_html

NASTY = "<img src=x onerror=alert(1)> & \"'"
ASKED = Said("user", "Translate it", "a.txt", "text")
STEP = Step(
    1, "translate", {"text": "file_1", "language": "French"}, "done", "k1", "m", "Model", 0.5,
    "Bonjour", "Bonjour",
)  # fmt: skip
SPOKEN = Step(2, "speak", {"text": "result_1"}, "done", "k2", told="1 second.")


def test_a_step_shows_tool_arguments_model_time_and_result():
    drawn = talk_html((ASKED, STEP, Said("assistant", "**Done**")))
    for part in ("1. Translation", "translate", "file_1", "French", "Model", "500 ms", "Bonjour"):
        assert part in drawn
    assert 'data-act="pick" data-turn="1"' in drawn
    assert 'data-act="undo"' in drawn
    assert "<strong>Done</strong>" in drawn
    assert "appears here" in talk_html(())


@pytest.mark.parametrize(("state", "word"), [("running", "md-spinner"), ("skipped", "not run")])
def test_a_step_says_how_it_stands(state, word):
    drawn = talk_html((ASKED, Step(1, "draw", {}, state)))
    assert word in drawn
    assert ('data-act="pick"' in drawn) == (state != "running")


def test_an_error_stands_in_the_card_of_its_step():
    drawn = talk_html((Step(1, "draw", {}, "failed", error="No room.", hint="Wait."),))
    assert "<strong>No room.</strong> Wait." in drawn


def test_nobody_s_text_becomes_html():
    step = Step(1, "translate", {NASTY: NASTY, "text": NASTY * 20}, "failed", "k", NASTY, NASTY, 1.0,
                NASTY, NASTY, NASTY, NASTY)  # fmt: skip
    choice = Choice(NASTY, ((NASTY, 0.5),), NASTY)
    turn = Turn(NASTY, (Call(NASTY, {NASTY: NASTY}),), NASTY, NASTY, NASTY, 3)
    exchange = Exchange((), None, (turn,), "failed", InputError(NASTY, hint=NASTY))
    for drawn in (
        talk_html((Said("user", NASTY, NASTY), step, Said("assistant", NASTY)), growing=NASTY),
        turn_html(turn),
        turn_html(Turn("", choices=(choice,))),
        facts_html(exchange),
    ):
        assert "<img" not in drawn
        assert 'onerror=alert(1)> & "' not in drawn


def test_results_are_drawn_as_their_own_tab_does():
    scores = Sentiment((LabelScore("positive", 0.9),), False, 1, 9, 1, 1)
    rated = Step(1, "rate_sentiment", {"text": "x"}, "done", result=scores)
    assert "md-bar-fill" in talk_html((rated,))
    entities = Entities((Entity("Ada", "PER", 0, 3, 0.9),), ("PER",), True, "", 10, 10, 1, 1)
    named = Step(1, "find_entities", {"text": "file_1"}, "done", result=entities)
    file = Material("file_1", "text", "Ada swims.", of="a.txt")
    assert "swims" in talk_html((named,), file=file)


def test_sound_and_pictures_are_shown_from_the_session_and_never_from_a_link():
    drawn = talk_html((SPOKEN,), paths={"k2": Path("/cache/speech.wav")})
    assert '<audio class="md-toolstep-sound" controls' in drawn
    picture = Step(3, "draw", {}, "done", "k3", told="64 x 64")
    assert "<img" in talk_html((picture,), paths={"k3": Path("/cache/picture.png")})
    assert "<audio" not in talk_html((SPOKEN,))


def test_what_the_planner_did_is_told():
    choice = Choice("draw a cat", (("draw", 0.91), ("none", 0.2)), "Draw a house")
    drawn = facts_html(Exchange((), turns=(Turn("", choices=(choice,)),)))
    for part in ("No language model", "draw a cat", "Draw a house", "draw 0.91"):
        assert part in drawn
    model = facts_html(
        Exchange((), turns=(Turn("", written="<tool_call>", read="<|im_start|>", tokens=3),))
    )
    assert "&lt;tool_call&gt;" in model
    assert "What the model read" in model
    assert "as many steps" in facts_html(Exchange((), ended="steps"))


def test_the_end_keeps_results_under_their_keys_and_writes_no_file_into_the_conversation(tmp_path):
    path = tmp_path / "speech.wav"
    path.write_bytes(b"")
    with gr.Blocks():
        transcript = gr.HTML()
    done = Step(2, "speak", {"text": "hi"}, "done", "k2", told="1 second.", path=path)
    exchange = Exchange((ASKED, STEP, ASKED, done, Said("assistant", "ok")), ended="answer")
    show = Showing(None, {"k1": Kept("<b>old</b>", None)}, transcript)
    message, talk, drawn, _, answer, kept = show.final(exchange)
    assert (message, answer) == ("", "ok")
    assert {"k1", "k2"} == set(kept)
    assert kept["k2"].path == path
    assert str(path) not in talk
    assert "<b>old</b>" in drawn
    assert str(path) in transcript.temp_files


def test_a_plan_is_a_row_of_a_table():
    turn = Turn(
        "", (Call("transcribe", {"recording": "file_1"}), Call("speak", {"text": "result_1"}))
    )
    found = assistant.columns(turn)
    assert found["tools"] == "transcribe > speak"
    assert found["calls"] == "transcribe(recording='file_1')\nspeak(text='result_1')"
    assert assistant.plan_text(Turn("No tool.")) == "No tool."


def test_an_empty_message_and_a_strange_file_are_errors(tmp_path):
    with pytest.raises(InputError, match="no message"):
        assistant.said_by("  ", None)
    strange = tmp_path / "a.exe"
    strange.write_bytes(b"x")
    with pytest.raises(InputError, match="neither a recording nor a text"):
        assistant.first_turn("Read it", "", str(strange))


def test_a_step_opens_in_its_tab_with_its_names_looked_up(tmp_path):
    talk = written((ASKED, STEP, SPOKEN))
    file = tmp_path / "a.txt"
    file.write_text("Good day")
    assert inputs_of(talk, str(file), {}, 1) == (
        "translate",
        {"text": "Good day", "language": "fr"},
    )
    assert inputs_of(talk, str(file), {}, 2) == ("speak", {"text": "Bonjour"})
    heard = Step(3, "transcribe", {"recording": "result_2"}, "done")
    found = inputs_of(written((ASKED, STEP, SPOKEN, heard)), None, {"k2": Path("/cache/s.wav")}, 3)
    assert found == ("transcribe", {"recording": "/cache/s.wav"})
    lines = Step(4, "compare_meaning", {"texts": ["a\nb", "c"]}, "done")
    assert inputs_of(written((lines,)), None, {}, 4) == ("compare_meaning", {"texts": "a b\nc"})


def test_a_recording_named_by_a_link_is_no_path():
    heard = Step(1, "transcribe", {"recording": "/etc/passwd"}, "done")
    (value,) = inputs_of(written((heard,)), None, {}, 1)[1].values()
    assert value == gr.skip()


def test_every_argument_has_its_place_in_its_tab():
    service = make_service(Settings(offline=True))
    try:
        page = app.build_app(service)
        deck_of = next(
            fn for fn in page.fns.values() if fn.name == "opened" and len(fn.outputs) > 12
        )
    finally:
        service.close()
    assert len(deck_of.outputs) == 1 + sum(len(tool.model_fields) for tool in TOOLS.values())
    assert targets is not None


def test_the_examples_fill_message_file_and_begin_a_new_conversation():
    for _, (message, file, talk) in assistant.EXAMPLES:
        assert message.strip()
        assert file is None or Path(file).is_file()
        assert json.dumps(talk) == '""'
