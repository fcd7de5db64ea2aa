"""The Dockerfile, as far as it can be checked without a container engine."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from deploy.dockerfile import copied, ignored, instructions, stage, variables
from models.settings import from_environment
from tests.conftest import ROOT

FOUND = instructions((ROOT / "Dockerfile").read_text("utf-8"))
RULES = (ROOT / ".dockerignore").read_text("utf-8")


def names(kind: str) -> list[str]:
    return [item.text for item in FOUND if item.name == kind]


def test_everything_that_is_copied_exists_and_is_sent_to_the_build():
    sources = [source for source, _ in copied(FOUND)]
    assert len(sources) == 8
    for source in sources:
        assert (ROOT / source).exists(), source
        assert not ignored(source, RULES), source


@pytest.mark.parametrize(
    ("path", "out"),
    [
        ("app.py", False),
        ("models/catalog.toml", False),
        ("models/starter/weights/image/card.json", False),
        ("models/starter/train/loop.py", True),
        ("models/__pycache__/spec.pyc", True),
        (".git/config", True),
        (".env", True),
        ("tests/conftest.py", True),
    ],
)
def test_only_the_app_is_sent_to_the_build(path, out):
    assert ignored(path, RULES) is out


def test_the_image_runs_the_app_as_nobody_special_and_says_whether_it_is_well():
    assert names("USER") == ["1000"]
    assert FOUND.index(next(i for i in FOUND if i.name == "USER")) > max(
        FOUND.index(item) for item in FOUND if item.name == "RUN"
    )
    assert "/health" in names("HEALTHCHECK")[0]
    assert names("VOLUME") == ["/cache"]
    assert names("CMD") == ['["python", "app.py"]']


def test_the_base_is_a_fixed_release_of_the_python_that_is_tested():
    assert names("FROM")[0].startswith("python:3.11-")
    assert not any("latest" in text for text in names("FROM"))


def test_its_variables_are_settings_that_exist():
    settings = from_environment(variables(FOUND, "ENV"))
    assert settings.host == "0.0.0.0"
    assert settings.cache_folder.is_relative_to("/cache")


@pytest.mark.parametrize("text", names("RUN"))
def test_every_run_line_is_valid_shell(text):
    subprocess.run(["bash", "-n", "-c", text], check=True)


@pytest.mark.slow
def test_the_copied_files_alone_can_start(tmp_path):
    stage(FOUND, tmp_path)
    python = shutil.which("python", path=f"{ROOT}/.venv/bin") or "python"
    done = subprocess.run(
        [python, "app.py", "--help"], cwd=tmp_path, env={**os.environ, "PYTHONPATH": ""},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "--zero-models" in done.stdout
