"""The compiled form of a procedure: a table of values as text, in which each value stands once and before its users.

The first line has the form's version and a checksum. Then come the fields of every kind of record, the numbers, the
strings, and the rows: a kind and the positions of its parts. Reading it can build nothing but plain values and these
records; it needs no library, which would take longer to import than the whole engine may.
"""

from __future__ import annotations

import zlib

from sop_core import compiled
from sop_core.compiled import Procedure

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

VERSION = b"procedure 1"
KINDS = (
    compiled.Answer,
    compiled.TraceLine,
    compiled.Question,
    compiled.Cite,
    compiled.Translation,
    compiled.Transfer,
    compiled.Step,
    compiled.ChecklistGroup,
    compiled.CaseDraft,
    compiled.Emission,
    compiled.Test,
    compiled.Stage,
    Procedure,
)
_CONSTANTS = (None, False, True)
_RECORDS: dict[str, Any] = {kind.__name__: kind for kind in KINDS}


class BadForm(ValueError):
    """Bytes that are no compiled procedure, or one of a release with other fields."""


def encode(procedure: Procedure) -> bytes:
    """Return the compiled form of ``procedure``; the same procedure gives the same bytes."""
    scalars = dict.fromkeys(_scalars(procedure))
    numbers = [value for kind, value in scalars if kind is int]
    strings = [value for kind, value in scalars if kind is str]
    places = {key: at for at, key in enumerate((type(each), each) for each in (*_CONSTANTS, *numbers, *strings))}
    rows: dict[tuple[Any, ...], int] = {}
    _row(procedure, places, rows)
    lines = [
        " ".join(str(len(part)) for part in (KINDS, strings, rows)),
        *(" ".join((kind.__name__, *kind._fields)) for kind in KINDS),
        " ".join(map(str, numbers)),
        *(text.encode("unicode_escape").decode("ascii") for text in strings),
        *(" ".join(map(str, row)) for row in rows),
    ]
    body = "\n".join(lines).encode("ascii")
    return b"%b %d\n%b" % (VERSION, zlib.crc32(body), body)


def decode(data: bytes) -> Procedure:
    """Return the procedure that :func:`encode` wrote. Fields added to a record since then have their defaults.

    :raises BadForm: for anything else.
    """
    head, _, body = data.partition(b"\n")
    if not head.startswith(VERSION + b" "):
        raise BadForm("these bytes are no compiled procedure of this form")
    if head != b"%b %d" % (VERSION, zlib.crc32(body)):
        raise BadForm("the compiled procedure is damaged: its checksum does not hold")
    try:
        found = _decoded(body)
    except (ValueError, KeyError, IndexError, TypeError) as wrong:
        raise BadForm(f"the compiled procedure is not of this release: {wrong}") from wrong
    if not isinstance(found, Procedure):
        raise BadForm("the compiled procedure holds something else")
    return found


def _decoded(body: bytes) -> object:
    lines = body.split(b"\n")
    kinds, strings, rows = map(int, lines[0].split())
    start = 1 + kinds
    end = start + 1 + strings
    if len(lines) != end + rows:
        raise ValueError("it is cut short")
    make: dict[bytes, Any] = {b"tuple": tuple, b"frozenset": frozenset, b"dict": _dict} | dict(
        map(_maker, lines[1:start])
    )
    values: list[Any] = [*_CONSTANTS, *map(int, lines[start].split())]
    values += [line.decode("unicode_escape") for line in lines[start + 1 : end]]
    value = values.__getitem__
    for line in lines[end:]:
        kind, *parts = line.split()
        values.append(make[kind](map(value, map(int, parts))))
    return values[-1]


def _maker(line: bytes) -> tuple[bytes, Any]:
    """Return a kind with what makes it of its parts, which may be those of an earlier release."""
    name, *fields = line.decode("ascii").split()
    kind = _RECORDS[name]
    if tuple(fields) == kind._fields:
        return name.encode("ascii"), kind._make
    return name.encode("ascii"), lambda parts: kind(**dict(zip(fields, parts, strict=True)))


def _dict(parts: Iterable[Any]) -> dict[Any, Any]:
    turns = iter(parts)
    return dict(zip(turns, turns, strict=True))


def _parts(value: Any) -> Iterable[Any] | None:  # noqa: ANN401 - any value of a procedure
    """Return what ``value`` is made of, in order, or ``None`` if it is no whole of parts."""
    if isinstance(value, dict):
        return [part for item in value.items() for part in item]
    if isinstance(value, frozenset):
        return sorted(value)
    return value if isinstance(value, tuple) else None


def _scalars(value: Any) -> Iterator[tuple[type, Any]]:  # noqa: ANN401 - any value of a procedure
    parts = _parts(value)
    if parts is None:
        yield type(value), value
    else:
        for part in parts:
            yield from _scalars(part)


def _row(value: Any, places: dict[tuple[type, Any], int], rows: dict[tuple[Any, ...], int]) -> int:  # noqa: ANN401
    """Return the position of ``value``, after rows for its parts and itself are there."""
    parts = _parts(value)
    if parts is None:
        return places[type(value), value]
    row = (type(value).__name__, *(_row(part, places, rows) for part in parts))
    return rows.setdefault(row, len(places) + len(rows))
