"""Puts a snippet together: imports, the run's values by ``repr``, and a body that never changes.

A person's text only ever stands in the values, as a string literal: it is data and can't become code.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

#: Columns that a value may take before it is put on several lines.
WIDTH = 88
#: Characters of a text that stands in the code; a longer one is read from a file.
LONGEST = 20_000
#: How a script ends by the name of its result, where printing would show nothing.
_ENDINGS = {
    "images": 'for number, image in enumerate(images, start=1):\n    image.save(f"picture-{number}.png")',
    "samples": 'soundfile.write("speech.wav", samples, sample_rate)',
}
#: Where a body loads a model of the Hub.
_LOADED = re.compile(
    r"((?:from_pretrained|WhisperModel|TransformersConverter)\(\s*checkpoint|model=checkpoint"
    r"|snapshot_download\(model_id)\b"
)


@dataclass(frozen=True)
class Snippet:
    """One level of the code.

    Attributes:
        title: what it uses, such as ``pipeline`` or ``tokenizer and model``.
        code: Python source, complete.
        result: name of the variable that holds the result.
        variant: of the network that it computes, such as ``openvino bfloat16``; empty for torch.
        remark: how its numbers are to those of the run, as sentences; mostly empty.
    """

    title: str
    code: str
    result: str
    variant: str = ""
    remark: str = ""

    @property
    def script(self) -> str:
        """The code with an end that shows the result: run by itself, it would seem to do nothing."""
        code, ending = self.code, _ENDINGS.get(self.result, f"print({self.result})")
        if "soundfile" in ending:
            code = code.replace("import numpy as np\n", "import numpy as np\nimport soundfile\n", 1)
        return f"{code}\n{ending}\n"


@dataclass(frozen=True)
class Expression:
    """A value that is written as it is, such as ``Path.home() / 'model'``."""

    text: str


def snippet(
    title: str, imports: str, values: Mapping[str, object], body: str, *, result: str
) -> Snippet:
    """Writes the source.

    Args:
        title: see ``Snippet``.
        imports: import lines.
        values: name -> value, written by ``repr``; an ``Expression`` as it is. With ``revision``
            among them everything is loaded at that commit.
        body: source over these names.
        result: see ``Snippet``.
    """
    rows = "\n".join(f"{name} = {written(name, value)}" for name, value in values.items())
    heads = set(imports.strip().splitlines())
    if any(_needs_path(value) for value in values.values()):
        heads.add("from pathlib import Path")
    loaded = _LOADED.sub(r"\1, revision=revision", body) if "revision" in values else body
    return Snippet(title, f"{_sorted(heads)}\n\n{rows}\n\n{loaded.strip()}\n", result)


def _needs_path(value: object) -> bool:
    if isinstance(value, Expression):
        return "Path" in value.text
    if isinstance(value, (list, tuple)):
        return any(_needs_path(item) for item in value if not isinstance(item, str))
    return isinstance(value, str) and len(value) > LONGEST


def _sorted(imports: Iterable[str]) -> str:
    """Import lines in the usual order: Python's own first, whole modules before parts of them."""
    ordered = sorted(imports, key=lambda line: (line.startswith("from"), line))
    own = [line for line in ordered if line.split()[1].split(".")[0] in sys.stdlib_module_names]
    others = [line for line in ordered if line not in own]
    return "\n\n".join("\n".join(group) for group in (own, others) if group)


def written(name: str, value: object) -> str:
    """A value as source, on several lines where it is long."""
    if isinstance(value, Expression):
        return value.text
    if isinstance(value, str):
        return _text(name, value)
    flat = literal(value)
    if isinstance(value, dict) and len(name) + len(flat) + 3 > WIDTH:
        return "{\n" + "".join(f"    {literal(k)}: {literal(v)},\n" for k, v in value.items()) + "}"
    if isinstance(value, list) and len(name) + len(flat) + 3 > WIDTH:
        return "[\n" + "".join(f"    {literal(item)},\n" for item in value) + "]"
    return flat


def literal(value: object) -> str:
    """``repr``, with double quotes around strings where nothing inside needs care."""
    if isinstance(value, Expression):
        return value.text
    if isinstance(value, tuple) and len(value) > 1:
        return f"({', '.join(map(literal, value))})"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    flat = repr(value)
    return f'"{flat[1:-1]}"' if isinstance(value, str) and '"' not in flat else flat


def _text(name: str, text: str) -> str:
    if len(text) > LONGEST:
        count = f"{len(text):,} characters: save them in this file first"
        return f'Path("{name}.txt").read_bytes().decode()  # {count}'
    flat = literal(text)
    if len(name) + len(flat) + 3 <= WIDTH:
        return flat
    return "(\n" + "".join(f"    {literal(part)}\n" for part in _lines(text)) + ")"


def _lines(text: str) -> list[str]:
    """The text in parts of at most ``WIDTH`` - 10 characters, each ending after a break or a space."""
    ends, last, gap = [0], 0, 0
    for at, character in enumerate(text, start=1):
        gap = at if character.isspace() else gap
        if character == "\n" or at - last >= WIDTH - 10:
            last = gap if gap > last else at
            ends.append(last)
    return [text[a:b] for a, b in pairwise([*ends, len(text)]) if a < b]
