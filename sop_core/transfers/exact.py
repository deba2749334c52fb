"""The look-up that needs no search snapshot: a project by exactly what the sheet says, whatever the spelling's form.

What a project is known by is kept in buckets, so that a look-up reads one small record for each reading of the query.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Final

from sop_core.transfers.cells import email_of, phone_of
from sop_core.transfers.words import fold, street_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sop_core.transfers.project import Project

PROJECTS_A_BUCKET: Final = 64
MOST_OF_ONE_FORM: Final = 25
LONGEST: Final = 200

Bucket = dict[str, list[str]]
"""Keys of projects by the form they are known by."""


def bucket_count(projects: int) -> int:
    """Return how many buckets a sheet of so many projects has."""
    return max(1, -(-projects // PROJECTS_A_BUCKET))


def bucket_of(form: str, count: int) -> int:
    """Return the bucket that holds a form."""
    return zlib.crc32(form.encode()) % count


def buckets(projects: Iterable[Project], count: int) -> dict[int, Bucket]:
    """Return every bucket of a sheet; of a form that many share, the first few."""
    made: dict[int, Bucket] = {}
    for project in projects:
        for form in dict.fromkeys(_known_by(project)):
            keys = made.setdefault(bucket_of(form, count), {}).setdefault(form, [])
            if len(keys) < MOST_OF_ONE_FORM:
                keys.append(project.key)
    return made


def readings(text: str) -> tuple[str, ...]:
    """Return the forms that a query may stand for, the surest first."""
    asked = text[:LONGEST]
    found = (_phone(phone_of(asked)), _email(email_of(asked)), _id(asked), _name(asked), _address(asked))
    return tuple(dict.fromkeys(form for form in found if form))


def _known_by(project: Project) -> Iterator[str]:
    forms = (
        _id(project.project_id),
        _name(project.homeowner),
        _name(project.co_homeowner),
        _address(project.address),
        _phone(project.phone),
        _email(project.email),
    )
    yield from (form for form in forms if form)


def _phone(number: str | None) -> str | None:
    return f"phone:{number}" if number else None


def _email(address: str | None) -> str | None:
    return f"email:{address}" if address else None


def _id(text: str | None) -> str | None:
    form = re.sub(r"[\W_]+", "", text or "").upper()
    return f"id:{form}" if any(c.isdigit() for c in form) else None


def _name(text: str | None) -> str | None:
    # In whatever order it was typed: "Doe, Jane" is Jane Doe.
    words = sorted(fold(text or "").split())
    return f"name:{' '.join(words)}" if words else None


def _address(text: str | None) -> str | None:
    words = street_words(text or "")
    return f"address:{' '.join(words)}" if len(words) > 1 else None
