"""From the address to the first tab in Chromium: bytes, the browser's work and the wait."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator

import httpx
from playwright.sync_api import Browser, sync_playwright

from benchmarks.harness import Effort, Row, Sample, Side, times, versus
from benchmarks.processes import Server, served

TITLE = "Opening the page"
_PEER = "the same page by gradio's own Blocks"
_OPTIONS = ("--port", "{port}", "--offline")
_CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


def measure(effort: Effort) -> Iterator[Row]:
    """Both servers run all the time; each round is a browser context of its own, with nothing cached."""
    rounds = effort.of(2, 5)
    with (
        served("app.py", *_OPTIONS) as ours,
        served("-m", "benchmarks.peers.plain_page", *_OPTIONS) as peer,
    ):
        yield versus(
            "bytes of the page itself", Side("app.py", lambda: _weight(ours)),
            Side(_PEER, lambda: _weight(peer)), unit="kB", rounds=1, floor=times(2), same=None, warm=0,
            note="as sent to a browser, which accepts gzip",
        )  # fmt: skip
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
            opened: dict[str, list[float]] = {"ours": [], "peer": []}

            def work(which: str, server: Server) -> Sample:
                script_s, wait_s = _opened(browser, server)
                opened[which].append(wait_s)
                return Sample(script_s)

            yield versus(
                "processor time of the page's scripts", Side("app.py", lambda: work("ours", ours)),
                Side(_PEER, lambda: work("peer", peer)), unit="s", rounds=rounds, floor=times(1.5), same=None,
                warm=effort.of(0, 1),
            )  # fmt: skip
            waits = {which: iter(found[-rounds:]) for which, found in opened.items()}
            yield versus(
                "address to first tab", Side("app.py", lambda: Sample(next(waits["ours"]))),
                Side(_PEER, lambda: Sample(next(waits["peer"]))), unit="s", rounds=rounds, same=None, warm=0,
                note="in the same openings, server and browser on one machine",
            )  # fmt: skip
            browser.close()


def _weight(server: Server) -> Sample:
    """What goes over the wire: httpx counts it before it is unpacked."""
    with httpx.stream("GET", server.address + "/", headers={"Accept-Encoding": "gzip"}) as page:
        return Sample(sum(map(len, page.iter_raw())) / 1000)


def _opened(browser: Browser, server: Server) -> tuple[float, float]:
    """Seconds that the main thread worked in scripts, and seconds until an example could be pressed."""
    context = browser.new_context(viewport={"width": 1280, "height": 850})
    page = context.new_page()
    tools = context.new_cdp_session(page)
    tools.send("Performance.enable", {"timeDomain": "threadTicks"})
    began = time.perf_counter()
    page.goto(server.address + "/", wait_until="commit")
    page.locator(".md-example").first.wait_for(state="visible", timeout=120_000)
    waited = time.perf_counter() - began
    figures = {one["name"]: one["value"] for one in tools.send("Performance.getMetrics")["metrics"]}
    context.close()
    return float(figures["ScriptDuration"]), waited
