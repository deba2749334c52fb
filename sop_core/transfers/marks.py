"""What a tab says beside its cells' values: what is hidden, struck through, merged or was never calculated."""

from __future__ import annotations

import msgspec


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """Rows are Excel's row numbers, columns positions from 0; a cell is (row, column).

    ``merged`` are areas (first row, first column, last row, last column). ``is_wide``: some columns are not read.
    """

    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    struck: frozenset[tuple[int, int]] = frozenset()
    uncalculated: frozenset[tuple[int, int]] = frozenset()
    merged: tuple[tuple[int, int, int, int], ...] = ()
    is_hidden: bool = False
    is_wide: bool = False
