"""Texts of the page in sources: string literals of Python and of scripts, as the page shows them.

The values of an f-string are ``{0}``, ``{1}`` ...; HTML gives its texts and the attributes that are read.
What is no text, such as an example's input, is told apart by where it stands. ``tests.words`` asks for them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: Modules below the tabs whose texts are shown beside errors: reasons, notes, what a label means.
SHOWN = (
    "admission", "batch_input", "chat_templates", "device", "embedding_prefixes", "embedding_recipe",
    "estimates", "generated_text", "hub/files", "hub/preflight", "hub/transfer", "image_memory",
    "image_plan", "image_sources", "loading", "machine", "memory/builds", "memory/room", "music",
    "music_diffusion", "music_notes", "music_prompt", "ner_labels", "offers", "service", "sources",
    "text_encodings", "tokenizer", "tokenizer_steps", "translation",
)  # fmt: skip
#: Errors of programmers: a visitor reads a ticket number.
_INNER = {"KeyError", "OSError", "RuntimeError", "TypeError", "ValueError"}
#: Arguments that no visitor reads.
_UNREAD = {
    "api_name", "api_visibility", "buttons", "elem_classes", "elem_id", "filename", "html_template", "id",
    "js", "js_on_load", "key", "kind", "pattern", "show_progress", "size", "sources", "type", "variant",
}  # fmt: skip
_UNREAD_CALLS = {
    "counted", "counted_of", "log", "logging", "re", "getattr", "hasattr", "setattr", "cast",
    "import_module", "TypeVar", "ParamSpec",
}  # fmt: skip
_ATTRIBUTES = {"title", "aria-label", "placeholder", "alt"}
#: Stands for the first value of an f-string; the next characters for the next values.
_VALUE = 0xE000
_VALUES = re.compile(r"[\ue000-\ue0ff]")
_WORD = re.compile(r"[A-Za-z]{2,}")


def flat(text: str) -> str:
    """The text with single spaces, as the page shows it and the catalogue has it."""
    return " ".join(text.split())


def template(node: ast.AST) -> str | None:
    """The string of a literal, with a character of its own for each value; None for what is no string."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if not isinstance(node, ast.JoinedStr):
        return None
    parts, count = [], 0
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(str(part.value))
        else:
            parts.append(chr(_VALUE + count))
            count += 1
    return "".join(parts)


class _Html(HTMLParser):
    """Texts and attributes of HTML that a visitor reads."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in _ATTRIBUTES and value]


def pieces(text: str) -> Iterator[str]:
    """The messages in a template: itself, or those of its HTML."""
    if re.search(r"<(?!/?s>)[a-zA-Z/]", text):
        parser = _Html()
        parser.feed(text)
        parser.close()
        yield from (
            message(piece) for piece in parser.found if _WORD.search(_VALUES.sub(" ", piece))
        )
    elif _is_text(text):
        yield message(text)


def message(text: str) -> str:
    """The catalogue's key: values numbered as they stand."""
    numbers = iter(range(1000))
    return _VALUES.sub(lambda _: f"{{{next(numbers)}}}", flat(text).replace("{}", chr(_VALUE)))


def _is_text(text: str) -> bool:
    """Whether it looks like something to be read: words with spaces, or one that begins like a sentence."""
    if re.fullmatch(r"[A-Z][a-z]+(?:[A-Z0-9-][A-Za-z0-9]*)+", text):  # a name of a class, a header
        return False
    words = _WORD.findall(_VALUES.sub(" ", text))
    return bool(words) and (
        (" " in flat(text) and bool(re.search(r"[a-z]{2}", text)))
        or bool(re.match(r"[A-Z][a-z]", text))
    )


def _docstrings(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from (b.value for b in node.body if isinstance(b, ast.Expr))


def _skipped(tree: ast.AST) -> set[int]:
    """Nodes whose strings are not read: docstrings, names, settings, inputs of examples, logs."""
    left = {id(node) for node in _docstrings(tree)}

    def leave(node: ast.AST | None) -> None:
        left.update(id(inner) for inner in ast.walk(node)) if node is not None else None

    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            left.update(id(part) for part in node.values if isinstance(part, ast.Constant))
        elif isinstance(node, ast.FormattedValue):
            leave(node.format_spec)
        elif isinstance(node, ast.keyword) and node.arg in _UNREAD:
            leave(node.value)
        elif isinstance(node, ast.Subscript):
            leave(node.slice)
        elif isinstance(node, ast.Compare):
            left.update(id(side) for side in (node.left, *node.comparators))
        elif isinstance(node, ast.arg | ast.AnnAssign):
            leave(node.annotation)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            leave(node.returns)
        elif (isinstance(node, ast.Call) and _called(node) & _UNREAD_CALLS) or (
            isinstance(node, ast.Assign) and "__all__" in _names(node)
        ):
            leave(node)
        if isinstance(node, ast.Assign | ast.AnnAssign) and any(
            "EXAMPLES" in n for n in _names(node)
        ):
            for inner in ast.walk(node):  # (label, [inputs])
                if isinstance(inner, ast.List) and not any(
                    isinstance(e, ast.Tuple) for e in inner.elts
                ):
                    leave(inner)
    return left


def _names(node: ast.Assign | ast.AnnAssign) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _called(node: ast.Call) -> set[str]:
    function = node.func
    names = {function.attr} if isinstance(function, ast.Attribute) else set()
    while isinstance(function, ast.Attribute):
        function = function.value
    return names | ({function.id} if isinstance(function, ast.Name) else set())


def _raised(tree: ast.AST) -> Iterator[ast.AST]:
    """What stands in errors and in hints."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or _called(node) & _INNER:
            continue
        hinted = any(keyword.arg == "hint" for keyword in node.keywords)
        if hinted or any(name.endswith("Error") for name in _called(node)):
            yield from ast.walk(node)


def counted_in(node: ast.AST) -> Iterator[str]:
    """A number with its noun, as ``models.units`` writes it: of one, and of more."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return
    lead = {"counted": "", "counted_of": "{0} of "}.get(node.func.id)
    nouns = [text for one in node.args if (text := template(one))]
    if lead is not None and nouns:
        more = nouns[1] if len(nouns) > 1 else f"{nouns[0]}s"
        yield f"{lead}1 {nouns[0]}"
        yield f"{lead}{{{1 if lead else 0}}} {more}"


def of_python(path: Path) -> Iterator[tuple[str, int]]:
    """Messages of a file, each with its line: all of a tab's and of ``SHOWN``, errors of the others."""
    tree = ast.parse(path.read_text("utf-8"))
    left = _skipped(tree)
    name = path.relative_to(ROOT).with_suffix("").as_posix()
    whole = name.startswith("tabs/") or name.removeprefix("models/") in SHOWN
    for node in ast.walk(tree) if whole else _raised(tree):
        yield from ((piece, node.lineno) for piece in counted_in(node))
        text = None if id(node) in left else template(node)
        if text and isinstance(node, ast.expr):
            yield from ((piece, node.lineno) for piece in pieces(text))


_COMMENT = re.compile(r"(?<![:\"'`\\])//[^\n]*|/\*.*?\*/", re.DOTALL)
_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`')


def of_script(path: Path) -> Iterator[tuple[str, int]]:
    """Messages of a script, each with its line: strings that begin like a sentence."""
    code = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), path.read_text("utf-8"))
    for found in _STRING.finditer(code):
        text = re.sub(
            r"\\u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), found[1] or found[2] or ""
        )
        text = text.replace("\\n", "\n")
        numbers = iter(range(256))
        text = re.sub(
            r"\$\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}", lambda _, n=numbers: chr(_VALUE + next(n)), text
        )
        for line in text.split("\n"):
            if re.match(r"[A-Z][a-z]+\b", line) and not re.match(r"[A-Z][a-z]+[A-Z.\-]", line):
                yield message(line), code[: found.start()].count("\n") + 1
