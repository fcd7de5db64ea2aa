"""The app as strangers reach it, in this process: locked, limited, with tools."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import gradio as gr
import pytest

import app
from models.service import Service, make_service
from models.settings import Settings
from tests.conftest import free_port
from tests.models.checkpoints import tiny_bert
from tests.models.text_checkpoints import byte_tokenizer

#: A folder whose name nobody outside should read.
SECRET = "merger-with-acme"


class Public(NamedTuple):
    """A running public page."""

    address: str
    page: gr.Blocks
    service: Service
    folder: Path


@pytest.fixture(scope="session")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Public]:
    folder = tmp_path_factory.mktemp("public")
    models = {"sentiment": folder / SECRET, "tokenizer": folder / "other" / SECRET}
    for path in models.values():
        path.mkdir(parents=True)
    tiny_bert(models["sentiment"], "BertForSequenceClassification", num_labels=3)
    byte_tokenizer(models["tokenizer"])
    settings = Settings(
        port=free_port(), on_space=True, offline=True, variants="off", upload="1MB", visitor_rate=6,
        models=",".join(f"{name}={path}" for name, path in models.items()),
    )  # fmt: skip
    service = make_service(settings)
    page = app.build_app(service)
    app.serve(page, service, block=False)
    yield Public(f"http://127.0.0.1:{settings.port}/", page, service, folder)
    page.close()
    service.close()
