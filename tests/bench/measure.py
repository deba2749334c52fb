"""What a bench reports, and how time is taken."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from subprocess import Popen

SAMPLE: Final = 0.005
PAGE: Final = os.sysconf("SC_PAGE_SIZE")
MEGABYTE: Final = 1024 * 1024


class Measure(NamedTuple):
    """One line of the report: what was measured, the figure, the bar, whether it is kept, and beside what it stands.

    ``within`` is ``None`` where nothing could be measured here: neither kept nor missed.
    """

    name: str
    figure: str
    bar: str
    within: bool | None
    beside: str = ""


def best(work: Callable[[], object], *, rounds: int) -> float:
    """Return the seconds that ``work`` takes when nothing disturbs it: the best of some rounds."""
    times = []
    for _ in range(rounds):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return min(times)


def peak_memory(process: Popen[bytes]) -> float:
    """Wait for the end of a process and return the most memory, in MB, that it and its children held at one time."""
    most = 0
    while process.poll() is None:
        most = max(most, sum(map(resident, (process.pid, *children(process.pid)))))
        sleep(SAMPLE)
    return most / MEGABYTE


def children(process: int) -> Iterator[int]:
    """Yield the processes that a process began, and theirs."""
    with suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                yield child
                yield from children(child)


def resident(process: int) -> int:
    """Return the bytes of memory that a process holds; 0 for one that has ended."""
    with suppress(OSError):
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE
    return 0


def peak(process: int) -> int:
    """Return the most bytes of memory that a process has held so far; 0 for one that has ended."""
    with suppress(OSError):
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
        return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)
    return 0


def workers(function: str) -> set[int]:
    """Return the processes below this one that run a deployed function on the local AWS, without what they began."""
    mark = f"AWS_LAMBDA_FUNCTION_NAME={function}\0".encode()
    return {process for process in children(os.getpid()) if mark in _environment(process)}


def _environment(process: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{process}/environ").read_bytes()
    return b""
