"""The child process that reads a workbook: file on stdin, frames on stdout, limits on processor time and memory.

A hostile or broken workbook can make a parser hang, swallow memory or abort; here it takes down this process only. One
that took the parser over could open nothing: no file, no connection, nothing that the system tells of the parent.
"""

from __future__ import annotations

import codecs
import io
import resource
import sys
import zipfile
import zlib
from itertools import count, islice
from typing import TYPE_CHECKING, Any, BinaryIO, Final
from xml.etree import ElementTree as ET

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from functions.import_sheet.frames import FOUND, LOST, MISSING, ROWS, Frame, projects_tab, write_frame
from functions.import_sheet.marks import Found, look, part_of, without_dimension

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_calamine import CalamineSheet

    from sop_core.transfers.cells import Cell

ROWS_A_FRAME: Final = 1000
MAX_COLUMNS: Final = 1024
CODECS: Final = (
    "cp437",
    *(f"cp125{number}" for number in range(9)),
    *(f"iso8859_{number}" for number in range(1, 17) if number != 12),  # noqa: PLR2004 - there is none
)
"""Of the names in a zip, and of XML by other programs than Excel: Python loads each from a file."""


def main(processor_seconds: int, memory_bytes: int) -> int:
    """Read the workbook; the exit code says whether it worked."""
    resource.setrlimit(resource.RLIMIT_CPU, (processor_seconds, processor_seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name in CODECS:
        codecs.lookup(name)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    try:
        _read(sys.stdin.buffer.read(), sys.stdout.buffer)
    except (
        CalamineError,
        ET.ParseError,
        KeyError,
        MemoryError,
        OSError,
        RuntimeError,
        ValueError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        sys.stderr.write(type(error).__name__)
        return 1
    return 0


def _read(data: bytes, out: BinaryIO) -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    tab = projects_tab(book.sheet_names)
    names: list[list[Cell]] = [list(book.sheet_names)]
    if tab is None:
        write_frame(out, Frame(MISSING, names))
        return
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        part = part_of(archive, tab)
        if part is None:
            write_frame(out, Frame(LOST, names))
            return
        found = look(archive, part)
        visible = {sheet.name: sheet.visible for sheet in book.sheets_metadata}
        is_hidden = visible[tab] != SheetVisibleEnum.Visible
        sheet = _sheet(book, tab, archive, part)
        is_wide = sheet.end is not None and sheet.end[1] >= MAX_COLUMNS
        write_frame(out, Frame(FOUND, names, found.marks(is_hidden=is_hidden, is_wide=is_wide)))
    # Empty rows above come too, so Excel's row numbers hold.
    for rows in _in_frames(sheet.iter_rows(), found):
        # Dates and times leave as ISO text, which is how msgpack has them.
        write_frame(out, Frame(ROWS, rows))
    out.flush()


def _sheet(book: CalamineWorkbook, tab: str, archive: zipfile.ZipFile, part: str) -> CalamineSheet:
    try:
        return book.get_sheet_by_name(tab)
    except CalamineError:
        mended = io.BytesIO()
        without_dimension(archive, part, mended)
        mended.seek(0)
        return CalamineWorkbook.from_filelike(mended).get_sheet_by_name(tab)


def _in_frames(rows: Iterator[list[Any]], found: Found) -> Iterator[list[list[Any]]]:
    for first in count(1, ROWS_A_FRAME):
        chunk = list(islice(rows, ROWS_A_FRAME))
        if not chunk:
            return
        for number in found.texts.keys() & range(first, first + len(chunk)):
            _put(chunk[number - first], found.texts[number])
        if len(chunk[0]) > MAX_COLUMNS:
            # A stray cell far right must not fill the memory of whoever listens.
            chunk = [row[:MAX_COLUMNS] for row in chunk]
        # Nor must a million formatted blank rows.
        yield [row if any(row) or row.count("") < len(row) else [] for row in chunk]


def _put(row: list[Any], texts: dict[int, str]) -> None:
    for at, text in texts.items():
        if at < len(row):
            row[at] = text


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
