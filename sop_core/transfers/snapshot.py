"""The search snapshot of a sheet: every project's words and numbers as arrays, packed into bytes and back.

What a search needs is worked out here, once an import, so that loading is reading arrays.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from array import array
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from sop_core.transfers.words import STATES, fold, sound, street_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from sop_core.transfers.project import Project

FORMAT: Final = b"3"
NAME, CO_NAME, STREET, CITY, STATE, ZIP, JOINED = range(7)
_ID_LETTERS: Final = str.maketrans("OoIiLl", "001111")
_NOT_ALNUM: Final = re.compile(r"[^A-Za-z0-9]+")
MAX_DIGITS: Final = 18
TAILS: Final = {"seven": 10**7, "four": 10**4}
KINDS: Final = ("phones", "ids", "digits", "emails", *TAILS)
# Bare arrays, not numpy's files: those begin with a line of Python, which two threads cannot read at once under
# Python 3.11 before 3.11.9 (python/cpython#106905).
TYPES: Final = {
    **dict.fromkeys(("vocabulary", "sounds", "keys", "fields"), "u1"),
    **dict.fromkeys(("bearers", "key_starts", "starts", "words", "first", "sound_starts", "sounding"), "<i4"),
    **{f"{kind}.numbers": "<i8" for kind in KINDS},
    **{f"{kind}.positions": "<i4" for kind in KINDS},
}


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet's projects for searching; a project is its position.

    ``keys[key_starts[p]:key_starts[p + 1]]`` is a project's key in UTF-8. ``words[starts[p]:starts[p + 1]]`` are its
    words as positions in ``vocabulary`` (sorted), ``fields`` where they stand. ``bearers[first[w]:first[w + 1]]`` are
    the projects that have the word ``w``, in order. ``sounding[sound_starts[s]:sound_starts[s + 1]]`` are the words
    that sound like ``sounds[s]`` (sorted). ``numbers`` holds ``phones``, their last ``seven`` and ``four``, ``ids``
    (hashes), ``digits`` (of ids) and ``emails`` (hashes), each sorted and with the projects in the same order.
    """

    keys: NDArray[np.uint8]
    key_starts: NDArray[np.int32]
    vocabulary: list[str]
    starts: NDArray[np.int32]
    words: NDArray[np.int32]
    fields: NDArray[np.uint8]
    first: NDArray[np.int32]
    bearers: NDArray[np.int32]
    sounds: list[str]
    sound_starts: NDArray[np.int32]
    sounding: NDArray[np.int32]
    numbers: dict[str, tuple[NDArray[np.int64], NDArray[np.int32]]]

    def __len__(self) -> int:
        return len(self.key_starts) - 1

    def key(self, position: int) -> str:
        """Return the key of a project."""
        return self.keys[self.key_starts[position] : self.key_starts[position + 1]].tobytes().decode()


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


def project_words(project: Project) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the words a project can be found by, by the field they stand in."""
    for text, field in ((project.homeowner, NAME), (project.co_homeowner, CO_NAME)):
        if text:
            words = fold(text).split()
            yield field, words
            yield JOINED, joined_words(words)
    if project.address:
        yield STREET, street_words(project.address)
    if project.city:
        yield CITY, street_words(project.city)
    if project.state and (code := state_code(project.state)):
        yield STATE, (code,)
    if project.zip:
        yield ZIP, (project.zip[:5],)


def joined_words(words: Sequence[str]) -> list[str]:
    """Return neighbouring words of a name written as one: ``de la rosa`` gives ``dela``, ``larosa``, ``delarosa``."""
    return [
        "".join(words[at : at + size])
        for size in (2, 3)
        for at in range(len(words) - size + 1)
        if at or any(len(word) <= 4 for word in words[: size - 1])  # noqa: PLR2004  (particles: de, la, von, dela; Min-jun)
    ]


def take(projects: Iterable[Project]) -> Snapshot:
    """Return the snapshot of projects."""
    known: defaultdict[str, int] = defaultdict()
    known.default_factory = known.__len__
    keys = bytearray()
    key_starts, starts, words, fields = array("i", [0]), array("i", [0]), array("i"), array("B")
    numbers: dict[str, list[tuple[int, int]]] = {"phones": [], "ids": [], "digits": [], "emails": []}
    for position, project in enumerate(projects):
        keys += project.key.encode()
        key_starts.append(len(keys))
        for field, found in project_words(project):
            words.extend([known[word] for word in found])
            fields.extend([field] * len(found))
        starts.append(len(words))
        for kind, number in _numbers(project):
            numbers[kind].append((number, position))
    order = sorted(known)
    rank = np.empty(len(known), np.int32)
    rank[[known[word] for word in order]] = np.arange(len(order), dtype=np.int32)
    ranked = rank[np.array(words, np.int32)]
    first, bearers = _postings(ranked, np.array(starts, np.int32), len(order))
    sounds, sound_starts, sounding = _sounding(order)
    sorted_ = {kind: _sorted(pairs) for kind, pairs in numbers.items()}
    return Snapshot(
        keys=np.frombuffer(bytes(keys), np.uint8),
        key_starts=np.array(key_starts, np.int32),
        vocabulary=order,
        starts=np.array(starts, np.int32),
        words=ranked,
        fields=np.array(fields, np.uint8),
        first=first,
        bearers=bearers,
        sounds=sounds,
        sound_starts=sound_starts,
        sounding=sounding,
        numbers=sorted_ | {kind: _tails(sorted_["phones"], size) for kind, size in TAILS.items()},
    )


def _postings(
    words: NDArray[np.int32], starts: NDArray[np.int32], vocabulary: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return which projects have each word; once a project, however often the word stands in it."""
    count = max(1, len(starts) - 1)
    owners = np.repeat(np.arange(len(starts) - 1, dtype=np.int64), np.diff(starts))
    pairs = np.unique(words.astype(np.int64) * count + owners)
    first = np.searchsorted(pairs, np.arange(vocabulary + 1, dtype=np.int64) * count)
    return first.astype(np.int32), (pairs % count).astype(np.int32)


def _sounding(vocabulary: list[str]) -> tuple[list[str], NDArray[np.int32], NDArray[np.int32]]:
    groups: dict[str, list[int]] = {}
    for position, word in enumerate(vocabulary):
        if not word.isdigit():
            groups.setdefault(sound(word), []).append(position)
    sounds = sorted(groups)
    starts = np.cumsum([0, *(len(groups[each]) for each in sounds)], dtype=np.int32)
    return sounds, starts, np.array([position for each in sounds for position in groups[each]], np.int32)


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


def _tails(
    phones: tuple[NDArray[np.int64], NDArray[np.int32]], size: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    tails = phones[0] % size
    order = np.argsort(tails, kind="stable")
    return tails[order], phones[1][order]


def pack(snapshot: Snapshot) -> bytes:
    """Return the snapshot as bytes (a zip of bare arrays); the same projects give the same bytes."""
    # Of ascending numbers the steps are packed: they are small, and small numbers pack well.
    arrays: dict[str, NDArray[Any]] = {
        "vocabulary": _text(snapshot.vocabulary),
        "sounds": _text(snapshot.sounds),
        "bearers": np.diff(snapshot.bearers, prepend=np.int32(0)),
        **{name: np.diff(getattr(snapshot, name)) for name in ("key_starts", "starts", "first", "sound_starts")},
        **{name: getattr(snapshot, name) for name in ("keys", "words", "fields", "sounding")},
    }
    for kind, (numbers, positions) in snapshot.numbers.items():
        arrays |= {f"{kind}.numbers": np.diff(numbers, prepend=np.int64(0)), f"{kind}.positions": positions}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as members:
        members.writestr(zipfile.ZipInfo("format"), FORMAT)
        for name, values in arrays.items():
            content = values.astype(TYPES[name]).tobytes()
            # The quickest level: zlib's usual one would pack three times as long to save a twentieth.
            members.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, compresslevel=1)
    return file.getvalue()


def unpack(packed: bytes) -> Snapshot:
    """Return the snapshot that :func:`pack` made; raises :class:`ValueError` for anything else."""
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as members:
            return _unpacked(members)
    except (zipfile.BadZipFile, EOFError, KeyError) as error:
        raise ValueError("not a search snapshot of this form") from error


def _unpacked(members: zipfile.ZipFile) -> Snapshot:
    if members.read("format") != FORMAT:
        raise ValueError("a search snapshot of another form")

    def member(name: str) -> NDArray[Any]:
        return np.frombuffer(members.read(name), TYPES[name])

    return Snapshot(
        vocabulary=_lines(member("vocabulary")),
        sounds=_lines(member("sounds")),
        bearers=_summed(member("bearers")),
        key_starts=_starts(member("key_starts")),
        starts=_starts(member("starts")),
        first=_starts(member("first")),
        sound_starts=_starts(member("sound_starts")),
        keys=member("keys"),
        words=member("words"),
        fields=member("fields"),
        sounding=member("sounding"),
        numbers={kind: (_summed(member(f"{kind}.numbers")), member(f"{kind}.positions")) for kind in KINDS},
    )


def _text(lines: Sequence[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(lines).encode(), np.uint8)


def _lines(text: NDArray[np.uint8]) -> list[str]:
    return text.tobytes().decode().split("\n") if text.size else []


def _summed(steps: NDArray[Any]) -> NDArray[Any]:
    return np.cumsum(steps, dtype=steps.dtype)


def _starts(steps: NDArray[np.int32]) -> NDArray[np.int32]:
    return np.concatenate([np.zeros(1, np.int32), np.cumsum(steps, dtype=np.int32)])
