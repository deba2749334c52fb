"""What a search answers."""

from __future__ import annotations

from typing import Literal

import msgspec

Verdict = Literal["sure", "several", "none"]


class Hit(msgspec.Struct, frozen=True):
    """A project that may be meant: its key, how well it fits (0 to 1) and what fitted, e.g. ``name, street nearly``."""

    key: str
    score: float
    why: str


class Found(msgspec.Struct, frozen=True):
    """The best hits, best first. ``none``: nothing fits well, the hits are merely the nearest."""

    verdict: Verdict
    hits: tuple[Hit, ...]
