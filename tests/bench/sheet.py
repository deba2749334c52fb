"""Reading a workbook of 100,000 rows with every check, beside the bare reader in the same run."""

from __future__ import annotations

import io
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Final

import msgspec

from infra.local.sample import write_sample
from tests.bench.measure import Measure, peak_memory

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS: Final = 100_000
TIMES_CALAMINE: Final = 3
MEGABYTES: Final = 512
ROUNDS: Final = 5


class Run(msgspec.Struct):
    """One reading: seconds of processor and of the clock from the file's bytes on, peak memory of all its processes."""

    processor: float
    elapsed: float
    megabytes: float = 0.0


def measures() -> Iterator[Measure]:
    """Yield the time of a checked reading beside a bare one, and the memory of its two processes together."""
    with TemporaryDirectory() as folder:
        workbook = write_sample(Path(folder) / "large.xlsx", projects=ROWS)
        pairs = [(_run("bare", workbook), _run("checked", workbook)) for _ in range(ROUNDS)]
    # Of each pair, run one after the other: what else the machine does then weighs on both.
    processor = median(checked.processor / bare.processor for bare, checked in pairs)
    elapsed = median(checked.elapsed / bare.elapsed for bare, checked in pairs)
    seconds = median(checked.processor for _, checked in pairs)
    yield Measure(
        f"sheet: {ROWS:,} rows read and checked",
        f"{processor:.1f} x calamine, {seconds:.1f} s",
        f"<= {TIMES_CALAMINE} x",
        processor <= TIMES_CALAMINE,
        f"processor time; by the clock {elapsed:.1f} x",
    )
    most = max(checked.megabytes for _, checked in pairs)
    yield Measure(f"sheet: {ROWS:,} rows, both processes", f"{most:.0f} MB", f"< {MEGABYTES} MB", most < MEGABYTES)


def _run(how: str, workbook: Path) -> Run:
    command = [sys.executable, "-m", "tests.bench.sheet", how, str(workbook)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        most = peak_memory(process)
        out, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"the {how} reading ended with {process.returncode}")
    return msgspec.structs.replace(msgspec.json.decode(out, type=Run), megabytes=most)


def _main(how: str, workbook: Path) -> None:
    data = workbook.read_bytes()
    if how == "bare":
        from python_calamine import CalamineWorkbook  # noqa: PLC0415  (only what is measured)

        began, start = _processor(), perf_counter()
        CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name("All Projects").to_python()
    else:
        from functions.import_sheet.workbook import read_file  # noqa: PLC0415  (same)

        began, start = _processor(), perf_counter()
        read_file(data)
    run = Run(processor=_processor() - began, elapsed=perf_counter() - start)
    print(msgspec.json.encode(run).decode())  # noqa: T201 - the parent reads it


def _processor() -> float:
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, whose))


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]))
