"""A changed setting is in effect within a minute in every function that reads settings, with its container warm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from functions.deliver.app import handler as deliver
from functions.sweep.app import handler as sweep
from sop_aws.audit import AuditStore
from sop_aws.config import ImportConfig
from sop_aws.deliveries import Delivery
from sop_core.audit import Wanted
from tests.standin.person import Context
from tests.standin.stored import Stored
from tests.unit.cases.test_audit_export import ADMIN, an_entry
from tests.unit.cases.test_functions import wake

if TYPE_CHECKING:
    from tests.unit.cases.conftest import Desk

pytestmark = pytest.mark.usefixtures("functions")


def changed(desk: Desk, **parts: Any) -> None:
    """Change settings, as another container would."""
    Stored(aws=desk.aws).settings(**parts)


def test_deliver(desk: Desk) -> None:
    AuditStore(desk.aws.dynamodb, desk.aws.cases_table).add(an_entry(1), keep_days=90)
    for number, zone in enumerate(("America/Chicago", "Europe/Berlin")):
        changed(desk, calendar={"zone": zone})
        desk.clock.pass_(seconds=59 * number)
        row = Delivery(
            id=f"AUDIT-{number}#000001#0",
            case=f"AUDIT-{number}",
            version=1,
            kind="audit",
            channel=ADMIN,
            created_at="2027-01-15T08:00:00Z",
            next_attempt_at="2027-01-15T08:00:00Z",
            about=msgspec.json.encode(Wanted(first="2027-01-15", last="2027-01-15", kind="decision")).decode(),
        )
        desk.cases.outbox.ask_for_file(row)
        deliver({"Records": [wake(f'{{"case": "{row.case}"}}')]}, Context())
    [(_, first), (_, second)] = desk.slack.stored.values()
    assert b"2027-01-15 02:00:00-06:00" in first
    assert b"2027-01-15 09:00:00+01:00" in second


def test_sweep(desk: Desk) -> None:
    case = desk.open()
    sweep({}, Context())
    before = desk.cases.get(case.id)
    changed(desk, calendar={"zone": "America/Los_Angeles"})
    desk.clock.pass_(seconds=59)
    sweep({}, Context())
    after = desk.cases.get(case.id)
    assert before is not None
    assert after is not None
    assert after.planned_by != before.planned_by


def test_import_reads_no_settings() -> None:
    """There is nothing of an import that a setting could change: who may upload, the slack function has checked."""
    assert "settings_table" not in ImportConfig.__struct_fields__
