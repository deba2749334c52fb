"""A hand-over to a third party is over when both confirmations are given, and not before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sop_core import procedures
from sop_core.cases.lifecycle import CLOSE_REASONS, apply
from sop_core.cases.transitions import NotAllowed
from sop_core.guidance import guidance
from tests.builders.desk import opened_from

if TYPE_CHECKING:
    from sop_core.cases.case import Case

AT = "2026-11-21T10:00:00Z"
WHO: dict[str, Any] = {"actor": "U0SPEC", "actor_name": "Sam", "at": AT}
CONTACT, COMPLETE = "Contact by the third party is confirmed successful", "The process is complete"


def handed_over() -> Case:
    facts = {"channel": "email", "destination": "account_servicing", "m3_approved": "yes", "homeowner_verified": "yes"}
    draft = guidance(procedures.load("account_servicing"), facts).case
    assert draft is not None
    case, _ = opened_from(draft, procedure="account_servicing", facts={"channel": "email"}, at=AT, due_at=AT)
    return apply(case, "claim", **WHO)[0]


@pytest.mark.parametrize("given", [(), (CONTACT,), (COMPLETE,), (CONTACT, "Something else")])
def test_a_case_is_not_closed_while_a_confirmation_is_missing(given: tuple[str, ...]) -> None:
    with pytest.raises(NotAllowed) as refused:
        apply(handed_over(), "close", reason=CLOSE_REASONS[0], confirmations=given, **WHO)
    assert refused.value.why == "confirmation_missing"


def test_both_confirmations_close_it_and_opening_it_again_asks_for_them_anew() -> None:
    closed, _ = apply(handed_over(), "close", reason=CLOSE_REASONS[0], confirmations=(COMPLETE, CONTACT), **WHO)
    assert (closed.state, closed.confirmed) == ("closed", (CONTACT, COMPLETE))
    again, _ = apply(closed, "reopen", **WHO)
    assert (again.confirmations, again.confirmed) == ((CONTACT, COMPLETE), ())


def test_it_can_be_returned_without_a_confirmation() -> None:
    assert apply(handed_over(), "return", reason="Wrong team", **WHO)[0].state == "returned"
