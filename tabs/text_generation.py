"""The chat tab: a conversation with a language model, or a text that it goes on with, token by token."""

from __future__ import annotations

import html
from typing import Any

import gradio as gr

from models.conversation import written
from models.generated_text import ENDS, Asked, Generation
from models.next_token import Outlook
from models.runs import Verb
from models.sampler import Sampler
from tabs.parts import Deck, Job, model_picker, run_bar, send_to, wire
from tabs.parts.batch import batch
from tabs.parts.chat_turns import (
    CHAT,
    RETRY,
    TEXT,
    Conversation,
    asked,
    connect_turns,
    facts_slot,
    new_button,
    save_button,
    shown,
)
from tabs.parts.chat_view import continued_html, said_html, transcript_html, writing_html
from tabs.parts.code_view import code_view
from tabs.parts.compare import compare
from tabs.parts.differences import word_diff_html
from tabs.parts.document import document_button
from tabs.parts.events import AT_ONCE
from tabs.parts.language_note import language_note
from tabs.parts.likely_view import facts_html, likely_html, running_html
from tabs.parts.next_token import next_token_view
from tabs.parts.numbers import Entered
from tabs.parts.run import SENDS
from tabs.parts.sampler_fields import sampler_fields, sampler_of
from tabs.parts.text_endpoints import publish

NAME = "text_generation"
TITLE = "Chat and completion"
ABOUT = "Answers in a conversation or goes on with a text, and shows what else it might have said."

_CHATS = "Write to the model. Enter sends, Shift+Enter starts a new line."
_NEW: list[Any] = ["", None, ""]
EXAMPLES = [
    ("A fact", ["What is the capital of France?", CHAT, "", *_NEW]),
    ("Explain", ["Explain in two sentences why the sky is blue.", CHAT, "", *_NEW]),
    ("A pirate", ["Tell me about the weather today.", CHAT,
                  "You are a cheerful pirate. Answer in two sentences.", *_NEW]),
    ("Complete a sentence", ["The capital of France is", TEXT, "", *_NEW]),
    ("Complete code", ["def fibonacci(n):\n    \"\"\"Returns the n-th Fibonacci number.\"\"\"\n", TEXT, "",
              *_NEW]),
]  # fmt: skip
PRESETS: dict[str, dict[str, float]] = {
    "Always the likeliest": {"temperature": 0},
    "Careful": {"temperature": 0.2, "top_p": 0.9, "top_k": 50, "min_p": 0},
    "Lively": {"temperature": 1.0, "top_p": 0.95, "top_k": 0, "min_p": 0.05},
    "Untamed": {"temperature": 1.5, "top_p": 1, "top_k": 0, "min_p": 0},
}
#: Columns of a file that likely hold the prompts, the likeliest first.
_PROMPTS = ("prompt", "message", "instruction", "question", "text")


def build(deck: Deck) -> None:
    """Adds the tab; see ``tabs.Tab``."""
    with gr.Row(elem_classes=["md-text_generation"]):
        with gr.Column():
            mode = gr.Radio(
                [("Chat", CHAT), ("Complete a text", TEXT)], value=CHAT, label="Kind",
                show_label=False, container=False,
            )  # fmt: skip
            system = gr.Textbox(
                label="System prompt", lines=1, max_lines=6,
                placeholder="How the model should behave; may be empty.",
            )  # fmt: skip
            message = gr.Textbox(
                label="Message", lines=3, max_lines=14, placeholder=_CHATS, elem_classes=[SENDS],
            )  # fmt: skip
            examples = gr.Row(elem_classes=["md-examples"])
            bar = run_bar("Send")
            fields = sampler_fields()
            drop = gr.Checkbox(
                False, label="Leave the oldest messages out when the window is full",
                elem_classes=["md-later"],
            )  # fmt: skip
            model = model_picker(deck, NAME)
        with gr.Column():
            transcript = gr.HTML(
                transcript_html([]), max_height=560, autoscroll=True,
                js_on_load="modeldeck.turns(element, trigger)",
            )  # fmt: skip
            writing = gr.HTML("", elem_classes=["md-writing-slot"])
            facts = facts_slot()
            talk = gr.Textbox("", visible=False, label="Conversation")
            said = gr.Textbox("", visible=False, label="Answer")
    found = Conversation(message, talk, gr.State(None), gr.State(""), transcript, writing, facts)

    def job(
        message: str, mode: str, system: str, talk: str | None, place: int | None, again: str,
        temperature: float, longest: float, top_k: float | None, top_p: float | None,
        min_p: float | None, penalty: float | None, seed: Entered, lot: bool | None,
        stops: str | None, drop: bool, model: str,
    ) -> Job:  # fmt: skip
        whole = asked(mode, message, system, talk, place, again)
        sampler = sampler_of(temperature, longest, top_k, top_p, min_p, penalty, seed, lot, stops)
        foreign = language_note(deck, NAME, model, said_last(whole))
        show = _shows(whole, answers_again=bool(again), foreign=foreign)
        return Job(
            model, verb(whole, sampler, drop_oldest=drop),
            lambda result: show(result, final=False), lambda result: show(result, final=True),
        )  # fmt: skip

    deck.accept(NAME, "text", message)
    document_button(message, bar.tools)
    with bar.tools:
        new_button(deck, NAME, found, said, bar)
        save_button(talk, system)
    send_to(deck, NAME, bar.tools, "text", said, "answer")
    after = connect_turns(deck, found, mode)
    inputs = [message, mode, system, talk, found.place, found.again]
    wire(
        deck, NAME, bar, job, [*inputs, *fields.inputs, drop, model],
        [message, found.place, talk, transcript, writing, facts, said, fields.seed],
        examples=EXAMPLES, example_inputs=inputs, slot=examples, presets=PRESETS,
        content=[message, talk], after=after,
    )  # fmt: skip
    _settle(bar.runs, found, mode, system)

    settings = [mode, system, talk, message, *fields.inputs]
    next_token_view(deck, NAME, next_verb, model, settings, fields.bending)
    compare(deck, NAME, settings, compared_verb, side_html, differences, same_seed)
    batch(
        deck, NAME, model, batch_verb, columns, settings=[mode, system, *fields.inputs],
        noun="prompt", wanted=_PROMPTS,
    )  # fmt: skip
    names = ("temperature", "longest", "top_k", "top_p", "min_p", "penalty", "seed", "lot", "stops")
    code_view(
        deck, NAME, bar,
        {"text": message, "mode": mode, "system": system, "talk": talk,
         **{name: part for name, part in zip(names, fields.inputs, strict=True) if name != "lot"}},
        model,
    )  # fmt: skip
    publish(deck, NAME)


def _settle(runs: Any, found: Conversation, mode: gr.Radio, system: gr.Textbox) -> None:
    """What follows a run, and what the kind of writing changes."""
    for run in list(runs):
        run.then(lambda: "", None, found.again, **AT_ONCE)

    def turned_to(mode: str) -> list[Any]:
        chat = mode == CHAT
        label, hint = ("Message", _CHATS) if chat else ("Text", "Write how the text begins.")
        box = gr.update(label=label, placeholder=hint, elem_classes=[SENDS] if chat else [])
        return [box, gr.update(visible=chat)]

    mode.change(turned_to, mode, [found.message, system], **AT_ONCE)


def said_last(whole: Asked) -> str:
    """What a person wrote last: the text to go on with, or the newest message."""
    if isinstance(whole, str):
        return whole
    return next((turn["content"] for turn in reversed(shown(whole)) if turn["role"] == "user"), "")


def _shows(whole: Asked, *, answers_again: bool, foreign: str) -> Any:
    """How the results of one run are shown.

    Args:
        whole: what was asked.
        answers_again: whether the message field has nothing to do with it, and stays as it is.
        foreign: HTML above the facts.
    """
    before = shown(whole)

    def show(result: Generation, *, final: bool) -> list[Any]:
        seed = gr.skip() if result.seed is None else result.seed
        told = foreign + (facts_html(result) if final else running_html(result))
        if isinstance(whole, str):
            text = continued_html(whole, result.text, done=final)
            return [gr.skip(), None, "", text, "", told, result.text if final else gr.skip(), seed]
        message = gr.skip() if answers_again else ""
        if not final:
            turns, writing = transcript_html(before), writing_html(result.text)
            return [message, None, gr.skip(), turns, writing, told, gr.skip(), seed]
        talk = [*before, {"role": "assistant", "content": result.text}]
        drawn = transcript_html(talk)
        return [message, None, written(talk), drawn, "", told, result.text, seed]

    return show


def verb(
    whole: Asked, sampler: Sampler, *, drop_oldest: bool = False, alternatives: bool = True
) -> Verb[Generation]:
    """What every run of this tab asks of its engine."""
    return lambda engine, stop: engine.write(
        whole, sampler, drop_oldest=drop_oldest, alternatives=alternatives, stop=stop
    )


def next_verb(
    begun: str, mode: str, system: str, talk: str | None, message: str, *settings: Any
) -> Verb[Outlook]:
    """Looks at what comes after the text as it stands, with ``begun`` of an answer written."""
    sampler = sampler_of(*settings)
    if mode == TEXT:
        whole: Asked = message + begun
    else:
        turns = list(asked(mode, message, system, talk, None, "" if message.strip() else RETRY))
        whole = [*turns, {"role": "assistant", "content": begun}] if begun else turns
    return lambda engine, stop: engine.look(whole, sampler, stop=stop)


def compared_verb(
    mode: str, system: str, talk: str | None, message: str, *settings: Any
) -> Verb[Generation]:
    """The message, or without one the last question again, asked of one of two models."""
    again = "" if message.strip() else RETRY
    return verb(asked(mode, message, system, talk, None, again), sampler_of(*settings))


def same_seed(*values: Any) -> list[Any]:
    """The values with one seed for both sides, drawn by lot where none is set."""
    *first, _, _, stops = values
    return [*first, sampler_of(*values[4:]).seed_or_lot(), False, stops]


def side_html(result: Generation, mode: str, *_: Any) -> str:
    """One side of a comparison."""
    drawn = (
        said_html(result.text)
        if mode == CHAT
        else f'<div class="md-text" dir="auto" tabindex="0">{html.escape(result.text)}</div>'
    )
    return f'<div class="md-turn md-assistant">{drawn}</div>{running_html(result)}{likely_html(result)}'


def differences(first: Generation, second: Generation, *_: Any) -> str:
    """What differs between two answers."""
    return word_diff_html(first.text, second.text)


def batch_verb(text: str, mode: str, system: str, *settings: Any) -> Verb[Generation]:
    """One row: a prompt by itself, without a conversation."""
    whole = asked(mode, text, system, "", None, "")
    return verb(whole, sampler_of(*settings), alternatives=False)


def columns(result: Generation) -> dict[str, str | float]:
    """A result as columns of a table."""
    return {
        "answer": result.text,
        "tokens": result.tokens,
        "ended": ENDS.get(result.ended, "stopped"),
        "seed": "" if result.seed is None else str(result.seed),  # a name more than a number
    }
