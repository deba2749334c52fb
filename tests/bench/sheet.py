"""Reading a workbook of 100,000 rows with every check, beside the bare reader in the same run."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from infra.local.sample import write_sample
from tests.bench.measure import Measure

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS: Final = 100_000
TIMES_CALAMINE: Final = 3
MEGABYTES: Final = 512
ROUNDS: Final = 3


def measures() -> Iterator[Measure]:
    """Yield the processor time of a checked reading beside a bare one, and the memory of both processes together."""
    with TemporaryDirectory() as folder:
        workbook = write_sample(Path(folder) / "large.xlsx", projects=ROWS)
        pairs = [(_run("bare", workbook)[0], _run("checked", workbook)) for _ in range(ROUNDS)]
    bare, checked = min(b for b, _ in pairs), min(c for _, (c, _) in pairs)
    ratio = checked / bare
    yield Measure(
        f"sheet: {ROWS:,} rows read and checked",
        f"{ratio:.1f} x calamine ({checked:.1f} s)",
        f"<= {TIMES_CALAMINE} x",
        ratio <= TIMES_CALAMINE,
    )
    most = max(megabytes for _, (_, megabytes) in pairs)
    yield Measure(f"sheet: {ROWS:,} rows, larger process", f"{most:.0f} MB", f"< {MEGABYTES} MB", most < MEGABYTES)


def _run(how: str, workbook: Path) -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.sheet", how, str(workbook)], capture_output=True, text=True, check=True
    )
    seconds, megabytes = done.stdout.split()
    return float(seconds), float(megabytes)


def _main(how: str, workbook: Path) -> None:
    import resource  # noqa: PLC0415  (not on every system)

    data = workbook.read_bytes()
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)

    def seconds() -> float:
        return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, whose))

    if how == "bare":
        from python_calamine import CalamineWorkbook  # noqa: PLC0415  (only what is measured)

        began = seconds()
        CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name("All Projects").to_python()
    else:
        from functions.import_sheet.workbook import read_file  # noqa: PLC0415  (same)

        began = seconds()
        read_file(data)
    most = max(resource.getrusage(who).ru_maxrss for who in whose)
    print(seconds() - began, most / 1024)  # noqa: T201 - the parent reads it


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]))
