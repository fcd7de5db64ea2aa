"""What earlier versions left in the cache: what goes, and what never does."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
from filelock import FileLock

from models import leftovers, sources
from models.leftovers import UNUSED_S, sweep, use
from models.sources import starter_folder, tidy
from models.starter.recipe import RepoFile, Starter
from tests.conftest import ROOT
from tests.fakes import card

OLD, NEW = "minilm-qa-0123456789ab", "minilm-qa-ba9876543210"
_USER = """
import sys
from pathlib import Path
from models.leftovers import use
use(Path(sys.argv[1]))
print("uses it", flush=True)
sys.stdin.read()
"""


def made(root, name, age_s=2 * UNUSED_S):
    """A folder as a version of the app leaves it, made so many seconds ago."""
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_text("weights")
    (root / f"{name}.lock").touch()
    past = time.time() - age_s
    os.utime(folder, (past, past))
    return folder


def test_a_folder_that_no_version_uses_goes_and_the_log_says_so(tmp_path, caplog):
    caplog.set_level("INFO")
    old, new = made(tmp_path, OLD), made(tmp_path, NEW)
    assert sweep(tmp_path, {NEW}) == [OLD]
    assert not old.exists()
    assert (new / "model.safetensors").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [NEW, f"{NEW}.lock"]
    assert f"left in the cache: {OLD}" in caplog.text


def test_what_was_used_less_than_a_day_ago_stays(tmp_path):
    made(tmp_path, NEW, age_s=60)
    old, past = made(tmp_path, OLD), time.time() - 60
    (tmp_path / f"{OLD}.used").touch()
    os.utime(tmp_path / f"{OLD}.used", (past, past))
    assert sweep(tmp_path, ()) == []
    os.utime(tmp_path / f"{OLD}.used", (past - UNUSED_S, past - UNUSED_S))
    assert sweep(tmp_path, ()) == [OLD]
    assert not old.exists()


def test_what_another_process_uses_stays_until_that_ends(tmp_path):
    folder = made(tmp_path, OLD)
    process = subprocess.Popen(
        [sys.executable, "-c", _USER, str(folder)], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    past = time.time() - 2 * UNUSED_S
    try:
        assert process.stdout.readline() == "uses it\n"
        os.utime(tmp_path / f"{OLD}.used", (past, past))  # it was loaded days ago
        assert sweep(tmp_path, ()) == []
    finally:
        process.communicate("")
    assert sweep(tmp_path, ()) == [OLD]


def test_nothing_outside_of_the_cache_is_reached_through_a_link(tmp_path):
    elsewhere, root = tmp_path / "elsewhere", tmp_path / "starters"
    precious = made(elsewhere, OLD)
    root.mkdir()
    (root / OLD).symlink_to(precious)
    (root / f"{OLD}.lock").touch()
    inside = made(root, NEW)
    (inside / "link").symlink_to(precious)
    past = time.time() - 2 * UNUSED_S
    os.utime(inside, (past, past))
    assert sweep(root, ()) == [NEW]
    linked = tmp_path / "linked"
    linked.symlink_to(elsewhere)
    assert sweep(linked, ()) == []
    assert (precious / "model.safetensors").exists()


@pytest.mark.parametrize("name", ["my-model", "train", "minilm-qa-0123", "A-0123456789ab"])
def test_folders_that_the_app_did_not_name_stay(tmp_path, name):
    made(tmp_path, name)
    (tmp_path / OLD).mkdir()  # without the lock file that the app makes
    os.utime(tmp_path / OLD, (0, 0))
    assert sweep(tmp_path, ()) == []


def test_a_conversion_that_was_broken_off_leaves_nothing_and_one_under_way_is_left_alone(tmp_path):
    made(tmp_path, NEW)
    use(tmp_path / NEW)
    draft = tmp_path / f"{NEW}-a1b2c3_z"
    draft.mkdir()
    with FileLock(tmp_path / f"{NEW}.lock"):
        assert sweep(tmp_path, {NEW}) == []
    assert sweep(tmp_path, {NEW}) == [draft.name]


def test_an_upgraded_starter_takes_the_place_of_its_old_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "REPOSITORY", tmp_path)
    (tmp_path / "weights.txt").write_text("one")

    def starter(layout):
        files = {"weights": RepoFile("weights.txt")}
        return Starter(card("starter/x"), files, lambda paths, out: None, layout)

    old, cache = starter_folder(starter(1), tmp_path / "cache"), tmp_path / "cache"
    monkeypatch.setattr(sources, "starters", lambda: {"starter/x": starter(2)})
    new = starter_folder(starter(2), cache)
    tidy(cache)
    assert old.is_dir()  # this process uses it
    os.close(leftovers._held.pop(old))
    past = time.time() - 2 * UNUSED_S
    os.utime(old.with_name(f"{old.name}.used"), (past, past))
    tidy(cache)
    assert not old.exists()
    assert new.is_dir()


def test_a_folder_that_went_meanwhile_is_made_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "REPOSITORY", tmp_path)
    (tmp_path / "weights.txt").write_text("one")
    starter = Starter(
        card("starter/x"), {"weights": RepoFile("weights.txt")}, lambda paths, out: None
    )
    folder = starter_folder(starter, tmp_path / "cache")
    os.close(leftovers._held.pop(folder))
    os.utime(folder.with_name(f"{folder.name}.used"), (0, 0))
    assert sweep(folder.parent, ()) == [folder.name]
    assert starter_folder(starter, tmp_path / "cache").is_dir()
