"""Which columns of a table hold the texts of a run over many rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.batch_input import Table, guess_column, named_column


@dataclass(frozen=True)
class Second:
    """A column that may take the place of the tab's first setting, row by row.

    Attributes:
        noun: what it holds, such as ``passage``.
        wanted: names that such columns go by, the likeliest first.
    """

    noun: str
    wanted: Sequence[str]

    @property
    def of_the_tab(self) -> str:
        """The choice of no column."""
        return f"none: the {self.noun} of this tab"


def guessed(table: Table, wanted: Sequence[str], second: Second | None = None) -> tuple[str, str]:
    """The column of the texts, and the second one; that is empty where none is named so.

    Args:
        table: the rows.
        wanted: names of columns of texts, the likeliest first.
        second: what a second column would hold.
    """
    beside = named_column(table, second.wanted) if second and len(table.columns) > 1 else ""
    column = guess_column(table, wanted, beside=beside)
    return column, beside if beside != column else ""
