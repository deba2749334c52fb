"""The words that a case is found by: how its customer is called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sop_core.transfers.words import fold

if TYPE_CHECKING:
    from sop_core.cases.case import Case

SHORTEST = 2
MOST = 12


def words(text: str) -> tuple[str, ...]:
    """Return the words of ``text``, folded, each once."""
    found = re.findall(r"\w+", fold(text))
    return tuple(dict.fromkeys(word for word in found if len(word) >= SHORTEST))[:MOST]


def words_of(case: Case) -> tuple[str, ...]:
    """Return the words that ``case`` is found by: of the caller's name and the homeowner's."""
    homeowner = case.project.homeowner if case.project else None
    return words(f"{case.notes.get('caller_name', '')} {homeowner or ''}")
