"""A conversation on the page: its messages, and what the buttons of its turns do.

The messages lie in a hidden text field as JSON, so that links, runs that are shown again and the code view
have them; what comes back from a browser is checked (``models.conversation``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.events import Dependency

from models.conversation import Message, read, written
from models.errors import AppError, InputError
from models.generated_text import Asked
from tabs.parts.chat_view import transcript_html
from tabs.parts.deck import Deck
from tabs.parts.errors import alert
from tabs.parts.events import AT_ONCE
from tabs.parts.markup import empty
from tabs.parts.run import RunBar, session_of

CHAT, TEXT = "chat", "text"
#: What the next run does without a new message: answer the last one again, or go on with the answer.
RETRY, GO_ON = "retry", "go on"


@dataclass(frozen=True)
class Conversation:
    """The components of a conversation.

    Attributes:
        message: what the person writes next; or, without a chat, the text to go on with.
        talk: the messages as JSON, without the system's; hidden.
        place: which message the next one replaces; None for a new one.
        again: ``RETRY``, ``GO_ON`` or empty.
        transcript: the turns.
        writing: the answer that is being written.
        facts: what is told of the last answer.
    """

    message: gr.Textbox
    talk: gr.Textbox
    place: gr.State
    again: gr.State
    transcript: gr.HTML
    writing: gr.HTML
    facts: gr.HTML


def turned(
    message: str, talk: Sequence[Message], place: int | None = None, again: str = ""
) -> list[Message]:
    """The conversation that the next answer is written for.

    Args:
        message: a new message; may be empty where ``again`` says what to do.
        talk: so far.
        place: the message that the new one replaces, with all that follows it.
        again: see ``Conversation``.

    Returns:
        Messages that end with the person's, or with an answer that is to be gone on with.

    Raises:
        InputError: when there is nothing to answer.
    """
    turns = list(talk)
    if again and turns and turns[-1]["role"] == "assistant":
        return turns if again == GO_ON else turns[:-1]
    if not message.strip():
        if again == RETRY and turns:
            return turns
        raise InputError("There is no message.", hint="Write one, or choose an example.")
    return [*turns[: len(turns) if place is None else place], {"role": "user", "content": message}]


def asked(
    mode: str, message: str, system: str | None, talk: str | None, place: int | None, again: str
) -> Asked:
    """What the model is asked by the fields of the page.

    Raises:
        InputError: when there is nothing to answer, or the conversation is damaged.
    """
    if mode == TEXT:
        return message
    turns = turned(message, read(talk), place, again)
    lead: list[Message] = [{"role": "system", "content": system}] if (system or "").strip() else []  # type: ignore[dict-item]
    return [*lead, *turns]


def shown(messages: Asked) -> list[Message]:
    """Of what was asked the turns that stand before the answer: no system message, no begun answer."""
    turns = [] if isinstance(messages, str) else list(messages)
    kept = [turn for turn in turns if isinstance(turn, dict) and turn["role"] != "system"]
    return kept[:-1] if kept and kept[-1]["role"] == "assistant" else kept


def gone_on(piece: str) -> list[Any]:
    """What "Go on" does next, the message field and the kind: those of what stands there.

    The kind may have been changed since: what is gone on with is a turn of a chat, or a text.

    Args:
        piece: the text that a model went on with; empty at a turn of a chat.
    """
    return ["", piece, TEXT] if piece else [GO_ON, gr.skip(), CHAT]


def connect_turns(deck: Deck, found: Conversation, mode: gr.Radio) -> list[Dependency]:
    """Wires the buttons of the turns, which turn the kind to what they stand on.

    Returns:
        The events after which a new answer is to be written.
    """
    turns, drawn = found.transcript, [found.message, found.place, found.transcript]

    def edit(talk: str, event: gr.EventData) -> list[Any]:
        messages, place = _read(talk), int(event.turn)
        if not 0 <= place < len(messages):
            return [gr.skip()] * 4
        text = messages[place]["content"]
        return [text, place, transcript_html(messages, editing=place), CHAT]

    def keep(talk: str) -> list[Any]:
        return ["", None, transcript_html(_read(talk))]

    def undo(talk: str) -> list[Any]:
        messages = _read(talk)
        left, text = messages[:-2], messages[-2]["content"] if len(messages) > 1 else ""
        return [text, None, transcript_html(left), CHAT, written(left), "", empty(_FACTS)]

    def go_on(event: gr.EventData) -> list[Any]:
        return gone_on(str(event.piece))

    turns.edit(edit, found.talk, [*drawn, mode], **AT_ONCE)
    turns.clear(keep, found.talk, drawn, **AT_ONCE)
    more = [*drawn, mode, found.talk, found.writing, found.facts]
    turns.undo(undo, found.talk, more, **AT_ONCE)
    retry = turns.retry(lambda: [RETRY, CHAT], None, [found.again, mode], **AT_ONCE)
    goes_on = turns.submit(go_on, None, [found.again, found.message, mode], **AT_ONCE)

    def redraw(talk: str) -> Any:
        if not talk:
            return gr.skip()
        try:
            return transcript_html(read(talk))
        except AppError as error:  # a link is anybody's
            return alert(error)

    deck.after_link(redraw, [found.talk], [found.transcript])
    return [retry, goes_on]


_FACTS = "How likely each token was, and what the model really read, appear here with the answer."


def new_button(
    deck: Deck, key: str, found: Conversation, said: gr.Textbox, bar: RunBar
) -> gr.Button:
    """Adds the button that begins a new conversation, at this place of the page.

    Args:
        deck: the page.
        key: under which it keeps the stop token of an answer: one under way ends and is not shown. Its
            outputs are the message, the place, ``talk``, the transcript, the answer being written, the
            facts, ``said`` and the seed.
        found: what is emptied.
        said: the same.
        bar: of the answers.
    """
    button = gr.Button(
        "New conversation", size="sm", elem_classes=["md-tool"], min_width=120, scale=0
    )

    blank = [None, "", transcript_html([]), "", empty(_FACTS), ""]

    def begin(request: gr.Request) -> list[Any]:
        deck.drop(session_of(request), key, [gr.skip(), *blank, gr.skip()])
        return ["", "", "", *blank]

    button.click(
        begin, None,
        [found.message, found.again, bar.status, found.place, found.talk, found.transcript,
         found.writing, found.facts, said], **AT_ONCE,
    )  # fmt: skip
    return button


def save_button(talk: gr.Textbox, system: gr.Textbox) -> None:
    """Adds the button that saves a conversation as a file, at this place of the page."""
    button = gr.Button(
        "Save it", size="sm", elem_id="save-conversation", elem_classes=["md-tool"], min_width=80,
        scale=0,
    )  # fmt: skip
    script = "(...values) => window.modeldeck.saveTalk(...values)"
    button.click(None, [system, talk], None, js=script, api_visibility="private")


def facts_slot() -> gr.HTML:
    """Adds the place for what is told of an answer."""
    return gr.HTML(empty(_FACTS))


def _read(talk: str | None) -> list[Message]:
    """The messages; none where they are damaged, which the next run tells."""
    try:
        return read(talk)
    except AppError:
        return []
