"""The commands of the README in their order, and how each is run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from tests.unit.docs.pages import named, table, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE: Final = "README.md"
How = Literal["run", "aws", "confirm", "until ready", "long", "elsewhere"]
KNOWN: Final[dict[str, How]] = {
    "make demo": "until ready",
    "make pilot SETTINGS=people.yaml": "elsewhere",
    "make test": "long",
    ".venv/bin/python -m sop_core verify": "run",
    ".venv/bin/python -m sop_core document docs/procedures": "run",
    "make setup": "run",
    "make build": "run",
    ".tools/sam/bin/sam deploy --config-env dev": "aws",
    "make manifest URL=<SlackEventsUrl>": "aws",
    ".venv/bin/python -m infra.slack_secret --stack sop-desk-dev": "aws",
    ".venv/bin/python -m infra.settings people.yaml --stack sop-desk-dev": "aws",
    "make replay STACK=sop-desk-dev": "aws",
}
"""``aws`` needs an account; ``long`` is run when asked for; ``elsewhere`` needs a real workspace."""

WORKBOOK: Final = ".local/walk.xlsx"
LISTED: Final[dict[str, str | None]] = {
    "sop_core guide": "infinity channel=phone caller_type=homeowner",
    "sop_core verify": None,
    "sop_core paths": "infinity",
    "sop_core chart": "infinity",
    "sop_core gaps": "",
    "sop_core diff": "sop_core/procedures/infinity.yaml infinity",
    "sop_core check": "sop_core/procedures/infinity.yaml",
    "sop_core cases": "",
    "sop_core due": "2026-10-09T16:30 48",
    "sop_core document": None,
    "sop_core schema": "",
    "sop_core compile": ".local/compiled",
    "infra.local sample": f"--out {WORKBOOK}",
    "infra.local sheet": WORKBOOK,
    "infra.local search": f"{WORKBOOK} --queries queries.txt",
    "infra.local.workspace": None,
    "infra.slack_secret": None,
    "infra.settings": None,
}
"""What the README's table calls as ``python -m``, in an order that works; ``None``: run above, or a server."""


@dataclass(frozen=True)
class Step:
    """One command, as the README has it."""

    command: str
    how: How


class UnknownCommand(LookupError):
    """The README has a command that nobody has said how to run, or lost one."""


def commands() -> Iterator[str]:
    """Yield what the README tells to type: the lines of its blocks, and what is called from ``.venv`` in a sentence."""
    for token in tokens(PAGE):
        if token.type == "code_block":
            yield from (line.strip() for line in token.content.splitlines() if line.strip())
        spans = (child.content for child in token.children or () if child.type == "code_inline")
        yield from (span for span in spans if re.match(r"\.venv/bin/python -m \S+ ", span))


def listed() -> Iterator[str]:
    """Yield what the README's table calls as ``python -m``: a program, and its command where it has some."""
    for cells in table(PAGE, "Commands here"):
        program = ""
        for span in named(cells[0]):
            if called := re.match(r"python -m ([a-z_.]+) ?([a-z]*)", span):
                program = called[1]
                yield f"{program} {called[2]}".strip()
            elif program:
                yield f"{program} {span.split(' ')[0]}"


def steps() -> list[Step]:
    """Return them with how each is run.

    :raises UnknownCommand: naming what is in the README and not in the table, or the other way round.
    """
    found = list(dict.fromkeys(commands()))
    if differs := (set(found) ^ set(KNOWN)) | (set(listed()) ^ set(LISTED)):
        raise UnknownCommand(f"The README and {__name__} do not have the same commands: {', '.join(sorted(differs))}")
    called = [f".venv/bin/python -m {name} {given}".strip() for name, given in LISTED.items() if given is not None]
    return [*(Step(command, KNOWN[command]) for command in found), *(Step(command, "run") for command in called)]


def people_file() -> str:
    """Return the file of the first people as the README shows it, with ids in place of its dots."""
    (shown,) = (token.content for token in tokens(PAGE) if token.type == "fence" and token.info == "yaml")
    return shown.replace("U…", "U0WALK001").replace("C…", "C0WALK001")
