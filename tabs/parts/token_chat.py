"""Chat templates: messages by role, the string that the template writes, its tokens, differences."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import gradio as gr
from gradio.components import Component

from models.chat_templates import Chat, read_tools
from models.spec import Work
from models.tokens import Token
from models.units import counted
from tabs.parts.choices import choosing, rows
from tabs.parts.code_view import code_view
from tabs.parts.deck import Deck, Place
from tabs.parts.events import AT_ONCE
from tabs.parts.links import link_button
from tabs.parts.markup import empty, note
from tabs.parts.picker import suggest_while_typing
from tabs.parts.run import run_bar
from tabs.parts.several import Errand, Side, wire_several
from tabs.parts.token_view import tokens_html

NAME = "tokenizer"
ROLES = ("system", "user", "assistant", "tool")
#: Messages that the page has room for; the endpoint takes more.
ROOM = 8
#: Characters of the rendered string that are drawn, and pieces of it that are compared.
SHOWN, PIECES = 20_000, 1_500
_START = (
    ("system", "You answer in one sentence."),
    ("user", "What is a token?"),
    ("assistant", "A piece of text with a number."),
    ("user", "Who chose the numbers?"),
)
#: The choice of no second model.
_NONE = (("none", ""),)
_TOOL = """[{"type": "function", "function": {"name": "weather", "description": "Weather of a city",
  "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}]"""
_PIECE = re.compile(r"<[^<>\s]{1,60}>|\n|[^\S\n]*[^\s<]+|.", re.DOTALL)


@dataclass(frozen=True)
class DrawnChat:
    """A chat and its HTML, made in the worker.

    Attributes:
        text: what the template wrote.
        page: HTML.
        work: tokens made.
    """

    text: str
    page: str
    work: Work


def chat_view(deck: Deck, model: gr.Dropdown, place: Place) -> None:
    """Adds the view at this place of the page."""
    with gr.Row():
        with gr.Column():
            boxes = _message_boxes()
            with gr.Accordion("Tools, template, second model", open=False):
                tools = gr.Textbox(
                    label="Tools (JSON)", lines=3, max_lines=12, placeholder=_TOOL,
                    info="Schemas of functions, for templates that take tools.",
                )  # fmt: skip
                template = gr.Textbox(
                    label="Template (Jinja) in place of the model's own", lines=3, max_lines=16,
                    placeholder="{% for message in messages %}{{ message.content }}{% endfor %}",
                )  # fmt: skip
                other = gr.Dropdown(
                    [*_NONE, *rows(deck, NAME)],
                    value="", allow_custom_value=not deck.locked, label="Difference to the template of",
                    info=choosing(deck),
                )  # fmt: skip
                suggest_while_typing(deck, NAME, other, first=_NONE)
            reply = gr.Checkbox(True, label="End with the opening of the assistant's turn")
            bar = run_bar("Render")
        with gr.Column():
            shown = gr.HTML(empty("What the model reads appears here."))

    def errand(
        model: str,
        reply: bool,
        tools: str | None,
        template: str | None,
        other: str | None,
        count: int,
        *written: str,
    ) -> Errand:  # None: an accordion that was never opened
        messages = messages_of(written, count)
        return Errand(
            list(dict.fromkeys(filter(None, (model, other)))),
            _verb(messages, read_tools(tools or ""), reply, template or ""),
            lambda sides: [chats_html(sides)],
        )

    wire_several(
        deck, NAME, "chat:tokenizer", bar, errand,
        [model, reply, tools, template, other, *boxes], [shown],
    )  # fmt: skip
    own: dict[str, Component] = {"reply": reply, "tools": tools, "template": template}
    own |= {"count": boxes[0], **_named(boxes[1:])}
    with bar.tools:
        link_button(deck, "tokenizer_chat", {**own, "other": other, "model": model}, place)
    code_view(deck, NAME, bar, own, model, settings_of)


def _named(boxes: Sequence[Component]) -> dict[str, Component]:
    """The boxes of the messages by the names that a link and the code know them by."""
    names = [f"{what}{n}" for n in range(1, len(boxes) // 2 + 1) for what in ("role", "message")]
    return dict(zip(names, boxes, strict=True))


def settings_of(given: dict[str, Any]) -> dict[str, Any]:
    """What the code of a chat is made of: the messages in use, and tools and template where given.

    Raises:
        InputError: when the tools are no JSON.
    """
    places = range(1, int(given["count"] or 0) + 1)
    written = [given[f"{what}{n}"] for n in places for what in ("role", "message")]
    return {
        "messages": messages_of(written, len(places)),
        "reply": given["reply"],
        "tools": read_tools(given["tools"] or ""),
        "template": given["template"] or "",
    }


def _message_boxes() -> list[Component]:
    """A role and a text for each message, of which as many are seen as are in use.

    Returns:
        The number in use, then role and content of each message in turn.
    """
    count = gr.Number(len(_START), visible=False, precision=0)
    rows, boxes = [], list[Component]()
    for place in range(ROOM):
        role, content = _START[place] if place < len(_START) else ("user", "")
        with gr.Row(visible=place < len(_START), elem_classes=["md-message"]) as row:
            boxes.append(
                gr.Dropdown(
                    list(ROLES), value=role, allow_custom_value=True, label=f"Role {place + 1}",
                    scale=2, min_width=150,
                )
            )  # fmt: skip
            boxes.append(
                gr.Textbox(content, label=f"Message {place + 1}", lines=1, max_lines=8, scale=5,
                           min_width=150)
            )  # fmt: skip
        rows.append(row)
    count.change(  # a link sets it too
        lambda count: [gr.update(visible=place < (count or 0)) for place in range(ROOM)],
        count, rows, **AT_ONCE,
    )  # fmt: skip
    with gr.Row(elem_classes=["md-examples"]):
        add = gr.Button("Add a message", size="sm", min_width=140, scale=0)
        drop = gr.Button("Remove the last", size="sm", min_width=140, scale=0)
    for button, step in ((add, 1), (drop, -1)):
        button.click(_stepped(step), count, [count, *rows], **AT_ONCE)
    return [count, *boxes]


def _stepped(step: int) -> Callable[[int], list[Any]]:
    def change(count: int) -> list[Any]:
        now = max(1, min(ROOM, int(count) + step))
        return [now, *(gr.update(visible=place < now) for place in range(ROOM))]

    return change


def _verb(
    messages: list[dict[str, str]], tools: list[dict[str, Any]], reply: bool, template: str
) -> Callable[[Any, Any], DrawnChat]:
    def verb(engine: Any, stop: Any) -> DrawnChat:
        chat = engine.chat(messages, tools=tools, reply=reply, template=template)
        return DrawnChat(chat.rendered.text, chat_html(chat), chat.work)

    return verb


def messages_of(written: Sequence[str], count: int) -> list[dict[str, str]]:
    """Messages from roles and contents in turn, the first ``count`` of them."""
    pairs = zip(written[::2], written[1::2], strict=True)
    return [{"role": role or "", "content": text or ""} for role, text in pairs][: int(count)]


def chats_html(sides: Sequence[Side]) -> str:
    """Each chat under the name of its model; between two, what differs."""
    done = [side for side in sides if side.value is not None]
    if len(done) < 2:
        return "".join(side.value.page for side in done)
    difference = difference_html(done[0].value.text, done[1].value.text)
    titles = [html.escape(side.title) for side in done]
    head = f'<h3 class="md-side-title">From {titles[0]} to {titles[1]}</h3>{difference}'
    return head + "".join(
        f'<h3 class="md-side-title">{title}</h3>{side.value.page}'
        for title, side in zip(titles, done, strict=True)
    )


def chat_html(chat: Chat) -> str:
    """What the template wrote with its control tokens marked, remarks, and the tokens."""
    text = chat.rendered.text
    rest = (
        note(f"{counted(len(text) - SHOWN, 'more character')}, not drawn.")
        if len(text) > SHOWN
        else ""
    )
    warnings = "".join(f'<p class="md-note md-lost">{html.escape(s)}</p>' for s in chat.remarks)
    takes = note(
        "The template takes tools." if chat.takes_tools else "The template takes no tools."
    )
    source = (
        '<details class="md-token-table"><summary>Template</summary>'
        f'<pre class="md-rendered">{html.escape(chat.template[:SHOWN])}</pre></details>'
    )
    return (
        f'<pre class="md-rendered" tabindex="0">{marked(text[:SHOWN], chat.rendered.tokens)}</pre>'
        f"{rest}{warnings}{takes}{source}{tokens_html(chat.rendered)}"
    )


def marked(text: str, tokens: Sequence[Token]) -> str:
    """The string with its control tokens in bold."""
    parts, at = [], 0
    for token in tokens:
        if token.start >= len(text):
            break
        if token.is_special and token.end > token.start:
            parts.append(html.escape(text[at : token.start]))
            parts.append(f"<b>{html.escape(text[token.start : token.end])}</b>")
            at = token.end
    return "".join([*parts, html.escape(text[at:])])


def difference_html(first: str, second: str) -> str:
    """Both strings in one: struck out what only the first has, underlined what only the second has."""
    left, right = (_PIECE.findall(text)[: PIECES + 1] for text in (first, second))
    if left == right and first == second:
        return note("Both templates write the same string.")
    cut = len(left) > PIECES or len(right) > PIECES
    left, right = left[:PIECES], right[:PIECES]
    matcher = SequenceMatcher(None, left, right)  # frequent pieces are no anchors: that is slow
    parts = [
        html.escape("".join(left[a:b])) if kind == "equal"
        else _changed("del", left[a:b]) + _changed("ins", right[c:d])
        for kind, a, b, c, d in matcher.get_opcodes()
    ]  # fmt: skip
    rest = note(f"Only the first {PIECES:,} words and marks are compared.") if cut else ""
    key = '<p class="md-note"><del>only in the first</del> <ins>only in the second</ins></p>'
    return f'<pre class="md-rendered md-diff" tabindex="0">{"".join(parts)}</pre>{key}{rest}'


def _changed(tag: str, pieces: Sequence[str]) -> str:
    if not pieces:
        return ""
    text = html.escape("".join(pieces)).replace("\n", "\u21b5\n")
    return f"<{tag}>{text}</{tag}>"
