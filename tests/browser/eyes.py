"""A page in the eyes of axe."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.pages import settle

#: WCAG 2.1 A and AA.
ALL: dict[str, Any] = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
}


def violations(page: Page, rules: dict[str, Any] = ALL, tab: str | None = None) -> list[str]:
    """What axe calls serious or critical in a tab, or in the whole page.

    Args:
        page: where the tab is open.
        rules: options that choose among axe's rules.
        tab: name; in the whole page the other tabs are, too, and take time.
    """
    settle(page)
    place = f"#tab-{tab}" if tab else None
    options = {**rules, "resultTypes": ["violations"]}
    found = Axe().run(page, context=place, options=options).response["violations"]
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
