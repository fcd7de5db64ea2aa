"""What differs between two models' results on the same input: pure functions, one pair a capability.

The first function of each pair finds the difference as plain values, the second draws it. The first
model is the one on the left. Text of a person is data: escaped.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from models.entities import Entities, Entity
from models.letters import MARKS
from models.question_answering import Answers
from models.spec import Ranking
from models.units import counted, counted_of
from tabs.parts.markup import Ours, cell, note

#: Words of each text that are compared: the search takes time with the square of them.
WORDS = 3_000
#: Entities named in each group of a difference.
NAMED = 40
#: A script without spaces is compared by the character, everything else by words and single marks.
_NO_SPACES = r"\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff"
_PLAIN = rf"(?:[^\W{_NO_SPACES}]++[{MARKS}]*+)++"
_WORD = re.compile(
    rf"[{_NO_SPACES}][{MARKS}]*|{_PLAIN}(?:['’-]{_PLAIN})*|[^\w\s](?:\u200d[^\w\s]|[{MARKS}])*"
)


@dataclass(frozen=True)
class Change:
    """A label's score, 0 to 1, by each model; None where a model does not know the label."""

    label: str
    first: float | None
    second: float | None


def score_changes(first: Ranking, second: Ranking) -> list[Change]:
    """Every label of both models: those of the first in its order, then the others."""
    left = {score.label: score.score for score in first.scores}
    right = {score.label: score.score for score in second.scores}
    return [Change(label, left.get(label), right.get(label)) for label in {**left, **right}]


def score_changes_html(first: Ranking, second: Ranking) -> str:
    """One row a label: both scores and the change in percentage points; above it, who wins."""
    changes = score_changes(first, second)
    best = first.scores[0].label, second.scores[0].label
    verdict = (
        f"Both models say {best[0]}."
        if best[0] == best[1]
        else f"The first model says {best[0]}, the second {best[1]}."
    )
    shared = any(c.first is not None and c.second is not None for c in changes)
    lacking = "" if shared else note("The models have no label in common.")
    rows = [[c.label, _share(c.first), _share(c.second), _points(c)] for c in changes]
    return sentence(verdict) + grid(["Label", "First", "Second", "Change"], rows) + lacking


@dataclass(frozen=True)
class EntityDifference:
    """Entities of two models, told apart by their place in the text.

    Attributes:
        same: found by both, with the same label.
        relabelled: found by both with other labels, as (first's, second's).
        first_only, second_only: found by one, with no entity of the other to pair it with at that place.
    """

    same: int
    relabelled: tuple[tuple[Entity, Entity], ...]
    first_only: tuple[Entity, ...]
    second_only: tuple[Entity, ...]


def entity_difference(first: Entities, second: Entities) -> EntityDifference:
    """Compares by start and end; a model may give several labels to one place."""
    left, right = _by_place(first.entities), _by_place(second.entities)
    same, relabelled = 0, list[tuple[Entity, Entity]]()
    alone: tuple[list[Entity], list[Entity]] = ([], [])
    for place in sorted({**left, **right}):
        here, there = left.get(place, {}), right.get(place, {})
        same += len(here.keys() & there.keys())
        others = [e for label, e in here.items() if label not in there]
        theirs = [e for label, e in there.items() if label not in here]
        relabelled += zip(others, theirs, strict=False)
        alone[0].extend(others[len(theirs) :])
        alone[1].extend(theirs[len(others) :])
    return EntityDifference(same, tuple(relabelled), tuple(alone[0]), tuple(alone[1]))


def entity_difference_html(first: Entities, second: Entities) -> str:
    """Counts in a sentence, then the entities of each group."""
    found = entity_difference(first, second)
    total = found.same + len(found.relabelled) + len(found.first_only) + len(found.second_only)
    if not total:
        return sentence("Neither model finds an entity.")
    if found.same == total:
        both = counted(total, "entity", "entities")
        return sentence(f"Both find the same, with the same labels: {both}.")
    renamed = [f"{a.text} ({a.label} / {b.label})" for a, b in found.relabelled]
    return (
        sentence(f"The same in both: {counted_of(found.same, total, 'entity', 'entities')}.")
        + group("Only the first model finds", [_named(e) for e in found.first_only])
        + group("Only the second model finds", [_named(e) for e in found.second_only])
        + group("Same place, other label (first / second)", renamed)
    )


def answer_difference(first: Answers, second: Answers) -> str:
    """One sentence: whether both models point to the same span of the passage."""
    if not first.has_answer and not second.has_answer:
        return "Both models say that the passage has no answer."
    if not (first.has_answer and second.has_answer):
        finder, other = ("first", "second") if first.has_answer else ("second", "first")
        return f"The {finder} model finds an answer, the {other} says that there is none."
    a, b = first.answers[0], second.answers[0]
    if (a.start, a.end) == (b.start, b.end):
        return "Both models choose the same words of the passage."
    if a.start < b.end and b.start < a.end:
        return "The answers overlap: they differ in where they begin or end."
    if a.text.casefold() == b.text.casefold():
        return "The same words, at two places of the passage."
    return "The models choose different words of the passage."


#: Heads of the columns of ``answer_row``, without that of its names.
ANSWER_HEADS = ("Answer", "Score", "Characters")


def answer_difference_html(first: Answers, second: Answers) -> str:
    """The sentence, and both answers with score and place."""
    rows = [answer_row("First", first), answer_row("Second", second)]
    return sentence(answer_difference(first, second)) + grid(["Model", *ANSWER_HEADS], rows)


@dataclass(frozen=True)
class Piece:
    """A stretch of two texts: in both (``equal``), or the words of each where they part."""

    equal: bool
    first: str
    second: str


def word_diff(first: str, second: str) -> list[Piece]:
    """Where two texts agree, word by word; white space is shown and not compared.

    Args:
        first, second: the first ``WORDS`` words of each are compared.
    """
    left, right = _words(first), _words(second)
    matcher = SequenceMatcher(
        None, [word for word, _ in left], [word for word, _ in right], autojunk=False
    )
    return [
        Piece(
            kind == "equal", "".join(shown for _, shown in left[a:b]), "".join(
                shown for _, shown in right[c:d]
            )
        )
        for kind, a, b, c, d in matcher.get_opcodes()
    ]  # fmt: skip


def word_diff_html(first: str, second: str) -> str:
    """The second text with what it has anew underlined, and what only the first has struck out."""
    pieces = word_diff(first, second)
    if not pieces:
        return sentence("Both texts are empty.")
    longest = max(len(_WORD.findall(first)), len(_WORD.findall(second)))
    cut = note(f"Only the first {WORDS:,} words are compared.") if longest > WORDS else ""
    if all(piece.equal for piece in pieces):
        return sentence("Both texts are the same, word by word.") + cut
    same = sum(len(_WORD.findall(piece.first)) for piece in pieces if piece.equal)
    most = max(len(_words(first)), len(_words(second)))
    verdict = sentence(f"Words that are the same, in the same order: {same:,} of {most:,}.")
    drawn = "".join(map(_piece_html, pieces))
    key = (
        '<p class="md-note md-diff-key"><del>only in the first</del> '
        "<ins>only in the second</ins></p>"
    )
    return f'{verdict}<div class="md-diff" dir="auto" tabindex="0">{drawn}</div>{key}{cut}'


def sentence(text: str) -> str:
    """The main line of a difference."""
    return f'<p class="md-difference-line">{html.escape(text)}</p>'


def grid(heads: Sequence[str], rows: Iterable[Sequence[str]], *, ours: bool = False) -> str:
    """A small table: a head for each column, the first cell of each row names the row.

    Args:
        heads: one a column.
        rows: a cell for each column.
        ours: whether all cells are the page's own words; of others, those that are ``Ours``.
    """
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in heads)
    body = "".join(
        f'<tr><th scope="row" dir="auto">{cell(Ours(row[0]) if ours else row[0])}</th>'
        + "".join(f'<td dir="auto">{cell(Ours(v) if ours else v)}</td>' for v in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        '<div class="md-table" tabindex="0" role="region" aria-label="Comparison">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _share(score: float | None) -> str:
    return Ours("no such label") if score is None else f"{score:.1%}"


def _points(change: Change) -> str:
    if change.first is None or change.second is None:
        return ""
    return f"{100 * (change.second - change.first):+.1f} points"


def _by_place(entities: Sequence[Entity]) -> dict[tuple[int, int], dict[str, Entity]]:
    """Start and end -> label -> entity."""
    found: dict[tuple[int, int], dict[str, Entity]] = {}
    for entity in entities:
        found.setdefault((entity.start, entity.end), {})[entity.label] = entity
    return found


def _named(entity: Entity) -> str:
    return f"{entity.text} ({entity.label})"


def group(title: str, names: Sequence[str]) -> str:
    """Names under a title; the first ``NAMED`` of them, and nothing where there are none."""
    if not names:
        return ""
    left = len(names) - NAMED
    more = f' <li translate="yes">and {left:,} more</li>' if left > 0 else ""
    drawn = "".join(f"<li>{html.escape(name)}</li> " for name in names[:NAMED])
    return (
        f'<div class="md-group"><strong>{html.escape(title)} ({len(names):,})</strong>'
        f'<ul dir="auto">{drawn}{more}</ul></div>'
    )


def answer_row(name: str, result: Answers) -> list[str]:
    """A row of a table of answers: its name, the answer, its share and its place."""
    if not result.has_answer:
        return [Ours(name), Ours("no answer"), f"{result.no_answer_score:.1%}", ""]
    best = result.answers[0]
    place = Ours(f"{best.start:,} to {best.end:,}")
    return [Ours(name), best.text, f"{best.score:.1%}", place]


def _words(text: str) -> list[tuple[str, str]]:
    """(word, the word as it stands with the white space after it), the first ``WORDS`` of them."""
    found = list(_WORD.finditer(text))[: WORDS + 1]
    ends = [match.start() for match in found[1:]] + [len(text)]
    return [(m[0], text[m.start() : end]) for m, end in zip(found, ends, strict=True)][:WORDS]


def _piece_html(piece: Piece) -> str:
    if piece.equal:
        return html.escape(piece.second)
    return tagged("del", piece.first) + tagged("ins", piece.second)


def tagged(tag: str, text: str) -> str:
    """Safe HTML: the words inside the tag, the white space at their end behind it."""
    words = text.rstrip()
    return f"<{tag}>{html.escape(words)}</{tag}>{text[len(words) :]}" if text else ""
