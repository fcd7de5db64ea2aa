"""Writes the tables of README, docs/models.md and docs/performance.md from the code, between their markers.

``python docs/tables.py`` rewrites them; ``python docs/tables.py --check`` fails when one is stale.
A test runs the check.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.report import markdown, read_runs  # noqa: E402
from models.catalog import CATALOG, TIERS, load_catalog  # noqa: E402
from models.catalog_file import read_rows  # noqa: E402
from models.settings import meanings  # noqa: E402
from models.spec import CAPABILITIES, ModelCard  # noqa: E402
from models.starter import starters  # noqa: E402
from models.starter.fetch import LLAMA, SPACY_MD  # noqa: E402
from models.starter.quality.score import read as read_scores  # noqa: E402
from models.starter.quality.table import HEAD, cells  # noqa: E402
from models.starter.recipe import PackageFile, RepoFile  # noqa: E402
from tabs import all_tabs  # noqa: E402
from tabs.parts.metrics import short, size  # noqa: E402


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table; pipes in cells are escaped."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in lines
    )


def tabs_table() -> str:
    """Tab, what it does, endpoint, starter."""
    catalog = load_catalog()
    return table(
        ("tab", "what it does", "endpoint", "works at once with"),
        (
            (
                tab.TITLE,
                tab.ABOUT,
                f"`/{name}`",
                catalog.default(name).title if name in CAPABILITIES else "",
            )
            for name, tab in all_tabs().items()
        ),
    )


def starters_table() -> str:
    """Every starter with origin, licence and where its files come from."""
    rows = []
    for starter in starters().values():
        card = starter.card
        packages = sorted(filter(None, {_origin(file) for file in starter.files.values()}))
        rows.append(
            (card.capability, f"`{card.id}`", card.original, card.licence, size(card.size_bytes),
             ", ".join(packages) or "this repository", card.notes)
        )  # fmt: skip
    head = ("capability", "id", "original", "licence", "size", "files from", "good and bad at")
    return table(head, rows)


def _origin(file: PackageFile | RepoFile) -> str:
    """Package and version that a file comes from; empty for this repository's own."""
    if isinstance(file, PackageFile):
        return f"{file.package} {file.version}"
    fetched = {
        str(wheel.target(name).relative_to(ROOT)): wheel.package.replace("==", " ")
        for wheel in (LLAMA, SPACY_MD)
        for name in wheel.files
    }
    return fetched.get(file.path, "")


def catalog_table() -> str:
    """Every listed Hub model."""
    catalog = load_catalog()
    cards = [card for name in CAPABILITIES for card in catalog.of(name) if not card.is_starter]
    head = (
        "capability",
        "model",
        "licence",
        "languages",
        "weights",
        "download",
        "for",
        "good and bad at",
    )
    return f"{_checked()}\n\n{table(head, (_catalog_row(card) for card in cards))}"


def _catalog_row(card: ModelCard) -> tuple[str, ...]:
    gate = " (gated)" if card.gated else ""
    tongues = ", ".join(card.languages[:4]) + (
        f" and {len(card.languages) - 4} more" if card.languages[4:] else ""
    )
    weights = short(card.parameters) if card.parameters else "none"
    mass = size(card.size_bytes)
    return (
        card.capability,
        f"`{card.id}`{gate}",
        card.licence,
        tongues,
        weights,
        mass,
        card.tier,
        card.notes,
    )


def _checked() -> str:
    """When and how the facts of the catalog were last checked."""
    checked, _ = read_rows(CATALOG)
    return f"Facts last checked on {checked.on}: {checked.how}."


def tiers_table() -> str:
    """Models of the Hub by capability and the least hardware they are recommended for."""
    catalog = load_catalog()
    names = {"cpu": "CPU", **{tier: f"{tier[:-2]} GB GPU" for tier in TIERS[2:]}}
    rows = (
        (name.replace("_", " "), *(_titles(catalog.of(name), tier) for tier in names))
        for name in CAPABILITIES
    )
    return table(("", *names.values()), rows)


def _titles(cards: list[ModelCard], tier: str) -> str:
    """Titles of the Hub's models for a tier, a line for each; gated ones are marked."""
    return "<br>".join(
        f"{card.title} (gated)" if card.gated else card.title
        for card in cards
        if card.tier == tier and card.is_hub
    )


def scores_table() -> str:
    """Measured scores of the weights we train, from their model cards."""
    rows = []
    for path in sorted((ROOT / "models/starter/weights").glob("*/card.json")):
        card = json.loads(path.read_text("utf-8"))
        for name, value in card["scores"].items():
            shown = f"{value:.3f}" if isinstance(value, float) else str(value)
            rows.append((path.parent.name, name, shown))
    return table(("weights", "score", "value"), rows)


def quality_table() -> str:
    """Measured scores of every starter."""
    return table(HEAD, map(cells, read_scores()))


def depths_table() -> str:
    """What one stage of the sentiment recipe reaches with more or less of MiniLM tuned."""
    depths = json.loads((ROOT / "models/starter/weights/sentiment/scopes.json").read_text("utf-8"))
    sets = ("rotten_tomatoes_held_out", "imdb_held_out", "amazon_held_out", "tricky")
    rows = (
        (name, f"{row['tuned_parameters']:,}", *(str(row.get(score, "")) for score in sets))
        for name, row in depths.items()
    )
    return table(
        ("tuned", "weights", "Rotten Tomatoes", "IMDB", "Amazon", "tricky sentences"), rows
    )


def settings_table() -> str:
    """Environment variables and options, from the docstring of ``Settings``."""
    rows = (
        (f"`MODELDECK_{name.upper()}`", f"`--{name.replace('_', '-')}`", text.replace("``", "`"))
        for name, text in meanings().items()
    )
    return table(("variable", "option", "meaning"), rows)


def make_help() -> str:
    """The task list as ``make help`` prints it."""
    done = subprocess.run(
        ["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return f"```\n{done.stdout.rstrip()}\n```"


def performance_table() -> str:
    """Every benchmark's committed figures."""
    return markdown(read_runs())


BLOCKS = {
    "tabs": tabs_table,
    "starters": starters_table,
    "catalog": catalog_table,
    "tiers": tiers_table,
    "quality": quality_table,
    "depths": depths_table,
    "scores": scores_table,
    "settings": settings_table,
    "performance": performance_table,
    "tasks": make_help,
}


def render(text: str) -> str:
    """``text`` with every marked block made anew."""

    def block(match: re.Match[str]) -> str:
        return f"{match[1]}\n{BLOCKS[match[2]]()}\n{match[3]}"

    return re.sub(r"(<!-- begin (\w+) -->).*?(<!-- end \2 -->)", block, text, flags=re.S)


def stale() -> list[Path]:
    """Pages whose tables differ from the code."""
    return [page for page in PAGES if render(page.read_text("utf-8")) != page.read_text("utf-8")]


PAGES = (ROOT / "README.md", ROOT / "docs" / "models.md", ROOT / "docs" / "performance.md")

if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit("\n".join(f"{page.name} is stale: run make docs" for page in stale()) or None)
    for page in stale():
        page.write_text(render(page.read_text("utf-8")), encoding="utf-8")
