"""Cases and projects for tests: a test states only what matters to it."""

from __future__ import annotations

from typing import Any

from sop_core.cases.case import Case, CaseEvent, CaseProject
from sop_core.transfers.project import Project

NASTY = "<!channel> @here <@U1> & *bold* :smile: مرحبا 🙂"


def a_project(**changed: Any) -> Project:
    """Return a project of the transfer sheet."""
    known: dict[str, Any] = {
        "key": "INF-100001",
        "row": 2,
        "project_id": "INF-100001",
        "homeowner": "Jane Doe",
        "address": "71 Curry Street",
        "city": "Camden",
        "state": "NJ",
        "zip": "08103",
        "phone": "2675550185",
        "transferred_to": "LGCY Installation Services, LLC",
        "installer": "listed",
    }
    return Project(**known | changed)


def a_case(**changed: Any) -> Case:
    """Return an open callback case."""
    known: dict[str, Any] = {
        "id": "SOP-7K3M9QPD",
        "version": 1,
        "state": "open",
        "procedure": "infinity",
        "procedure_version": "1",
        "run": "run-1",
        "step": "INF-4b.case",
        "facts": {"channel": "phone"},
        "type": "Installer Complaints",
        "subtype": "Workout Plan",
        "description": "Infinity Callbacks",
        "tags": ("Jonathan Lezama", "elijah carr"),
        "tagged": {"Jonathan Lezama": "U0JLEZAMA", "elijah carr": "U0ECARR01"},
        "assign_to": "Customer Support Resolution Specialist",
        "notes": {"caller_name": "Jane Doe", "reason_of_call": "Panels dark", "callback_number": "(267) 555-0185"},
        "project": CaseProject(key="INF-100001", sheet="s1", project_id="INF-100001", homeowner="Jane Doe"),
        "owner": "U0AGENT01",
        "owner_name": "maya.torres",
        "channel": "C0RESOLUT",
        "opened_at": "2026-11-20T15:00:00Z",
        "due_at": "2026-11-23T22:00:00Z",
    }
    return Case(**known | changed)


def an_event(**changed: Any) -> CaseEvent:
    """Return the event of a claim."""
    known: dict[str, Any] = {
        "case": "SOP-7K3M9QPD",
        "version": 2,
        "action": "claim",
        "actor": "U0SPEC001",
        "actor_name": "priya.nair",
        "at": "2026-11-20T15:05:00Z",
        "from_state": "open",
        "to_state": "claimed",
    }
    return CaseEvent(**known | changed)
