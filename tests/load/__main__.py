"""``make load``: fifty agents at once, with time to think, on the template deployed to a local AWS."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from infra.local.processes import stop_on_signals
from infra.local.stack import open_stack
from tests.load.office import Plan, StrictSlack
from tests.load.report import as_json, as_table
from tests.load.run import work
from tests.standin.slack import slack_server

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str]) -> int:
    """Run, print the table, write the JSON; return 1 if anything was lost, doubled, late or refused."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    for field in fields(Plan):
        parser.add_argument(f"--{field.name}", type=type(field.default), default=field.default)
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    given = vars(parser.parse_args(argv))
    file = given.pop("json")
    plan = Plan(**given)
    stop_on_signals()
    with (
        TemporaryDirectory(prefix="sop-desk-load-") as folder,
        slack_server(StrictSlack()) as slack,
        open_stack(Path(folder) / "aws", say=lambda what: print(f"load: {what}", file=sys.stderr, flush=True)) as stack,  # noqa: T201 - a command prints
    ):
        assert isinstance(slack, StrictSlack)
        day = work(stack, slack, plan)
    print("\n".join(as_table(day)))  # noqa: T201 - same
    for each in (*day.problems, *day.late):
        print(f"problem: {each}")  # noqa: T201 - same
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(as_json(day), indent=1) + "\n")
    return 1 if day.problems or day.late else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
