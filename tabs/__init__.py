"""The tabs of the page. A new one is a file here and a name in ``TABS``; see ``docs/architecture.md``."""

from __future__ import annotations

import importlib
from collections.abc import Container
from typing import Protocol, cast

from models.selection import TABS
from tabs.parts import Deck

#: Names of the tabs in the order of the page.
ORDER = TABS


class Tab(Protocol):
    """What a module in this package must have.

    Attributes:
        TITLE: the tab's label.
        ABOUT: one sentence on what it does.
    """

    TITLE: str
    ABOUT: str

    def build(self, deck: Deck) -> None:
        """Adds the tab's components, events and endpoint to the page being built."""
        ...


def all_tabs(shown: Container[str] = ORDER) -> dict[str, Tab]:
    """The tabs of a page by name, in its order. A broken tab fails here, at start, loudly.

    Args:
        shown: those that the page has.
    """
    names = [name for name in ORDER if name in shown]
    return {name: cast(Tab, importlib.import_module(f"tabs.{name}")) for name in names}
