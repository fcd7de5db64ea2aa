"""The tunes that the notes model learns: two printed collections as music21 carries them, in ABC.

Ryan's Mammoth Collection (Boston 1883) and O'Neill's Music of Ireland (Chicago 1903): both prints are in
the public domain, and no file of these two folders states a condition on its encoding. Of each tune only
notes, metre, key and kind are read; titles and words are left where they are. Other folders of the
package are left out: the Essen songs are for non-commercial use, and the encoders of Aird's airs, of
the chorales and of the Nottingham tunes state no terms there.
"""

from __future__ import annotations

import json
import logging
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from models.music_tokens import spelled
from models.music_tune import Part, Tone, Tune, steps
from models.starter.train.corpus import CACHE, package_file
from models.starter.train.music_abc import Unread, read_abc

log = logging.getLogger(__name__)

PACKAGE, VERSION = "music21", "10.5.1"
FOLDERS = ("ryansMammoth", "oneills1850")
#: Kinds that O'Neill's numbers stand for where the file does not say, by the book's own sections.
ONEILLS = (
    (625, "air"), (700, "other"), (1115, "jig"), (1175, "slip-jig"), (1555, "reel"),
    (1780, "hornpipe"), (1800, "other"), (1850, "march"),
)  # fmt: skip
#: Words of an ``R:`` field or of a title -> kind, the first that fits.
WORDS = (
    ("slip", "slip-jig"), ("reel", "reel"), ("jig", "jig"), ("hornpipe", "hornpipe"),
    ("strathspey", "strathspey"), ("fling", "strathspey"), ("clog", "clog"), ("march", "march"),
    ("quickstep", "march"), ("quick step", "march"), ("air", "air"),
)  # fmt: skip
#: Two tunes with more of their shorter one's runs in common than this are versions of one tune.
SAME, ALIKE = 0.5, 0.1
RUN = 10  # intervals of a run
HELD_OUT_ONE_IN = 12


@dataclass(frozen=True)
class Source:
    """A tune as it lies in the package: ``place`` is file and number."""

    place: str
    abc: str


@dataclass(frozen=True)
class Corpus:
    """Tunes to learn, and tunes that no version of was learnt."""

    train: tuple[Tune, ...]
    held_out: tuple[Tune, ...]


def sources() -> Iterator[Source]:
    """Every tune of the two folders."""
    corpus = package_file(PACKAGE, "music21/corpus/license.txt").parent
    for folder in FOLDERS:
        for path in sorted((corpus / folder).glob("*.abc")):
            text = _text(path.read_bytes())
            for abc in re.split(r"(?m)^(?=X:)", text):
                if abc.startswith("X:"):
                    number = re.sub(r"\D", "", abc.partition("\n")[0])
                    yield Source(f"{folder}/{path.name}:{number}", abc)


def load() -> Corpus:
    """The corpus, read once and kept in the cache."""
    path = CACHE / "music" / "tunes.json"
    if not path.exists():
        tunes = list(_readable(sources()))
        kept, groups = apart(tunes)
        log.info("%d tunes read, %d kept, %d groups", len(tunes), len(kept), len(set(groups)))
        rows = [{**asdict(tune), "group": group} for tune, group in zip(kept, groups, strict=True)]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(rows), encoding="utf-8")
    rows = json.loads(path.read_text(encoding="utf-8"))
    halves: dict[bool, list[Tune]] = {True: [], False: []}
    for row in rows:
        group = row.pop("group")
        halves[group % HELD_OUT_ONE_IN == 0].append(_tune(row))
    return Corpus(tuple(halves[False]), tuple(halves[True]))


def _tune(row: dict[str, Any]) -> Tune:
    def tones(found: Iterable[dict[str, Any]]) -> tuple[Tone, ...]:
        return tuple(Tone(**one) for one in found)

    parts = tuple(
        Part(part["twice"], tuple(tones(bar) for bar in part["bars"])) for part in row["parts"]
    )
    return Tune(row["kind"], row["metre"], row["mode"], tones(row["pickup"]), parts)


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _readable(found: Iterable[Source]) -> Iterator[Tune]:
    """Tunes that could be read and that the tokens can say; the log counts the others by reason."""
    reasons: Counter[str] = Counter()
    for source in found:
        try:
            tune = read_abc(source.abc, kind_of(source))
            spelled(tune)
        except Unread as error:
            reasons[str(error)] += 1
        except ValueError:
            reasons["lengths or pitches without a token"] += 1
        else:
            yield tune
    log.info("left out: %s", dict(reasons))


def kind_of(source: Source) -> str:
    """The kind by the file's own word, by its title, or by its section in O'Neill's book."""
    for field in ("R", "T"):
        said = " ".join(re.findall(rf"(?m)^{field}:(.*)", source.abc)).lower()
        if field == "T" and "oneills" in source.place:
            continue
        for word, kind in WORDS:
            if re.search(rf"\b{word}", said):
                return kind
    if "oneills" in source.place:
        number = int(source.place.rpartition(":")[2])
        return next((kind for last, kind in ONEILLS if number <= last), "other")
    return "other"


def runs(tune: Tune, size: int = RUN) -> set[tuple[int, ...]]:
    """Runs of ``size`` intervals: the same in every key and whatever the lengths are."""
    struck = steps(tuple(tone for bar in tune.bars for tone in bar))
    between = [b - a for a, b in pairwise(struck)]
    return {tuple(between[at : at + size]) for at in range(len(between) - size + 1)}


def apart(tunes: Sequence[Tune]) -> tuple[list[Tune], list[int]]:
    """One version of each tune, and the number of its group: like tunes are in one group.

    Tunes with more than ``SAME`` of the shorter one's runs in common are one tune, those with more
    than ``ALIKE`` are of one group, and a group is learnt or held out as a whole.
    """
    found = [runs(tune) for tune in tunes]
    holders: dict[tuple[int, ...], list[int]] = defaultdict(list)
    kept: list[int] = []
    parent: dict[int, int] = {}
    for number, own in enumerate(found):
        shared = Counter(other for run in own for other in holders[run])
        share = {
            other: count / max(1, min(len(own), len(found[other])))
            for other, count in shared.items()
        }
        if not own or any(part > SAME for part in share.values()):
            continue
        kept.append(number)
        parent[number] = number
        for other in (other for other, part in share.items() if part > ALIKE):
            parent[_root(parent, other)] = _root(parent, number)
        for run in own:
            holders[run].append(number)
    roots = [_root(parent, number) for number in kept]
    order = {root: place for place, root in enumerate(dict.fromkeys(roots))}
    return [tunes[number] for number in kept], [order[root] for root in roots]


def _root(parent: dict[int, int], number: int) -> int:
    while parent[number] != number:
        number = parent[number]
    return number
