"""What tests of the ``make`` commands share: which processes belong to a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def processes_on(folder: Path) -> list[Path]:
    """Return the processes, of whatever parent, that work on a state folder."""
    return list(_processes_on(folder))


def _processes_on(folder: Path) -> Iterator[Path]:
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"STATE_DIR={folder}/".encode() in environment.read_bytes():
                yield environment.parent
        except OSError:  # it ended meanwhile, or is not ours
            continue
