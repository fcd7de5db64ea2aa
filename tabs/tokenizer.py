"""The tokenizer tab: a text as coloured tokens, tokenizers side by side, chat templates, decoding."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import gradio as gr

from models.errors import InputError
from models.stop import StopToken
from models.tokens import Decoded, Tokenization
from models.units import counted
from tabs.parts import (
    Deck,
    Job,
    empty,
    model_picker,
    note,
    run_bar,
    send_to,
    wire,
)
from tabs.parts.batch import batch
from tabs.parts.code_view import code_view
from tabs.parts.compare import compare
from tabs.parts.deck import Place
from tabs.parts.files import handed_out, waiting_buttons
from tabs.parts.links import link_button
from tabs.parts.token_beside import side_html, tokens_apart_html
from tabs.parts.token_chat import chat_view
from tabs.parts.token_compare import compare_view, compared
from tabs.parts.token_lessons import embedding_view, steps_view
from tabs.parts.token_view import DRAWN, Columns, Drawn, chips_html, columns, drawn, timed

NAME = "tokenizer"
TITLE = "Tokenizer"
ABOUT = "Shows how a model cuts text into tokens: ids, offsets, counts, chat template and decoding."
#: Characters of a decoded text that the page draws.
SHOWN = 20_000
_FILES = {"CSV": "tokens.csv", "JSON": "tokens.json"}

EXAMPLES = [
    (
        "Emoji and accents",
        ["A caf\u00e9 in S\u00e3o Paulo \U0001f9d1\u200d\U0001f680 costs R$ 12,50."],
    ),
    (
        "Chinese",
        ["\u4eca\u5929\u5929\u6c14\u5f88\u597d\uff0c\u6211\u4eec\u53bb\u516c\u56ed\u5427\u3002"],
    ),
    ("Code", ["def add(a, b):\n    return a + b  # 1234567"]),
]


def build(deck: Deck) -> None:
    """Adds the tab; see ``tabs.Tab``."""
    with gr.Column(elem_classes=["md-tokenizer"]):
        with gr.Row(equal_height=False, elem_classes=["md-token-head"]):
            with gr.Column():
                model = model_picker(deck, NAME)
            with gr.Column():
                special = gr.Checkbox(
                    value=True,
                    label="Special tokens",
                    info="Add or spell out what the model expects around a text.",
                )
        with gr.Tabs() as views:
            with gr.Tab("Tokens", id="tokens"):
                _tokens(deck, model, special)
            with gr.Tab("Side by side", id="several"):
                compare_view(deck, Place(NAME, views, "several"))
            with gr.Tab("Chat", id="chat"):
                chat_view(deck, model, Place(NAME, views, "chat"))
            with gr.Tab("Ids to text", id="ids"):
                _ids(deck, model, special, Place(NAME, views, "ids"))
            with gr.Tab("Steps", id="steps"):
                steps_view(deck, model, Place(NAME, views, "steps"))
            with gr.Tab("Token vectors", id="embeddings"):
                embedding_view(deck, Place(NAME, views, "embeddings"))
    _endpoints(deck)


def _tokens(deck: Deck, model: gr.Dropdown, special: gr.Checkbox) -> None:
    """Text in, tokens out."""
    with gr.Row():
        with gr.Column():
            text = gr.Textbox(
                label="Text", lines=6, max_lines=16, placeholder="Write or paste a text."
            )
            examples = gr.Row(elem_classes=["md-examples"])
            bar = run_bar("Tokenize")
        with gr.Column():
            tokens = gr.HTML(empty("The tokens appear here."), label="Tokens")
            labels = [f"All tokens as {kind}" for kind in _FILES]
            files = waiting_buttons(labels, "md-token-files", None)

    def job(text: str, special: bool, model: str) -> Job:
        def timed_run(engine: Any, stop: Any) -> Drawn:
            result, seconds = timed(lambda: verb(text, special)(engine, stop))
            return drawn(result, engine.specials, seconds)

        return Job(model, timed_run, show)

    def show(result: Drawn) -> list[Any]:
        contents = zip(_FILES.values(), (result.csv, result.json), strict=True)
        return [result.page, *handed_out(files, contents)]

    deck.accept(NAME, "text", text)
    send_to(deck, NAME, bar.tools, "text", text, "text")
    wire(
        deck, NAME, bar, job, [text, special, model], [tokens, *files],
        examples=EXAMPLES, example_inputs=[text], slot=examples,
    )  # fmt: skip
    compare(
        deck, NAME, [text, special], verb,
        lambda result, *_: side_html(result),
        lambda first, second, *_: tokens_apart_html(first, second),
    )  # fmt: skip
    batch(deck, NAME, model, verb, counts, settings=[special])
    code_view(deck, NAME, bar, {"text": text, "special_tokens": special}, model)


def verb(text: str, special: bool) -> Callable[[Any, StopToken], Tokenization]:
    """What a run over a text asks of its engine."""
    return lambda engine, stop: engine.tokenize(text, special_tokens=special)


def counts(result: Tokenization) -> dict[str, str | float]:
    """A result as columns of a table: how many tokens, and of what length."""
    return {
        "tokens": len(result.tokens),
        "characters": result.characters,
        "characters each": round(result.characters_per_token, 2),
        "bytes each": round(result.bytes_per_token, 2),
        "unknown": result.unknown,
    }


def _ids(deck: Deck, model: gr.Dropdown, special: gr.Checkbox, place: Place) -> None:
    """Ids in, text out."""
    with gr.Row():
        with gr.Column():
            ids = gr.Textbox(label="Ids", lines=3, placeholder="9906, 1917, 0")
            bar = run_bar("Decode")
        with gr.Column():
            text = gr.HTML(empty("The text of the ids appears here."), label="Text")

    def job(written: str, special: bool, model: str) -> Job:
        numbers = read_ids(written)
        return Job(
            model, lambda engine, stop: engine.decode(numbers, special_tokens=special), decoded_html
        )

    wire(deck, NAME, bar, job, [ids, special, model], [text], also=[ids.submit], link=False)
    with bar.tools:
        linked = {"ids": ids, "special": special, "model": model}
        link_button(deck, "tokenizer_ids", linked, place)
    code_view(deck, NAME, bar, {"ids": ids, "special_tokens": special}, model)


def _endpoints(deck: Deck) -> None:
    """Publishes ``/tokenizer``, ``/tokenizer_chat``, ``/tokenizer_compare``, ``/tokenizer_decode``."""
    _publish_tokens(deck)
    _publish_chat(deck)
    _publish_costs(deck)


def _publish_tokens(deck: Deck) -> None:
    """Text into tokens, and back."""

    async def tokenizer(text: str, model: str = "", special_tokens: bool = True) -> dict[str, Any]:
        """Cuts a text into a model's tokens.

        Args:
            text: up to two million characters.
            model: a starter or Hub model id; the app's default model when empty.
            special_tokens: also add what the model expects around a text.

        Returns:
            ``tokens`` (pieces), ``ids``, ``offsets`` (start and end in characters), ``special``,
            ``counts`` and ``model``.
        """
        found = await deck.answer(
            NAME,
            model,
            lambda engine, stop: Columns.of(verb(text, special_tokens)(engine, stop)),
        )
        return {**found.value.values, "model": found.metrics.model}

    async def tokenizer_decode(ids: list[int], model: str = "") -> dict[str, Any]:
        """Turns token ids back into text.

        Args:
            ids: token ids of the model.
            model: a starter or Hub model id; the app's default model when empty.

        Returns:
            ``text`` and ``model``.
        """
        found = await deck.answer(NAME, model, lambda engine, stop: engine.decode(ids))
        return {"text": found.value.text, "model": found.metrics.model}

    deck.endpoint(tokenizer, NAME, long=["offsets", "special"])
    deck.endpoint(tokenizer_decode, "tokenizer_decode")


def _publish_costs(deck: Deck) -> None:
    async def tokenizer_compare(text: str, models: list[str] | None = None) -> dict[str, Any]:
        """Compares what a text costs with several tokenizers, and one sentence in ten languages.

        Args:
            text: up to two million characters.
            models: two to four starter or Hub model ids; three starters when null.

        Returns:
            ``tokenizers``: for each model ``tokens`` (special ones not counted), ``unknown``,
            ``vocabulary``, ``characters_per_token``, ``bytes_per_token``, ``relative_cost`` (1 is the
            cheapest) and ``languages`` (tokens of the sentence by language); ``sentences``: the
            sentence by language.
        """
        return await compared(deck, text, models or [])

    deck.endpoint(tokenizer_compare, "tokenizer_compare")


def _publish_chat(deck: Deck) -> None:
    async def tokenizer_chat(
        messages: list[dict[str, Any]],
        model: str = "",
        tools: list[dict[str, Any]] | None = None,
        generation_prompt: bool = True,
        template: str = "",
    ) -> dict[str, Any]:
        """Renders a chat with a model's template and cuts the result into tokens.

        Args:
            messages: each with role (system, user, assistant, ...) and content.
            model: a starter or Hub model id; the app's default model when empty.
            tools: JSON schemas of functions, for templates that take them; none when null.
            generation_prompt: end with the opening of the assistant's turn.
            template: a Jinja template to be used in place of the model's own.

        Returns:
            ``text`` (the rendered string), ``takes_tools``, ``remarks`` (what the template left out,
            control tokens that a message spells) and what ``/tokenizer`` returns.
        """

        def verb(engine: Any, stop: Any) -> Columns:
            chat = engine.chat(
                messages, tools=tools or [], reply=generation_prompt, template=template
            )
            facts = {"text": chat.rendered.text, "takes_tools": chat.takes_tools,
                     "remarks": list(chat.remarks)}  # fmt: skip
            return Columns({**facts, **columns(chat.rendered)}, chat.work)

        found = await deck.answer(NAME, model, verb)
        return {**found.value.values, "model": found.metrics.model}

    deck.endpoint(tokenizer_chat, "tokenizer_chat")


def decoded_html(result: Decoded) -> str:
    """The text of the ids, and each token."""
    text = html.escape(result.text[:SHOWN])
    left = len(result.text) - SHOWN
    rest = note(f"{counted(left, 'more character')}, not drawn.") if left > 0 else ""
    tokens = chips_html(result.tokens[:DRAWN])
    return f'<pre class="md-rendered">{text}</pre>{rest}<div class="md-token-view">{tokens}</div>'


def read_ids(text: str) -> list[int]:
    """Ids between commas, spaces or brackets; raises ``InputError`` for other words."""
    words = [word for word in re.split(r"[\s,;\[\]]+", text) if word]
    wrong = [word for word in words if not re.fullmatch(r"-?[0-9]{1,10}", word)]
    if wrong:
        raise InputError(f"{wrong[0][:40]!r} is not an id.", hint="Write numbers such as 1, 2, 3.")
    return [int(word) for word in words]
