"""The child that reads an upload, its parser taken over by what it reads: what it could get at, it does not."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.builders.workbooks import workbook

ROOT: Final = Path(__file__).parents[3]
TAKEN_OVER: Final = """
import ctypes, os, resource, socket, subprocess, sys

class CalamineError(Exception): pass
class CalamineSheet: pass
class SheetVisibleEnum: Visible = 0

def look_into(parent):
    # PTRACE_SEIZE: the parent goes on; with it its memory could be read and written.
    if not sys.platform.startswith("linux") or ctypes.CDLL(None).ptrace(0x4206, parent, 0, 0) != 0:
        raise OSError

def open_again():
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        open(__file__).close()
    except ValueError:
        raise OSError

WAYS = {
    "environment": lambda: open(f"/proc/{os.getppid()}/environ").read(),
    "file": lambda: open(__file__).read(),
    "connection": socket.socket,
    "program": lambda: subprocess.run([sys.executable, "-V"], capture_output=True, check=True),
    "file, once it may": open_again,
    "memory": lambda: look_into(os.getppid()),
}

def works(way):
    try:
        way()
    except OSError:
        return False
    return True

class CalamineWorkbook:
    @staticmethod
    def from_filelike(file):
        book = CalamineWorkbook()
        book.sheet_names = [name for name, way in WAYS.items() if works(way)]
        return book
"""
"""Stands in for the parser; the tabs that it tells are the ways that were open to it."""
IMPORTING: Final = """
import ctypes, sys
sys.path[:0] = sys.argv[1:]
from functions.import_sheet.workbook import read_file
from sop_core.transfers.sheet import SheetError
try:
    read_file(sys.stdin.buffer.read())
except SheetError as error:
    print(error.kind, *error.found)
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""


def as_anybody() -> None:
    """Do without what the user root may, and others may not: to trace any process (19), to exceed its limits (24)."""
    for capability in (19, 24):
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="another system has neither /proc nor prctl")
def test_a_parser_that_was_taken_over_gets_at_nothing(tmp_path: Path) -> None:
    """And the parent is as it was then: a process that others of its user may look into (1)."""
    (tmp_path / "python_calamine.py").write_text(TAKEN_OVER)
    path = [str(tmp_path), str(ROOT), str(ROOT / "layers" / "shared")]
    done = subprocess.run(
        [sys.executable, "-c", IMPORTING, *path],
        input=workbook(),
        capture_output=True,
        check=False,
        preexec_fn=as_anybody,
    )
    assert (done.stdout.decode().split(), done.stderr.decode()) == (["missing_tab", "1"], "")
