"""The documents say what the code does: tables are generated, commands and files exist."""

from __future__ import annotations

import importlib.util
import pkgutil
import re
from pathlib import Path

from models.settings import meanings

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_table_equals_the_code_it_is_made_from():
    found = importlib.util.spec_from_file_location("tables", ROOT / "docs" / "tables.py")
    tables = importlib.util.module_from_spec(found)
    found.loader.exec_module(tables)
    assert tables.stale() == [], "run: make docs"


def test_files_and_pictures_that_a_page_names_exist():
    missing = []
    for page in PAGES:
        text = page.read_text("utf-8")
        linked = re.findall(r"\]\((?!https?://|#)([^)#]+)", text)
        missing += [(page.name, to) for to in linked if not (page.parent / to).exists()]
        named = re.findall(
            r"`((?:app|models|tabs|tests|docs|assets|benchmarks|deploy)/[\w./-]+)`", text
        )
        missing += [(page.name, path) for path in named if not (ROOT / path).exists()]
    assert missing == []


def test_modules_and_what_a_page_names_in_them_exist():
    """`models.memory.locks` and `models.sources.ModelBuilder` alike, where a page writes them in code."""
    missing = []
    for page in PAGES:
        for dotted in re.findall(
            r"`((?:models|tabs|tests)(?:\.(?!lock)\w+)+)`", page.read_text("utf-8")
        ):
            try:
                pkgutil.resolve_name(dotted)
            except (ImportError, AttributeError):
                missing.append((page.name, dotted))
    assert missing == []


def test_make_tasks_that_a_page_names_exist():
    tasks = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for page in PAGES:
        named = set(re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text("utf-8"), re.M))
        assert named <= tasks, page


def test_options_and_variables_that_a_page_names_exist():
    names = set(meanings())
    options = {f"--{name.replace('_', '-')}" for name in names} | {f"--no-{name}" for name in names}
    for page in PAGES:
        text = page.read_text("utf-8")
        assert set(re.findall(r"MODELDECK_([A-Z_]+[A-Z])", text)) <= {n.upper() for n in names}, (
            page
        )
    # options of other programs
    others = ("make ", "python -m", "docker", "hf upload", "--gpus", "claude mcp")
    readme = (ROOT / "README.md").read_text("utf-8").splitlines()
    ours = "\n".join(line for line in readme if not any(other in line for other in others))
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", ours)) <= options | {"--help"}


def test_ci_runs_the_readmes_test_command_and_nothing_else():
    commands = [
        line.strip()
        for line in (ROOT / ".ci" / "run").read_text().splitlines()
        if line.strip() and not line.startswith(("#", "set ", "cd "))
    ]
    assert commands == ["make test"]
    assert "make test" in (ROOT / "README.md").read_text("utf-8")


def test_the_spaces_front_matter_names_the_gradio_that_was_tested():
    front = (ROOT / "README.md").read_text("utf-8").split("---")[1]
    constraints = (ROOT / "constraints.txt").read_text()
    version = re.search(r"sdk_version: (\S+)", front)[1]
    assert f"gradio=={version}\n" in constraints


def test_constraints_pin_torch_without_a_local_build_tag():
    constraints = (ROOT / "constraints.txt").read_text()
    assert "torch==2.13.0\n" in constraints
    assert "+" not in constraints
    assert "@" not in constraints


def test_the_notice_names_places_that_exist():
    named = re.findall(r"^((?:models|tests|assets|docs)/\S+)", (ROOT / "NOTICE").read_text(), re.M)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_picture_of_the_readme_has_its_recipe_and_the_other_way_round():
    text = (ROOT / "README.md").read_text("utf-8")
    shown = set(re.findall(r"docs/pictures/([\w-]+)\.png", text))
    recipes = set(re.findall(r'Shot\("([\w-]+)"', (ROOT / "docs" / "pictures.py").read_text()))
    assert shown == recipes
