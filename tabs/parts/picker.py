"""The model picker: starters and catalog by title, or any Hub id typed in, with the model's card below."""

from __future__ import annotations

import html

import gradio as gr

from models.errors import AppError
from models.spec import ModelCard
from models.starter.report import training_report
from tabs.parts.deck import Deck
from tabs.parts.errors import alert
from tabs.parts.metrics import size


def model_picker(deck: Deck, capability: str) -> gr.Dropdown:
    """Adds the picker of a tab; its value is a model id.

    The line under it says what the chosen model is and why a tab starts with it.
    """
    default = deck.cards(capability)[0]
    picker = gr.Dropdown(
        choices=[(choice(card), card.id) for card in deck.cards(capability)],
        value=default.id,
        allow_custom_value=not deck.locked,
        label="Model",
        info=choosing(deck),
        elem_classes=["md-picker"],
    )
    reason = deck.service.default_reason(default)
    about = gr.HTML(card_html(default, reason), elem_classes=["md-card-slot"])

    def describe(model: str) -> str:
        try:
            card = deck.card(capability, model)
        except AppError as error:
            return alert(error)
        return card_html(card, reason if card.id == default.id else "")

    picker.change(
        describe, picker, about, api_visibility="private", show_progress="hidden", queue=False
    )
    return picker


def choosing(deck: Deck) -> str:
    """What may be chosen in a picker, as one sentence."""
    return "Choose one of these." if deck.locked else "Choose, or type any Hub id as org/name."


def choice(card: ModelCard) -> str:
    """A row of the picker: title, where it comes from, size."""
    mass = f", {size(card.size_bytes)}" if card.size_bytes else ""
    return f"{card.title} ({_where(card)}{mass})"


def _where(card: ModelCard) -> str:
    """Where the model comes from, or the GPU memory it is meant for."""
    if card.is_starter:
        return "starter"
    if card.id.startswith("local/"):
        return "folder"
    return "Hub" if card.tier == "cpu" else f"Hub, {card.tier.upper()} GPU"


def card_html(card: ModelCard, reason: str = "") -> str:
    """The model's card as HTML: origin, licence, languages, size, and what it is good and bad at."""
    facts = [
        ("Model", card.original or card.id),
        ("Licence", card.licence),
        ("Languages", ", ".join(card.languages)),
        ("Parameters", _count(card.parameters)),
        ("Download", "none: it came with the install" if card.is_starter else _size(card)),
    ]
    rows = "".join(
        f"<dt>{name}</dt><dd>{html.escape(value)}</dd>" for name, value in facts if value
    )
    why = f'<p class="md-why">{html.escape(reason)}</p>' if reason else ""
    notes = f'<p class="md-notes">{html.escape(card.notes)}</p>' if card.notes else ""
    summary = "<summary>About this model</summary>"
    trained = _trained_html(card)
    return f'{why}<details class="md-card">{summary}{notes}<dl>{rows}</dl>{trained}</details>'


def _trained_html(card: ModelCard) -> str:
    """The model card of a starter that this project trained: data, recipe, scores, failures."""
    report = training_report(card.id)
    if report is None:
        return ""
    scores = ", ".join(f"{name} {value:g}" for name, value in report.scores)
    facts = [
        ("Trained on", "; ".join(report.data)),
        ("Recipe", f"{report.recipe} {report.minutes:g} minutes of training."),
        ("Held-out scores", f"{scores} (per cent)"),
        ("Known to fail at", "; ".join(failure.rstrip(".") for failure in report.failures)),
    ]
    rows = "".join(f"<dt>{name}</dt><dd>{html.escape(value)}</dd>" for name, value in facts)
    return f"<dl>{rows}</dl>"


def _size(card: ModelCard) -> str:
    return size(card.size_bytes) if card.size_bytes else "size unknown until the Hub is asked"


def _count(parameters: int) -> str:
    if not parameters:
        return ""
    return (
        f"{parameters / 1e9:.1f} billion"
        if parameters >= 1e9
        else f"{parameters / 1e6:.1f} million"
    )
