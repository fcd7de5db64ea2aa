"""What the chat tab asks and draws. Text of a person and of a model is data."""

from __future__ import annotations

import json

import pytest

from models.conversation import written
from models.errors import InputError
from models.generated_text import Alternative, Generation, Prompt, Step
from models.next_token import Outlook, Warmth
from models.sampler import Sampler
from models.tokens import Token
from tabs.parts.chat_turns import CHAT, GO_ON, RETRY, TEXT, asked, gone_on, shown, turned
from tabs.parts.chat_view import continued_html, said_html, transcript_html
from tabs.parts.likely_view import facts_html, likely_html, meter_html, remarks, rivals_of
from tabs.parts.next_token import outlook_html
from tabs.parts.sampler_fields import sampler_of
from tabs.parts.text_endpoints import whole_of
from tabs.text_generation import columns, same_seed

TALK = [
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello!"},
    {"role": "user", "content": "How?"},
    {"role": "assistant", "content": "Well."},
]
NASTY = "<img src=x onerror=alert(1)> & \"'"


def step(piece="a", before=0.5, rank=1, after=0.7):
    chosen = Alternative(7, piece, before, after)
    return Step(chosen, rank, (chosen, Alternative(8, "b", 0.25, 0.3)))


def result(**changes):
    facts = {
        "text": "a", "steps": (step(),), "tokens": 1, "window": 100, "limit": 20, "dropped": 0,
        "prompt": Prompt("<s>Hi", 2, (Token(0, "<s>", 0, 3, 3, True, False),
                                       Token(1, "Hi", 3, 5, 2, False, False))),
        "seed": 5, "ended": "end", "end": None, "first_s": 0.1,
    }  # fmt: skip
    return Generation(**{**facts, **changes})


def test_a_new_message_is_put_at_the_end_or_takes_the_place_of_an_edited_one():
    assert turned("New", TALK) == [*TALK, {"role": "user", "content": "New"}]
    assert turned("Other", TALK, 2) == [*TALK[:2], {"role": "user", "content": "Other"}]
    assert turned("Other", TALK, 0) == [{"role": "user", "content": "Other"}]


def test_an_answer_is_written_again_or_gone_on_with():
    assert turned("a draft", TALK, again=RETRY) == TALK[:-1]
    assert turned("", TALK, again=GO_ON) == TALK
    with pytest.raises(InputError, match="no message"):
        turned("  ", TALK)


def test_what_is_gone_on_with_is_what_stands_there_whatever_kind_is_chosen():
    assert gone_on("Once upon a time") == ["", "Once upon a time", TEXT]
    assert gone_on("")[0::2] == [GO_ON, CHAT]


def test_the_system_prompt_leads_and_is_no_turn():
    found = asked(CHAT, "New", "Be kind.", written(TALK), None, "")
    assert found[0] == {"role": "system", "content": "Be kind."}
    assert shown(found) == [*TALK, {"role": "user", "content": "New"}]
    assert shown(asked(CHAT, "", None, written(TALK), None, GO_ON)) == TALK[:-1]
    assert asked(TEXT, "Once", "Be kind.", "", None, "") == "Once"


def test_a_damaged_conversation_from_a_link_is_an_error():
    with pytest.raises(InputError, match="damaged"):
        asked(CHAT, "New", "", "<b>", None, "")


def test_the_turns_show_what_can_be_done_to_them():
    drawn = transcript_html(TALK)
    assert drawn.count('data-act="edit"') == 2
    assert drawn.count('data-act="retry"') == drawn.count('data-act="goon"') == 1
    assert drawn.count("data-copy=") == 4
    edited = transcript_html(TALK, editing=2)
    assert edited.count("md-stale") == 2
    assert 'data-act="keep"' in edited
    assert "appears here" in transcript_html([])


def test_nobody_s_text_becomes_html():
    for drawn in (
        transcript_html([{"role": "user", "content": NASTY}, {"role": "assistant", "content": NASTY}]),
        continued_html(NASTY, NASTY, done=True),
        said_html(f"<think>{NASTY}</think>{NASTY}"),
        likely_html(result(steps=(step(NASTY),))),
        facts_html(result(prompt=Prompt(NASTY, 2, (), (NASTY,)))),
        outlook_html(Outlook((Alternative(1, NASTY, 0.5, 0.5),),
                             (Warmth(1, ((NASTY, 0.5),), 1, 2),), 3)),
    ):  # fmt: skip
        assert "<img" not in drawn
        assert 'onerror=alert(1)> & "' not in drawn


def test_a_picture_in_an_answer_is_never_loaded_and_a_link_tells_nobody():
    drawn = said_html("![x](https://example.org/p.png) [y](https://example.org) <https://a.org>")
    assert "<img" not in drawn
    assert drawn.count('rel="noopener noreferrer nofollow"') == drawn.count("<a ") == 3
    assert "<a" not in said_html("[z](javascript:alert(1))")


def test_markdown_is_drawn_and_thoughts_are_folded():
    drawn = said_html("<think>\nhm\n</think>\n\n**Yes**\n\n```python\na < b\n```\n- one\n- two")
    assert "<strong>Yes</strong>" in drawn
    assert "a &lt; b" in drawn
    assert drawn.count("<li>") == 2
    assert "<details" in drawn
    assert "<details" in said_html("<think>still going")


def test_a_very_long_answer_is_drawn_as_it_is():
    assert "md-plain" in said_html("*x* " * 20_000)


def test_unlikely_tokens_are_tinted_and_those_not_the_likeliest_dotted():
    drawn = likely_html(result(steps=(step("a", 0.9), step("b", 0.1, rank=3))))
    assert "--p:0.9" in drawn
    assert drawn.count('data-t="1"') == 1
    body = drawn.split("data-steps", 1)[1]
    assert body.count("md-drawn-lot") == 1


def test_the_page_gets_each_rival_with_both_probabilities():
    assert rivals_of([step()]) == [[1, [["a", 7, 0.5, 0.7, 1], ["b", 8, 0.25, 0.3, 0]]]]
    drawn = likely_html(result(steps=(step('"'),)))
    assert "&quot;" in drawn
    assert json.dumps(rivals_of([step('"')]))


def test_the_meter_tells_what_was_read_and_written():
    drawn = meter_html(result())
    assert "3 of 100 tokens: 2 read, 1 written" in drawn
    assert "3.0%" in drawn


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dropped": 4}, "oldest 4 messages were left out"),
        ({"ended": "window"}, "window is full"),
        ({"ended": "limit"}, "'Go on' writes more"),
        ({"ended": "loop"}, "repeated itself"),
    ],
)
def test_nothing_is_left_out_silently(changes, said):
    assert any(said in line for line in remarks(result(**changes)))


def test_fields_never_seen_stand_for_the_defaults():
    assert sampler_of(0.3, 256, None, None, None, None, None, None, None) == Sampler()
    found = sampler_of(0, 9, 0, 1, 0.1, 1.2, 7, False, "\n###\nUser:\n")
    assert found == Sampler(0, 0, 1, 0.1, 1.2, 7, 9, ("###", "User:"))
    assert sampler_of(1, 9, 0, 1, 0, 1, 7, True, "").seed is None


def test_both_sides_of_a_comparison_throw_the_same_dice():
    values = same_seed(CHAT, "", "", "Hi", 1, 9, 0, 1, 0, 1, "", True, "")
    assert values[-2] is False
    assert sampler_of(*values[4:]).seed == values[-3]


def test_an_endpoint_asks_with_history_and_a_begun_answer():
    found = whole_of("Why?", "Be kind.", TALK, "chat", "Because")
    assert [m["role"] for m in found] == [
        "system", "user", "assistant", "user", "assistant", "user", "assistant",
    ]  # fmt: skip
    assert whole_of("Once", "", [], "text", " upon") == "Once upon"
    with pytest.raises(InputError, match="no kind 'poem'"):
        whole_of("x", "", [], "poem")


def test_a_row_of_a_table_tells_answer_length_end_and_seed():
    assert columns(result()) == {
        "answer": "a", "tokens": 1, "ended": "the model ended it", "seed": "5",
    }  # fmt: skip


def test_what_may_come_next_can_be_chosen_unless_it_is_half_a_character():
    warmth = Warmth(0.7, (("x", 0.5),), 1.25, 12)
    drawn = outlook_html(
        Outlook((Alternative(1, " x", 0.5, 0.9), Alternative(2, "\\xe4", 0.1, 0)), (warmth,), 3)
    )
    assert drawn.count('data-act="pick"') == 1
    assert 'data-piece=" x"' in drawn
    assert "1.2 bits" in drawn or "1.3 bits" in drawn
    assert "0 %" in drawn
