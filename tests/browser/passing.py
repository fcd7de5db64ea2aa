"""What is on the page for a moment only, such as the word that is being spoken: noted by the page itself."""

from __future__ import annotations

from playwright.sync_api import Page

_WATCH = """selector => {
    window.watching?.disconnect();
    window.seen = [];
    window.watching = new MutationObserver(() => {
        const found = document.querySelector(selector);
        if (found) window.seen.push(found.textContent);
    });
    window.watching.observe(document.body, {
        childList: true, subtree: true, attributes: true, attributeFilter: ["class"],
    });
}"""


def watch(page: Page, selector: str) -> None:
    """From now on the page notes the text of the first match with every change."""
    page.evaluate(_WATCH, selector)


def seen(page: Page) -> list[str]:
    """What was noted, once there is something."""
    page.wait_for_function("window.seen.length")
    return page.evaluate("window.seen")
