"""Takes the pictures of README.md from the real app in Chromium, or all tabs for a review.

python docs/pictures.py                  # docs/pictures/*.png
python docs/pictures.py --review FOLDER  # every tab after its first example: light, dark, wide, phone
python docs/pictures.py --review FOLDER --chinese  # the same in Chinese, on a machine that has a font for it
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.processes import served  # noqa: E402
from tabs import ORDER  # noqa: E402
from tests.browser.pages import open_page, open_tab, panel  # noqa: E402
from tests.conftest import CHROMIUM, CHROMIUM_ARGS  # noqa: E402

FOLDER = ROOT / "docs" / "pictures"
RUN_LIMIT_MS = 180_000
#: Colours of a stored picture: the page is flat, and a repository remembers every picture for ever.
COLOURS = 192


@dataclass(frozen=True)
class Shot:
    """One picture: the tab, the example that is clicked, the look, the visitor, and what follows the run."""

    name: str
    tab: str
    example: str = ""
    theme: str = "light"
    width: int = 1280
    locale: str = "en-US"
    then: Callable[[Page, Locator], None] = lambda page, tab: None


def weigh(page: Page, tab: Locator) -> None:
    """Opens "Which words matter" and lets the words be weighed."""
    tab.get_by_role("button", name="Which words matter").click()
    tab.get_by_role("button", name="Weigh the words").click()
    expect(tab.locator(".md-words button").first).to_be_visible(timeout=RUN_LIMIT_MS)
    tab.locator(".md-words").first.scroll_into_view_if_needed()


SHOTS = (
    Shot("ner", "ner", "Business news"),
    Shot("image_generation", "image_generation"),
    Shot("tokenizer-dark", "tokenizer", theme="dark"),
    Shot("question_answering", "question_answering"),
    Shot("speech_to_text", "speech_to_text", "Three in a row", theme="dark"),
    Shot("sentiment", "sentiment", "A bad evening", then=weigh),
    Shot("text_to_speech", "text_to_speech"),
    Shot("summarization", "summarization"),
    Shot("embeddings", "embeddings"),
    Shot("text_generation", "text_generation", "Complete a sentence"),
    Shot("assistant", "assistant"),
    Shot("music", "music"),
    Shot("models-dark", "models", theme="dark"),
    Shot("translation-phone", "translation", width=390),
    Shot("question_answering-chinese", "question_answering", locale="zh-TW"),
)


def take(page: Page, shot: Shot, target: Path, *, whole: bool = False) -> None:
    """Runs the example and saves the picture."""
    open_tab(page, shot.tab)
    tab = panel(page, shot.tab)
    if shot.tab != "models":
        chosen = (
            tab.locator(".md-example", has_text=shot.example)
            if shot.example
            else tab.locator(".md-example")
        )
        chosen.first.click()
        expect(tab.locator(".md-done").first).to_be_visible(timeout=RUN_LIMIT_MS)
        page.evaluate("window.scrollTo(0, 0)")
    shot.then(page, tab)
    page.mouse.move(0, 0)
    page.wait_for_timeout(1500)  # for what moves by itself: waveforms, a toast that leaves
    page.screenshot(path=target, full_page=whole)


def reviews(locale: str) -> Iterator[Shot]:
    """Every tab in every look."""
    for theme in ("light", "dark"):
        for width in (1280, 390):
            for name in ORDER:
                title = f"{name}-{theme}-{width}"
                yield Shot(title, name, theme=theme, width=width, locale=locale)


@contextmanager
def pages() -> Iterator[Callable[[Shot], Page]]:
    """Pages of one running app, one for each look."""
    opened: dict[tuple[str, int, str], Page] = {}
    with served("app.py", "--port", "{port}", "--offline") as app, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)

        def page_for(shot: Shot) -> Page:
            look = (shot.theme, shot.width, shot.locale)
            if look not in opened:
                opened[look] = open_page(
                    browser, app.address, width=shot.width, theme=shot.theme, locale=shot.locale
                )
            return opened[look]

        yield page_for
        browser.close()


def main() -> None:
    """Takes what the command line asks for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--review", type=Path, help="a folder for pictures of every tab")
    parser.add_argument("--only", default="", help="pictures whose name contains this")
    parser.add_argument("--chinese", action="store_true", help="a review of the Chinese page")
    options = parser.parse_args()
    folder = options.review or FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with pages() as page_for:
        locale = "zh-TW" if options.chinese else "en-US"
        for shot in reviews(locale) if options.review else SHOTS:
            if options.only not in shot.name:
                continue
            target = folder / f"{shot.name}.png"
            take(page_for(shot), shot, target, whole=bool(options.review))
            if not options.review:
                Image.open(target).convert("RGB").quantize(COLOURS).save(target, optimize=True)
            print(target.name, flush=True)


if __name__ == "__main__":
    main()
