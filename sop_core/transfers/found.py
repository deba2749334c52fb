"""What a search answers."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

Verdict = Literal["sure", "several", "none"]

CO_HOMEOWNER: Final = "co-homeowner"
"""How a reason begins that is about the co-homeowner's name."""

SEEN: Final = frozenset({"name", "street", "city", "project id", CO_HOMEOWNER})
"""Reasons that tell nothing beside the project itself: whoever reads it sees that it fits."""


class Hit(msgspec.Struct, frozen=True):
    """A project that may be meant: its key, how well it fits (0 to 1) and what fitted, e.g. ``name, street nearly``."""

    key: str
    score: float
    why: str


class Found(msgspec.Struct, frozen=True):
    """The best hits, best first. ``none``: nothing fits well, the hits are merely the nearest."""

    verdict: Verdict
    hits: tuple[Hit, ...]
