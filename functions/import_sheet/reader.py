"""The child process that reads a workbook: file on stdin, frames on stdout, limits on processor time and memory.

A hostile or broken workbook can make a parser hang, swallow memory or abort; here it takes down this process only.
"""

from __future__ import annotations

import io
import resource
import sys
from datetime import date, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from python_calamine import CalamineError, CalamineWorkbook

from functions.import_sheet.frames import FOUND, MISSING, ROWS, Frame, is_projects_tab, write_frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sop_core.transfers.cells import Cell

ROWS_A_FRAME = 1000


def main(processor_seconds: int, memory_bytes: int) -> int:
    """Read the workbook; the exit code says whether it worked."""
    resource.setrlimit(resource.RLIMIT_CPU, (processor_seconds, processor_seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        _read(sys.stdin.buffer.read(), sys.stdout.buffer)
    except (CalamineError, MemoryError, OSError, ValueError) as error:
        sys.stderr.write(type(error).__name__)
        return 1
    return 0


def _read(data: bytes, out: BinaryIO) -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    tab = next((name for name in book.sheet_names if is_projects_tab(name)), None)
    write_frame(out, Frame(FOUND if tab else MISSING, [list(book.sheet_names)]))
    if tab is None:
        return
    for rows in _in_frames(_rows(book.get_sheet_by_name(tab))):
        write_frame(out, Frame(ROWS, rows))
    out.flush()


def _rows(sheet: Any) -> Iterator[list[Cell]]:  # noqa: ANN401  (calamine's own class)
    if sheet.start is None:
        return
    # calamine leaves out what is empty above and to the left; Excel's row numbers need it back.
    above, left = sheet.start
    yield from ([] for _ in range(above))
    for row in sheet.to_python(skip_empty_area=True):
        yield [None] * left + [_cell(value) for value in row]


def _cell(value: object) -> Cell:
    if value == "":
        return None
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, (str, int, float, bool)) else str(value)


def _in_frames(rows: Iterator[list[Cell]]) -> Iterator[list[list[Cell]]]:
    while chunk := list(islice(rows, ROWS_A_FRAME)):
        yield chunk


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
