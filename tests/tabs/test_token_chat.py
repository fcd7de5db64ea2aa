"""The chat view: messages from the boxes, the rendered string, differences between templates."""

from __future__ import annotations

from models.chat_templates import Chat
from models.spec import Work
from models.tokens import Token, Tokenization
from tabs.parts import token_chat as view
from tabs.parts.several import Side

TEXT = "<s>user <b>Hello</b>"


def chat(text=TEXT, remarks=()):
    tokens = (
        Token(1, "<s>", 0, 3, 3, True, False),
        Token(2, text[3:], 3, len(text), len(text) - 3, False, False),
    )
    rendered = Tokenization(text, tokens, len(text), len(text), 0, 9)
    return Chat(rendered, "{{ '<i>' }}", False, remarks)


def side(title, text):
    return Side(title, view.DrawnChat(text, f"<p>page of {title}</p>", Work(1, "tokens")))


def test_only_the_boxes_in_use_are_messages():
    written = ["system", "Be brief.", "user", "Hi", "user", None]
    assert view.messages_of(written, 2) == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
    ]
    assert view.messages_of(written, 3)[2] == {"role": "user", "content": ""}


def test_boxes_are_added_and_removed_one_by_one_within_bounds():
    shown = view._stepped(1)(2)
    assert shown[0] == 3
    assert [update["visible"] for update in shown[1:]] == [True] * 3 + [False] * (view.ROOM - 3)
    assert view._stepped(1)(view.ROOM)[0] == view.ROOM
    assert view._stepped(-1)(1)[0] == 1


def test_control_tokens_are_marked_and_a_persons_markup_is_text():
    shown = view.chat_html(chat())
    assert "<b>&lt;s&gt;</b>user &lt;b&gt;Hello" in shown
    assert "<b>Hello" not in shown
    assert "<i>" not in shown
    assert "takes no tools" in shown


def test_what_the_template_left_out_is_said():
    assert "left out message 1" in view.chat_html(chat(remarks=("It left out message 1.",)))


def test_the_difference_strikes_out_and_underlines():
    shown = view.difference_html("<|user|>\nHi<|end|>", "<|im|>\nHi<|end|>\n")
    assert "<del>&lt;|user|&gt;</del><ins>&lt;|im|&gt;</ins>" in shown
    assert "<ins>\u21b5\n</ins>" in shown
    assert "same string" in view.difference_html("a", "a")


def test_a_long_difference_says_where_it_ends():
    shown = view.difference_html("a " * view.PIECES, "b " * view.PIECES)
    assert f"first {view.PIECES:,}" in shown


def test_two_chats_are_drawn_under_their_difference_and_one_alone_by_itself():
    both = view.chats_html([side("<One>", "a"), side("Two", "b")])
    assert "From &lt;One&gt; to Two" in both
    assert both.index("<del>") < both.index("page of Two")
    assert view.chats_html([side("One", "a"), Side("Two", failure="x")]) == "<p>page of One</p>"
