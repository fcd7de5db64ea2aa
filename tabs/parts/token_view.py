"""Draws tokens: the text marked by token, chips, a table, files. Text of a person is data: escaped.

Text and chips carry the index of their token in ``data-t``; ``assets/js/tokenizer.js`` marks both.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
import time
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from models.spec import Work
from models.tokens import SpecialToken, Token, Tokenization
from models.units import counted
from tabs.parts.markup import figures, note

#: Tokens drawn, table rows drawn, special tokens listed; all tokens are counted and in the files.
DRAWN, ROWS, SPECIALS = 3_000, 1_000, 300
#: Tints of the style sheet.
TINTS = 8
_GLYPHS = {" ": "\u00b7", "\n": "\u21b5", "\t": "\u21e5", "\r": "\u240d", "\u00a0": "\u237d"}
_HEX = re.compile(r"(?:\\x[0-9a-f]{2})+")
_KINDS = {
    "md-special": "added or control token",
    "md-unknown": "unknown: the vocabulary can't spell this",
    "md-partial": "bytes in hex: only part of a character",
}

_SAMPLES = {"md-special": "a", "md-unknown": "?", "md-partial": '<b class="md-hex">F0</b>'}


@dataclass(frozen=True)
class Drawn:
    """A result as the page shows it, made in the worker so that the page's loop stays free.

    Attributes:
        page: HTML.
        csv: the whole table.
        json: the whole result.
        work: of the result.
    """

    page: str
    csv: str
    json: str
    work: Work


@dataclass(frozen=True)
class Columns:
    """``columns`` of a result, made in the worker."""

    values: dict[str, Any]
    work: Work

    @staticmethod
    def of(result: Tokenization) -> Columns:
        """The columns and work of a result."""
        return Columns(columns(result), result.work)


def drawn(result: Tokenization, specials: Sequence[SpecialToken], seconds: float) -> Drawn:
    """Page and files of a result.

    Args:
        result: what was tokenized.
        specials: the vocabulary's control tokens, to be listed.
        seconds: what the tokenizing took.
    """
    page = tokens_html(result, seconds) + specials_html(specials)
    return Drawn(page, to_csv(result), json.dumps(columns(result), ensure_ascii=False), result.work)


def timed(call: Callable[[], Tokenization]) -> tuple[Tokenization, float]:
    """A result and the seconds that it took."""
    began = time.perf_counter()
    return call(), time.perf_counter() - began


def columns(result: Tokenization) -> dict[str, Any]:
    """The result as plain JSON, one list a column."""
    ids, pieces, offsets, special = list[int](), list[str](), list[list[int]](), list[bool]()
    for token in result.tokens:  # one pass that keeps no token: there may be a million
        ids.append(token.id)
        pieces.append(token.piece)
        offsets.append([token.start, token.end])
        special.append(token.is_special)
    return {
        "tokens": pieces,
        "ids": ids,
        "offsets": offsets,
        "special": special,
        "counts": {
            "tokens": len(ids),
            "characters": result.characters,
            "bytes": result.bytes,
            "characters_per_token": round(result.characters_per_token, 3),
            "bytes_per_token": round(result.bytes_per_token, 3),
            "unknown": result.unknown,
        },
    }


def to_csv(result: Tokenization) -> str:
    """One row a token: index, id, piece, start, end, bytes, special, unknown, text."""
    stream = io.StringIO()
    rows = csv.writer(stream)
    rows.writerow(("index", "id", "piece", "start", "end", "bytes", "special", "unknown", "text"))
    rows.writerows(
        (i, t.id, t.piece, t.start, t.end, t.bytes, int(t.is_special), int(t.is_unknown),
         result.text[t.start : t.end])
        for i, t in enumerate(result.tokens)
    )  # fmt: skip
    return stream.getvalue()


def tokens_html(result: Tokenization, seconds: float | None = None) -> str:
    """Figures, the text marked by token, chips and the table; what is not drawn is said."""
    tokens = list(result.tokens[:DRAWN])
    left = len(result.tokens) - len(tokens)
    rest = note(f"{counted(left, 'more token')}, counted and in the files, but not drawn.")
    return (
        f'{_figures(result, seconds)}<div class="md-token-view">'
        f"{source_html(result.text, tokens)}{chips_html(tokens)}"
        '<p class="md-token-detail" role="status">Point at the text or at a token, or step through '
        f"the tokens with the arrow keys.</p></div>{_legend(tokens)}{rest if left > 0 else ''}"
        f"{_table(result)}"
    )


def source_html(text: str, tokens: Sequence[Token]) -> str:
    """The text as it was given, cut where tokens begin or end, each cut in its token's tint.

    A piece that several tokens share names them all in ``data-t``.
    """
    cuts = sorted({at for token in tokens for at in (token.start, token.end)} | {0})
    owners: list[list[int]] = [[] for _ in cuts]
    for index, token in enumerate(tokens):
        for at in range(bisect_left(cuts, token.start), bisect_left(cuts, token.end)):
            owners[at].append(index)
    spans = zip(cuts, cuts[1:], owners, strict=False)
    body = "".join(_cut(text[start:end], owner) for start, end, owner in spans)
    more = "\u2026" if cuts[-1] < len(text.rstrip()) else ""
    return f'<div class="md-token-text" dir="auto">{body}{more}</div>'


def chips_html(tokens: Iterable[Token], *, ids: bool = True) -> str:
    """Tokens as chips in reading order, with their ids below; a line ends where a token ends one."""
    chips = "".join(_chip(index, token, ids=ids) for index, token in enumerate(tokens))
    return f'<div class="md-tokens" tabindex="0" role="group" aria-label="Tokens">{chips}</div>'


def specials_html(specials: Sequence[SpecialToken]) -> str:
    """The vocabulary's control tokens as a folded table."""
    if not specials:
        return note("This vocabulary has no special tokens.")
    known = [s for s in specials if s.role != "control"]
    listed = [*known, *(s for s in specials if s.role == "control")][:SPECIALS]
    rows = "".join(
        f"<tr><td>{s.id}</td><td>{visible(s.content)}</td>"
        f'<td translate="yes">{html.escape(s.role)}</td></tr>'
        for s in listed
    )
    left = len(specials) - len(listed)
    rest = note(f"{left:,} more are not listed.") if left > 0 else ""
    head = "<tr><th>id</th><th>content</th><th>role</th></tr>"
    return _folded(f"Special tokens ({len(specials):,})", head, rows) + rest


def visible(piece: str, *, partial: bool = False) -> str:
    """A piece as HTML in which blanks, line ends and invisible characters can be seen.

    Args:
        piece: of a token.
        partial: whether hex codes in it are bytes and no text.
    """
    if not partial:
        return "".join(map(_glyph, piece))
    parts, at = [], 0
    for match in _HEX.finditer(piece):
        parts.append("".join(map(_glyph, piece[at : match.start()])))
        parts.append(f'<b class="md-hex">{match[0].replace(chr(92) + "x", " ").upper()[1:]}</b>')
        at = match.end()
    return "".join([*parts, *map(_glyph, piece[at:])])


def _glyph(letter: str) -> str:
    if letter in _GLYPHS:
        return _GLYPHS[letter]
    kind = unicodedata.category(letter)
    if kind == "Mn":
        return f"\u25cc{letter}"
    if kind[0] in "CZ" and kind not in ("Co", "Cs"):
        return f'<b class="md-hex">U+{ord(letter):04X}</b>'
    return html.escape(letter)


def _cut(text: str, owner: list[int]) -> str:
    if not owner:
        return html.escape(text)
    shared = " md-shared" if len(owner) > 1 else ""
    return (
        f'<span class="md-cut md-t{owner[0] % TINTS + 1}{shared}" '
        f'data-t="{" ".join(map(str, owner))}">{html.escape(text)}</span>'
    )


def _chip(index: int, token: Token, *, ids: bool) -> str:
    kinds = "".join(f" {kind}" for kind in _kinds(token))
    number = f"<small>{token.id}</small>" if ids else ""
    end = '<i class="md-break"></i>' if "\n" in token.piece else ""
    return (
        f'<span class="md-token md-t{index % TINTS + 1}{kinds}" data-t="{index}" '
        f'title="{html.escape(_sentence(index, token))}"><span>'
        f"{visible(token.piece, partial=token.is_partial)}</span>{number}</span>{end}"
    )


def _sentence(index: int, token: Token) -> str:
    size = counted(token.bytes, "byte")
    where = f", characters {token.start} to {token.end}" if token.end > token.start else ""
    kind = "".join(f", {_KINDS[name].split(':')[0]}" for name in _kinds(token))
    shown = token.piece if token.is_partial else repr(token.piece)
    return f"Token {index}: {shown}, id {token.id}, {size}{where}{kind}"


def _kinds(token: Token) -> list[str]:
    flags = (token.is_special, token.is_unknown, token.is_partial)
    return [name for name, flag in zip(_KINDS, flags, strict=True) if flag]


def _legend(tokens: Sequence[Token]) -> str:
    seen = {kind for token in tokens for kind in _kinds(token)}
    rows = "".join(
        f'<li><span class="md-token {name}"><span>{_SAMPLES[name]}</span></span>{html.escape(text)}</li>'
        for name, text in _KINDS.items()
        if name in seen
    )
    return f'<ul class="md-token-legend">{rows}</ul>' if rows else ""


def _figures(result: Tokenization, seconds: float | None) -> str:
    pairs = [
        ("tokens", f"{len(result.tokens):,}"),
        ("characters", f"{result.characters:,}"),
        ("bytes", f"{result.bytes:,}"),
        ("characters per token", f"{result.characters_per_token:.2f}"),
        ("bytes per token", f"{result.bytes_per_token:.2f}"),
        ("unknown", f"{result.unknown:,}"),
    ]
    if seconds is not None:
        pairs.append(("tokenized in", f"{seconds * 1000:,.1f} ms"))
    return figures(pairs)


def _table(result: Tokenization) -> str:
    rows = "".join(
        f"<tr><td>{i}</td><td>{t.id}</td><td>{visible(t.piece, partial=t.is_partial)}</td>"
        f"<td>{t.start}</td><td>{t.end}</td><td>{t.bytes}</td></tr>"
        for i, t in enumerate(result.tokens[:ROWS])
    )
    head = "".join(f"<th>{name}</th>" for name in ("index", "id", "piece", "start", "end", "bytes"))
    title = "Table"
    if len(result.tokens) > ROWS:
        title += f" (the first {ROWS:,} of {len(result.tokens):,} tokens; the files have all)"
    return _folded(title, f"<tr>{head}</tr>", rows)


def _folded(title: str, head: str, rows: str) -> str:
    return (
        f'<details class="md-token-table"><summary>{title}</summary><div tabindex="0"><table>'
        f"<thead>{head}</thead><tbody>{rows}</tbody></table></div></details>"
    )
