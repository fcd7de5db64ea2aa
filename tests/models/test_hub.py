"""The Hub's door: ids, choice of files, progress, and its errors in our words."""

from __future__ import annotations

import errno
from types import SimpleNamespace

import httpx
import pytest
from huggingface_hub import errors

from models import hub
from models.errors import (
    HubUnreachable,
    InputError,
    ModelGated,
    ModelNotFound,
    ModelUnsupported,
    NoRoom,
)
from tests.fakes import card


@pytest.mark.parametrize(
    "model",
    ["openai/whisper-tiny", " a/b ", "org-1/Model.v2_x", "black-forest-labs/FLUX.1-schnell"],
)
def test_hub_ids_pass(model):
    assert hub.check_id(model) == model.strip()


@pytest.mark.parametrize(
    "model",
    [
        *("../x", "/etc/passwd", "a/b/c", "http://x/y", "name", "a/../b", "C:\\x", ""),
        *("a/b?x", "~/x", "x" * 10_000, "a/ b", "org/..", "./a/b"),
    ],
)
def test_paths_and_addresses_are_no_model_ids(model):
    with pytest.raises(InputError, match="no model id") as caught:
        hub.check_id(model)
    assert len(caught.value.message) < 120


def siblings(**sizes):
    return [SimpleNamespace(rfilename=name, size=size) for name, size in sizes.items()]


def test_safetensors_are_chosen_and_other_formats_left_alone():
    files = siblings(
        **{"model.safetensors": 5, "pytorch_model.bin": 5, "tf_model.h5": 5, "config.json": 1,
           "onnx/model.onnx": 9, "tokenizer.json": 1, "model.fp16.safetensors": 3, "run.py": 1}
    )  # fmt: skip
    assert {name for name, _ in hub._choose(files, ())} == {
        "model.safetensors",
        "config.json",
        "tokenizer.json",
    }


def test_pickled_weights_are_taken_only_where_there_is_nothing_else():
    files = siblings(**{"pytorch_model.bin": 5, "config.json": 1})
    assert ("pytorch_model.bin", 5) in hub._choose(files, ())


def test_a_diffusers_folder_leaves_single_file_checkpoints_out():
    files = siblings(
        **{"model_index.json": 1, "unet/model.safetensors": 5, "all-in-one.safetensors": 9}
    )
    assert {n for n, _ in hub._choose(files, ())} == {"model_index.json", "unet/model.safetensors"}


def test_a_repository_without_weights_is_refused():
    with pytest.raises(ModelUnsupported, match="no safetensors"):
        hub._choose(siblings(**{"README.md": 1, "model.gguf": 9}), ())


def hub_error(kind, code):
    response = httpx.Response(code, request=httpx.Request("GET", "http://hub.test"))
    return kind("x", response=response)


@pytest.mark.parametrize(
    ("raised", "expected", "words"),
    [
        (hub_error(errors.GatedRepoError, 403), ModelGated, "gated"),
        (hub_error(errors.RepositoryNotFoundError, 404), ModelNotFound, "knows no model"),
        (hub_error(errors.RevisionNotFoundError, 404), ModelNotFound, "no such revision"),
        (hub_error(errors.HfHubHTTPError, 429), HubUnreachable, "answered 429"),
        (errors.OfflineModeIsEnabled("x"), HubUnreachable, "did not answer"),
        (httpx.ConnectTimeout("x"), HubUnreachable, "did not answer"),
        (OSError(errno.ENOSPC, "x"), NoRoom, "disk is full"),
    ],
)
def test_the_hubs_errors_become_ours(raised, expected, words):
    with pytest.raises(expected, match=words), hub._explained("org/model"):
        raise raised


def test_offline_without_a_cached_copy_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(HubUnreachable, match="not in this machine's cache"):
        hub.download(card("org/nowhere"), "", (), lambda *_: None, offline=True)


def test_a_download_that_does_not_fit_the_disk_is_refused_before_it_starts():
    with pytest.raises(NoRoom, match="of disk"):
        hub._check_disk("org/huge", 10**18)


def test_the_progress_bar_reports_bytes_of_all_files():
    seen = []
    bar = hub._progress_bar(lambda fraction, note: seen.append((fraction, note)), 100_000_000)
    for _ in range(2):
        one = bar(total=50_000_000, unit="B")
        one.update(50_000_000)
        one.close()
    assert seen == [(0.5, "50 of 100 MB"), (1.0, "100 of 100 MB")]
