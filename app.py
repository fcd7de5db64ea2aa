"""Modeldeck: builds the page and starts it. No logic lives here.

``python app.py --help`` lists the options; ``demo`` at module level is for Spaces and hot reload.
"""

from __future__ import annotations

import atexit
import gc
import logging
import os
import shutil
import sys
import tempfile
from typing import Any

# Before gradio is imported: without this its queue summarises every past event at each new one.
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(10**9))
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "100")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

# Until the page is built: hardly anything that is made till then is dropped, and looking through all of it
# again and again took an eighth of the time.
_collecting = gc.isenabled()
gc.disable()

if (
    "GRADIO_TEMP_DIR" not in os.environ
):  # the usual one is shared with every gradio app on the machine
    os.environ["GRADIO_TEMP_DIR"] = _own = tempfile.mkdtemp(prefix="modeldeck-")
    atexit.register(shutil.rmtree, _own, ignore_errors=True)

from models import zero_gpu

try:
    zero_gpu.prepare()  # on ZeroGPU it imports spaces, which changes gradio and torch
except zero_gpu.ZeroGpuError as problem:
    sys.exit(f"modeldeck: {problem}")

import gradio as gr
from starlette.middleware import Middleware

from models.catalog import CatalogError
from models.command_line import parse, refuse
from models.errors import AppError
from models.hub.pins import PinsError
from models.leaving import leave, until_told
from models.listening import bracketed, check_address
from models.service import Service, make_service
from models.settings import SettingsError
from models.warming import warm
from tabs import all_tabs
from tabs.parts.deck import Deck
from tabs.parts.header import brand_html, figures_html, greeting_html
from tabs.parts.hub_access import forgetting
from tabs.parts.learn import learner_card
from tabs.parts.links import connect
from tabs.parts.logging_in import BasicLogin, Logins, log_out
from tabs.parts.look import ASSETS, SCRIPTS, STYLES, make_theme
from tabs.parts.lookups import QuickLookups
from tabs.parts.monitoring import monitored
from tabs.parts.openai_api import openai_routes
from tabs.parts.page import Compressed, Early, Page
from tabs.parts.quicker import check_without_threads, remember_missing_library
from tabs.parts.sessions import Present, keep_light_sessions
from tabs.parts.tool_server import curate
from tabs.parts.words import switch_html, words_route


def build_app(service: Service) -> gr.Blocks:
    """The whole page over one service; imports neither torch nor transformers nor diffusers."""
    page: Page
    with Page(
        title=service.settings.title, fill_width=True, analytics_enabled=False,
        delete_cache=(3600, 3600),
    ) as page:  # fmt: skip
        with gr.Row(elem_classes=["md-header"]):
            gr.HTML(brand_html(service.settings.title), elem_classes=["md-brand-slot"])
            header = gr.HTML(figures_html(service), elem_classes=["md-gauges-slot"])
            gr.HTML(
                switch_html(), elem_classes=["md-tongues-slot"],
                js_on_load="modeldeck.languageSwitch(element)",
            )  # fmt: skip
            if service.settings.auth:
                log_out(page)
        deck = Deck(service, header)
        every = all_tabs(service.settings.shown_tabs)
        settings: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        with gr.Tabs(elem_classes=["md-tabs"], overflow_behavior="wrap") as tabs:
            for name, tab in every.items():
                with gr.Tab(tab.TITLE, id=name, elem_id=f"tab-{name}") as item:
                    gr.HTML(f'<p class="md-about">{tab.ABOUT}</p>')
                    tab.build(deck)
                    learner_card(name)
                if name in deck.opened:
                    refresh, views = deck.opened[name]
                    item.select(refresh, None, views, queue=False, **settings)
        connect(deck, tabs, page, {name: tab.TITLE for name, tab in every.items()})
        page.unload(forgetting(deck))
        page.load(lambda: figures_html(service), None, header, queue=False, **settings)
    page.queue(default_concurrency_limit=None, max_size=service.settings.queue_size)
    return page


def serve(page: gr.Blocks, service: Service, *, block: bool = True) -> str:
    """Starts the server and returns its address.

    Args:
        page: from ``build_app``.
        service: what the page was built over; its settings say where and how to serve.
        block: whether to wait until the process is told to end.
    """
    settings = service.settings
    pairs = settings.auth_pairs
    logins = Logins(pairs) if pairs else None
    _, address, shared = page.launch(
        server_name=bracketed(settings.listen_host),
        server_port=settings.port,
        share=settings.share,
        auth=pairs or None,
        auth_message=greeting_html(settings.title),
        theme=make_theme(),
        css_paths=list(STYLES),
        head="".join(f"<script>{path.read_text('utf-8')}</script>" for path in SCRIPTS),
        allowed_paths=[str(ASSETS / "examples")],
        footer_links=["api", "settings"],
        favicon_path=ASSETS / "favicon.svg",
        max_file_size=settings.upload_bytes,
        mcp_server=settings.mcp,
        show_error=False,
        ssr_mode=False,
        quiet=True,
        run_history=False,  # private events would not be in it: decision 20
        prevent_thread_lock=True,
        _frontend=False,  # else it asks itself for the page, and gives up when a busy machine takes 3 s
        app_kwargs=_around(service, logins),
    )
    check_without_threads(page.app)
    keep_light_sessions(page)
    remember_missing_library()
    log = logging.getLogger(__name__)
    log.info("Modeldeck is on %s", shared or address)
    if settings.share and not shared:
        sys.exit("modeldeck: no public link could be opened; is the network there?")
    if tools := curate(page, logins):
        log.info("%d MCP tools at %sgradio_api/mcp/", len(tools), shared or address)
    warm(service)
    if block:
        until_told()
        page.server.should_exit = True  # no newcomers; what is on its way is still sent
        service.runner.stop()
        leave(service.close)
    return address


def _around(service: Service, logins: Logins | None) -> dict[str, Any]:
    """Arguments for the page's server: what it answers beside gradio, and what stands before that."""
    watched = monitored(service)
    others = [words_route(), *openai_routes(Deck(service, gr.HTML(render=False)))]
    guards = [Middleware(BasicLogin, logins=logins)] if logins else []
    sent = [Middleware(one) for one in (Compressed, Early, QuickLookups, Present)]
    return {**watched, "routes": [*watched["routes"], *others], "middleware": [*guards, *sent]}


def _prepare(arguments: list[str]) -> tuple[gr.Blocks, Service]:
    try:
        settings = parse(arguments)
        if __name__ == "__main__":
            check_address(settings.listen_host, settings.port)
        service = make_service(settings)
        return build_app(service), service
    except SettingsError as error:
        refuse(error)
    except (CatalogError, PinsError, zero_gpu.ZeroGpuError, AppError) as error:
        sys.exit(f"modeldeck: {error}")


logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
for chatty in ("httpx", "mcp"):
    logging.getLogger(chatty).setLevel(logging.WARNING)
try:
    demo, _service = _prepare(sys.argv[1:] if __name__ == "__main__" else [])
finally:
    if _collecting:
        gc.enable()

if __name__ == "__main__":
    serve(demo, _service)
