"""Gradio's script with two of its searches replaced by lookups, which ``assets/js/early/lookups.js`` makes.

Gradio's page finds a component by walking through the tree of all of them, several times for each value that
a run sends, and the events of a component by going through all events. See decision 75.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterable
from pathlib import Path

import gradio as gr
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger(__name__)
_FRONTEND = Path("templates", "frontend", "assets")
_LOOKUPS = "globalThis.modeldeck?.lookups"
_NAME = r"[\w$]+"
#: A walk through the tree, as the bundler writes it; names are short and change with every version.
_WALK = re.compile(
    rf"function ({_NAME})\(({_NAME}),({_NAME})\)\{{(?=if\(\2\.id===\3\)return \2;"
    rf"if\(\2\.children\)for\(let ({_NAME}) of \2\.children\)\{{"
    rf"let ({_NAME})=\1\(\4,\3\);if\(\5\)return \5\}}return null\}})"
)
#: The search for the events of a component: of those that it sets off, what sets them off.
_SEARCH = re.compile(
    rf"(?<![\w$.])({_NAME})\.filter\(({_NAME})=>\2\.targets\.find\(\(\[({_NAME})\]\)=>"
    rf"\3===({_NAME})\.id\)\)\.map\(.{{1,200}}?\)\.filter\(Boolean\)(?=;return)"
)


def quickened(script: str) -> str:
    """Gradio's script, in which the two searches ask for a lookup first.

    They stay what they were where there is none to ask: another app on this address may be given the
    script from the browser's cache.

    Args:
        script: the file of gradio's page that has both.

    Returns:
        The changed script; the same one when either search is not in it exactly once.
    """
    if len(_WALK.findall(script)) != 1 or len(_SEARCH.findall(script)) != 1:
        return script
    script = _WALK.sub(rf"\g<0>if({_LOOKUPS})return {_LOOKUPS}.node(\2,\3);", script)
    return _SEARCH.sub(rf"{_LOOKUPS}?.events(\1,\4.id)??\g<0>", script)


def core_scripts() -> list[Path]:
    """The files of gradio's page among which its tree of components is."""
    return sorted((Path(gr.__file__).parent / _FRONTEND).glob("core-*.js"))


class QuickLookups:
    """Answers requests for gradio's script with the quickened one; all else is gradio's to send.

    Args:
        app: what answers everything else.
        scripts: where it may be.
    """

    def __init__(self, app: ASGIApp, scripts: Iterable[Path] | None = None) -> None:
        self._app = app
        self._changed: dict[str, Response] = {}
        for path in core_scripts() if scripts is None else scripts:
            plain = path.read_text("utf-8")
            if (quick := quickened(plain)) != plain:
                self._changed[f"/assets/{path.name}"] = _answer(quick)
        if not self._changed:
            log.warning("gradio's page is another one than was tested: slower in browsers")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        answer = self._changed.get(scope["path"]) if scope["type"] == "http" else None
        if answer is None or scope["method"] != "GET":
            await self._app(scope, receive, send)
        elif answer.headers["etag"] in _tags(Headers(scope=scope).get("if-none-match", "")):
            kept = {"etag": answer.headers["etag"], "cache-control": "no-cache"}
            await Response(status_code=304, headers=kept)(scope, receive, send)
        else:
            await answer(scope, receive, send)


def _tags(header: str) -> list[str]:
    """Those that a browser has; a proxy that compresses makes them weak."""
    return [tag.strip().removeprefix("W/") for tag in header.split(",")]


def _answer(script: str) -> Response:
    """It names its content, so that a browser asks whether its copy is still this one."""
    tag = hashlib.sha256(script.encode()).hexdigest()[:32]
    headers = {"etag": f'"{tag}"', "cache-control": "no-cache"}
    return Response(script, media_type="text/javascript", headers=headers)
