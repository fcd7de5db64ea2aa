"""Pages for tests that want a tab as it is when the page has just been opened.

Opening a page takes longer than most tests do, and most look at one tab only. So they share pages: each test
is given one on which nobody has touched the tabs it names. What a test finds there does not depend on
who came before it, nor in which order.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page, expect

#: For everything that only the browser does: a loaded machine draws slowly, and no test is about how fast.
DRAW_LIMIT_MS = 60_000
expect.set_options(timeout=DRAW_LIMIT_MS)
#: For a run of a real model, loading it included.
RUN_LIMIT_MS = 120_000
#: Look of a phone, which speaks German.
PHONE = {"width": 390, "locale": "de-DE"}
_DESKTOP = {"width": 1280, "theme": "light"}
#: Pages of one look that stay open; each takes some 150 MB.
_OPEN = 3


def open_page(
    browser: Browser, address: str, *, width: int = 1280, theme: str = "light", **visitor: Any
) -> Page:
    """A new page in a browser of its own, which notes what went wrong on it in ``problems``.

    Args:
        browser: the Chromium of all tests.
        address: of the app, or a link.
        width: of the window, in pixels.
        theme: ``light`` or ``dark``.
        visitor: what else playwright lets a new page be, such as ``locale`` or ``permissions``.
    """
    page = browser.new_page(viewport={"width": width, "height": 850}, **visitor)
    page.set_default_timeout(DRAW_LIMIT_MS)
    page.problems = []  # type: ignore[attr-defined]
    page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)  # type: ignore[attr-defined]
    page.on("pageerror", lambda e: page.problems.append(str(e)))  # type: ignore[attr-defined]
    page.on("request", lambda r: _note_stranger(page, r.url, address.split("?")[0]))
    page.goto(f"{address}{'&' if '?' in address else '?'}__theme={theme}")
    expect(page.get_by_role("heading", name="Modeldeck")).to_be_visible()
    if theme == "dark":  # gradio's script sets it a moment after the first light
        expect(page.locator("body.dark")).to_be_attached()
    return page


def _note_stranger(page: Page, url: str, address: str) -> None:
    if not url.startswith((address.rstrip("/"), "data:", "blob:")):
        page.problems.append(f"asked another host: {url}")  # type: ignore[attr-defined]


def open_tab(page: Page, name: str) -> None:
    tabs = page.locator(".md-tabs > .tab-wrapper")  # a tab may have tabs of its own
    tabs.locator(f'[role=tab][data-tab-id="{name}"]:visible').click()
    expect(panel(page, name)).to_be_visible()


def panel(page: Page, name: str):
    return page.locator(f"#tab-{name}")


def settle(page: Page) -> None:
    """Waits until nothing moves or fades any more: half way, colours and places are others."""
    page.wait_for_function(
        """() => document.getAnimations().every(one =>
            one.playState !== "running" || one.effect?.getComputedTiming().endTime === Infinity)"""
    )


@contextmanager
def slower(page: Page, times: int) -> Iterator[None]:
    """The page's scripts take this many times as long, as on a phone."""
    tools = page.context.new_cdp_session(page)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": times})
    yield
    tools.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    tools.detach()


def fits(page: Page, width: int) -> None:
    """Waits until the page is no wider than its window."""
    page.wait_for_function("most => document.documentElement.scrollWidth <= most", arg=width)


def run(tab, text: str) -> None:
    """Runs a text and waits for its result."""
    tab.locator("textarea").first.fill(text)
    finish(tab, tab.locator(".md-run").first)


def finish(tab, button) -> None:
    """Presses what starts a run and waits for its end; what stood there before is marked: it is not it."""
    done = tab.locator(".md-done:visible").first
    if done.count():
        done.evaluate("node => node.classList.add('before')")
    button.click()
    expect(tab.locator(".md-done:not(.before):visible").first).to_be_visible(timeout=RUN_LIMIT_MS)


#: Tabs whose first example runs under the eyes of axe (``test_accessibility``), so no other test runs it.
RUN_WITH_AXE = ("sentiment", "zero_shot", "ner", "question_answering", "embeddings")


@dataclass
class _Shared:
    page: Page
    touched: set[str] = field(default_factory=set)


@dataclass
class Pages:
    """The pages that the tests of one worker share."""

    browser: Browser
    address: str
    _pages: dict[tuple[object, ...], list[_Shared]] = field(default_factory=dict)

    def untouched(self, *tabs: str, **look: object) -> Page:
        """A page on which nobody has touched these tabs; now they are.

        Args:
            tabs: names; none for a page that is only looked at.
            look: arguments of ``open_page``.
        """
        look = {**_DESKTOP, **look}
        open_ones = self._pages.setdefault(tuple(sorted(look.items())), [])
        found = next((one for one in open_ones if not one.touched & {*tabs}), None)
        if found is None:
            found = self._opened(open_ones, self.address, **look)
        found.touched |= {*tabs}
        found.page.problems.clear()
        found.page.mouse.move(2, 2)  # away from what will appear
        return found.page

    def linked(self, query: str, *tabs: str) -> Page:
        """A new page by a link that touches these tabs; others may have its other tabs later.

        Args:
            query: what stands behind the question mark of the link.
            tabs: names of those that the link fills in.
        """
        open_ones = self._pages.setdefault(tuple(sorted(_DESKTOP.items())), [])
        found = self._opened(open_ones, f"{self.address}?{query}", **_DESKTOP)
        found.touched |= {*tabs}
        return found.page

    def _opened(self, open_ones: list[_Shared], address: str, **look: object) -> _Shared:
        """A new page among those of its look; where there are enough of them one goes for it."""
        if len(open_ones) == _OPEN:
            fullest = max(open_ones, key=lambda one: len(one.touched))
            open_ones.remove(fullest)
            fullest.page.close()
        open_ones.append(_Shared(open_page(self.browser, address, **look)))
        return open_ones[-1]

    def drop(self, page: Page) -> None:
        """Closes a page that was left in an unknown state."""
        for open_ones in self._pages.values():
            open_ones[:] = [one for one in open_ones if one.page is not page]
        page.close()

    def close(self) -> None:
        """Closes all of them."""
        for page in [*self._every()]:
            page.close()
        self._pages.clear()

    def _every(self) -> Iterator[Page]:
        for open_ones in self._pages.values():
            yield from (one.page for one in open_ones)
