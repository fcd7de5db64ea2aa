"""Reads many texts: pasted lines, or a CSV, JSONL or text file, as rows with named columns.

Whatever is wrong with one row is kept in that row, with its line number, so that the others can be
run; whatever is wrong with the whole is an ``InputError``. Nothing is guessed in silence: the table
says how the file was read.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from models.batch_csv import (
    LOOK,
    SEPARATORS,
    TEXT_COLUMNS,
    Record,
    looks_like_names,
    records,
    separated,
    unique,
)
from models.errors import InputError
from models.text_encodings import file_text
from models.units import counted

#: Most rows of one run.
MAX_ROWS = 50_000
#: Largest file in bytes.
MAX_BYTES = 10_000_000
#: Most columns of a file.
MAX_COLUMNS = 200
#: File endings that are read, and as what.
KINDS = {
    ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".txt": "txt",
}  # fmt: skip
#: The column of texts that came as bare lines.
LINES = "text"


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        line: its first line in the input, counted from 1.
        cells: column name -> value: text from CSV and lines, any JSON value from JSONL.
        problem: why it can't be run; empty for a good row.
    """

    line: int
    cells: dict[str, object]
    problem: str = ""


@dataclass(frozen=True)
class Table:
    """Rows and how they were read.

    Attributes:
        columns: in the order of the input, each name once.
        rows: 1 to ``MAX_ROWS`` of them; bad ones included.
        reading: how the input was read, as a sentence for a person.
        headed: whether a CSV's first row was taken for names; False for what has none.
    """

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    reading: str
    headed: bool = False


def lines_table(text: str) -> Table:
    """One row for each line that is not blank.

    Raises:
        InputError: when there is none, or more than ``MAX_ROWS``.
    """
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    lines = enumerate(plain.split("\n"), start=1)
    rows = _limited(Row(number, {LINES: line.strip()}) for number, line in lines if line.strip())
    return Table((LINES,), rows, f"{counted(len(rows), 'row')}, one text a line.")


def read_table(path: Path, *, headed: bool | None = None) -> Table:
    """Reads a file by its ending; see ``KINDS``.

    Args:
        path: the file.
        headed: whether a CSV's first row holds the names of the columns; None to guess.

    Raises:
        InputError: when it is too large, of another kind, no text, empty, or has too many rows.
    """
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise InputError(
            f"A file that ends in {path.suffix.lower() or 'nothing'!r} can't be read here.",
            hint="Use CSV, TSV, JSONL (one object a line) or a text file with one text a line.",
        )
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise InputError(
            f"The file has {size / 1e6:.1f} MB; the limit is {MAX_BYTES / 1e6:.0f} MB.",
            hint="Split it, or leave out columns that are not needed.",
        )
    found = file_text(path.read_bytes(), path.name)
    if kind == "txt":
        table = lines_table(found.text)
    else:
        table = _read_jsonl(found.text) if kind == "jsonl" else _read_csv(found.text, headed)
    if len(table.columns) > MAX_COLUMNS:
        raise InputError(
            f"The file has {len(table.columns):,} columns; the limit is {MAX_COLUMNS}.",
            hint="Leave out columns that are not needed.",
        )
    return replace(table, reading=f"{table.reading} {found.told or 'Read as UTF-8.'}")


def guess_column(table: Table, wanted: Sequence[str] = TEXT_COLUMNS, *, beside: str = "") -> str:
    """The column that most likely holds the texts.

    A column that is named so, see ``named_column``; else the one with the longest values.

    Args:
        table: the rows.
        wanted: names, the likeliest first.
        beside: a column that holds something else; it is taken where there is no other.
    """
    named = named_column(table, wanted)
    if named:
        return named
    others = [column for column in table.columns if column != beside] or table.columns
    return max(others, key=lambda column: _mass(table.rows[:LOOK], column))


def named_column(table: Table, wanted: Sequence[str]) -> str:
    """A column whose name is in ``wanted``, the earliest there; else one whose name contains such a
    word; empty where there is none.
    """
    plain = {column.strip().casefold(): column for column in reversed(table.columns)}
    for name in wanted:
        if name in plain:
            return plain[name]
    for name in wanted:
        if found := [column for low, column in plain.items() if name in low]:
            return found[-1]
    return ""


def cell_text(value: object) -> str:
    """A cell's value as the text that a model reads; JSON for what is neither text nor number."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _read_jsonl(text: str) -> Table:
    lines = enumerate(text.split("\n"), start=1)
    rows = _limited(_json_row(number, line) for number, line in lines if line.strip())
    columns = tuple(dict.fromkeys(name for row in rows for name in row.cells))
    if not columns:
        raise InputError(
            "No line of the file is a JSON object.",
            hint='Each line should be like {"text": "..."}.',
        )
    return Table(columns, rows, f"{counted(len(rows), 'row')} of JSON.")


def _json_row(number: int, line: str) -> Row:
    try:
        value = json.loads(line, parse_constant=_no_number, parse_float=_finite)
    except ValueError as error:
        what = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        return Row(number, {}, f"Line {number:,} is no JSON: {what}.")
    except RecursionError:
        return Row(number, {}, f"Line {number:,} is nested too deep.")
    if isinstance(value, str):
        return Row(number, {LINES: value})
    if not isinstance(value, dict):
        return Row(number, {}, f"Line {number:,} is no JSON object.")
    return Row(number, value)


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError(f"{digits[:20]} is too large a number")
    return value


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _read_csv(text: str, headed: bool | None) -> Table:
    body, separator = separated(text)
    found = list(islice(records(body, separator), MAX_ROWS + 2))  # the names and one too many
    if not found:
        raise InputError("The file is empty.", hint="It needs at least one row.")
    first = found[0][1]
    named = looks_like_names(first, [cells for _, cells, _ in found[1:]])
    named = bool(first) and (named if headed is None else headed)
    columns = unique(first) if named else [f"column {n}" for n in range(1, len(first) + 1)]
    rows = _limited(_csv_row(record, columns, separator) for record in found[1 if named else 0 :])
    head = "the first row holds the names" if named else "no row of names"
    return Table(
        tuple(columns),
        rows,
        f"{counted(len(rows), 'row')}, {counted(len(columns), 'column')}"
        f"{f' with a {SEPARATORS[separator]} between them' if len(columns) > 1 else ''}, {head}.",
        named,
    )


def _csv_row(record: Record, columns: Sequence[str], separator: str) -> Row:
    line, cells, problem = record
    if not problem and len(cells) != len(columns):
        found, wanted = counted(len(cells), "cell"), counted(len(columns), "column")
        problem = f"Line {line:,} has {found}; the table has {wanted}."
        if len(cells) > len(columns):
            mark = SEPARATORS.get(separator, "separator")
            problem += f" Put a text with a {mark} in it between quotation marks."
    return Row(line, dict(zip(columns, cells, strict=False)), problem)


def _limited(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The rows; raises ``InputError`` when there are none or too many."""
    found = tuple(islice(rows, MAX_ROWS + 1))
    if not found:
        raise InputError("There is nothing to run: no row with a text.", hint="Give some rows.")
    if len(found) > MAX_ROWS:
        raise InputError(
            f"There are more than {MAX_ROWS:,} rows; that is the limit of one run.",
            hint="Split them into several runs.",
        )
    return found


def _mass(rows: Sequence[Row], column: str) -> int:
    return sum(len(cell_text(row.cells.get(column))) for row in rows)
