"""What a bench reports, and how time is taken."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Measure(NamedTuple):
    """One line of the report: what was measured, the figure, the bar, and whether it is kept."""

    name: str
    figure: str
    bar: str
    within: bool


def best(work: Callable[[], object], *, rounds: int) -> float:
    """Return the seconds that ``work`` takes when nothing disturbs it: the best of some rounds."""
    times = []
    for _ in range(rounds):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return min(times)
