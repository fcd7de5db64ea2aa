"""The page's other language: the switch in its head, and the script that translates it in the browser.

The page is built in English, once for everybody. Whoever wants Chinese is sent the catalogue in
``assets/i18n`` and a script that puts its texts in place of the English ones, and back (decision 53).
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tabs.parts.look import ASSETS

#: Tag of the language -> its name in itself, as the switch shows it.
LANGUAGES = {"zh-Hant": "中文", "en": "English"}
#: The one that the page is translated to; its catalogue and its folder of cards have this name.
CHINESE = "zh-Hant"
_FOLDER = ASSETS / "i18n"


def switch_html() -> str:
    """The buttons that choose the language; ``assets/js/early/language.js`` presses them."""
    buttons = "".join(
        f'<button type="button" lang="{tag}" data-lang="{tag}" translate="no">{name}</button>'
        for tag, name in LANGUAGES.items()
    )
    return f'<div class="md-tongues" role="group" aria-label="Language of the page">{buttons}</div>'


def words_route() -> Route:
    """The script that turns the page into Chinese; browsers ask each time whether theirs is the newest."""

    async def words(request: Request) -> Response:
        script, tag = _script()
        headers = {"Cache-Control": "no-cache", "ETag": tag}
        if request.headers.get("if-none-match", "").removeprefix("W/") == tag:
            return Response(None, 304, headers)
        return Response(script, 200, headers, "text/javascript; charset=utf-8")

    return Route(WORDS_PATH, words)


#: Where the script is served.
WORDS_PATH = f"/words/{CHINESE}.js"


@cache
def _script() -> tuple[str, str]:
    """The script, and a tag that is another one for another script."""
    code = (_FOLDER / "translate.js").read_text("utf-8")
    messages = (_FOLDER / f"{CHINESE}.json").read_text("utf-8")
    cards = json.dumps(cards_html(), ensure_ascii=False)
    script = f"{code.rstrip()}(window.modeldeck, {messages}, {cards});\n"
    return script, f'"{hashlib.sha256(script.encode()).hexdigest()[:16]}"'


def cards_html() -> dict[str, str]:
    """Every tab's learner card in Chinese, as HTML by name of the tab."""
    markdown = MarkdownIt("commonmark", {"html": False})
    return {
        path.stem: str(markdown.render(card_text(path)))
        for path in sorted((_FOLDER / CHINESE).glob("*.md"))
    }


def card_text(path: Path) -> str:
    """A card without its first line, which says what it was translated from."""
    return path.read_text("utf-8").partition("\n")[2]
