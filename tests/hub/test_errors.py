"""Ids that are refused by name, and the Hub's errors in our words."""

from __future__ import annotations

import errno

import httpx2
import pytest
from huggingface_hub import errors

from models.errors import (
    HubUnreachable,
    InputError,
    ModelGated,
    ModelNotFound,
    NoRoom,
)
from models.hub import check_id, split_id
from models.hub.client import explained


@pytest.mark.parametrize(
    "model",
    ["openai/whisper-tiny", " a/b ", "org-1/Model.v2_x", "black-forest-labs/FLUX.1-schnell"],
)
def test_hub_ids_pass(model):
    assert check_id(model) == model.strip()


@pytest.mark.parametrize(
    "model",
    [
        *("../x", "/etc/passwd", "a/b/c", "http://x/y", "https://huggingface.co/a/b", "name"),
        *("a/../b", "C:\\x", "", "a/b?x", "~/x", "x" * 10_000, "a/" + "x" * 10_000, "a/ b"),
        *("org/..", "./a/b", "a/b\n", "a/b\0", "file:///etc/passwd", "a%2Fb"),
    ],
)
def test_paths_and_addresses_are_no_model_ids(model):
    if model == "a/b\n":
        assert check_id(model) == "a/b"  # only the ends are stripped
        return
    with pytest.raises(InputError, match="no model id") as caught:
        check_id(model)
    assert len(caught.value.message) < 120


def test_a_revision_may_follow_the_id():
    assert split_id("org/name@v1.0") == ("org/name", "v1.0")
    assert split_id("org/name@refs/pr/3") == ("org/name", "refs/pr/3")
    assert split_id("org/name") == ("org/name", "")


@pytest.mark.parametrize("revision", ["", "../x", "a b", "a//b", "/x", "x" * 10_000, "a?b", "@x"])
def test_what_is_no_revision_is_refused(revision):
    with pytest.raises(InputError, match="no revision") as caught:
        split_id(f"org/name@{revision}")
    assert len(caught.value.message) < 120


def answer(kind, code, **headers):
    request = httpx2.Request("GET", "http://hub.test")
    return kind("x", response=httpx2.Response(code, request=request, headers=headers))


@pytest.mark.parametrize(
    ("raised", "expected", "words"),
    [
        (answer(errors.GatedRepoError, 403), ModelGated, "gated.*Accept them at .*/org/model"),
        (answer(errors.RepositoryNotFoundError, 404), ModelNotFound, "knows no model"),
        (answer(errors.RevisionNotFoundError, 404), ModelNotFound, "no such revision"),
        (answer(errors.HfHubHTTPError, 429), HubUnreachable, "takes no more questions"),
        (
            answer(errors.HfHubHTTPError, 429, **{"retry-after": "90"}),
            HubUnreachable,
            "Try again in 90 s",
        ),
        (
            answer(errors.HfHubHTTPError, 429, ratelimit='"api";r=0;t=55'),
            HubUnreachable,
            "Try again in 55 s",
        ),
        (answer(errors.HfHubHTTPError, 401), ModelGated, "does not know the access token"),
        (answer(errors.HfHubHTTPError, 403), ModelGated, "does not let this token"),
        (answer(errors.HfHubHTTPError, 503), HubUnreachable, "answered 503"),
        (errors.OfflineModeIsEnabled("x"), HubUnreachable, "did not answer"),
        (errors.LocalEntryNotFoundError("x"), HubUnreachable, "not in this machine's cache"),
        (httpx2.ConnectTimeout("x"), HubUnreachable, "did not answer"),
        (httpx2.ReadTimeout("x"), HubUnreachable, "did not answer"),
        (httpx2.ConnectError("x"), HubUnreachable, "did not answer"),
        (OSError(errno.ENOSPC, "x"), NoRoom, "disk is full"),
    ],
)
def test_the_hubs_errors_become_ours(raised, expected, words):
    with pytest.raises(expected, match=words), explained("org/model"):
        raise raised


def test_an_error_that_is_not_the_hubs_stays_what_it_is():
    with pytest.raises(OSError, match="permission"), explained("org/model"):
        raise OSError(errno.EACCES, "permission")
