"""Who may use which model at which commit: online, offline, and while the Hub is out of reach."""

from __future__ import annotations

import pytest

from models.access import MACHINE, NOBODY, Access
from models.errors import HubUnreachable, InputError, ModelGated, ModelNotFound, ModelUnsupported
from models.hub import facts as facts_module
from models.hub.desk import HubDesk, cache_room
from models.hub.facts import FactsBook
from models.hub.pins import Pins, PinsError
from models.spec import ModelCard
from tests.hub.conftest import ADA, BEN, plain_repo, sorting, weights

ROOM = cache_room(10**12, "float32")


def model(name="org/plain", capability="sentiment"):
    return ModelCard(name, capability, "transformers", name)


def admit(desk, name="org/plain", revision="", access=MACHINE, capability="sentiment"):
    return desk.admit(model(name, capability), revision, access, (), ROOM)


def bring(desk, spec):
    return desk.fetch(spec, (), lambda *_: None)


def test_an_open_model_is_everybodys_at_its_commit(hub):
    desk, commit = HubDesk(), hub.repos["org/plain"].refs["main"]
    specs = [admit(desk, access=access) for access in (MACHINE, NOBODY, Access(ADA))]
    assert {spec.key for spec in specs} == {("sentiment", "org/plain", commit, "")}


def test_a_gated_model_is_each_readers_own(hub):
    hub.add(plain_repo("org/gated", gated=True, readers={ADA, BEN}))
    keys = {admit(HubDesk(), "org/gated", access=Access(t)).key for t in (ADA, BEN)}
    assert len(keys) == 2
    with pytest.raises(ModelGated, match=r"Accept them at http://127.*/org/gated"):
        admit(HubDesk(), "org/gated", access=NOBODY)


def test_a_private_model_does_not_exist_for_others(hub):
    hub.add(plain_repo("org/private", private=True, readers={ADA}))
    assert admit(HubDesk(), "org/private", access=Access(ADA)).holder == Access(ADA).identity
    for access in (NOBODY, Access(BEN)):
        with pytest.raises(ModelNotFound, match="or it is private"):
            admit(HubDesk(), "org/private", access=access)


def test_a_token_that_the_hub_does_not_know_is_told_and_not_shown(hub):
    with pytest.raises(ModelGated, match="does not know the access token") as caught:
        admit(HubDesk(), access=Access("hf_SomebodyElses"))
    assert "SomebodyElses" not in str(caught.value)


def test_a_classifier_without_entailment_is_refused_for_zero_shot_before_its_weights(hub):
    hub.add(sorting(plain_repo("org/moods"), ["sad", "glad"]))
    hub.add(sorting(plain_repo("org/nli"), ["contradiction", "entailment"]))
    with pytest.raises(ModelUnsupported, match=r"none of its classes \(sad, glad\) is entailment"):
        admit(HubDesk(), "org/moods", capability="zero_shot")
    spec = admit(HubDesk(), "org/nli", capability="zero_shot")
    assert (bring(HubDesk(), spec) / "config.json").is_file()
    assert admit(HubDesk(), "org/nli", capability="zero_shot").key == spec.key


def test_a_model_of_another_task_is_refused_before_its_files_are_asked_for(hub):
    with pytest.raises(ModelUnsupported, match=r"ner can't use it.*Use it under sentiment"):
        admit(HubDesk(), capability="ner")
    assert hub.asked("resolve") == 0


def test_answers_hold_for_a_while_and_are_asked_again_behind_the_next_run(hub):
    now, later = [0.0], []
    desk = HubDesk(book=FactsBook(lambda: now[0]))
    desk.pool.submit = lambda call, *more: later.append(call)
    first = admit(desk).revision
    newer = hub.repos["org/plain"].commit(
        {"config.json": hub.repos["org/plain"].commits[first]["config.json"].content,
         "model.safetensors": weights(400)}
    )  # fmt: skip
    assert admit(desk).revision == first
    now[0] = facts_module.FRESH_S + 1
    assert admit(desk).revision == first
    [call] = later
    call()
    assert admit(desk).revision == newer


def test_a_hub_out_of_reach_is_no_hindrance_for_what_was_asked_before(hub):
    now = [0.0]
    desk = HubDesk(book=FactsBook(lambda: now[0]))
    hub.add(plain_repo("org/gated", gated=True, readers={ADA}))
    spec = admit(desk, "org/gated", access=Access(ADA))
    hub.fault("status", "", code=503, times=-1)
    now[0] = facts_module.FRESH_S + 1
    assert admit(desk, "org/gated", access=Access(ADA)) == spec


def test_a_hub_out_of_reach_leaves_the_copy_on_this_disk(hub):
    bring(HubDesk(), admit(HubDesk()))
    hub.fault("status", "", code=503, times=-1)
    spec = admit(HubDesk())
    assert bring(HubDesk(), spec).name == hub.repos["org/plain"].refs["main"]
    with pytest.raises(HubUnreachable, match=r"answered 503 for org/other.*machine's cache either"):
        admit(HubDesk(), "org/other")


def test_offline_finds_what_was_fetched_online_and_asks_nobody(hub):
    bring(HubDesk(), admit(HubDesk()))
    hub.log.clear()
    desk = HubDesk(offline=True)
    assert bring(desk, admit(desk)).name == hub.repos["org/plain"].refs["main"]
    assert hub.log == []


def test_offline_a_model_that_is_only_partly_here_is_told(hub):
    index = b'{"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}}'
    repo = plain_repo("org/sharded")
    files = {n: f.content for n, f in repo.commits[repo.refs["main"]].items()}
    repo.commit({**files, "model.safetensors.index.json": index})
    hub.add(repo)
    bring(HubDesk(), admit(HubDesk(), "org/sharded"))
    with pytest.raises(HubUnreachable, match=r"only partly.*one\.safetensors is missing"):
        admit(HubDesk(offline=True), "org/sharded")


def test_offline_a_gated_models_files_are_for_the_machines_own_user_only(hub):
    hub.add(plain_repo("org/gated", gated=True, readers={ADA}))
    bring(HubDesk(), admit(HubDesk(), "org/gated", access=Access(ADA)))
    desk = HubDesk(offline=True)
    assert admit(desk, "org/gated", access=MACHINE).holder == MACHINE.identity
    for access in (NOBODY, Access(BEN)):
        with pytest.raises(ModelGated):
            admit(desk, "org/gated", access=access)


def test_a_lock_file_holds_models_at_their_commits(hub, tmp_path):
    lock, repo = tmp_path / "models.lock", hub.repos["org/plain"]
    desk = HubDesk(pins=Pins(lock))
    first = admit(desk)
    bring(desk, first)
    assert f'"org/plain" = "{first.revision}"' in lock.read_text()
    files = {n: f.content for n, f in repo.commits[first.revision].items()}
    newer = repo.commit({**files, "model.safetensors": weights(400)})
    assert admit(HubDesk(pins=Pins(lock))).revision == first.revision
    assert admit(HubDesk()).revision == newer
    with pytest.raises(InputError, match="is held at"):
        admit(HubDesk(pins=Pins(lock)), revision=newer)


def test_a_public_pages_visitors_do_not_make_the_lock_file_grow(hub, tmp_path):
    lock = tmp_path / "models.lock"
    desk = HubDesk(pins=Pins(lock, grows=False))
    bring(desk, admit(desk))
    assert not lock.exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no toml", "can't be read"),
        ('"a/b/c" = "x"', "no model id"),
        ('"org/name" = "main"', "40 hexadecimal"),
        ('"org/name" = 3', "40 hexadecimal"),
    ],
)
def test_a_lock_file_with_a_mistake_stops_the_start(tmp_path, text, words):
    path = tmp_path / "models.lock"
    path.write_text(text)
    with pytest.raises(PinsError, match=words):
        Pins(path)
