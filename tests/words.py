"""Which texts of the page have no Chinese: ``python -m tests.words`` lists them.

Texts are found in the sources (``tests.words_in_code``), without building the page: string literals of
``tabs/``, errors and what else ``models/`` says on the page, strings of the scripts, learner cards, names of
languages. What is no text of the page and can't be told by its place is listed in ``assets/i18n/as-is.txt``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

from models.languages import LANGUAGES
from models.languages_nllb import NAMES
from models.music_prompt import meanings
from models.units import counted
from tests.words_in_code import ROOT, flat, of_python, of_script

FOLDER = ROOT / "assets" / "i18n"
CATALOGUE = FOLDER / "zh-Hant.json"
CARDS = FOLDER / "zh-Hant"
HOW = (
    "Give each a line in assets/i18n/zh-Hant.json (sorted; {0!} in a translation is a value that is to be "
    "translated too), or list what is no text of the page in assets/i18n/as-is.txt. "
    "`python -m tests.words` tells what is missing, `--add FILE` takes lines from a JSON file, "
    "`--cards` marks the learner cards as translated anew."
)
#: Modules whose errors are told on the command line, before there is a page.
_BEFORE = (
    "catalog_file",
    "command_line",
    "listening",
    "logins",
    "setting_values",
    "settings",
    "starter/fetch",
    "zero_gpu/__init__",
)


def left_out() -> tuple[set[str], tuple[str, ...]]:
    """Texts that stay as they are: whole ones, and beginnings, which end in an ellipsis in the list."""
    lines = [flat(line) for line in (FOLDER / "as-is.txt").read_text("utf-8").splitlines()]
    lines = [line for line in lines if line and not line.startswith("# ")]
    begun = tuple(line.removesuffix("\u2026") for line in lines if line.endswith("\u2026"))
    return {line for line in lines if not line.endswith("\u2026")}, begun


def _unread(path: Path) -> bool:
    if path.stem.startswith("openai_"):  # told to programs only
        return True
    name = (
        path.relative_to(ROOT / "models" if "models" in path.parts else ROOT)
        .with_suffix("")
        .as_posix()
    )
    return name in _BEFORE or bool({"train", "quality", "snippets"} & {*path.parts})


def messages() -> dict[str, str]:
    """Every message of the page -> where it is first said."""
    whole, begun = left_out()
    found: dict[str, str] = {}
    sources = [*sorted((ROOT / "tabs").rglob("*.py")), *sorted((ROOT / "models").rglob("*.py"))]
    scripts = sorted((ROOT / "assets" / "js").rglob("*.js"))
    for path in [*(s for s in sources if not _unread(s)), *scripts]:
        for text, line in of_python(path) if path.suffix == ".py" else of_script(path):
            if text not in whole and not text.startswith(begun):
                found.setdefault(text, f"{path.relative_to(ROOT).as_posix()}:{line}")
    for row in meanings()["word"]:
        if "means" in row:
            found.setdefault(row["means"], "models/music_words.toml")
    for name in (*(name for name, _ in LANGUAGES.values()), *NAMES.values()):
        found.setdefault(name, "models/languages.py")
    return found


def catalogue() -> dict[str, str]:
    """English -> Chinese."""
    read: dict[str, str] = json.loads(CATALOGUE.read_text("utf-8"))
    return read


def missing() -> dict[str, str]:
    """Messages without Chinese -> where they are said."""
    known = catalogue()
    return {text: place for text, place in messages().items() if text not in known}


def stamp(path: Path) -> str:
    """The first line of a translated card: which English card it says."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return f"<!-- of assets/learn/{path.name} {digest} -->"


def stale_cards() -> list[str]:
    """Learner cards that have no Chinese, or whose English was written anew since."""
    return [
        path.name
        for path in sorted((ROOT / "assets" / "learn").glob("*.md"))
        if not (CARDS / path.name).exists()
        or (CARDS / path.name).read_text("utf-8").partition("\n")[0] != stamp(path)
    ]


def write(known: dict[str, str]) -> None:
    """Writes the catalogue: sorted, a message a line, so that two people's new lines rarely meet."""
    lines = ",\n".join(
        f"{json.dumps(text, ensure_ascii=False)}: {json.dumps(known[text], ensure_ascii=False)}"
        for text in sorted(known)
    )
    CATALOGUE.write_text(f"{{\n{lines}\n}}\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--missing", action="store_true", help="list what has no Chinese (the default)"
    )
    parser.add_argument(
        "--unused", action="store_true", help="list what no source says: gradio's words, or old"
    )
    parser.add_argument(
        "--add", type=Path, metavar="FILE", help="take lines from a JSON file into the catalogue"
    )
    parser.add_argument(
        "--cards", action="store_true", help="say that the cards say what the English ones do"
    )
    chosen = parser.parse_args()
    if chosen.add:
        write(catalogue() | json.loads(chosen.add.read_text("utf-8")))
    if chosen.cards:
        for path in CARDS.glob("*.md"):
            text = path.read_text("utf-8")
            body = text.partition("\n")[2] if text.startswith("<!--") else text
            path.write_text(f"{stamp(ROOT / 'assets' / 'learn' / path.name)}\n{body}", "utf-8")
    if chosen.unused:
        known = messages()
        print(*(text for text in catalogue() if text not in known), sep="\n")
        return
    lacking = missing()
    for text, place in lacking.items():
        print(f'{json.dumps(text, ensure_ascii=False)}: "",  # {place}')
    texts, cards = counted(len(lacking), "text"), counted(len(stale_cards()), "learner card")
    print(f"Without Chinese: {texts}, {cards}. {HOW}", file=sys.stderr)


if __name__ == "__main__":
    main()
