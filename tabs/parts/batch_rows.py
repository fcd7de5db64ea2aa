"""One run over many rows: which row comes next, what came of it, and the table that shows it."""

from __future__ import annotations

import html
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.batch_input import Row, Table, cell_text
from models.batch_output import RowFile
from models.errors import AppError, Stopped
from models.runs import Verb
from models.spec import Work
from models.stop import StopToken
from tabs.parts.errors import as_app_error
from tabs.parts.markup import note

#: Rows that the page draws; the files have all.
DRAWN = 200
#: Characters of a cell that the page draws.
CELL = 400
#: How long rows are run before other runs get their turn, in seconds.
SLICE_S = 1.0
#: After so many rows in a row that fail for a reason we can't explain, the rest is not tried.
GIVE_UP = 20

Columns = Mapping[str, str | float]


@dataclass(frozen=True)
class Step:
    """How far a slice of the rows is: the result that the runner hands on.

    Attributes:
        done: rows of the whole run with a result or an error.
        work: work of the rows of this slice.
    """

    done: int
    work: Work


@dataclass(frozen=True)
class Done:
    """A row with its outcome, as the page draws it."""

    line: int
    text: str
    result: Columns
    error: str


@dataclass
class Batch:
    """The rows of a run, and what came of them.

    Args:
        table: the rows.
        column: where their texts are.
        verb_of: a text -> the verb that reads it.
        columns_of: a result -> its columns.
        file: where every row goes.
    """

    table: Table
    column: str
    verb_of: Callable[[str], Verb[Any]]
    columns_of: Callable[[Any], Columns]
    file: RowFile
    done: int = 0
    failed: int = 0
    amount: float = 0.0
    unit: str = ""
    shown: list[Done] = field(default_factory=list)
    _unexplained: int = 0

    @property
    def total(self) -> int:
        """All rows."""
        return len(self.table.rows)

    def slice(self, engine: Any, stop: StopToken) -> Iterator[Step]:
        """Runs rows for about ``SLICE_S`` seconds; a verb for the runner, to be run until ``done``.

        A row that fails keeps its error; a row that Stop breaks off counts as not done.

        Raises:
            Stopped: when Stop was asked for.
            AppError: when ``GIVE_UP`` rows in a row failed without an explanation.
        """
        began, before = time.perf_counter(), self.amount
        for row in self.table.rows[self.done :]:
            stop.check()
            result, error = self._one(engine, stop, row)
            self._keep(row, result, error)
            yield Step(self.done, Work(self.amount - before, self.unit))
            if time.perf_counter() - began >= SLICE_S:
                return

    def _one(self, engine: Any, stop: StopToken, row: Row) -> tuple[Columns, str]:
        """The result's columns of a row, or why it has none."""
        text = cell_text(row.cells.get(self.column))
        if row.problem:
            return {}, row.problem
        if not text.strip():
            return {}, f"Line {row.line:,} has no text in {self.column!r}."
        try:
            result = _last(self.verb_of(text)(engine, stop))
            stop.check()
            columns = self.columns_of(result)
        except Stopped:
            raise
        except Exception as error:
            self._unexplained += not isinstance(error, AppError)
            if self._unexplained >= GIVE_UP:
                raise
            return {}, f"Line {row.line:,}: {as_app_error(error)}"
        self._unexplained, self.unit = 0, result.work.unit
        self.amount += result.work.amount
        return columns, ""

    def _keep(self, row: Row, result: Columns, error: str) -> None:
        self.file.add(row.cells, result, error)
        self.done += 1
        self.failed += bool(error)
        if len(self.shown) < DRAWN:
            text = cell_text(row.cells.get(self.column))
            self.shown.append(Done(row.line, text, result, error))


def table_html(shown: Sequence[Done], done: int) -> str:
    """The rows so far: line, text, the result's columns, and the error where there is one.

    Args:
        shown: at most ``DRAWN`` rows.
        done: how many there are in all.
    """
    if not shown:
        return ""
    names = list(dict.fromkeys(name for row in shown for name in row.result))
    heads = ["Line", "Text", *names, *(["Error"] if any(row.error for row in shown) else [])]
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in heads)
    body = "".join(_row(row, names, failures="Error" in heads) for row in shown)
    rest = note(f"The first {len(shown):,} of {done:,} rows; the files have all.")
    return (
        '<div class="md-table md-batch-table" tabindex="0" role="region" aria-label="Results">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f"{rest if done > len(shown) else ''}"
    )


def _row(row: Done, names: Sequence[str], *, failures: bool) -> str:
    cells = "".join(_cell(row.result.get(name, "")) for name in names)
    error = f'<td class="md-failed">{_shown(row.error)}</td>' if failures else ""
    return f'<tr><td>{row.line:,}</td><td dir="auto">{_shown(row.text)}</td>{cells}{error}</tr>'


def _cell(value: str | float) -> str:
    if isinstance(value, str):
        return f'<td dir="auto">{_shown(value)}</td>'
    return f'<td class="md-number">{value:,.4g}</td>'


def _shown(text: str) -> str:
    """Escaped, valid Unicode, and not longer than a cell may be."""
    cut = text if len(text) <= CELL else f"{text[: CELL - 3]}..."
    return html.escape(cut.encode("utf-8", "replace").decode("utf-8"))


def _last(outcome: Any) -> Any:
    """The result of a verb, or the last of its growing ones."""
    if isinstance(outcome, Iterator):
        last = None
        for last in outcome:  # noqa: B007 - the last one is wanted
            pass
        return last
    return outcome
