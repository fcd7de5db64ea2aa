"""House rules as tests: who may import whom, and what a start may load."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import subprocess
import sys
from fnmatch import fnmatch
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


def those_with(
    paths: list[Path], names: set[str], *, top_level: bool = False
) -> dict[str, set[str]]:
    """Files that import any of these, with what they import of them."""
    found = {str(p.relative_to(ROOT)): imports(p, top_level=top_level) & names for p in paths}
    return {path: bad for path, bad in found.items() if bad}


def test_models_know_neither_gradio_nor_tabs_nor_the_app():
    assert those_with(MODELS, {"gradio", "gradio_client", "tabs", "app"}) == {}


def test_tabs_know_no_torch_and_not_the_app():
    assert those_with(TABS, HEAVY | {"app"}) == {}


def test_heavy_libraries_are_imported_inside_functions():
    served = [path for path in MODELS if "train" not in path.parts]
    assert those_with(served, HEAVY, top_level=True) == {}


def test_remote_code_and_bare_pickles_are_never_allowed():
    wanted = {"trust_remote_code": False, "weights_only": True}
    settings = [
        (str(path.relative_to(ROOT)), node.arg, ast.unparse(node.value))
        for path in (*MODELS, *TABS, ROOT / "app.py")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.keyword) and node.arg in wanted
    ]
    assert [found for found in settings if found[2] != str(wanted[found[1]])] == []
    assert settings, "nothing loads weights any more?"
    assert those_with([*MODELS, *TABS, ROOT / "app.py"], {"pickle"}) == {}


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

    with_engine = [name for name in ORDER if (ROOT / "models" / f"{name}.py").is_file()]
    assert tuple(with_engine) == CAPABILITIES  # the others show what is there, as Models does


@pytest.mark.parametrize("package", ["models", "tabs/parts"])
def test_the_map_of_a_large_package_names_every_file_and_nothing_else(package):
    """A reader finds a file by what it is for in the docstring of ``__init__.py``."""
    folder = ROOT / package
    rows = [
        re.sub(r"^ {4}\S.{15}", "", line).split()  # without the name of the row
        for line in (
            ast.get_docstring(tree(folder / "__init__.py"), clean=False) or ""
        ).splitlines()
        if line.startswith("    ")
    ]
    named = [name for row in rows for name in row]
    found = {path.stem for path in folder.glob("[!_]*.py")}
    found |= {f"{path.parent.name}/" for path in folder.glob("*/__init__.py")}
    assert [name for name in sorted(found) if not any(fnmatch(name, one) for one in named)] == []
    assert [one for one in named if not any(fnmatch(name, one) for name in found)] == []


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
