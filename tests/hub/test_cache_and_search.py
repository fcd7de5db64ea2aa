"""What lies in the Hub's cache and deleting it; models of a task by a few letters."""

from __future__ import annotations

import pytest

from models.access import NOBODY, Access
from models.errors import Busy, HubUnreachable, InputError, Stopped
from models.hub.cache import cached, delete
from models.hub.download import PARTIAL, fetch, storage_of
from models.hub.facts import ask
from models.hub.files import choose
from models.hub.search import MOST, search
from tests.hub.conftest import ADA, BEN, plain_repo, weights


def bring(repo, report=lambda *_: None, revision=""):
    facts = ask(repo, revision, NOBODY)
    return fetch(facts, choose(facts.files, ()), revision, NOBODY, report)


def test_the_cache_lists_models_by_revision_with_their_sizes(hub):
    hub.add(plain_repo("org/big", size=900_000))
    hub.repos["org/plain"].commit({"model.safetensors": weights(400)}, "v2")
    folders = [bring("org/plain"), bring("org/big"), bring("org/plain", revision="v2")]
    rows = cached()
    assert [row.repo for row in rows] == ["org/big", "org/plain", "org/plain"]
    assert {row.commit for row in rows} == {folder.name for folder in folders}
    assert {row.refs for row in rows} == {("main",), ("v2",)}
    assert rows[0].size_bytes == sum(p.stat().st_size for p in folders[1].iterdir())


def test_an_empty_cache_has_no_rows(hub):
    assert cached() == []


def test_deleting_a_revision_frees_what_nothing_else_needs(hub):
    hub.repos["org/plain"].commit({"model.safetensors": weights(400)}, "v2")
    first, second = bring("org/plain"), bring("org/plain", revision="v2")
    size = (first / "model.safetensors").stat().st_size
    assert delete([f"org/plain@{first.name}"], in_use=[]) >= size
    assert [row.commit for row in cached()] == [second.name]
    assert (second / "model.safetensors").exists()


def test_a_model_in_use_is_not_deleted(hub):
    key = f"org/plain@{bring('org/plain').name}"
    with pytest.raises(Busy, match="org/plain is in memory"):
        delete([key], in_use=[key])
    assert [row.key for row in cached()] == [key]


@pytest.mark.parametrize("key", ["../../etc@x", "org/plain", "org/other@" + "0" * 40, ""])
def test_what_is_not_in_the_cache_can_not_be_deleted(hub, key):
    bring("org/plain")
    with pytest.raises(InputError, match="is not in the cache"):
        delete([key], in_use=[])
    assert len(cached()) == 1


def test_an_unfinished_download_shows_and_leaves_with_its_model(hub):
    bring("org/plain")
    left = storage_of("org/plain") / "blobs" / ("0" * 64 + PARTIAL)
    left.write_bytes(b"x" * 1234)
    [row] = cached()
    assert row.partial_bytes == 1234
    assert delete([row.key], in_use=[]) > 1234
    assert not left.exists()


def test_a_stopped_download_leaves_a_cache_that_can_be_listed(hub):
    hub.fault("slow", "/cdn/", rate=300_000)

    def enough(share, note):
        if share and share > 0.1:
            raise Stopped

    with pytest.raises(Stopped):
        bring("org/plain", enough)
    assert all(row.repo == "org/plain" for row in cached())


def named(found):
    return [one.id for one in found]


def test_a_search_finds_models_of_the_tabs_task_the_most_used_first(hub):
    for name, task, downloads in (
        ("org/tweet-small", "text-classification", 10),
        ("org/tweet-large", "text-classification", 900),
        ("org/tweet-ner", "token-classification", 5000),
    ):
        repo = plain_repo(name)
        repo.facts |= {"pipeline_tag": task, "downloads": downloads}
        hub.add(repo)
    found = search("sentiment", " Tweet ", NOBODY)
    assert named(found) == ["org/tweet-large", "org/tweet-small"]
    assert (found[0].downloads, found[0].licence) == (900, "mit")
    assert found[0].parameters == 75_000
    assert found[0].size_bytes > 300_000
    assert named(search("ner", "tweet", NOBODY)) == ["org/tweet-ner"]
    assert len(search("tokenizer", "tweet", NOBODY)) == 3


def test_a_search_with_a_second_task_fills_up(hub):
    for name, task in (("org/sum-bart", "summarization"), ("org/sum-llm", "text-generation")):
        repo = plain_repo(name)
        repo.facts["pipeline_tag"] = task
        hub.add(repo)
    assert named(search("summarization", "sum", NOBODY)) == ["org/sum-bart", "org/sum-llm"]


def test_two_letters_ask_nobody_and_many_results_are_cut(hub):
    for number in range(20):
        hub.add(plain_repo(f"org/many-{number}"))
    assert search("sentiment", "ma", NOBODY) == []
    assert hub.log == []
    assert len(search("sentiment", "many", NOBODY)) == MOST


def test_private_models_are_found_by_their_readers_only(hub):
    hub.add(plain_repo("org/hidden", private=True, readers={ADA}))
    assert named(search("sentiment", "hidden", Access(ADA))) == ["org/hidden"]
    for access in (NOBODY, Access(BEN)):
        assert search("sentiment", "hidden", access) == []


def test_a_hub_that_does_not_answer_a_search_is_told(hub):
    hub.fault("status", "/api/models", code=500, times=-1)
    with pytest.raises(HubUnreachable, match="answered 500"):
        search("sentiment", "tweet", NOBODY)
