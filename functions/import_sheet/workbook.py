"""A workbook's bytes become the rows of its tab All Projects, or one sentence that says why not."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import msgspec

from functions.import_sheet.container import MEGABYTE, SAVE_AS, examine
from functions.import_sheet.frames import LOST, MISSING, ROWS, TAB, Frame, read_frames
from sop_core.transfers.cells import Cell  # noqa: TC001 - msgspec reads the annotation
from sop_core.transfers.marks import Marks
from sop_core.transfers.sheet import Reading, SheetError, read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What the reading child may use."""

    processor_seconds: int = 60
    seconds: float = 120.0
    memory: int = 1024 * MEGABYTE


class Workbook(msgspec.Struct, frozen=True, kw_only=True):
    """The tabs of a workbook and the rows of All Projects, the first being Excel's row 1, with the tab's marks."""

    tabs: tuple[str, ...]
    rows: list[list[Cell]]
    marks: Marks
    from_1904: bool


class Taken(msgspec.Struct, frozen=True):
    """What a workbook holds, and the rows it was read from, for the report of those with problems."""

    reading: Reading
    rows: list[list[Cell]]


def read_file(data: bytes, *, limits: Limits | None = None) -> Reading:
    """Return the projects and problems of a workbook; raises :class:`SheetError`."""
    return take(data, limits=limits).reading


def take(
    data: bytes,
    *,
    limits: Limits | None = None,
    chosen: Mapping[str, str] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Taken:
    """Return what a workbook holds; ``progress`` hears how many rows are read so far.

    ``chosen`` are headers that an admin gave a field for.

    :raises SheetError: if it cannot be read as a transfer sheet.
    """
    book = open_workbook(data, limits=limits, progress=progress)
    if not any(book.rows):
        raise SheetError("no_rows", f"The tab {TAB} is empty.", book.tabs)
    reading = read(book.rows, from_1904=book.from_1904, marks=book.marks, chosen=chosen)
    if not reading.projects:
        raise SheetError(
            "no_rows", f"The tab {TAB} has its headers but no projects below them.", tuple(reading.columns.values())
        )
    return Taken(reading, book.rows)


def open_workbook(
    data: bytes, *, limits: Limits | None = None, progress: Callable[[int], None] | None = None
) -> Workbook:
    """Return a workbook's rows, read in a child process; raises :class:`SheetError`."""
    from_1904 = examine(data)
    allowed = limits or Limits()
    with _child(allowed) as child:
        deadline = threading.Timer(allowed.seconds, child.kill)
        deadline.start()
        try:
            tabs, marks, rows = _converse(child, data, progress)
        finally:
            deadline.cancel()
    if child.returncode != 0:
        raise SheetError(
            "unreadable",
            f"The workbook could not be read: it is damaged, or reading it takes too much time or memory. {SAVE_AS}",
        )
    return Workbook(tabs=tabs, rows=rows, marks=marks, from_1904=from_1904)


def _child(limits: Limits) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "functions.import_sheet.reader", str(limits.processor_seconds), str(limits.memory)]
    # Only what Python needs to start: no credentials reach the process that parses an upload.
    environment = {
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "LD_LIBRARY_PATH": f"{sys.base_prefix}/lib",
    }
    return subprocess.Popen(  # noqa: S603  (our own module, no shell)
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    )


def _converse(
    child: subprocess.Popen[bytes], data: bytes, progress: Callable[[int], None] | None
) -> tuple[tuple[str, ...], Marks, list[list[Cell]]]:
    assert child.stdin is not None  # noqa: S101  (both are pipes)
    assert child.stdout is not None  # noqa: S101
    try:
        with child.stdin as pipe:
            pipe.write(data)
    except BrokenPipeError:
        return (), Marks(), []
    tabs: tuple[str, ...] = ()
    marks = Marks()
    rows: list[list[Cell]] = []
    for frame in read_frames(child.stdout):
        if frame.kind != ROWS:
            tabs, marks = _tabs(frame), frame.marks or marks
            continue
        rows += frame.rows
        if progress:
            progress(len(rows))
    return tabs, marks, rows


def _tabs(frame: Frame) -> tuple[str, ...]:
    tabs = tuple(str(name) for name in frame.rows[0])
    if frame.kind == MISSING:
        raise SheetError("missing_tab", f"The workbook has no tab {TAB}.", tabs)
    if frame.kind == LOST:
        raise SheetError("damaged", f"The workbook names the tab {TAB}, but the tab itself is not in it. {SAVE_AS}")
    return tabs
