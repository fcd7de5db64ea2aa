"""A snippet is code in which every text of a person is data."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from models.snippets.code import LONGEST, snippet
from models.snippets.sentiment import snippets as sentiment_snippets
from models.snippets.source import Source, homely
from tests.fakes import card
from tests.models.snippets.running import NASTY, run


@pytest.mark.parametrize(
    "text",
    [NASTY, "", "x" * 500, "two words " * 60 + "\nend\n", "'\n'", "\\", "a\"b'c\\n{0}", "\ud800"],
)
def test_a_text_comes_back_as_data_whatever_is_in_it(text):
    found = snippet("x", "import math", {"text": text}, "result = text", result="result")
    assert run(found) == text
    assert all(len(line) <= 100 for line in found.code.splitlines() if "\\" not in line)


def test_code_in_a_text_stays_a_text():
    evil = '\'); import os; os.abort(); (\'\n"""\nraise SystemExit\n'
    tree = ast.parse(sentiment_snippets(card("a/b"), Source("'a/b'"), {"text": evil})[1].code)
    names = [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    ]
    assert names == ["torch"]
    assert not any(isinstance(node, ast.Raise) for node in ast.walk(tree))


def test_a_very_long_text_is_read_from_a_file(tmp_path, monkeypatch):
    text = "line\r\n" * LONGEST
    found = snippet("x", "import math", {"text": text}, "result = text", result="result")
    assert len(found.code) < 500
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_bytes(text.encode())
    assert run(found) == text


def test_no_path_of_this_machine_is_told():
    assert homely(Path.home() / ".cache" / "m") == 'str(Path.home() / ".cache/m")'
    assert homely(Path("/srv/secret/models/m")) == 'str(Path("path/to") / "m")'


def test_a_script_shows_what_it_has_made(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    made = (
        snippet("text", "", {"a": 1}, "total = a + 1", result="total"),
        snippet("sound", "import numpy as np", {"sample_rate": 8000}, "samples = np.zeros(80)",
                result="samples"),
        snippet("pictures", "from PIL import Image", {"side": 8},
                'images = [Image.new("RGB", (side, side))]', result="images"),
    )  # fmt: skip
    for found in made:
        exec(compile(found.script, found.title, "exec"), {})
    assert capsys.readouterr().out == "2\n"
    assert {path.name for path in tmp_path.iterdir()} == {"speech.wav", "picture-1.png"}
