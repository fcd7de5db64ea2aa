"""A stranger on a public page: no other models, no files, no say over what is in memory."""

from __future__ import annotations

import itertools
import os
import re
from pathlib import Path

import pytest

from models.snippets.source import source_of
from tests.conftest import ROOT, get, post
from tests.public.conftest import SECRET

_addresses = (f"8.8.{a}.{b}" for a, b in itertools.product(range(250), range(1, 250)))


class Visitor:
    """Calls endpoints as curl would, from an address of its own."""

    def __init__(self, public, forwarded: str = "") -> None:
        self._base = f"{public.address}gradio_api/call/"
        self._headers = {"x-forwarded-for": forwarded or next(_addresses)}

    def call(self, name: str, *data: object) -> str:
        """The raw answer: an event with its data."""
        url = self._base + name
        event = post(url, json={"data": data}, headers=self._headers).json()["event_id"]
        return get(f"{url}/{event}", headers=self._headers).text

    def score(self, model: str = "local/sentiment") -> str:
        return self.call("sentiment", "a good film", model, 0.5)


@pytest.fixture
def visitor(public):
    """Somebody whom nobody has seen before."""
    return Visitor(public)


@pytest.mark.parametrize(
    "model", ["distilbert/other-model", "org/name@main", "../etc", "local/other", "x" * 10_000]
)
def test_a_model_that_is_not_listed_is_refused_with_the_choices(visitor, model):
    answer = visitor.score(model)
    assert "event: error" in answer
    assert re.search(r"is not offered here\. Choices: .*local/sentiment", answer)


def test_a_listed_model_runs(visitor):
    assert '"model": "local/sentiment"' in visitor.score()


def test_pickers_take_no_typed_id(public):
    config = get(f"{public.address}config").json()
    pickers = [
        c["props"] for c in config["components"]
        if c["type"] == "dropdown" and c["props"].get("label") in ("Model", "Second model")
    ]  # fmt: skip
    assert len(pickers) >= 9
    assert not any(props["allow_custom_value"] for props in pickers)


def test_nobody_can_unload_pin_or_load_by_hand(public):
    config = get(f"{public.address}config").text
    assert not {"Unload", "Pin or unpin", "Load now"} & set(
        re.findall(r'"value": ?"([^"]+)"', config)
    )
    handlers = {getattr(fn.fn, "__qualname__", "") for fn in public.page.fns.values()}
    assert any(name.startswith("build.<locals>") for name in handlers)
    assert not any(name.startswith("_changes.") for name in handlers), "events of the Models tab"


def _forbidden(public) -> list[str]:
    home = Path.home()
    return [
        "app.py", str(ROOT / "app.py"), str(ROOT / "models/catalog.toml"), "/etc/passwd",
        "/proc/self/environ", f"{ROOT}/assets/examples/../../app.py", "../../../../etc/passwd",
        str(public.folder / SECRET / "model.safetensors"), str(home / ".cache/huggingface/token"),
        str(home / ".cache/modeldeck"), os.environ["GRADIO_TEMP_DIR"], "/tmp",
    ]  # fmt: skip


def test_no_file_of_the_server_can_be_read(public):
    for path in _forbidden(public):
        for form in (path, path.replace("/", "%2F")):
            answer = get(f"{public.address}gradio_api/file={form}")
            assert answer.status_code in (403, 404), form
            assert "root:" not in answer.text


@pytest.mark.parametrize("path", ["/etc/passwd", str(ROOT / "app.py"), "app.py"])
def test_no_file_of_the_server_can_be_given_as_an_upload(visitor, path):
    given = {"path": path, "meta": {"_type": "gradio.FileData"}}
    answer = visitor.call("speech_to_text", given)
    assert "event: error" in answer
    assert "root:" not in answer


def test_an_upload_is_under_a_name_that_cannot_be_guessed(public, tmp_path):
    note = tmp_path / "diary.txt"
    note.write_text("dear diary")
    sent = post(
        f"{public.address}gradio_api/upload", files={"files": ("diary.txt", note.read_bytes())}
    ).json()[0]
    base = Path(os.environ["GRADIO_TEMP_DIR"])
    assert Path(sent).is_relative_to(base)
    assert re.fullmatch(r"[0-9a-f]{64}", Path(sent).parent.name)
    assert base.name != "gradio", "of this process alone"
    assert oct(base.stat().st_mode & 0o777) == "0o700"


def test_a_file_above_the_limit_is_refused(public):
    big = post(f"{public.address}gradio_api/upload", files={"files": ("big.wav", bytes(1_100_000))})
    assert big.status_code == 413


def test_names_of_local_folders_are_not_told(visitor, public):
    told = [
        get(f"{public.address}config").text,
        get(public.address).text,
        visitor.score(),
        visitor.call("models", ""),
    ]
    for text in told:
        assert "local/sentiment" in text
        assert SECRET not in text
        assert str(public.folder) not in text


def test_the_code_of_a_run_does_not_tell_where_a_local_model_lies(public):
    card = public.service.catalog.find("sentiment", "local/sentiment")
    told = source_of(card, public.service).expression
    assert told == 'str(Path("path/to") / "sentiment")'


def test_examples_of_the_page_can_be_heard(public):
    sound = sorted((ROOT / "assets/examples").glob("*.flac"))[0]
    assert get(f"{public.address}gradio_api/file={sound}").status_code == 200


def test_a_visitor_who_runs_too_often_is_told_when_to_come_back(visitor, public):
    assert all("event: complete" in visitor.score() for _ in range(6))
    assert re.search(r"You started 6 runs within a minute.*Try again in \d+ s", visitor.score())
    assert "event: complete" in Visitor(public).score(), "somebody else is not affected"


def test_a_made_up_address_before_the_real_one_does_not_help(public):
    real = next(_addresses)
    answers = [Visitor(public, f"9.9.9.{turn + 1}, {real}").score() for turn in range(7)]
    assert all("event: complete" in answer for answer in answers[:6])
    assert "within a minute" in answers[6]
