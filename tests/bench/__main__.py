"""``make bench``: the design's bars, each measured against the named thing in the same run.

A part of the design has a module here with ``measures()``; name modules to run only those.
"""

from __future__ import annotations

import sys
from importlib import import_module

MODULES = ("guidance", "home", "search", "sheet")


def main(names: list[str]) -> int:
    """Print each measure as a line; return 1 if a bar is missed."""
    unknown = [name for name in names if name not in MODULES]
    if unknown:
        print(f"No such bench: {', '.join(unknown)}. There are {', '.join(MODULES)}.")  # noqa: T201 - a command prints
        return 2
    missed = 0
    for name in names or MODULES:
        for measure in import_module(f"tests.bench.{name}").measures():
            state = "ok" if measure.within else "MISSED"
            print(f"{state:<8}{measure.name:<44}{measure.figure}  (bar: {measure.bar})")  # noqa: T201 - same
            missed += not measure.within
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
