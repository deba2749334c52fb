"""What happened on the way to an end, in order: the steps that were told, then the answer that followed them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from sop_core.guidance import Guidance, Procedure, Step, TraceLine, guidance, trace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sop_core.guidance import Read


class Turn(msgspec.Struct, frozen=True):
    """Steps that were told together, and the answer given then (``None``: nothing more was asked)."""

    steps: tuple[Step, ...]
    answer: TraceLine | None = None


def story(procedure: Procedure, told: Guidance, sources: Mapping[str, str] = {}) -> tuple[Turn, ...]:
    """Return ``told``, the guidance of ``procedure``, turn by turn; ``sources`` as for :func:`trace`.

    The turns hold every step and every answer of ``told`` once, in their order.
    """
    turns: list[Turn] = []
    known: Read = {}
    begun = 0
    for answer in trace(told, sources):
        shown = len(guidance(procedure, known).steps)
        turns.append(Turn(told.steps[begun:shown], answer))
        known[answer.fact] = answer.answer
        begun = shown
    return (*turns, Turn(told.steps[begun:]))
