"""`/sop-admin forget`: whoever asks is erased from tables, bucket and Slack, and what the audit needs stays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from infra.local.workspace import limits
from sop_core.cases.case import CaseEvent
from sop_slack import forgetting as views
from sop_slack import transfers as sheets
from tests.builders.people import ADMIN, AGENT, PRIYA
from tests.builders.workbooks import workbook
from tests.standin.files import StoredFile

if TYPE_CHECKING:
    from tests.integration.privacy.conftest import House
    from tests.standin.person import Json, Person

MARK: Final = "zqx"
"""In everything that is known of the customer, and in nothing else."""
PHONE: Final = "2675550142"
OTHER: Final = "Otto Nagel"


def test_nothing_of_a_customer_is_left_and_the_skeleton_is(house: House) -> None:
    case = lived_through(house)
    before = everything(house)
    assert len(found_in(before)) > 8, "the customer is in tables, bucket and Slack"

    admin = forget(house, "INF-100001")

    assert found_in(everything(house)) == []
    erased = house.cases.get(case)
    assert erased is not None
    assert (erased.state, erased.procedure, erased.owner, erased.closed_reason) == (
        "closed",
        "infinity",
        AGENT,
        "Contacted and resolved",
    )
    assert [event.action for event in house.cases.events(case)] == [
        *("open", "claim", "return", "resend", "claim", "attach", "note", "close", "forget")
    ]
    told = texts(last_message(house, ADMIN))
    assert "The customer is forgotten" in told
    assert case in told
    assert "Backups" in told
    assert admin.user in {event.actor for event in house.cases.events(case)}
