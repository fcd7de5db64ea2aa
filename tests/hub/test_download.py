"""Downloads against the stand-in: resumed, checked, patient, cancelable, and in the client's layout."""

from __future__ import annotations

import threading
import time

import pytest
from huggingface_hub import scan_cache_dir, snapshot_download

from models.access import NOBODY, Access
from models.errors import HubUnreachable, ModelBroken, ModelGated, NoRoom, Stopped
from models.hub import download, transfer
from models.hub.cache import snapshot
from models.hub.download import PARTIAL, fetch, storage_of
from models.hub.facts import ask
from models.hub.files import choose
from tests.fakes import WAIT_S
from tests.hub.conftest import ADA, BEN, plain_repo, until_all_let_go, weights

HERE = Access(ADA)


class Told:
    """Reports of a download, which can be told to give up from a share on."""

    def __init__(self, until: float = 2.0) -> None:
        self.shares, self.notes, self.until = [], [], until

    def __call__(self, share, note):
        self.shares.append(share)
        self.notes.append(note)
        if share is not None and share >= self.until:
            raise Stopped("enough")


def bring(repo="org/plain", access=HERE, told=None, revision=""):
    facts = ask(repo, revision, access)
    return fetch(facts, choose(facts.files, ()), revision, access, told or Told())


def partials(repo="org/plain"):
    return list((storage_of(repo) / "blobs").glob(f"*{PARTIAL}"))


def asked_ranges(hub):
    return hub.asked("/cdn/")


def test_files_lie_where_the_hubs_own_client_looks_for_them(hub):
    folder = bring()
    names = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert names == {"config.json", "model.safetensors", "tokenizer.json"}
    found = scan_cache_dir(storage_of("org/plain").parent)
    assert not found.warnings
    assert next(iter(found.repos)).size_on_disk == sum(
        (folder / name).stat().st_size for name in names
    )
    assert snapshot_download("org/plain", local_files_only=True) == str(folder)
    assert snapshot("org/plain", "") == (folder, folder.name)


def test_a_second_fetch_asks_for_no_file(hub):
    bring()
    before = len(hub.log)
    bring()
    assert [path for _, path, _ in hub.log[before:] if "resolve" in path or "cdn" in path] == []


def test_progress_tells_bytes_files_and_a_total(hub):
    hub.fault("slow", "/cdn/", rate=400_000)
    told = Told()
    bring(told=told)
    assert told.shares[-1] == 1.0
    assert told.shares == sorted(told.shares)
    assert any("of 300 kB (model.safetensors" in note for note in told.notes)


def test_a_connection_that_breaks_is_taken_up_where_it_broke(hub):
    hub.fault("break", "/cdn/", after=200_000, times=1)
    folder = bring()
    assert (folder / "model.safetensors").read_bytes() == weights()
    assert asked_ranges(hub) == 2


def test_a_hub_that_stops_sending_is_asked_again_after_a_while(hub, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DOWNLOAD_TIMEOUT", 0.4)
    hub.fault("stall", "/cdn/", after=100_000, seconds=200, times=1)
    assert (bring() / "model.safetensors").read_bytes() == weights()
    hub.unstall.set()


def test_what_an_earlier_try_left_is_not_fetched_again(hub):
    hub.fault("stall", "/cdn/", after=100_000, seconds=200, times=1)
    with pytest.raises(Stopped, match="enough"):
        bring(told=Told(until=0.3))
    hub.unstall.set()
    until_all_let_go()
    [left] = partials()
    had = left.stat().st_size
    assert 0 < had < len(weights())
    told = Told()
    assert (bring(told=told) / "model.safetensors").read_bytes() == weights()
    assert not partials()


def test_giving_up_does_not_wait_for_a_transfer_that_hangs(hub, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DOWNLOAD_TIMEOUT", 200)
    hub.fault("stall", "/cdn/", after=100_000, seconds=200, times=1)
    began = time.monotonic()
    with pytest.raises(Stopped):
        bring(told=Told(until=0.2))
    assert time.monotonic() - began < 100  # it would wait twice as long
    hub.unstall.set()
    until_all_let_go()


def test_a_network_that_stays_broken_is_told_with_how_far_it_came(hub, monkeypatch):
    monkeypatch.setattr(transfer, "PAUSES_S", (0.01,))
    hub.fault("break", "/cdn/", after=0, times=-1)
    with pytest.raises(
        HubUnreachable, match=r"broke off at \d+ bytes of \d+ kB, 5 times in a row.*goes on"
    ):
        bring()


def test_a_busy_hub_is_waited_for_as_long_as_it_asks(hub):
    hub.fault("status", "resolve.*model", code=429, headers={"Retry-After": "1"})
    told = Told()
    bring(told=told)
    assert any("busy; trying again in 1 s" in note for note in told.notes)


def test_a_hub_that_asks_for_too_long_a_wait_is_told_to_the_visitor(hub):
    hub.fault("status", "resolve.*model", code=429, headers={"Retry-After": "900"}, times=-1)
    with pytest.raises(HubUnreachable, match="Try again in 900 s"):
        bring()


def test_a_server_error_passes_by_itself(hub, monkeypatch):
    monkeypatch.setattr(transfer, "PAUSES_S", (0.01,))
    hub.fault("status", "resolve", code=503, times=3)
    bring()


def test_a_server_error_that_stays_is_told(hub, monkeypatch):
    monkeypatch.setattr(transfer, "PAUSES_S", (0.01,))
    hub.fault("status", "resolve", code=503, times=-1)
    with pytest.raises(HubUnreachable, match="answered 503"):
        bring()


def test_wrong_bytes_are_fetched_once_more(hub):
    hub.fault("corrupt", "/cdn/", times=1)
    assert (bring() / "model.safetensors").read_bytes() == weights()


@pytest.mark.parametrize("path", ["/cdn/", "resolve/.*config"])
def test_bytes_that_stay_wrong_are_refused_and_not_kept(hub, path):
    hub.fault("corrupt", path, times=-1)
    with pytest.raises(ModelBroken, match="came twice with other bytes"):
        bring()
    until_all_let_go()
    blobs = {p.name for p in (storage_of("org/plain") / "blobs").iterdir()}
    name = "model.safetensors" if path == "/cdn/" else "config.json"
    etag = next(file.etag for file in ask("org/plain", "", HERE).files if file.name == name)
    assert not {etag, etag + PARTIAL} & blobs


def test_a_partial_file_of_something_else_is_started_anew(hub):
    etag = next(f.etag for f in ask("org/plain", "", HERE).files if f.name == "model.safetensors")
    left = storage_of("org/plain") / "blobs" / (etag + PARTIAL)
    left.parent.mkdir(parents=True)
    left.write_bytes(b"not it" * 100)
    assert (bring() / "model.safetensors").read_bytes() == weights()


def test_a_disk_that_is_too_small_is_told_before_the_first_byte(hub, monkeypatch):
    monkeypatch.setattr(download, "disk_free", lambda _: 500_100_000)
    with pytest.raises(NoRoom, match="needs 300 kB of disk; 500 MB are free"):
        bring()
    assert hub.asked("resolve") == 0


def test_a_disk_that_fills_up_on_the_way_is_told_and_freed(hub):
    etag = next(f.etag for f in ask("org/plain", "", HERE).files if f.name == "model.safetensors")
    left = storage_of("org/plain") / "blobs" / (etag + PARTIAL)
    left.parent.mkdir(parents=True)
    left.symlink_to("/dev/full")  # the kernel's own full disk
    with pytest.raises(NoRoom, match="The disk is full"):
        bring()
    until_all_let_go()
    assert not left.is_symlink()


def test_a_gated_model_needs_a_reader(hub):
    hub.add(plain_repo("org/gated", gated=True, readers={ADA}))
    assert (bring("org/gated", Access(ADA)) / "model.safetensors").exists()
    for access in (NOBODY, Access(BEN)):
        facts = ask("org/gated", "", access)
        assert (facts.readable, facts.restricted) == (False, True)


def test_a_gated_models_files_are_refused_to_others(hub):
    hub.add(plain_repo("org/gated", gated=True, readers={ADA}))
    with pytest.raises(ModelGated, match="org/gated is gated"):
        bring("org/gated", NOBODY)


def test_a_model_that_moved_is_found_under_its_new_name(hub):
    hub.add(plain_repo("new/name", was=("old/name",)))
    facts = ask("old/name", "", NOBODY)
    assert (facts.asked, facts.id) == ("old/name", "new/name")
    assert (bring("old/name", NOBODY) / "config.json").exists()


def test_a_branch_is_a_commit_from_then_on(hub):
    repo = hub.repos["org/plain"]
    first = repo.refs["main"]
    other = repo.commit({"config.json": b"{}", "model.safetensors": weights(400)}, "v2")
    assert bring(revision="v2").name == other
    assert bring().name == first
    assert snapshot("org/plain", "v2")[1] == other


def test_two_who_fetch_at_once_fetch_each_file_once(hub):
    hub.fault("slow", "/cdn/", rate=600_000, times=2)
    with_two = [threading.Thread(target=bring) for _ in range(2)]
    for thread in with_two:
        thread.start()
    for thread in with_two:
        thread.join(WAIT_S)
    assert hub.asked("/cdn/") == 1


def test_no_token_is_sent_for_nobody_and_the_visitors_for_a_visitor(hub):
    bring(access=NOBODY)
    assert {token for _, _, token in hub.log} == {False}
    hub.log.clear()
    bring(access=Access(ADA))
    assert {token for _, path, token in hub.log if "/cdn/" not in path} == {True}
