"""Where weights come from: checksums, conversion once, sizes from headers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from safetensors.numpy import save_file

from models import sources
from models.errors import ModelBroken, ModelNotFound, ModelUnsupported
from models.hub.desk import HubDesk
from models.safetensors_header import folder_bytes, read_header
from models.sources import ModelBuilder, locate, sha256, starter_folder
from models.spec import Weights
from models.starter import starters
from models.starter.recipe import PackageFile, RepoFile, Starter
from tests.fakes import card, spec
from tests.models.engines import HERE


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with one committed file."""
    monkeypatch.setattr(sources, "REPOSITORY", tmp_path / "repo")
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "weights.txt").write_text("one")
    return tmp_path / "repo"


def copy_starter(digest="", layout=1, build=None):
    def copy(paths, out):
        (out / "copy.txt").write_text(paths["weights"].read_text())

    return Starter(
        card("starter/x"), {"weights": RepoFile("weights.txt", digest)}, build or copy, layout
    )


def test_a_starter_is_converted_once_and_kept(repository, tmp_path):
    builds = []

    def build(paths, out):
        builds.append(1)
        (out / "copy.txt").write_text("made")

    starter = copy_starter(build=build)
    with ThreadPoolExecutor(4) as pool:
        folders = list(pool.map(lambda _: starter_folder(starter, tmp_path / "cache"), range(4)))
    assert len(builds) == 1
    assert len(set(folders)) == 1
    assert (folders[0] / "copy.txt").read_text() == "made"


def test_changed_weights_or_layout_make_a_new_folder(repository, tmp_path):
    first = starter_folder(copy_starter(), tmp_path / "cache")
    (repository / "weights.txt").write_text("two")
    second = starter_folder(copy_starter(), tmp_path / "cache")
    third = starter_folder(copy_starter(layout=2), tmp_path / "cache")
    assert len({first, second, third}) == 3
    assert (second / "copy.txt").read_text() == "two"


def test_a_wrong_checksum_is_refused_and_nothing_is_kept(repository, tmp_path):
    with pytest.raises(ModelBroken, match="SHA-256"):
        starter_folder(copy_starter(digest="0" * 64), tmp_path / "cache")
    assert not [p for p in (tmp_path / "cache" / "starters").iterdir() if p.is_dir()]


def test_a_conversion_that_fails_leaves_no_folder_behind(repository, tmp_path):
    def build(paths, out):
        (out / "half").write_text("x")
        raise RuntimeError("disk on fire")

    with pytest.raises(RuntimeError, match="disk on fire"):
        starter_folder(copy_starter(build=build), tmp_path / "cache")
    assert not [p for p in (tmp_path / "cache" / "starters").iterdir() if p.is_dir()]


def test_a_cache_that_cannot_be_written_is_told_without_its_path(repository, tmp_path, caplog):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(
        ModelBroken, match=r"converted starters can't be written.*--cache"
    ) as caught:
        starter_folder(copy_starter(), tmp_path / "cache")
    assert str(tmp_path) not in str(caught.value)
    assert str(tmp_path) in caplog.text


def test_a_missing_package_is_named_with_the_command_that_installs_it():
    with pytest.raises(ModelBroken, match=r"pip install --no-deps no-such-package==1"):
        locate(PackageFile("no-such-package", "1", "x", ""))


def test_another_version_of_a_package_is_refused():
    with pytest.raises(ModelBroken, match=r"was verified in 0\.0\.1"):
        locate(PackageFile("pytest", "0.0.1", "pytest/__init__.py", ""))


@pytest.mark.parametrize("starter", starters().values(), ids=lambda s: s.card.id)
def test_every_file_of_every_starter_is_here_and_has_its_checksum(starter):
    for file in starter.files.values():
        path = locate(file)
        assert not file.sha256 or sha256(path) == file.sha256, file.path


@pytest.mark.parametrize("starter", starters().values(), ids=lambda s: s.card.id)
def test_every_starter_states_its_licence_origin_and_flaws(starter):
    assert starter.card.id.startswith("starter/")
    assert starter.card.tier == "starter"
    for text in (starter.card.licence, starter.card.original, starter.card.notes):
        assert text
        assert text != "unknown"


@pytest.fixture
def tensors(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    arrays = {"w": np.zeros((10, 4), np.float32), "i": np.zeros(5, np.int64)}
    save_file(arrays, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def test_sizes_come_from_the_header_in_the_target_dtype(tensors):
    assert folder_bytes(tensors, "float32") == 10 * 4 * 4 + 5 * 8
    assert folder_bytes(tensors, "bfloat16") == 10 * 4 * 2 + 5 * 8


def test_pickles_beside_safetensors_are_not_counted(tensors):
    (tensors / "pytorch_model.bin").write_bytes(b"x" * 1000)
    assert folder_bytes(tensors, "float32") == 200


@pytest.mark.parametrize(
    "content", [b"", b"short", b"\xff" * 64, b"\x08" + b"\0" * 7 + b"not json"]
)
def test_a_damaged_header_is_a_clear_error(tmp_path, content):
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelBroken):
        read_header(path)


def test_an_unknown_starter_and_an_unknown_engine_are_named(tmp_path):
    builder = ModelBuilder(tmp_path, {}, HubDesk(offline=True))
    with pytest.raises(ModelNotFound, match="starter/nothing"):
        builder.fetch(spec("starter/nothing"), lambda *_: None)
    weights = Weights(card("org/x"), tmp_path, "r")
    with pytest.raises(ModelUnsupported, match="fake"):
        builder.build(weights, HERE)


def test_weights_beside_a_tokenizer_take_no_memory(tmp_path):
    save_file({"wte.weight": np.zeros((64, 8), np.float32)}, tmp_path / "model.safetensors")
    builder, place = (
        ModelBuilder(tmp_path, {}, HubDesk(offline=True)),
        HERE,
    )
    sizes = {
        name: builder.estimate_bytes(
            Weights(card("local/x", name, size_bytes=7), tmp_path, ""), place
        )
        for name in ("sentiment", "tokenizer")
    }
    assert sizes == {"sentiment": 64 * 8 * 4, "tokenizer": 7}
