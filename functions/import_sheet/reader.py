"""The child process that reads a workbook: file on stdin, frames on stdout, limits on processor time and memory.

A hostile or broken workbook can make a parser hang, swallow memory or abort; here it takes down this process only.
"""

from __future__ import annotations

import io
import resource
import sys
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from python_calamine import CalamineError, CalamineWorkbook

from functions.import_sheet.frames import FOUND, MISSING, ROWS, Frame, is_projects_tab, write_frame

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS_A_FRAME: Final = 1000
MAX_COLUMNS: Final = 1024


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
    # Empty rows above come too, so Excel's row numbers hold.
    for rows in _in_frames(book.get_sheet_by_name(tab).iter_rows()):
        # Dates and times leave as ISO text, which is how msgpack has them.
        write_frame(out, Frame(ROWS, rows))
    out.flush()


def _row(row: list[Any]) -> list[Any]:
    # A stray cell far right or a million formatted blank rows must not fill the memory of whoever listens.
    return [] if row.count("") == len(row) else row[:MAX_COLUMNS]


def _in_frames(rows: Iterator[list[Any]]) -> Iterator[list[list[Any]]]:
    while chunk := [_row(row) for row in islice(rows, ROWS_A_FRAME)]:
        yield chunk


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
