"""The folder of a Space: what is in it, that the Hub accepts its settings, and that it runs by itself."""

from __future__ import annotations

import os
import re

import pytest

from deploy import space
from deploy.front_matter import RULES, problems, read, write
from models.spec import CAPABILITIES
from tests.conftest import ROOT, app_process, client_of

README = (ROOT / "README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    target = tmp_path_factory.mktemp("deploy") / "space"
    space.build(target)
    return target


@pytest.mark.parametrize("zero_gpu", [False, True])
def test_the_front_matter_follows_the_rules_of_the_hub(zero_gpu):
    block = space.front_matter(zero_gpu=zero_gpu)
    assert problems(block) == []
    assert read(write(block)) == block
    assert 5 <= len(block["models"]) <= len(CAPABILITIES)
    assert ("preload_from_hub" in block) is zero_gpu


def test_the_repositorys_own_readme_is_a_space_too():
    assert problems(read(README)) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("colorFrom", "teal"),
        ("emoji", "X"),
        ("sdk", "streamlit"),
        ("sdk_version", "latest"),
        ("python_version", 3.1),
        ("short_description", "x" * 61),
        ("suggested_hardware", "a big one"),
        ("hf_oauth", "yes"),
        ("hf_oauth_scopes", ["everything"]),
        ("models", ["../secret"]),
        ("colour", "red"),
    ],
)
def test_a_wrong_field_is_named(field, value):
    assert any(field in problem for problem in problems({**read(README), field: value}))


def test_a_missing_field_is_named():
    block = read(README)
    del block["sdk"]
    assert problems(block) == ["sdk is missing."]


def test_gradio_comes_with_the_space_and_everything_else_is_listed(folder):
    text = (folder / "requirements.txt").read_text()
    names = {re.split(r"[\[<>=~! ]", line)[0] for line in text.splitlines() if line[0] != "#"}
    assert "gradio" not in names
    assert {"torch", "transformers", "diffusers", "soundfile"} <= names
    assert not any("==" in line for line in text.splitlines()), "ranges, beside a Space's own"


def test_the_folder_holds_the_app_and_no_tests_training_or_caches(folder):
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"app.py", "README.md", "models/catalog.toml", "assets/css/base.css"} <= names
    unwanted = ("test", "train", "__pycache__", "benchmark", "docs/", ".pyc", "Makefile")
    assert [name for name in names if any(part in name for part in unwanted)] == []
    assert sum((folder / name).stat().st_size for name in names) < space.LIMIT


def test_large_files_are_marked_for_the_hubs_storage(folder):
    rules = (folder / ".gitattributes").read_text()
    large = [p for p in folder.rglob("*") if p.is_file() and p.stat().st_size > 10_000_000]
    assert large
    assert all(f"*{path.suffix} filter=lfs" in rules for path in large)


def test_another_folder_is_never_overwritten(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match="no earlier build"):
        space.build(tmp_path)
    assert (tmp_path / "thesis.txt").exists()


def test_rules_cover_every_field_that_is_written():
    assert set(space.front_matter(zero_gpu=True)) <= set(RULES)


def test_it_starts_from_its_own_folder_without_a_network(folder, tmp_path):
    log = tmp_path / "log.txt"
    environment = {**os.environ, "SPACE_ID": "ada/modeldeck", "HF_HUB_OFFLINE": "1"}
    environment |= {"PYTHONPATH": "", "TMPDIR": str(tmp_path)}
    environment.pop("GRADIO_TEMP_DIR", None)
    with app_process(environment, log, folder=folder) as (address, process):
        offered = client_of(address).predict(api_name="/models")["offered"]
        assert list(tmp_path.glob("modeldeck-*")), "uploads lie in a folder of its own"
        process.terminate()  # as a container is stopped
        assert process.wait(60) == 0
    assert not list(tmp_path.glob("modeldeck-*")), "which is removed at the end"
    assert set(offered) == set(CAPABILITIES)
    assert "starter/small-drawings" in offered["image_generation"], "its weights are in the folder"
    assert "starter/minilm-qa" not in offered["question_answering"], "it needs a package"
    assert "Traceback" not in log.read_text()
