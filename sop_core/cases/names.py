"""Cases and events with the names that people go by. Slack's requests carry handles; names are learned later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from sop_core.cases.case import Case, CaseEvent


def named_case(case: Case, name_of: Callable[[str, str], str]) -> Case:
    """Return ``case`` with its owner's name; ``name_of`` takes a user id and what to say where it knows no name."""
    return replace(case, owner_name=name_of(case.owner, case.owner_name))


def named_event(event: CaseEvent, name_of: Callable[[str, str], str]) -> CaseEvent:
    """Return ``event`` with the name of whoever acted."""
    return replace(event, actor_name=name_of(event.actor, event.actor_name))
