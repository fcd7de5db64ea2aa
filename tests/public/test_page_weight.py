"""What a browser is sent: a lean config, compressed, with endpoints described as gradio describes them."""

from __future__ import annotations

import gradio as gr
import httpx
import orjson
import pytest
from gradio.blocks import BlocksConfig

from tabs import ORDER
from tabs.parts.page import Page
from tests.conftest import ANSWER_LIMIT_S, get

#: Half of what gradio writes for a tab by itself, and room for a few parts more.
BUDGET_BYTES = 83_000 * len(ORDER)


def shout(text: str, times: int = 2) -> tuple[str, dict[str, int]]:
    """Gives the text in capitals."""
    return text.upper() * times, {"times": times}


def built(kind):
    with kind() as page:
        gr.api(shout, api_name="shout")
        with gr.Row():
            text, file = gr.Textbox(), gr.File()
        progress = {"api_visibility": "private", "show_progress": "hidden"}
        gr.DownloadButton().click(lambda t: t, text, file, **progress)
        text.submit(lambda t: t, text, text, api_visibility="private").then(
            lambda: None, api_visibility="private"
        )
    page.config = page.get_config_file()
    return page


def test_endpoints_are_described_as_gradio_describes_them():
    lean, plain = built(Page), built(gr.Blocks)
    assert lean.get_api_info() == plain.get_api_info()
    assert "/shout" in lean.get_api_info()["named_endpoints"]


def test_what_no_browser_reads_is_not_in_the_config():
    config = built(Page).config
    described = [c["type"] for c in config["components"] if "api_info" in c]
    assert described == ["api"] * 3
    assert not any("component_class_id" in c for c in config["components"])
    assert not any(None in event.values() for event in config["dependencies"])


def test_components_are_described_when_there_are_others_and_when_the_page_is_launched(monkeypatch):
    written = []
    plain = BlocksConfig.get_config
    monkeypatch.setattr(
        BlocksConfig, "get_config", lambda self, *rest: written.append(1) or plain(self, *rest)
    )
    with Page() as page:
        written.clear()  # that of the empty page
        gr.Button()
    page.queue()
    assert len(written) == 1
    with page:
        gr.Button()
    assert len(written) == 2
    assert [c["type"] for c in page.config["components"]].count("button") == 2
    page.launch(prevent_thread_lock=True, quiet=True)
    page.close(verbose=False)
    assert len(written) == 3


def test_an_event_without_progress_tracks_it_nowhere():
    _, click, submit, _ = built(Page).config["dependencies"]
    assert click["show_progress_on"] == []
    assert "show_progress_on" not in submit


def test_an_event_that_follows_another_is_looked_for_on_no_component():
    *_, submit, after = built(Page).config["dependencies"]
    assert after["targets"] == []
    assert after["trigger_after"] == submit["id"]


def test_the_whole_page_stays_within_its_budget(public):
    assert len(orjson.dumps(public.page.config, default=str)) < BUDGET_BYTES


@pytest.mark.parametrize(
    ("path", "most_a_tab"), [("", 12_000), ("config", 9_700), ("gradio_api/info", 1_000)]
)
def test_the_page_is_sent_compressed(public, path, most_a_tab):
    given = {"headers": {"Accept-Encoding": "gzip"}, "timeout": ANSWER_LIMIT_S}
    with httpx.stream("GET", public.address + path, **given) as answer:
        size = sum(map(len, answer.iter_raw()))
    assert answer.headers["content-encoding"] == "gzip"
    assert size < most_a_tab * len(ORDER)
    plain = get(public.address + path, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
