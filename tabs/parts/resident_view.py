"""The models in memory as a table for people and as rows for callers. Other people's own stay out."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any

from models.loading import Resident, State
from models.spec import CAPABILITIES
from tabs.parts.deck import Deck
from tabs.parts.markup import empty, figures
from tabs.parts.metrics import ago, seconds, size

_HEAD = ("model", "task", "state", "memory", "device", "revision", "load", "reuses", "last use")


@cache
def task_names() -> dict[str, str]:
    """Capability -> what its tab is called."""
    from tabs import all_tabs  # which imports this

    return {name: tab.TITLE for name, tab in all_tabs().items() if name in CAPABILITIES}


def visible(deck: Deck) -> list[Resident]:
    """What whoever asks may see: a gated or private model is its holder's own."""
    mine = deck.access.identity
    return [r for r in deck.service.registry.residents() if r.holder in ("", mine)]


def label(resident: Resident) -> str:
    """What names a resident in a menu."""
    return " ".join(resident.key)


def find(residents: Iterable[Resident], named: str | None) -> Resident | None:
    """The resident of a menu's row."""
    return next((r for r in residents if label(r) == named), None)


def row(resident: Resident) -> dict[str, Any]:
    """One model in memory as plain JSON."""
    facts = asdict(resident)
    for name in ("card", "placement", "key"):
        facts.pop(name)
    card, place = resident.card, resident.placement
    return {
        "model": card.id,
        "task": card.capability,
        "device": place.device if place else "",
        "dtype": place.dtype if place else "",
        **facts,
        "state": resident.state.name.lower(),
    }


def figures_html(deck: Deck) -> str:
    """Device, memory, loads and evictions in a row."""
    registry = deck.service.registry
    budget, (loads, evictions) = registry.budget_bytes, registry.counts
    held = size(registry.charged_bytes())
    return figures(
        [
            ("Device", deck.service.device_label[0]),
            ("Memory of models", f"{held} of {size(budget)}" if budget else held),
            ("Loads", str(loads)),
            ("Evictions", str(evictions)),
        ]
    )


def models_html(residents: Sequence[Resident]) -> str:
    """The models in memory as a table, most recently used first."""
    if not residents:
        return empty("No model is in memory yet: the first run of a tab loads its model.")
    return table_html(_HEAD, [_cells(resident) for resident in residents])


def table_html(
    head: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]], *, sideways: bool = True
) -> str:
    """A table whose rows may carry a hint that shows when the mouse rests on them."""
    cells = "".join(f"<th>{name}</th>" for name in head)
    drawn = "".join(
        (f'<tr title="{html.escape(hint)}">' if hint else "<tr>")
        + "".join(f"<td>{html.escape(value)}</td>" for value in values)
        + "</tr>"
        for hint, values in rows
    )
    tab = ' tabindex="0"' if sideways else ""
    return (
        f'<div class="md-models-scroll"{tab}><table class="md-models-table">'
        f"<thead><tr>{cells}</tr></thead><tbody>{drawn}</tbody></table></div>"
    )


def _cells(resident: Resident) -> tuple[str, Sequence[str]]:
    place = resident.placement
    state = resident.state.name.lower()
    if resident.state is State.READY:
        state = "in use" if resident.claims else "pinned" if resident.pinned else "idle"
    last = "now" if resident.claims else ago(resident.idle_s)
    where = f"{place.device} {resident.variant or place.dtype}" if place else ""
    revision = resident.revision[:7] if resident.card.is_hub else ""
    return (place.reason if place else "", (
        resident.card.title, task_names().get(resident.card.capability, ""), state,
        size(resident.size_bytes), where, revision, seconds(resident.load_s), str(resident.hits),
        last,
    ))  # fmt: skip
