"""Reads CSV: which separator is between its cells, which rows there are, whether the first one holds names.

A row that can't be read keeps the reason, so that the others can be run.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import islice

#: Separators of a CSV file that are tried; the first wins where they are equally good.
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
#: A first line by which Excel is told the separator; it is no row.
_FOR_EXCEL = re.compile(r'"?sep=([,;\t|])"?(?=\r|\n)', re.IGNORECASE)
#: Names that columns of texts go by, the likeliest first.
TEXT_COLUMNS = (
    "text", "sentence", "review", "content", "comment", "body", "message", "passage", "tweet",
    "document", "article", "paragraph", "description", "question", "input", "source", "title",
)  # fmt: skip
#: Rows that a separator is chosen by.
LOOK = 50
#: Rows that are a table where all have the same width.
_TABLE = 3
#: Characters that no text of a person has.
_PRIVATE_USE = (0xE000, 0xF900)
#: Longest cell that may be a column's name.
_NAME = 40

# The library's own limit of 131,072 characters a cell is less than the texts that engines take. It
# is one number for the process; nothing else here reads CSV.
csv.field_size_limit(2**31 - 1)

#: First line, cells, and why they can't be read; empty for a good row.
Record = tuple[int, list[str], str]


def records(text: str, separator: str) -> Iterator[Record]:
    """(first line, cells, problem) of every row that is not blank.

    Args:
        text: of the file.
        separator: between the cells.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, [], f"Line {line:,}: {_told(error)}."
            continue
        if any(cell.strip() for cell in cells):
            yield line, cells, ""


def _told(error: csv.Error) -> str:
    said = str(error)
    if "unexpected end of data" in said:
        return "a quotation mark is opened and never closed"
    if "expected after" in said:
        return "a quotation mark stands inside a quoted text, where it is written twice"
    return said


def separated(text: str) -> tuple[str, str]:
    """The rows of a file and the separator between their cells, as its first line tells or else guessed."""
    told = _FOR_EXCEL.match(text)
    return (text[told.end() :], told[1]) if told else (text, sniff(text))


def sniff(text: str) -> str:
    """The separator that cuts the first rows into the same number of cells most often.

    Where the first row is one cell, the file is a column of texts, whose commas are theirs: then it is
    a character that the text does not have. But a line alone over a table does not undo the table.
    """
    head = "".join(islice(io.StringIO(text, newline=""), 2 * LOOK))
    best = max(SEPARATORS, key=lambda separator: _evenness(_widths(head, separator)))
    if _evenness(_widths(head, best)) > (0.0, 0):
        return best
    below = head.partition("\n")[2]
    under = max(SEPARATORS, key=lambda separator: _evenness(_widths(below, separator)))
    widths = _widths(below, under)
    named = head.partition("\n")[0].strip().strip('"').casefold() in TEXT_COLUMNS
    if not named and len(widths) >= _TABLE and _evenness(widths)[0] == 1:
        return under
    return next(chr(code) for code in range(*_PRIVATE_USE) if chr(code) not in text)


def _widths(head: str, separator: str) -> list[int]:
    """How many cells each of the first rows has."""
    return [len(cells) for _, cells, problem in records(head, separator) if not problem][:LOOK]


def _evenness(widths: list[int]) -> tuple[float, int]:
    """Share of rows that are as wide as the first one, and that width; nothing for one column."""
    if not widths or widths[0] < 2:
        return 0.0, 0
    return sum(width == widths[0] for width in widths) / len(widths), widths[0]


def looks_like_names(first: Sequence[str], others: Sequence[Sequence[str]]) -> bool:
    """Whether a CSV's first row holds names: short, different, no numbers, no sentences."""
    cells = [cell.strip() for cell in first]
    if any(cell.casefold() in TEXT_COLUMNS for cell in cells):
        return True
    if not all(cells) or len(set(cells)) < len(cells) or any(map(_is_number, cells)):
        return False
    if any(len(cell) > _NAME or cell[-1] in ".!?" or len(cell.split()) > 4 for cell in cells):
        return False
    return bool(others) and (len(cells) > 1 or len(cells[0].split()) == 1)


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True


def unique(names: Sequence[str]) -> list[str]:
    """Names for columns: blanks are numbered, a name that comes again gets a number too."""
    found: list[str] = []
    for place, name in enumerate(names, start=1):
        plain = fresh = name.strip() or f"column {place}"
        number = 2
        while fresh in found:
            fresh, number = f"{plain} ({number})", number + 1
        found.append(fresh)
    return found
