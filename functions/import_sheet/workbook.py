"""A workbook's bytes become the rows of its tab All Projects, or one sentence that says why not."""

from __future__ import annotations

import ctypes
import gc
import os
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from itertools import chain
from typing import TYPE_CHECKING, Final

import msgspec

from functions.import_sheet.container import MEGABYTE, SAVE_AS, examine, furthest_cell
from functions.import_sheet.frames import LOST, MISSING, packed_frames, unpack
from sop_core.transfers.marks import Marks
from sop_core.transfers.project import TAB
from sop_core.transfers.sheet import Reading, SheetError, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sop_core.transfers.cells import Cell

SET_DUMPABLE: Final = 4
"""Of ``prctl``: https://man7.org/linux/man-pages/man2/PR_SET_DUMPABLE.2const.html"""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What the reading child may use."""

    processor_seconds: int = 60
    seconds: float = 120.0
    memory: int = 1024 * MEGABYTE


class Rows:
    """The rows of a tab as they came, the first being Excel's row 1; kept packed, which is a tenth of their size."""

    def __init__(self) -> None:
        """Begin without rows."""
        self._packed: list[bytes] = []

    def add(self, packed: bytes) -> None:
        """Keep one more frame of rows."""
        self._packed.append(packed)

    def __iter__(self) -> Iterator[list[Cell]]:
        """Yield every row."""
        return chain.from_iterable(unpack(packed).rows for packed in self._packed)


class Taken(msgspec.Struct, frozen=True):
    """What a workbook holds, and the rows it was read from, for the report of those with problems."""

    reading: Reading
    rows: Rows


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

    ``chosen`` are headers that an admin gave a field for. The rows are checked while the child still reads.

    :raises SheetError: if it cannot be read as a transfer sheet.
    """
    from_1904 = examine(data)
    rows = Rows()
    with _child(data, limits or Limits()) as frames, _nothing_to_collect():
        marks = _found(next(frames))
        source = chain.from_iterable(_kept(frames, rows, progress))
        reading = read(source, from_1904=from_1904, marks=marks, chosen=chosen)
    if not reading.projects:
        raise SheetError(
            "no_rows", f"The tab {TAB} has its headers but no projects below them.", tuple(reading.columns.values())
        )
    return Taken(reading, rows)


@contextmanager
def _nothing_to_collect() -> Iterator[None]:
    """Spare the search for cycles among millions of cells that make none: a tenth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _found(packed: bytes) -> Marks:
    frame = unpack(packed)
    tabs = tuple(str(name) for name in frame.rows[0])
    if frame.kind == MISSING:
        raise SheetError("missing_tab", f"The workbook has no tab {TAB}.", tabs)
    if frame.kind == LOST:
        raise SheetError("damaged", f"The workbook names the tab {TAB}, but the tab itself is not in it. {SAVE_AS}")
    return frame.marks or Marks()


def _kept(frames: Iterator[bytes], kept: Rows, progress: Callable[[int], None] | None) -> Iterator[list[list[Cell]]]:
    count = 0
    for packed in frames:
        kept.add(packed)
        rows = unpack(packed).rows
        yield rows
        count += len(rows)
        if progress:
            progress(count)


@contextmanager
def _child(data: bytes, limits: Limits) -> Iterator[Iterator[bytes]]:
    """Read the workbook in a child process; what is left of it when the block ends is ended, too."""
    command = [sys.executable, "-m", "functions.import_sheet.reader", str(limits.processor_seconds), str(limits.memory)]
    # Only what Python needs to start: no credentials reach the process that parses an upload.
    environment = {
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "LD_LIBRARY_PATH": f"{sys.base_prefix}/lib",
    }
    with subprocess.Popen(  # noqa: S603  (our own module, no shell)
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as child:
        deadline = threading.Timer(limits.seconds, child.kill)
        deadline.start()
        try:
            with _unseen():
                yield _frames(child, data)
        finally:
            deadline.cancel()
            child.kill()


@contextmanager
def _unseen() -> Iterator[None]:
    """Let no process of the same user look into this one, which has credentials; a Mac has no such switch."""
    if not sys.platform.startswith("linux"):
        yield
        return
    prctl = ctypes.CDLL(None).prctl
    prctl(SET_DUMPABLE, 0, 0, 0, 0)
    try:
        yield
    finally:
        prctl(SET_DUMPABLE, 1, 0, 0, 0)


def _frames(child: subprocess.Popen[bytes], data: bytes) -> Iterator[bytes]:
    """Yield what the child reads; raises :class:`SheetError` where it did not come to its end."""
    assert child.stdin is not None  # noqa: S101  (both are pipes)
    assert child.stdout is not None  # noqa: S101
    with suppress(BrokenPipeError), child.stdin as pipe:
        pipe.write(data)
    yield from packed_frames(child.stdout)
    if child.wait() != 0:
        raise _unreadable(data)


def _unreadable(data: bytes) -> SheetError:
    if cell := furthest_cell(data):
        return SheetError(
            "too_many_cells",
            f"The workbook has a cell at {cell}, so far from the others that a tab cannot be laid out. In Excel: press "
            "Ctrl+End to go there, delete its row and its column, save, and upload it again.",
        )
    return SheetError(
        "unreadable",
        f"The workbook could not be read: it is damaged, or reading it takes too much time or memory. {SAVE_AS}",
    )
