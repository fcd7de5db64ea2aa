"""The tokenizer tab: a text as coloured tokens, tokenizers side by side, chat templates, decoding."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import gradio as gr

from models.errors import InputError
from models.tokenizer import Decoded, Token, Tokenization
from tabs.parts import Deck, Job, empty, figures, model_picker, note, run_bar, wire

NAME = "tokenizer"
TITLE = "Tokenizer"
ABOUT = "Shows how a model cuts text into tokens: ids, offsets, counts, chat template and decoding."
DRAWN = 3_000
"""Tokens drawn in the page; all are counted, and the endpoint returns all."""
TABLE_ROWS = 1_000
TINTS = 5
_GLYPHS = {" ": "\u00b7", "\n": "\u21b5", "\t": "\u21e5", "\r": "\u240d"}

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
CHAT = '[{"role": "system", "content": "Be brief."},\n {"role": "user", "content": "Hello!"}]'
MODES = ["Text", "Chat messages (JSON)", "Ids to decode"]


def build(deck: Deck) -> None:
    """Adds the tab; see ``tabs.Tab``."""
    with gr.Row(elem_classes=["md-tokenizer"]):
        with gr.Column():
            text = gr.Textbox(label="Input", lines=6, max_lines=16, placeholder=f"Text, or {CHAT}")
            mode = gr.Radio(MODES, value=MODES[0], label="Read it as")
            special = gr.Checkbox(value=True, label="Special tokens")
            examples = gr.Row(elem_classes=["md-examples"])
            bar = run_bar("Tokenize")
            model = model_picker(deck, NAME)
        with gr.Column():
            tokens = gr.HTML(empty("The tokens appear here."), label="Tokens")

    def job(text: str, mode: str, special: bool, model: str) -> Job:
        if mode == MODES[1]:
            return Job(model, lambda engine, stop: engine.chat(messages(text)), chat_html)
        if mode == MODES[2]:
            ids = read_ids(text)
            return Job(model, lambda e, stop: e.decode(ids, special_tokens=special), decoded_html)
        return Job(model, lambda e, stop: e.tokenize(text, special_tokens=special), tokens_html)

    wire(
        deck,
        NAME,
        bar,
        job,
        [text, mode, special, model],
        [tokens],
        examples=[(label, [*values, MODES[0]]) for label, values in EXAMPLES],
        example_inputs=[text, mode],
        slot=examples,
    )

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
            NAME, model, lambda engine, stop: engine.tokenize(text, special_tokens=special_tokens)
        )
        return {**columns(found.value), "model": found.metrics.model}

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

    deck.endpoint(tokenizer, NAME)
    deck.endpoint(tokenizer_decode, "tokenizer_decode")


def columns(result: Tokenization) -> dict[str, Any]:
    """The result as plain JSON, one list a column."""
    return {
        "tokens": [token.piece for token in result.tokens],
        "ids": [token.id for token in result.tokens],
        "offsets": [[token.start, token.end] for token in result.tokens],
        "special": [token.is_special for token in result.tokens],
        "counts": {
            "tokens": len(result.tokens),
            "characters": result.characters,
            "bytes": result.bytes,
            "characters_per_token": round(result.characters_per_token, 3),
            "unknown": result.unknown,
        },
    }


def tokens_html(result: Tokenization) -> str:
    """Figures, coloured tokens and the table; what is not drawn is said."""
    drawn = "".join(_token(i, token) for i, token in enumerate(result.tokens[:DRAWN]))
    left = len(result.tokens) - DRAWN
    rest = note(f"{left:,} more tokens are counted but not drawn.") if left > 0 else ""
    return f'{_figures(result)}<div class="md-tokens">{drawn}</div>{rest}{_table(result)}'


def chat_html(result: Tokenization) -> str:
    """What the template wrote, and its tokens."""
    return (
        f'<pre class="md-rendered">{html.escape(result.text[:20_000])}</pre>{tokens_html(result)}'
    )


def decoded_html(result: Decoded) -> str:
    """The text of the ids."""
    return f'<pre class="md-rendered">{html.escape(result.text)}</pre>'


def messages(text: str) -> list[dict[str, str]]:
    """Chat messages from JSON; raises ``InputError`` for anything else."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"Not JSON: {error}.", hint=f"For example {CHAT}") from None
    if not isinstance(found, list) or not all(isinstance(m, dict) for m in found):
        raise InputError("A chat is a JSON list of messages.", hint=f"For example {CHAT}")
    return found


def read_ids(text: str) -> list[int]:
    """Ids between commas, spaces or brackets; raises ``InputError`` for other words."""
    words = [word for word in re.split(r"[\s,;\[\]]+", text) if word]
    wrong = [word for word in words if not re.fullmatch(r"-?[0-9]{1,10}", word)]
    if wrong:
        raise InputError(f"{wrong[0][:40]!r} is not an id.", hint="Write numbers such as 1, 2, 3.")
    return [int(word) for word in words]


def _figures(result: Tokenization) -> str:
    return figures(
        [
            ("tokens", f"{len(result.tokens):,}"),
            ("characters", f"{result.characters:,}"),
            ("bytes", f"{result.bytes:,}"),
            ("characters per token", f"{result.characters_per_token:.2f}"),
            ("unknown", f"{result.unknown:,}"),
        ]
    )


def _visible(piece: str) -> str:
    return html.escape("".join(_GLYPHS.get(letter, letter) for letter in piece))


def _token(index: int, token: Token) -> str:
    kind = " md-special" if token.is_special else " md-unknown" if token.is_unknown else ""
    title = html.escape(f"id {token.id}, {token.piece!r}, {token.bytes} bytes")
    return (
        f'<span class="md-token md-tint-{index % TINTS}{kind}" title="{title}">'
        f"{_visible(token.piece)}<small>{token.id}</small></span>"
    )


def _table(result: Tokenization) -> str:
    rows = "".join(
        f"<tr><td>{i}</td><td>{t.id}</td><td>{_visible(t.piece)}</td><td>{t.start}</td>"
        f"<td>{t.end}</td></tr>"
        for i, t in enumerate(result.tokens[:TABLE_ROWS])
    )
    head = "<tr><th>index</th><th>id</th><th>piece</th><th>start</th><th>end</th></tr>"
    title = f"Table (first {TABLE_ROWS:,})" if len(result.tokens) > TABLE_ROWS else "Table"
    return (
        f'<details class="md-token-table"><summary>{title}</summary><div><table><thead>{head}'
        f"</thead><tbody>{rows}</tbody></table></div></details>"
    )
