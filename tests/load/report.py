"""The figures of a run, as one table for people and one JSON object for machines."""

from __future__ import annotations

import os
import platform
from collections import defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.load.office import Ack
    from tests.load.run import Day

LINE: Final = "{:<28}{:>8}{:>9}{:>9}{:>9}{:>9}{:>10}"
HEAD: Final = ("what", "count", "p50 ms", "p95 ms", "p99 ms", "max ms", "over 3 s")
QUANTILES: Final = (50, 95, 99)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that ``percent`` of them do not exceed (nearest rank)."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, max(0, -(-len(ranked) * percent // 100) - 1).__int__())]


def times(seconds: Sequence[float], *, late: float) -> dict[str, float]:
    """Return count, percentiles and maximum in milliseconds, and how many took ``late`` seconds or longer."""
    if not seconds:
        return {"count": 0}
    found: dict[str, float] = {"count": len(seconds)}
    found |= {f"p{percent}_ms": round(1000 * percentile(seconds, percent), 1) for percent in QUANTILES}
    return found | {"max_ms": round(1000 * max(seconds), 1), "late": sum(each >= late for each in seconds)}


def by_kind(acks: Sequence[Ack], *, late: float) -> dict[str, dict[str, float]]:
    """Return the times of each kind of request, and of all together."""
    kinds: dict[str, list[float]] = defaultdict(list)
    for ack in acks:
        kinds[ack.kind].append(ack.seconds)
    found = {kind: times(kinds[kind], late=late) for kind in sorted(kinds)}
    return found | {"all requests": times([ack.seconds for ack in acks], late=late)}


def as_json(day: Day) -> dict[str, Any]:
    """Return the run with its plan and the machine it ran on."""
    machine = {"processors": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}
    return {
        "plan": asdict(day.plan),
        "machine": machine,
        **day.figures,
        "problems": list(day.problems),
        "late": list(day.late),
    }


def as_table(day: Day) -> Iterator[str]:
    """Yield the lines that a person reads."""
    figures = day.figures
    yield LINE.format(*HEAD)
    for name, row in (figures["acks"] | {"card in the channel": figures["card_after_submission"]}).items():
        yield _line(name, row)
    yield _line("cold burst, apart", figures["burst"]["acks"])
    yield ""
    yield from (f"{name}: {said}" for name, said in _said(day).items())


def _line(name: str, row: dict[str, float]) -> str:
    cells = [f"{row[key]:,.0f}" if key in row else "" for key in ("p50_ms", "p95_ms", "p99_ms", "max_ms", "late")]
    return LINE.format(name, f"{row['count']:,}", *cells).rstrip()


def _said(day: Day) -> dict[str, str]:
    figures, plan = day.figures, day.plan
    burst = figures["burst"]
    said = {
        "people": f"{plan.agents} agents and {plan.specialists} specialists, {plan.think:g} s between clicks",
        "rate": f"{figures['requests_per_second']} requests/s over {figures['seconds']:.0f} s, "
        f"processors {figures['busy_percent']} % busy",
        "calls": f"{figures['calls']} whole calls, {figures['cases']} cases, {figures['claimed']} claimed, "
        f"{figures['closed']} closed, {figures['cases_per_hour']:,} cases an hour",
        "drained": f"everything was delivered {figures['drained_seconds']} s after the last click",
        "memory": f"local AWS with all workers {figures['stack_mb']} MB at most; "
        + ", ".join(
            f"{each['count']} x {name}, the largest {each['peak_mb']} MB" for name, each in figures["workers"].items()
        ),
    }
    said["cold burst"] = (
        f"{plan.burst} first commands at once and no worker there: {burst['opened']} modals opened in time, "
        f"{burst['told']} people told to type again, {burst['silent']} without an answer; all had a modal at try "
        f"{burst['tries']}, {burst['workers']} workers were there then"
    )
    said["result"] = f"{len(day.problems)} problems, {len(day.late)} answers too late for Slack"
    return said
