"""This app, had its engines imported their libraries at the top of the file.

Takes the same command line as app.py. The list of imports is read from the engines' own functions,
so it stays what the app really uses.
"""

from __future__ import annotations

import ast
import importlib
import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LIBRARIES = {
    "torch",
    "transformers",
    "diffusers",
    "spacy",
    "faster_whisper",
    "onnxruntime",
    "accelerate",
}


def wanted() -> set[tuple[str, str]]:
    """(module, name) of every import of a heavy library in an engine; name is empty for ``import x``."""
    found: set[tuple[str, str]] = set()
    for path in (ROOT / "models").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {(alias.name, "") for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found |= {(node.module, alias.name) for alias in node.names}
    return {(module, name) for module, name in found if module.split(".")[0] in LIBRARIES}


def load() -> None:
    """Imports them; one that is not installed is left out, as the app itself would do."""
    for module, name in sorted(wanted()):
        try:
            getattr(importlib.import_module(module), name or "__name__")
        except (ImportError, AttributeError) as error:
            print(f"left out {module} {name}: {error}", file=sys.stderr)


if __name__ == "__main__":
    load()
    sys.path.insert(0, str(ROOT))
    runpy.run_path(str(ROOT / "app.py"), run_name="__main__")
