"""``make bench``: the design's bars, each measured against the named thing in the same run.

A part of the design has a module here with ``measures()``; name modules to run only those.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

LINE = "{:<8}{:<46}{:<54}{:<30}{}"
STATES = {True: "ok", False: "MISSED", None: "skipped"}
MODULES = ("guidance", "home", "search", "sheet", "importing", "cold", "cost")


def main(names: list[str]) -> int:
    """Print each measure as a line of a table; return 1 if a bar is missed."""
    unknown = [name for name in names if name not in MODULES]
    if unknown:
        print(f"No such bench: {', '.join(unknown)}. There are {', '.join(MODULES)}.")  # noqa: T201 - a command prints
        return 2
    print(LINE.format("", "what", "figure", "bar", "beside, in the same run"))  # noqa: T201 - same
    missed = 0
    for name in names or MODULES:
        for measure in import_module(f"tests.bench.{name}").measures():
            state = STATES[measure.within]
            line = LINE.format(state, measure.name, measure.figure, measure.bar, measure.beside)
            print(line.rstrip(), flush=True)  # noqa: T201 - same
            missed += measure.within is False
    busy = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    print(f"{missed} missed. Load of the machine over 1, 5, 15 minutes: {busy} on {os.cpu_count()} processors.")  # noqa: T201
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
