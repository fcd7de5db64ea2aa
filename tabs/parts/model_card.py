"""The model card under a picker as HTML: what a model is, and what the Hub says of it before a download."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from models.hub.client import page_of
from models.hub.preflight import Preflight
from models.languages import language_name
from models.spec import ModelCard
from models.starter.report import training_report
from tabs.parts.errors import alert
from tabs.parts.markup import outside
from tabs.parts.metrics import busy, size

#: Rows whose values nobody translates.
_AS_WRITTEN = {"Model", "Revision", "Task", "Architecture", "Licence"}
#: Languages that a card lists; of more, how many there are.
_LISTED = 16


def card_html(
    card: ModelCard, reason: str = "", found: Preflight | None = None, memory: str = ""
) -> str:
    """The model's card as HTML: origin, licence, languages, size, and what it is good and bad at.

    Args:
        card: the model.
        reason: why a tab starts with it; empty for others.
        found: what the Hub says, which is newer than the card.
        memory: what it takes or will take; see ``models.estimates``.
    """
    why = f'<p class="md-why">{html.escape(reason)}</p>' if reason else ""
    notes = f'<p class="md-notes">{html.escape(card.notes)}</p>' if card.notes else ""
    summary = "<summary>About this model</summary>"
    facts = [*(_facts(card) if found is None else _hub_facts(card, found)), ("Memory", memory)]
    page = outside(page_of(card.id)) if card.is_hub else ""
    rows = _rows(facts, page=page)
    return f'{why}<details class="md-card">{summary}{notes}{rows}{_trained_html(card)}</details>'


def asking_html() -> str:
    """The line while the Hub is asked."""
    return busy("Asking the Hub about this model")


def verdict_html(found: Preflight) -> str:
    """One line: what a first run fetches and takes, at which commit; or why it can't be, and what to do."""
    if found.problem is not None:
        return alert(found.problem)
    fetched = (
        f"{size(found.missing_bytes)} to fetch" if found.missing_bytes else "on this disk already"
    )
    memory = f"about {size(found.memory_bytes)} in memory" if found.memory_bytes else ""
    facts = found.facts
    texts = [fetched, memory, facts.licence, f"commit {facts.commit[:7]}"]
    line = "".join(f'<span class="md-chip">{html.escape(text)}</span>' for text in texts if text)
    said = html.escape(" ".join(found.remarks))
    more = f'<span class="md-hint">{said}</span>' if said else ""
    return f'<div class="md-status md-fits" role="status"><strong>Fits.</strong> {line}{more}</div>'


def _languages(codes: Sequence[str]) -> str:
    """Languages by name; of many the first ones, and how many more there are."""
    names = [language_name(code) for code in codes[:_LISTED]]
    more = [f"and {len(codes) - _LISTED} more"] if len(codes) > _LISTED else []
    return ", ".join([*names, *more])


def _facts(card: ModelCard) -> Iterable[tuple[str, str]]:
    return (
        ("Model", card.original or card.id),
        ("Licence", card.licence),
        ("Languages", _languages(card.languages)),
        ("Parameters", _count(card.parameters)),
        ("Download", "none: it came with the install" if card.is_starter else _size(card)),
    )


def _hub_facts(card: ModelCard, found: Preflight) -> Iterable[tuple[str, str]]:
    facts = found.facts
    whole = sum(file.size for file in found.wanted)
    return (
        ("Model", facts.id),
        ("Revision", facts.commit),
        ("Task", facts.task),
        ("Architecture", ", ".join(facts.architectures)),
        ("Licence", facts.licence),
        ("Languages", _languages(facts.languages or card.languages)),
        ("Parameters", _count(facts.parameters or card.parameters)),
        ("Files", f"{len(found.wanted)} needed, {size(whole)}" if found.wanted else ""),
        ("Downloads", f"{facts.downloads:,} in the last month" if facts.downloads else ""),
    )


def _rows(facts: Iterable[tuple[str, str]], *, own: bool = True, page: str = "") -> str:
    """Names and values; not ``own`` are those that were written about a model: nobody translates them.

    Args:
        facts: names and values.
        own: see above.
        page: a link as HTML, for a row of its own.
    """
    rows = []
    for name, value in facts:
        cell = "<dd>" if own and name not in _AS_WRITTEN else '<dd dir="auto">'
        rows.append(f"<dt>{name}</dt>{cell}{html.escape(value)}</dd>" if value else "")
    last = f"<dt>Page</dt><dd>{page}</dd>" if page else ""
    return f"<dl>{''.join(rows)}{last}</dl>"


def _trained_html(card: ModelCard) -> str:
    """The model card of a starter that this project trained: data, recipe, scores, failures."""
    report = training_report(card.id)
    if report is None:
        return ""
    facts = [
        ("Trained on", "; ".join(report.data)),
        ("Recipe", report.recipe),
        ("Trained for", f"{report.minutes:.0f} min"),
        ("Held-out scores", ", ".join(map(" ".join, report.scores))),
        ("Known to fail at", "; ".join(failure.rstrip(".") for failure in report.failures)),
    ]
    return _rows(facts, own=False)


def _size(card: ModelCard) -> str:
    return f"about {size(card.size_bytes)}" if card.size_bytes else "unknown until the Hub is asked"


def _count(parameters: int) -> str:
    if not parameters:
        return ""
    return (
        f"{parameters / 1e9:.1f} billion"
        if parameters >= 1e9
        else f"{parameters / 1e6:.1f} million"
    )
