"""Modeldeck: builds the page and starts it. No logic lives here.

``python app.py --help`` lists the options; ``demo`` at module level is for Spaces and hot reload.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from dataclasses import replace

# Before gradio is imported: without this its queue summarises every past event at each new one.
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(10**9))
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "100")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from models import zero_gpu

try:
    zero_gpu.prepare()  # on ZeroGPU it imports spaces, which changes gradio and torch
except zero_gpu.ZeroGpuError as problem:
    sys.exit(f"modeldeck: {problem}")

import gradio as gr

from models.catalog import CatalogError
from models.errors import AppError
from models.service import Service, make_service
from models.settings import Settings, SettingsError, from_environment
from tabs import all_tabs
from tabs.parts.deck import Deck
from tabs.parts.header import brand_html, figures_html
from tabs.parts.learn import learner_card
from tabs.parts.links import connect
from tabs.parts.look import ASSETS, SCRIPTS, STYLES, make_theme
from tabs.parts.monitoring import monitored


def build_app(service: Service) -> gr.Blocks:
    """The whole page over one service; imports neither torch nor transformers nor diffusers."""
    page: gr.Blocks
    with gr.Blocks(
        title="Modeldeck", fill_width=True, analytics_enabled=False, delete_cache=(3600, 3600)
    ) as page:
        with gr.Row(elem_classes=["md-header"]):
            gr.HTML(brand_html(), elem_classes=["md-brand-slot"])
            header = gr.HTML(figures_html(service), elem_classes=["md-gauges-slot"])
        deck = Deck(service, header)
        every = all_tabs()
        with gr.Tabs(elem_classes=["md-tabs"], overflow_behavior="wrap") as tabs:
            for name, tab in every.items():
                with gr.Tab(tab.TITLE, id=name, elem_id=f"tab-{name}") as item:
                    gr.HTML(f'<p class="md-about">{tab.ABOUT}</p>')
                    tab.build(deck)
                    learner_card(name)
                if name in deck.opened:
                    refresh, views = deck.opened[name]
                    item.select(refresh, None, views, api_visibility="private", queue=False)
        connect(deck, tabs, page, {name: tab.TITLE for name, tab in every.items()})
        page.load(
            lambda: figures_html(service), None, header, api_visibility="private", queue=False
        )
    page.queue(default_concurrency_limit=None, max_size=service.settings.queue_size)
    return page


def serve(page: gr.Blocks, service: Service, *, block: bool = True) -> str:
    """Starts the server and returns its address.

    Args:
        page: from ``build_app``.
        service: what the page was built over; of its settings host, port, share and auth are used.
        block: whether to wait until the process is told to end.
    """
    settings = service.settings
    _, address, _ = page.launch(
        server_name="0.0.0.0" if settings.on_space else settings.host,  # noqa: S104 - a Space needs it
        server_port=settings.port,
        share=settings.share,
        auth=settings.auth_pairs or None,
        theme=make_theme(),
        css_paths=list(STYLES),
        head="".join(f"<script>{path.read_text('utf-8')}</script>" for path in SCRIPTS),
        allowed_paths=[str(ASSETS / "examples")],
        footer_links=["api", "settings"],
        favicon_path=ASSETS / "favicon.svg",
        max_file_size="500mb",
        show_error=False,
        ssr_mode=False,
        quiet=True,
        run_history=False,  # private events would not be in it: decision 20
        prevent_thread_lock=True,
        app_kwargs=monitored(service),
    )
    logging.getLogger(__name__).info("Modeldeck is on %s", address)
    if block:
        page.block_thread()
    return address


def parse(arguments: list[str]) -> Settings:
    """Settings from the environment, overridden by the command line."""
    base = from_environment()
    parser = argparse.ArgumentParser(prog="app.py", description="Modeldeck: nine tasks, one page.")
    parser.add_argument("--host", default=base.host, help="address to listen on")
    parser.add_argument("--port", type=int, default=base.port, help="TCP port")
    parser.add_argument(
        "--share", action="store_true", default=base.share, help="public link; needs --auth"
    )
    parser.add_argument("--auth", default=base.auth, help="user:password[,user:password]")
    parser.add_argument("--device", default=base.device, help="auto, cpu, cuda, cuda:N or mps")
    parser.add_argument("--memory", default=base.memory, help="budget for models, such as 6GB")
    parser.add_argument(
        "--variants", default=base.variants, help="networks on a CPU: auto, off or one by name"
    )
    parser.add_argument(
        "--offline", action="store_true", default=base.offline, help="never ask the Hub"
    )
    parser.add_argument(
        "--models", default=base.models, help="local folders: capability=folder[,...]"
    )
    return replace(base, **vars(parser.parse_args(arguments)))


def _prepare(arguments: list[str]) -> tuple[gr.Blocks, Service]:
    try:
        service = make_service(parse(arguments))
        return build_app(service), service
    except (SettingsError, CatalogError, zero_gpu.ZeroGpuError, AppError) as error:
        sys.exit(f"modeldeck: {error}")


logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
logging.getLogger("httpx").setLevel(logging.WARNING)
demo, _service = _prepare(sys.argv[1:] if __name__ == "__main__" else [])

if __name__ == "__main__":
    serve(demo, _service)
