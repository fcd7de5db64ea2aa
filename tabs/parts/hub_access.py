"""The box for a visitor's own Hub token, and who the Hub is asked as.

What is typed goes into the memory of this process, under this page alone, and the box is emptied; it
is no part of links, of the code view or of a run. See ``models.access``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.events import Dependency

from models.access import Access
from models.errors import AppError
from tabs.parts.deck import Deck
from tabs.parts.errors import alert
from tabs.parts.events import AT_ONCE, PRIVATE
from tabs.parts.markup import said
from tabs.parts.visitor import account_of, page_of

_WHERE = "Kept in memory while this page is open; never stored, shown, or lent to anyone else."


@dataclass(frozen=True)
class TokenBox:
    """The components of a token box.

    Attributes:
        row: everything, to be shown or hidden.
        taken: the event that takes a token in; what depends on it comes ``then``.
    """

    row: gr.Column
    taken: Dependency


def token_box(deck: Deck, *, visible: bool = False) -> TokenBox:
    """Adds a box that takes a Hub token for this page; hidden until it is needed."""
    with gr.Column(visible=visible, elem_classes=["md-hub-token"]) as row:
        with gr.Row(elem_classes=["md-hub-token-bar"]):
            token = gr.Textbox(
                type="password", label="Your Hub token", placeholder="hf_...", info=_WHERE,
                max_lines=1, max_length=4096, autofocus=False, scale=3, min_width=200,
            )  # fmt: skip
            use = gr.Button("Use it on this page", scale=1, min_width=120)
        line = gr.HTML("")

    def take(typed: str | None, request: gr.Request) -> list[Any]:
        try:
            deck.tokens.keep(page_of(request), typed or "")
        except AppError as error:
            return ["", alert(error)]
        return ["", "" if typed else said("The token of this page is forgotten.")]

    taken = gr.on([use.click, token.submit], take, token, [token, line], **AT_ONCE)
    return TokenBox(row, taken)


def sign_in_button(panel: gr.Accordion) -> None:
    """Adds gradio's button for the sign-in of a Space, which says who is signed in once its panel opens."""
    button = gr.LoginButton(size="sm", scale=0, min_width=220)
    button.load_event_to_attach = (
        None  # gradio's own way to tell is an endpoint that everybody sees
    )

    def tell(request: gr.Request) -> Any:
        name = account_of(request)
        return gr.update(value=f"Sign out ({name})") if name else gr.skip()

    panel.expand(tell, None, button, **PRIVATE)


def forgetting(deck: Deck) -> Callable[[gr.Request], None]:
    """What is to be done when a page is closed or reloaded: its token is forgotten."""

    def left(request: gr.Request) -> None:
        deck.tokens.forget(page_of(request))

    return left


def who_html(access: Access, name: str) -> str:
    """As whom the Hub is asked, for the Models tab.

    Args:
        access: the caller's rights.
        name: the account's name, where the Hub told it.
    """
    if access.token:
        whose = f"with this page's token, as {name}" if name else "with this page's token"
    elif access.token is None:
        whose = f"as {name}, whom this machine is signed in as" if name else "without a token"
    else:
        whose = "without a token"
    return said(f"The Hub is asked {whose}.")
