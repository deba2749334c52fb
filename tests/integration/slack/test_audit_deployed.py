"""The audit of the deployed template: signed requests in, and a CSV file out."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.builders.people import ADMIN, AGENT
from tests.integration.slack.test_audit import choose
from tests.integration.slack.test_deployed import deployed

if TYPE_CHECKING:
    from tests.builders.deployed import Deployed
    from tests.standin.person import Person

__all__ = ["deployed"]

pytestmark = pytest.mark.stack


def asked_for_a_file(admin: Person) -> None:
    today = datetime.now(UTC).date()
    days = ((today - timedelta(days=1)).isoformat(), (today + timedelta(days=1)).isoformat())
    state = {"state": {"values": choose(admin, *days)}}
    assert "on its way" in admin.interact({"type": "view_submission", "view": admin._view() | state})


def test_what_an_agent_did_stands_in_the_file_that_an_admin_asks_for(deployed: Deployed) -> None:
    deployed.slack.names[AGENT] = "Maya Torres"
    agent = deployed.person(AGENT)
    agent.command("/infinity")
    agent.click("answer:channel:phone")
    admin = deployed.person(ADMIN)
    admin.command("/sop-admin", "audit")
    assert "channel = phone" in str(admin.view["blocks"])
    asked_for_a_file(admin)
    deployed.slack.wait_until(lambda: bool(deployed.slack.shared), seconds=30)
    [shared] = deployed.slack.shared
    assert shared["channel_id"] == f"D{ADMIN}"
    [(name, content)] = deployed.slack.stored.values()
    assert name.startswith("audit ")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert ("Maya Torres", AGENT, "answered", "channel = phone") in [
        (row["Who"], row["User id"], row["What"], row["Detail"]) for row in rows
    ]
    assert [row["Time (UTC)"] for row in rows] == sorted(row["Time (UTC)"] for row in rows)
