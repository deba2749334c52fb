"""Reads and checks a workbook as an import would."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from functions.import_sheet.workbook import read_file
from sop_core.transfers.project import TAB, Project
from sop_core.transfers.sheet import Reading, SheetError

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN: Final = 20
PROJECT_FIELDS: Final = ("row", *(name for name in Project.__struct_fields__ if name not in ("row", "key", "conflict")))


def report(reading: Reading) -> dict[str, Any]:
    """Return the outcome of a workbook that could be read."""
    return {
        "sheet": TAB,
        "columns": reading.columns,
        "rows": reading.rows,
        "projects": len(reading.projects),
        "problems": msgspec.to_builtins(reading.problems),
        "error": None,
    }


def refusal(error: SheetError) -> dict[str, Any]:
    """Return the outcome of one that could not, in the same form; the message names what was found, too."""
    message = f"{error.message} Found: {', '.join(error.found)}." if error.found else error.message
    return {
        "sheet": None,
        "columns": {},
        "rows": 0,
        "projects": 0,
        "problems": [],
        "error": {"kind": error.kind, "message": message},
    }


def project_line(project: Project) -> dict[str, Any]:
    """Return a project as it is written to a file of projects."""
    return {name: getattr(project, name) for name in PROJECT_FIELDS}


def read_path(path: Path) -> Reading:
    """Return the reading of a workbook on disk; raises :class:`SheetError`, for a missing file too."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SheetError("no_file", f"{path} cannot be read.") from error
    return read_file(content)


def main(argv: Sequence[str] | None = None) -> int:
    """Read the workbook of the command line; the exit code is 1 where it was refused."""
    parser = argparse.ArgumentParser(prog="python -m infra.local sheet", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    parser.add_argument("--projects", type=Path, metavar="OUT.jsonl", help="also write every project taken, one a line")
    given = parser.parse_args(argv)
    try:
        reading = read_path(given.file)
    except SheetError as error:
        _print(refusal(error), as_json=given.json)
        return 1
    if given.projects and not _write(given.projects, reading):
        print(f"{given.projects} cannot be written.", file=sys.stderr)
        return 1
    _print(report(reading), as_json=given.json)
    return 0


def _write(path: Path, reading: Reading) -> bool:
    lines = msgspec.json.Encoder().encode_lines([project_line(project) for project in reading.projects])
    try:
        path.write_bytes(lines)
    except OSError:
        return False
    return True


def _print(outcome: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode(outcome).decode())
        return
    if outcome["error"]:
        print(outcome["error"]["message"], file=sys.stderr)
        return
    print(f"{outcome['rows']} rows, {outcome['projects']} projects, {len(outcome['problems'])} problems")
    for field, header in outcome["columns"].items():
        print(f"  {field:15} {header}")
    for problem in outcome["problems"][:SHOWN]:
        print(f"  row {problem['row']}: {problem['message']} ({problem['severity']})")
    if len(outcome["problems"]) > SHOWN:
        print(f"  and {len(outcome['problems']) - SHOWN} more; --json shows all")


if __name__ == "__main__":
    sys.exit(main())
