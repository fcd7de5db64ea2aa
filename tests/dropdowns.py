"""Choosing from a gradio dropdown in a browser, as a hand would."""

from __future__ import annotations

import re

from playwright.sync_api import Locator


def pick(
    box: Locator, option: str | re.Pattern[str], *, typed: str | None = None, exact: bool = False
) -> None:
    """Opens ``box``'s list and clicks ``option``; ``typed`` is written into the box first.

    Only the list that the box controls is asked: that of another box fades away for a moment after it
    is closed, on a busy machine for seconds, and may hold an option of the same name.
    """
    box.click()
    if typed is not None:
        box.fill(typed)
    choices(box).get_by_role("option", name=option, exact=exact).first.click()


def choices(box: Locator) -> Locator:
    """The open list of ``box``."""
    return box.page.locator(f'[id="{box.get_attribute("aria-controls")}"]')
