"""The search snapshot of a sheet: every project's words and numbers as arrays, packed into bytes and back."""

from __future__ import annotations

import hashlib
import re
import zlib
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from sop_core.transfers.words import STATES, fold, street_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from sop_core.transfers.project import Project

FORMAT: Final = 1
NAME, CO_NAME, STREET, CITY, STATE, ZIP, JOINED = range(7)
_ID_LETTERS: Final = str.maketrans("OoIiLl", "001111")
_NOT_ALNUM: Final = re.compile(r"[^A-Za-z0-9]+")
MAX_DIGITS: Final = 18


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet's projects for searching; a project is its position.

    ``words[starts[p]:starts[p + 1]]`` are the project's words as positions in ``vocabulary``, ``fields`` where they
    stand. ``numbers`` holds ``phones``, ``ids`` (hashes), ``digits`` (of ids) and ``emails`` (hashes), each sorted and
    with the projects in the same order.
    """

    keys: list[str]
    vocabulary: list[str]
    starts: NDArray[np.int32]
    words: NDArray[np.int32]
    fields: NDArray[np.uint8]
    numbers: dict[str, tuple[NDArray[np.int64], NDArray[np.int32]]]


def id_form(text: str) -> str:
    """Return an id as it is compared: letters and digits only, O read as 0, I and L as 1."""
    return _NOT_ALNUM.sub("", text).translate(_ID_LETTERS).upper()


def digest(text: str) -> int:
    """Return a stable 63-bit number for a text, small enough to keep a million of them."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 1


def digits_of(text: str) -> str:
    """Return the digits of a text, in order."""
    return "".join(c for c in text if c in "0123456789")


def state_code(text: str) -> str:
    """Return the two-letter code of a state given by name or code."""
    folded = fold(text)
    return STATES.get(folded, folded)


def project_words(project: Project) -> Iterator[tuple[str, int]]:
    """Yield the words a project can be found by, with the field each stands in."""
    for text, field in ((project.homeowner, NAME), (project.co_homeowner, CO_NAME)):
        words = fold(text).split() if text else []
        yield from ((word, field) for word in words)
        yield from ((joined, JOINED) for joined in joined_words(words))
    yield from ((word, STREET) for word in street_words(project.address or ""))
    yield from ((word, CITY) for word in street_words(project.city or ""))
    if project.state:
        yield state_code(project.state), STATE
    if project.zip:
        yield project.zip[:5], ZIP


def joined_words(words: Sequence[str]) -> Iterator[str]:
    """Yield neighbouring words of a name written as one: ``de la rosa`` gives ``dela``, ``larosa``, ``delarosa``."""
    for size in (2, 3):
        for at in range(len(words) - size + 1):
            part = words[at : at + size]
            if any(len(word) <= 4 for word in part[:-1]) or at:  # noqa: PLR2004  (particles: de, la, von, dela; Min-jun)
                yield "".join(part)


def take(projects: Iterable[Project]) -> Snapshot:
    """Return the snapshot of projects."""
    known: dict[str, int] = {}
    keys: list[str] = []
    starts, words, fields = [0], [], []
    found: dict[str, list[tuple[int, int]]] = {"phones": [], "ids": [], "digits": [], "emails": []}
    for position, project in enumerate(projects):
        keys.append(project.key)
        for word, field in project_words(project):
            words.append(known.setdefault(word, len(known)))
            fields.append(field)
        starts.append(len(words))
        for kind, number in _numbers(project):
            found[kind].append((number, position))
    order = sorted(known)
    rank = np.empty(len(known), np.int32)
    rank[[known[word] for word in order]] = np.arange(len(order), dtype=np.int32)
    return Snapshot(
        keys=keys,
        vocabulary=order,
        starts=np.array(starts, np.int32),
        words=rank[np.array(words, np.int32)] if words else np.empty(0, np.int32),
        fields=np.array(fields, np.uint8),
        numbers={kind: _sorted(pairs) for kind, pairs in found.items()},
    )


def _numbers(project: Project) -> Iterator[tuple[str, int]]:
    if project.phone and len(project.phone) == 10 and project.phone.isascii() and project.phone.isdigit():  # noqa: PLR2004
        yield "phones", int(project.phone)
    if project.email:
        yield "emails", digest(project.email.casefold())
    if project.project_id and (form := id_form(project.project_id)):
        yield "ids", digest(form)
        digits = digits_of(project.project_id)
        if 3 <= len(digits) <= MAX_DIGITS:  # noqa: PLR2004
            yield "digits", int(digits)


def _sorted(pairs: list[tuple[int, int]]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    pairs.sort()
    return np.array([n for n, _ in pairs], np.int64), np.array([p for _, p in pairs], np.int32)


def pack(snapshot: Snapshot) -> bytes:
    """Return the snapshot as bytes; the same projects give the same bytes."""
    arrays: dict[str, NDArray[np.generic]] = {
        "starts": snapshot.starts,
        "words": snapshot.words,
        "fields": snapshot.fields,
    }
    for kind, (numbers, positions) in snapshot.numbers.items():
        arrays |= {f"{kind}.numbers": numbers, f"{kind}.positions": positions}
    content = {
        "format": FORMAT,
        "keys": "\n".join(snapshot.keys),
        "vocabulary": "\n".join(snapshot.vocabulary),
        "arrays": {name: (array.dtype.str, array.tobytes()) for name, array in arrays.items()},
    }
    return zlib.compress(msgspec.msgpack.encode(content), 6)


class _Packed(msgspec.Struct):
    format: int
    keys: str
    vocabulary: str
    arrays: dict[str, tuple[str, bytes]]


def unpack(packed: bytes) -> Snapshot:
    """Return the snapshot that :func:`pack` made."""
    content = msgspec.msgpack.decode(zlib.decompress(packed), type=_Packed)
    if content.format != FORMAT:
        raise ValueError(f"snapshot format {content.format}, this code reads {FORMAT}")
    arrays = {name: np.frombuffer(data, kind) for name, (kind, data) in content.arrays.items()}
    kinds = {name.partition(".")[0] for name in arrays if "." in name}
    return Snapshot(
        keys=content.keys.split("\n") if content.keys else [],
        vocabulary=content.vocabulary.split("\n") if content.vocabulary else [],
        starts=arrays["starts"],
        words=arrays["words"],
        fields=arrays["fields"],
        numbers={kind: (arrays[f"{kind}.numbers"], arrays[f"{kind}.positions"]) for kind in sorted(kinds)},
    )
