"""What verification finds."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import TypeVar

import msgspec

Key = TypeVar("Key", bound=Hashable)


class Problem(msgspec.Struct, frozen=True):
    """One thing wrong: ``place`` in the file (``$.nodes[3].steps[0]``; the reader knows its line), and a sentence."""

    place: str
    message: str


def repeated(keys: Iterable[Key]) -> Iterator[tuple[int, Key]]:
    """Yield the position and the key of every repetition."""
    seen: set[Key] = set()
    for index, key in enumerate(keys):
        if key in seen:
            yield index, key
        seen.add(key)
