"""/health and /metrics beside a running page: open to whom they should be, closed to others."""

from __future__ import annotations

from dataclasses import replace

import gradio as gr
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app import serve
from models.settings import Settings
from tests.conftest import ANSWER_LIMIT_S, free_port, get
from tests.fakes import FakeBuilder, FakeDevice, fake_service


@pytest.fixture
def served(request):
    """A page with nothing on it, with the settings that the test asks for; its address."""
    service = fake_service(FakeBuilder(FakeDevice(limit=100)), "a")
    settings = Settings(port=free_port(), **getattr(request, "param", {}))
    service = replace(service, settings=settings)
    with gr.Blocks() as page:
        gr.Textbox()
    yield serve(page, service, block=False).rstrip("/"), service
    page.close()
    service.close()


def test_health_and_metrics_answer_beside_the_page(served):
    address, _ = served
    health = get(f"{address}/health")
    assert health.status_code == 200
    assert health.json()["status"] == "ok"
    metrics = get(f"{address}/metrics")
    assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
    names = {family.name for family in text_string_to_metric_families(metrics.text)}
    assert {"modeldeck_runs", "modeldeck_loads", "modeldeck_event_loop_lag_seconds"} <= names
    assert get(f"{address}/config").status_code == 200


def test_health_says_503_and_why(served):
    address, service = served
    service.runner.close()
    answer = get(f"{address}/health")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["The runner takes no more runs."]


@pytest.mark.parametrize("served", [{"auth": "ada:lovelace,bob:builder"}], indirect=True)
def test_metrics_want_the_login_of_the_page_and_health_does_not(served):
    address, _ = served
    assert (
        "Hugging Face models on one private page" in get(address).text
    )  # the login says whose it is
    url = f"{address}/metrics"
    refused = get(url)
    assert refused.status_code == 401
    assert "Basic" in refused.headers["www-authenticate"]
    assert "modeldeck_" not in refused.text
    for wrong in (("ada", "builder"), ("", ""), ("ada", "")):
        assert get(url, auth=wrong).status_code == 401
    assert get(url, headers={"Authorization": "Basic %%%"}).status_code == 401
    assert get(url, auth=("bob", "builder")).status_code == 200
    with httpx.Client(timeout=ANSWER_LIMIT_S) as visitor:
        login = visitor.post(f"{address}/login", data={"username": "ada", "password": "lovelace"})
        assert login.status_code == 200
        assert visitor.get(url).status_code == 200
    assert get(f"{address}/health").status_code == 200


@pytest.mark.parametrize("served", [{"metrics": "off"}], indirect=True)
def test_metrics_can_be_switched_off(served):
    address, _ = served
    assert get(f"{address}/metrics").status_code == 404
    assert get(f"{address}/health").status_code == 200


@pytest.mark.parametrize(
    ("changes", "shown"),
    [({}, True), ({"on_space": True}, False), ({"share": True, "auth": "a:b"}, False),
     ({"on_space": True, "metrics": "on"}, True), ({"metrics": "off"}, False)],
)  # fmt: skip
def test_metrics_are_off_on_public_pages_unless_asked_for(changes, shown):
    assert Settings(**changes).shows_metrics is shown
