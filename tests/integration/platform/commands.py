"""What tests of the ``make`` commands share: which processes belong to a run."""

from __future__ import annotations

import os
import select
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def processes_on(folder: Path) -> list[Path]:
    """Return the processes, of whatever parent, that work on a state folder."""
    return list(_processes_on(folder))


def left_on(folder: Path) -> list[Path]:
    """Return the processes that work on a state folder, and go on with it."""
    return [process for process in processes_on(folder) if not has_ended(process)]


def processes_of(session: int) -> list[Path]:
    """Return the processes of a session."""
    return [process for process in Path("/proc").glob("[0-9]*") if _session(process) == session]


def has_ended(process: Path, *, within: float = 5) -> bool:
    """Tell whether a process is gone, or goes: what was killed a moment ago is not yet off the list."""
    try:
        handle = os.pidfd_open(int(process.name))
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], within)[0])
    finally:
        os.close(handle)


def _processes_on(folder: Path) -> Iterator[Path]:
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"STATE_DIR={folder}/".encode() in environment.read_bytes():
                yield environment.parent
        except OSError:  # it ended meanwhile, or is not ours
            continue


def _session(process: Path) -> int | None:
    try:
        return os.getsid(int(process.name))
    except OSError:  # it ended meanwhile
        return None
