"""Folders of variants: those of no use any more go, with what broken-off trials have left."""

from __future__ import annotations

import os
import threading
import time

import pytest
from filelock import FileLock, Timeout

from models import leftovers
from models.leftovers import UNUSED_S, VARIANTS_UNUSED_S, sweep_variants, use
from models.spec import ModelCard, Weights
from models.variant_verdict import Verdict
from models.variants import Shelf
from tests.fakes import WAIT_S
from tests.models.engines import CPU
from tests.models.test_leftovers import made

NETWORK = "Org--Some-Model.v2-sentiment"
OLD, NEW, OTHER = (
    f"{NETWORK}-0123456789ab",
    f"{NETWORK}-ba9876543210",
    "starter--x-ner-0123456789ab",
)


def used(root, name, age_s):
    """A folder of variants that was used last so many seconds ago."""
    folder = made(root, name)
    mark, past = root / f"{name}.used", time.time() - age_s
    mark.touch()
    os.utime(mark, (past, past))
    return folder


def left(root):
    return sorted(path.name for path in root.iterdir() if path.is_dir())


def test_variants_go_a_day_after_others_of_the_same_network_took_their_place(tmp_path):
    used(tmp_path, OLD, UNUSED_S + 60)
    used(tmp_path, NEW, UNUSED_S + 30)
    used(tmp_path, OTHER, UNUSED_S + 90)
    assert sweep_variants(tmp_path) == [OLD]
    assert left(tmp_path) == [NEW, OTHER]


def test_two_versions_that_take_turns_keep_their_variants(tmp_path):
    used(tmp_path, OLD, UNUSED_S - 60)
    used(tmp_path, NEW, 60)
    assert sweep_variants(tmp_path) == []


def test_variants_that_nobody_has_used_for_a_month_go(tmp_path):
    used(tmp_path, NEW, VARIANTS_UNUSED_S - 60)
    used(tmp_path, OTHER, VARIANTS_UNUSED_S + 60)
    assert sweep_variants(tmp_path) == [OTHER]


def test_variants_that_a_process_uses_stay(tmp_path):
    old = used(tmp_path, OLD, 0)
    use(old)
    past = time.time() - 2 * VARIANTS_UNUSED_S
    os.utime(tmp_path / f"{OLD}.used", (past, past))
    used(tmp_path, NEW, 60)
    assert sweep_variants(tmp_path) == []
    os.close(leftovers._held.pop(old))
    assert sweep_variants(tmp_path) == [OLD]


@pytest.mark.parametrize("draft", ["a1b2c3_z", "-a1b2c3_z", "a1b2c3_z.made"])
def test_what_a_killed_trial_has_left_goes_and_a_trial_under_way_is_left_alone(tmp_path, draft):
    (tmp_path / f"{OLD}.lock").touch()
    (tmp_path / f"{OLD}{draft}").mkdir()
    (tmp_path / "somebody-elses").mkdir()
    with FileLock(tmp_path / f"{OLD}.lock"):
        assert sweep_variants(tmp_path) == []
    assert sweep_variants(tmp_path) == [f"{OLD}{draft}"]
    assert left(tmp_path) == ["somebody-elses"]


def files(root):
    return sorted(path.name for path in root.iterdir() if path.is_file())


def test_locks_of_variants_that_are_not_there_go_and_those_of_others_stay(tmp_path):
    used(tmp_path, NEW, 60)
    for name in (f"{OLD}.lock", f"{OLD}.used", f"{OTHER}.lock", "somebody.lock", f"{NETWORK}.lock"):
        (tmp_path / name).touch()
    (tmp_path / "full-0123456789ab.lock").write_text("somebody's")
    (tmp_path / "linked-0123456789ab").symlink_to(tmp_path)
    (tmp_path / "linked-0123456789ab.lock").touch()
    assert sweep_variants(tmp_path) == []
    kept = {f"{NETWORK}.lock", f"{NEW}.lock", f"{NEW}.used", "somebody.lock"}
    assert {*files(tmp_path)} == kept | {"full-0123456789ab.lock", "linked-0123456789ab.lock"}
    assert left(tmp_path) == [NEW, "linked-0123456789ab"]


def test_a_lock_that_somebody_holds_or_waits_for_stays_and_still_locks(tmp_path):
    with FileLock(lock := tmp_path / f"{OLD}.lock"):
        assert sweep_variants(tmp_path) == []
        assert lock.exists()
    use(tmp_path / OTHER)  # a process that is about to make them
    (tmp_path / f"{OTHER}.lock").touch()
    assert sweep_variants(tmp_path) == []
    assert {f"{OTHER}.lock", f"{OTHER}.used"} == {*files(tmp_path)}
    os.close(leftovers._held.pop(tmp_path / OTHER))


def test_who_waits_for_a_lock_that_is_swept_meanwhile_locks_out_the_next(tmp_path):
    lock, inside, leave = tmp_path / f"{OLD}.lock", threading.Event(), threading.Event()

    def wait():
        with FileLock(lock):
            inside.set()
            leave.wait(WAIT_S)

    with leftovers._alone(tmp_path / OLD):
        waiting = threading.Thread(target=wait)
        waiting.start()
        leftovers._drop_locks(tmp_path / OLD)
    assert inside.wait(WAIT_S)
    with pytest.raises(Timeout):
        FileLock(lock, timeout=0).acquire()
    leave.set()
    waiting.join()


def test_a_shelf_marks_what_it_uses_and_makes_anew_what_went(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "models.variants._try_out", lambda weights, draft: Verdict("", error="none").save(draft)
    )
    card, shelf = (
        ModelCard("org/Some", "sentiment", "transformers", "Some"),
        Shelf(tmp_path, "auto"),
    )
    weights = Weights(card, tmp_path / "weights", "r")
    weights.folder.mkdir()
    shelf.make(weights)
    folder = shelf.folder(weights)
    past = time.time() - 2 * VARIANTS_UNUSED_S
    os.utime(f"{folder}.used", (past, past))
    shelf.tidy()
    assert folder.is_dir()
    os.close(leftovers._held.pop(folder))
    shelf.tidy()
    assert left(folder.parent) == []
    assert shelf.beside(weights, CPU, 7).size_bytes == 7  # it will be tried again
    assert shelf.make(weights).error == "none"
    assert left(folder.parent) == [folder.name]
