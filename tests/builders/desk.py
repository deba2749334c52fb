"""Cases, runs and their events, as the app would make them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sop_aws.runs import Run
from sop_core.cases.case import Case, CaseEvent, CaseProject, case_id
from sop_core.cases.deadlines import Calendar
from sop_core.cases.lifecycle import apply, open_case
from sop_core.guidance import CaseDraft
from sop_core.times import iso

CHANNEL: Final = "C0RESOLUT"
PROJECT: Final = CaseProject(key="P-1", sheet="sheet-1", project_id="P-1", homeowner="Jane Marked-Homeowner")
DRAFT: Final = CaseDraft(
    step="callback",
    type="Installer Complaints",
    subtype="Workout Plan",
    description="Infinity Callbacks",
    tags=("Jonathan Lezama",),
    assign_to="Customer Support Resolution Specialist",
    due="next_business_day",
    notes=("reason_of_call", "callback_number"),
)


class Clock:
    """A clock that stands still until told otherwise."""

    def __init__(self) -> None:
        self.now = datetime.fromtimestamp(1_800_000_000, UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)


def a_run(run_id: str = "run-1", **changes: Any) -> Run:
    values: dict[str, Any] = {
        "id": run_id,
        "version": 1,
        "owner": "U0AGENT01",
        "procedure": "infinity",
        "procedure_version": "1",
        "state": "active",
        "started_at": iso(Clock().now),
        "updated_at": iso(Clock().now),
        "expires_at": 1_900_000_000,
        "facts": {"channel": "phone", "qualifiers": ("fraud", "slander")},
        "sources": {"channel": "agent"},
        "seen": ("a click",),
    }
    return Run(**values | changes)


def opened_from(draft: CaseDraft = DRAFT, run_id: str = "run", **changes: Any) -> tuple[Case, CaseEvent]:
    """Open a case on a call, and return it with its first event."""
    now = Clock().now
    values: dict[str, Any] = {
        "procedure": "infinity",
        "facts": {"channel": "phone"},
        "notes": {},
        "project": None,
        "owner": "U0AGENT01",
        "owner_name": "Maya Torres",
        "tagged": {},
        "at": iso(now),
        "due_at": iso(now + timedelta(days=1)),
    }
    return open_case(
        draft,
        id=case_id(run_id, draft.step),
        run=run_id,
        procedure_version="1",
        channel=CHANNEL,
        **values | changes,
    )


def an_opened_case(run_id: str = "run-1") -> tuple[Case, CaseEvent]:
    return opened_from(
        run_id=run_id,
        notes={"reason_of_call": "Marked-Reason", "callback_number": "555-0100-Marked"},
        project=PROJECT,
        tagged={"Jonathan Lezama": "U0JLEZAMA"},
        calendar=Calendar(),
    )


def claimed(case: Case, by: str = "U0SPEC001") -> tuple[Case, CaseEvent]:
    at = iso(Clock().now)
    return apply(case, "claim", actor=by, actor_name=f"name of {by}", at=at, calendar=Calendar())
