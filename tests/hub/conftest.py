"""A Hub stand-in for a test, with the real client pointed at it and an empty cache."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from huggingface_hub import constants
from huggingface_hub.utils import close_session

from tests.conftest import started_app
from tests.fakes import WAIT_S
from tests.hub_standin import HubStandIn, Repo, serving
from tests.hub_standin.shelf import SHELF, repo, shelf

ADA, BEN = "hf_AdaLovelaceReads", "hf_BenFranklinWaits"
CONFIG = b'{"architectures": ["BertForSequenceClassification"], "model_type": "bert"}'


def weights(size: int = 300_000) -> bytes:
    """A safetensors file of zeros: the header is real, the tensor has ``size`` bytes."""
    import numpy as np
    from safetensors.numpy import save

    return save({"w": np.zeros(size // 4, np.float32)}, metadata={"format": "pt"})


def plain_repo(name: str = "org/plain", size: int = 300_000, **more: object) -> Repo:
    """A repository of a classifier, with a tokenizer and what nobody needs."""
    facts = {"pipeline_tag": "text-classification", "library_name": "transformers"}
    facts |= {"tags": ["license:mit"], "cardData": {"license": "mit", "language": "en"}}
    repo = Repo(name, facts=facts, **more)
    repo.commit(
        {"config.json": CONFIG, "model.safetensors": weights(size), "tokenizer.json": b"{}",
         "README.md": b"# it", "onnx/model.onnx": b"x" * 999}
    )  # fmt: skip
    return repo


def sorting(repo: Repo, classes: list[str]) -> Repo:
    """The same repository as a classifier into ``classes``."""
    config = {**json.loads(CONFIG), "id2label": dict(enumerate(classes))}
    files = {name: file.content for name, file in repo.commits[repo.refs["main"]].items()}
    repo.commit({**files, "config.json": json.dumps(config).encode()})
    return repo


def until_all_let_go() -> None:
    """Waits for the threads of downloads that have been given up."""
    deadline = time.monotonic() + WAIT_S
    while any(thread.name.startswith("fetch") for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubStandIn]:
    """A running stand-in with ``org/plain``, two users, and a cache of this test's own."""
    with serving(plain_repo()) as running:
        running.users = {ADA: "ada", BEN: "ben"}
        old = constants.ENDPOINT
        template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(old, running.address)
        monkeypatch.setattr(constants, "ENDPOINT", running.address)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 20)
        monkeypatch.setenv("HF_TOKEN", "")
        close_session()
        yield running
        running.unstall.set()
        until_all_let_go()  # a thread whose socket is closed under it would wait for its time to be over
    close_session()


@dataclass(frozen=True)
class Running:
    """The app as a user starts it, over a stand-in that has a model of every architecture.

    Attributes:
        url: of the page.
        hub: the stand-in.
        home: what the app has for ``HF_HOME``.
        log: its output.
    """

    url: str
    hub: HubStandIn
    home: Path
    log: Path


def beside(hub: HubStandIn, home: Path) -> dict[str, str]:
    """The environment of an app that knows this Hub, and keeps in ``home`` what it fetches."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "MODELDECK_"))}
    here = {"HF_ENDPOINT": hub.address, "HF_HOME": str(home / "hf")}
    return {**own, **here, "MODELDECK_VARIANTS": "off"}


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The app beside the whole shelf; ``tiny/gated`` and ``tiny/private`` are for ADA."""
    home = tmp_path_factory.mktemp("hub-app")
    first = SHELF[0]
    special = (
        repo(replace(first, name="tiny/gated"), gated=True, readers={ADA}),
        repo(replace(first, name="tiny/private"), private=True, readers={ADA}),
        repo(replace(first, name="tiny/moved-here"), was=("tiny/old-name",)),
    )
    with serving(*shelf(), *special) as hub:
        hub.users = {ADA: "ada", BEN: "ben"}
        log = home / "log.txt"
        with started_app(beside(hub, home), log) as url:
            yield Running(url, hub, home, log)
