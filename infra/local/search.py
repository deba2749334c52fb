"""Looks projects up in a workbook, as the app would."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from infra.local.sheet import read_path
from sop_core.transfers.matching import Index, build
from sop_core.transfers.sheet import SheetError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sop_core.transfers.project import Project

HITS: Final = 5


def look_up(index: Index, projects: Mapping[str, Project], query: str, *, limit: int = HITS) -> dict[str, Any]:
    """Return one query's answer, with the milliseconds it took."""
    began = time.perf_counter()
    found = index.search(query, limit)
    took = (time.perf_counter() - began) * 1000
    hits = [{"project_id": projects[hit.key].project_id, "score": hit.score, "why": hit.why} for hit in found.hits]
    return {"query": query, "verdict": found.verdict, "hits": hits, "ms": round(took, 3)}


def main(argv: Sequence[str] | None = None) -> int:
    """Answer the queries of a file, one a line."""
    parser = argparse.ArgumentParser(prog="python -m infra.local search", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--queries", type=Path, required=True, metavar="FILE", help="one query a line; - reads them here"
    )
    parser.add_argument("--json", action="store_true", help="one line of JSON a query")
    given = parser.parse_args(argv)
    try:
        reading = read_path(given.file)
        text = sys.stdin.read() if str(given.queries) == "-" else given.queries.read_text(encoding="utf-8")
    except (SheetError, OSError, UnicodeDecodeError) as error:
        print(error, file=sys.stderr)
        return 1
    index = Index.load(build(reading.projects))
    projects = {project.key: project for project in reading.projects}
    for query in text.splitlines():
        if query.strip():
            _print(look_up(index, projects, query), as_json=given.json)
    return 0


def _print(answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode(answer).decode())
        return
    print(f"{answer['query']}  ({answer['verdict']}, {answer['ms']} ms)")
    for hit in answer["hits"]:
        print(f"  {hit['score']:.2f}  {hit['project_id'] or 'no project id'}  {hit['why']}")


if __name__ == "__main__":
    sys.exit(main())
