"""One run over many rows: which row comes next, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from models.batch_input import Row, Table, cell_text
from models.batch_output import RowFile
from models.errors import AppError, Stopped
from models.rows_ahead import WIDTH, in_order
from models.runs import Verb
from models.spec import Work
from models.stop import StopToken
from tabs.parts.batch_files import Folder
from tabs.parts.batch_table import DRAWN, Columns, Done
from tabs.parts.errors import as_app_error

#: How long rows are run before other runs get their turn, in seconds.
SLICE_S = 1.0
#: After so many rows in a row that fail for a reason we can't explain, the rest is not tried.
GIVE_UP = 20


@dataclass(frozen=True)
class Step:
    """How far a slice of the rows is: the result that the runner hands on.

    Attributes:
        done: rows of the whole run with a result or an error.
        work: work of the rows of this slice.
    """

    done: int
    work: Work


class _Unreadable(ValueError):
    """A row without a text that could be run; the message is for its own cell."""


@dataclass
class Batch:
    """The rows of a run, and what came of them.

    Args:
        table: the rows.
        column: where their texts are.
        verb_of: a text, and what the second column holds where there is one -> the verb that reads it.
        columns_of: a result -> its columns.
        file: where every row goes.
        folder: where the files go that a result makes; None where it makes none.
        second: a column that each row is read with; empty for none.
    """

    table: Table
    column: str
    verb_of: Callable[..., Verb[Any]]
    columns_of: Callable[[Any], Columns]
    file: RowFile
    folder: Folder | None = None
    second: str = ""
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
            AppError: when ``GIVE_UP`` rows in a row failed without an explanation, or the files of
                the rows fill what they may.
        """
        before = self.amount
        # engines that share passes read many rows at once; others take them one by one
        width = WIDTH if getattr(engine, "batched", False) else 1
        rows = in_order(self._for_a_while(stop), lambda row: self._read(engine, stop, row), width)
        for row, outcome in rows:
            stop.check()
            result, error = self._outcome(row, outcome, stop)
            self._keep(row, result, error)
            yield Step(self.done, Work(self.amount - before, self.unit))

    def _for_a_while(self, stop: StopToken) -> Iterator[Row]:
        """The rows that are still to be done, until ``SLICE_S`` is over."""
        began = time.perf_counter()
        for row in self.table.rows[self.done :]:
            stop.check()
            if self.folder is not None:
                self.folder.check()
            yield row
            if time.perf_counter() - began >= SLICE_S:
                return

    def _read(self, engine: Any, stop: StopToken, row: Row) -> Any:
        """The result of a row; may run in a thread of its own."""
        if row.problem:
            raise _Unreadable(row.problem)
        texts = [self._text(row, name) for name in (self.column, self.second) if name]
        return _last(self.verb_of(*texts)(engine, stop))

    def _text(self, row: Row, column: str) -> str:
        text = cell_text(row.cells.get(column))
        if not text.strip():
            raise _Unreadable(f"Line {row.line:,} has no text in {column!r}.")
        return text

    def _outcome(
        self, row: Row, outcome: Callable[[], Any], stop: StopToken
    ) -> tuple[Columns, str]:
        """The result's columns of a row, the names of its files first, or why it has none."""
        try:
            result = outcome()
            stop.check()
            files = self._written(result, row.line, cell_text(row.cells.get(self.column)))
            columns = {**files, **self.columns_of(result)}
        except Stopped:
            raise
        except _Unreadable as error:
            return {}, str(error)
        except Exception as error:
            self._unexplained += not isinstance(error, AppError)
            if self._unexplained >= GIVE_UP:
                raise
            return {}, f"Line {row.line:,}: {as_app_error(error)}"
        self._unexplained, self.unit = 0, result.work.unit
        self.amount += result.work.amount
        return columns, ""

    def _written(self, result: Any, line: int, text: str) -> Columns:
        return {} if self.folder is None else {"file": self.folder.add(result, line, text)}

    def _keep(self, row: Row, result: Columns, error: str) -> None:
        self.file.add(row.cells, result, error)
        self.done += 1
        self.failed += bool(error)
        if len(self.shown) < DRAWN:
            text = cell_text(row.cells.get(self.column))
            paths = self.folder.last if self.folder is not None and not error else ()
            self.shown.append(Done(row.line, text, result, error, paths))


def _last(outcome: Any) -> Any:
    """The result of a verb, or the last of its growing ones."""
    if isinstance(outcome, Iterator):
        last = None
        for last in outcome:  # noqa: B007 - the last one is wanted
            pass
        return last
    return outcome
