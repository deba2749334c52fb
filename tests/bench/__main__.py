"""``make bench``: the design's bars, each measured against the named thing in the same run.

A part of the design has a module here with ``measures()``; name modules to run only those. A run of all of them is
written to ``docs/benchmarks.md``.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from tests.bench.measure import Measure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LINE: Final = "{:<8}{:<58}{:<70}{:<36}{}"
ALONE: Final = "--alone"
STATES: Final = {True: "ok", False: "MISSED", None: "skipped"}
MODULES: Final = ("guidance", "cold", "acks", "home", "sheet", "search", "importing", "report", "cost")
ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "benchmarks.md"
ABOUT: Final = """\
# Benchmarks

Written by `make bench`: every bar of the design, each against the named thing in the same run. A start is measured in
fresh processes, others in turns; the best or the median counts, as each line says. The last bar, that nothing is lost
when the app is killed at any call, is `make crash`, and fifty people at once are `make load`: both are told in
[what was broken on purpose](reliability.md). What the figures mean for cost is in [how it scales](scale.md).

{machine}

| | what | figure | bar | beside, in the same run |
|---|---|---|---|---|
{rows}

{end}
"""


def main(names: Sequence[str]) -> int:
    """Print each measure as a line of a table; return 1 if a bar is missed."""
    if names[:1] == [ALONE]:
        for measure in import_module(f"tests.bench.{names[1]}").measures():
            print(ALONE + msgspec.json.encode(measure).decode(), flush=True)  # noqa: T201 - same
        return 0
    unknown = [name for name in names if name not in MODULES]
    if unknown:
        print(f"No such bench: {', '.join(unknown)}. There are {', '.join(MODULES)}.")  # noqa: T201 - a command prints
        return 2
    machine, began = _machine(), time.monotonic()
    found: list[Measure] = []
    print(LINE.format("", "what", "figure", "bar", "beside, in the same run"))  # noqa: T201 - same
    for place, name in enumerate(names or MODULES, 1):
        for measure in _measured(name):
            found.append(measure)
            line = LINE.format(STATES[measure.within], measure.name, measure.figure, measure.bar, measure.beside)
            print(line.rstrip(), flush=True)  # noqa: T201 - same
        missed = sum(measure.within is False for measure in found)
        minutes = (time.monotonic() - began) / 60
        end = f"{missed} missed. It took {minutes:.0f} minutes; load of the machine then: {_load()}."
        if not names:
            # After each part, so that a run which is cut off leaves what it measured, and says what it did not.
            left = ", ".join(MODULES[place:])
            rows = "\n".join(map(_row, found))
            PAGE.write_text(
                ABOUT.format(machine=machine, rows=rows, end=f"{end} Not measured: {left}." if left else end)
            )
    print(end)  # noqa: T201 - same
    return 1 if missed else 0


def _measured(name: str) -> Iterator[Measure]:
    """Yield the measures of a module, which runs in a process of its own: it begins with what it loads itself."""
    # What Lambda would set: functions read it when they are imported.
    environment = {**os.environ, "POWERTOOLS_METRICS_NAMESPACE": "SopDesk", "POWERTOOLS_SERVICE_NAME": "bench"}
    command = [sys.executable, "-m", "tests.bench", ALONE, name]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(ALONE):
                yield msgspec.json.decode(line.removeprefix(ALONE), type=Measure)
    if process.returncode:
        yield Measure(name, f"ended with {process.returncode}", "", within=False)


def _row(measure: Measure) -> str:
    cells = (STATES[measure.within], measure.name.strip(), measure.figure, measure.bar, measure.beside)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine()
    )
    command = [shutil.which("git") or "git", "rev-parse", "--short", "HEAD"]
    commit = (
        subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip() or "no commit"
    )
    return (
        f"{datetime.now(UTC):%d %B %Y, %H:%M} UTC, at `{commit}`: {os.cpu_count()} processors ({model}), "
        f"{platform.system()}, Python {platform.python_version()}. "
        f"Load of the machine over 1, 5 and 15 minutes at the start: {_load()}; what is more than 0 is others' work."
    )


def _load() -> str:
    return ", ".join(f"{load:.1f}" for load in os.getloadavg())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
