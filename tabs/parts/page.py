"""The page as browsers get it: a config without what they never read, sent compressed.

Gradio writes three schemas and an example into the config for every component, though only components of
endpoints are ever described to anybody; the names of built-in components a second time, as a hash; and
fields of events that are empty. That was half of the page. Nor does it compress the page itself. And it
calls the page by the language of the browser, whatever the page is written in.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.exceptions import InvalidPathError
from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tabs.parts.arriving import not_fetched, not_sent, readable
from tabs.parts.look import EARLY_SCRIPTS
from tabs.parts.words import WORDS_PATH

#: What describes a component to clients of an endpoint.
_DESCRIPTION = (
    "skip_api", "api_info", "api_info_as_input", "api_info_as_output", "example_inputs",
)  # fmt: skip
#: Gradio's quickest level that is not much larger than its smallest.
_LEVEL = 5


class Page(gr.Blocks):
    """Blocks whose config has only what a browser or a client reads; endpoints are described as ever.

    Gradio writes the config five times until the page is served. Here components and events are written
    when there are others, and once more when the page is launched.

    What can't be read of what they send is mended or refused in words; see ``tabs.parts.arriving``.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._written: tuple[tuple[int, int], dict[str, Any]] | None = None
        describe = partial(self._described, self.default_config.get_config)
        self.default_config.get_config = describe  # type: ignore[method-assign]

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], *rest: Any) -> Any:
        """See ``gradio.Blocks.preprocess_data``."""
        if len(inputs) >= len(block_fn.inputs):  # gradio says what is missing
            inputs = list(map(readable, block_fn.inputs, inputs))
        try:
            return await super().preprocess_data(block_fn, inputs, *rest)
        except InvalidPathError:
            raise not_sent() from None
        except gr.Error:
            raise
        except Exception as error:  # noqa: BLE001 - raised again where it is about no file
            raise not_fetched(inputs) or error from None

    def launch(self, *args: Any, **options: Any) -> Any:
        """See ``gradio.Blocks.launch``."""
        self._written = None
        return super().launch(*args, **options)

    def _described(
        self, describe: Callable[..., dict[str, Any]], renderable: Any = None
    ) -> dict[str, Any]:
        """The components and events, without what nobody reads of them; see ``BlocksConfig.get_config``."""
        if renderable is not None:
            return describe(renderable)
        counts = (len(self.blocks), len(self.fns))
        if self._written is None or self._written[0] != counts:
            self._written = counts, self._slimmed(describe())
        return self._written[1]

    def _slimmed(self, config: dict[str, Any]) -> dict[str, Any]:
        called = [fn for fn in self.fns.values() if fn.api_visibility != "private"]
        described = {block._id for fn in called for block in (*fn.inputs, *fn.outputs)}
        for component in config["components"]:
            _strip(component, described=component["id"] in described)
        config["dependencies"] = [_slim(event) for event in config["dependencies"]]
        return config


def _slim(event: dict[str, Any]) -> dict[str, Any]:
    """An event without its empty fields; gradio's script takes those for what they are when they are missing.

    An event that shows no progress has none to show on any component. Left to itself the script tells all
    of its outputs, and those of every event before it, at each step of a run: it looks each up in the tree of
    all components and copies its values. That kept a browser busier than the model.

    An event that follows another is set off by no component. Gradio writes that its component is None,
    which the script then looks for in the whole tree.
    """
    kept = {name: value for name, value in event.items() if value is not None}
    if event["show_progress"] == "hidden":
        kept["show_progress_on"] = []
    kept["targets"] = [(source, name) for source, name in event["targets"] if name != "then"]
    return {"api_name": event["api_name"], **kept}  # there None is a name as well: that of nothing


def _strip(component: dict[str, Any], *, described: bool) -> None:
    if not described:
        for name in _DESCRIPTION:
            component.pop(name, None)
    if component["key"] is None:  # keys are for parts that are drawn anew
        del component["key"]
        component["props"].pop("preserved_by_key", None)
    del component["component_class_id"]  # browsers find built-in components by their type


class Compressed:
    """Sends the page, its config, its API's description and its translation compressed.

    All the rest is gradio's to send.

    Streams of events are none of them: a compressor would hold back their lines.
    """

    PATHS = frozenset({"", "/config", "/gradio_api/info", WORDS_PATH})

    def __init__(self, app: ASGIApp) -> None:
        self._plain, self._compressing = app, GZipMiddleware(app, compresslevel=_LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        wanted = scope["type"] == "http" and scope["path"].rstrip("/") in self.PATHS
        await (self._compressing if wanted else self._plain)(scope, receive, send)


class Early:
    """Writes into the page's head what must run before gradio's own scripts do: their ``head`` comes after.

    And lets them come from here: to visitors of a share link gradio sends a page whose script lies on
    servers of its own, which would learn of each visitor, and which some of them may not reach.

    The page is one HTML answer of which gradio sends the whole at once.
    """

    _HEAD = b"<head>"
    _AFAR = re.compile(rb'<script type="module"[^>]* src="https?://[^"]+/gradio\.js"></script>')
    _NEAR = re.compile(
        rb'<script type="module"[^>]* src="\./assets/[^>]+></script>'
        rb'|<link rel="stylesheet"[^>]* href="\./assets/[^>]+>'
    )

    def __init__(self, app: ASGIApp) -> None:
        scripts = "".join(f"<script>{path.read_text('utf-8')}</script>" for path in EARLY_SCRIPTS)
        self._app, self._scripts = app, scripts.encode()
        template = Path(gr.__file__).parent / "templates" / "frontend" / "index.html"
        self._near = b"".join(self._NEAR.findall(template.read_bytes()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http" or scope["path"].rstrip("/") or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        start: Message = {}

        async def written(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)  # goes with the body, which makes it another length
                return
            if start:
                body = message.get("body", b"")
                near = self._AFAR.sub(lambda far: self._near or far[0], body, count=1)
                message["body"] = near.replace(self._HEAD, self._HEAD + self._scripts, 1)
                headers = MutableHeaders(raw=start["headers"])
                if "content-length" in headers:
                    grown = len(message["body"]) - len(body)
                    headers["content-length"] = str(int(headers["content-length"]) + grown)
                await send({**start})
                start.clear()
            await send(message)

        await self._app(scope, receive, written)
