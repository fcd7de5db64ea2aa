"""House rules as tests: who may import whom, and what a start may load."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = {
    "torch",
    "transformers",
    "diffusers",
    "spacy",
    "faster_whisper",
    "onnxruntime",
    "accelerate",
}
MODELS = sorted((ROOT / "models").rglob("*.py"))
TABS = sorted((ROOT / "tabs").rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    """A file as Python reads it; several rules look at each."""
    return ast.parse(path.read_text("utf-8"))


@cache
def imports(path: Path, *, top_level: bool = False) -> set[str]:
    """First parts of the modules a file imports, anywhere or at module level only."""
    nodes = tree(path).body if top_level else list(ast.walk(tree(path)))
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("path", MODELS, ids=lambda p: str(p.relative_to(ROOT)))
def test_models_know_neither_gradio_nor_tabs_nor_the_app(path):
    assert not imports(path) & {"gradio", "gradio_client", "tabs", "app"}


@pytest.mark.parametrize("path", TABS, ids=lambda p: str(p.relative_to(ROOT)))
def test_tabs_know_no_torch_and_not_the_app(path):
    assert not imports(path) & (HEAVY | {"app"})


@pytest.mark.parametrize(
    "path",
    [p for p in MODELS if "train" not in p.parts],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_heavy_libraries_are_imported_inside_functions(path):
    assert not imports(path, top_level=True) & HEAVY


@pytest.mark.parametrize("path", [*MODELS, *TABS, ROOT / "app.py"], ids=lambda p: p.name)
def test_remote_code_and_bare_pickles_are_never_allowed(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.keyword) and node.arg == "trust_remote_code":
            assert isinstance(node.value, ast.Constant)
            assert node.value.value is False
        if isinstance(node, ast.keyword) and node.arg == "weights_only":
            assert isinstance(node.value, ast.Constant)
            assert node.value.value is True
    assert "pickle" not in imports(path)


def test_building_the_whole_app_imports_no_heavy_library():
    code = "import app, sys; print(*sorted(m for m in sys.modules if '.' not in m))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert not set(done.stdout.split()) & HEAVY


def test_every_engine_has_its_tab_and_every_tab_its_engine():
    from models.spec import CAPABILITIES
    from tabs import ORDER

    views = ("models",)  # of what is loaded: no engine behind it
    assert (*CAPABILITIES, *views) == ORDER
    for name in CAPABILITIES:
        assert (ROOT / "models" / f"{name}.py").is_file()
    for name in ORDER:
        assert (ROOT / "tabs" / f"{name}.py").is_file()


def test_every_library_that_is_imported_is_declared():
    """What comes along with another package leaves with it, too."""
    files = [ROOT / name for name in ("requirements.txt", "requirements-starter.txt")]
    files += [ROOT / "requirements-starter-nodeps.txt", ROOT / "requirements-train.txt"]
    declared = {
        re.split(r"[\s\[<>=!;~]", line)[0].lower().replace("_", "-")
        for file in files
        for line in file.read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    }
    homes = importlib.metadata.packages_distributions()
    own = {"models", "tabs", "app", *sys.stdlib_module_names}
    for path in (*MODELS, *TABS, ROOT / "app.py"):
        for name in imports(path) - own:
            homes_of = {home.lower().replace("_", "-") for home in homes.get(name, [name])}
            assert homes_of & declared, f"{path.relative_to(ROOT)} imports {name}"


def test_no_page_file_asks_another_host_for_anything():
    for path in (ROOT / "assets").rglob("*"):
        if path.suffix in {".css", ".js", ".html", ".svg"}:
            text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
            assert "http://" not in text, path
            assert "https://" not in text, path
            assert "@import" not in text, path
