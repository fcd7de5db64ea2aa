"""The top of the page: the name, the device, and the memory that models hold."""

from __future__ import annotations

import html

from models.host_memory import process_memory_bytes
from models.loading import State
from models.service import Service
from tabs.parts.metrics import size

#: What the page is, in a few words.
_WHAT = "Hugging Face models on one private page"


def figures_html(service: Service, identity: str = "") -> str:
    """Device and memory in use, as the header shows them.

    Args:
        service: everything below the page.
        identity: who looks; gated and private models of others are counted and not named.
    """
    label, reason = service.device_label
    resident = [r for r in service.registry.residents() if r.state is State.READY]
    held, budget = service.registry.charged_bytes(), service.registry.budget_bytes
    share = f"{size(held)} of {size(budget)}" if budget else "none loaded yet"
    seen = [r.card.title for r in resident if r.holder in ("", identity)]
    names = ", ".join(seen) or "no model is loaded yet"
    return (
        '<div class="md-gauges">'
        f"{_gauge('Device', label, reason)}"
        f"{_gauge('Models', f'{len(resident)} loaded', names)}"
        f"{_gauge('Model memory', share, 'bytes that models hold, of what they may use')}"
        f"{_gauge('Process', size(process_memory_bytes()), 'resident memory of the whole app')}"
        "</div>"
    )


def _gauge(name: str, value: str, title: str) -> str:
    return (
        f'<div class="md-gauge" title="{html.escape(title)}"><span>{html.escape(name)}</span>'
        f"<strong>{html.escape(value)}</strong></div>"
    )


def brand_html(title: str) -> str:
    """The name of the page, as its first heading."""
    return (
        '<div class="md-brand"><span class="md-mark" aria-hidden="true"><i></i><i></i><i></i></span>'
        f'<div><h1 translate="no" dir="auto">{html.escape(title)}</h1><p>{_WHAT}</p></div></div>'
    )


def greeting_html(title: str) -> str:
    """What the login of the page says."""
    return f'<strong translate="no">{html.escape(title)}</strong>: {_WHAT}'
