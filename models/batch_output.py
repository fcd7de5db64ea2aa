"""Writes the results of many texts while they come: JSONL row by row, and a CSV of it in the end.

Only one row is in memory at a time. The original columns stay, the result's columns follow, and
``error`` is the last one.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from models.batch_input import cell_text
from models.spreadsheets import guarded

#: The column that says why a row has no result.
ERROR = "error"


class RowFile:
    """A JSONL file that grows by one object for each row.

    Args:
        path: file to write.
        columns: columns of the input; a result's column of the same name gets a number.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path, self.rows = path, 0
        self._original = list(columns)
        self._names: dict[str, str] = {}
        self._stream = path.open("w", encoding="utf-8", errors="replace", newline="\n")

    @property
    def columns(self) -> list[str]:
        """Every column so far: the input's, the result's, and the error."""
        results = [name for key, name in self._names.items() if key != ERROR]
        return [*self._original, *results, self._name(ERROR)]

    def add(
        self, cells: Mapping[str, object], result: Mapping[str, str | float], error: str = ""
    ) -> None:
        """Writes one row: its own cells, the result's, and why it has none."""
        row = dict(cells)
        row.update((self._name(key), value) for key, value in result.items())
        row[self._name(ERROR)] = error
        self._stream.write(json.dumps(row, ensure_ascii=False) + "\n")
        self.rows += 1

    def _name(self, key: str) -> str:
        if key not in self._names:
            fresh, number = key, 2
            while fresh in self._original or fresh in self._names.values():
                fresh, number = f"{key} ({number})", number + 1
            self._names[key] = fresh
        return self._names[key]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the file; may be called again."""
        self._stream.close()


def write_csv(rows: Path, columns: Sequence[str], path: Path) -> None:
    """Makes a CSV with commas, quotes and a byte order mark (for Excel) of a ``RowFile``.

    Args:
        rows: the JSONL file.
        columns: columns to write, in this order; a row without one gets an empty cell.
        path: file to write.
    """
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([guarded(name) for name in columns])
        for row in read_rows(rows):
            writer.writerow([_cell(row.get(name)) for name in columns])


def read_rows(path: Path) -> Iterator[dict[str, object]]:
    """The rows of a ``RowFile``, one at a time."""
    with path.open(encoding="utf-8", newline="\n") as stream:
        for line in stream:
            yield json.loads(line)


def _cell(value: object) -> str | int | float:
    """Numbers as they are, since a number below zero is no formula; text guarded."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    return guarded(cell_text(value))
