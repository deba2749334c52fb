"""What is audited of a request, beside the cases' own events and the settings' own changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sop_aws.audit import audit_item
from sop_core.audit import Entry, decided
from sop_core.times import iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from functions.slack.services import Services
    from sop_aws.runs import Run
    from sop_aws.table import Item
    from sop_core.audit import Kind


def keep(
    services: Services,
    kind: Kind,
    action: str,
    *,
    by: str,
    subject: str = "",
    detail: str = "",
) -> None:
    """Keep that somebody did something; a view is kept before it is shown, so that nothing is shown that is not kept.

    What changes something else is told by :func:`told_with_it` instead.
    """
    entry = _entry(kind, action, by=by, at=iso(services.now()), subject=subject, detail=detail)
    services.audit.add(entry, keep_days=services.settings().retention["audit"])


def told_with_it(
    services: Services, kind: Kind, action: str, *, by: str, at: str, subject: str = "", detail: str = ""
) -> TransactWriteItemTypeDef:
    """Return the entry of a change as a write for the change's own transaction: there is neither without the other."""
    entry = _entry(kind, action, by=by, at=at, subject=subject, detail=detail)
    return services.audit.write(entry, keep_days=services.settings().retention["audit"])


def _entry(kind: Kind, action: str, *, by: str, at: str, subject: str, detail: str) -> Entry:
    return Entry(
        at=at,
        id=f"{subject}#{by}#{action}",
        kind=kind,
        actor=by,
        action=action,
        subject=subject,
        detail=detail,
    )


def run_items(services: Services, before: Run | None, after: Run) -> list[Item]:
    """Return what one save of a run adds to the audit, to be written with it."""
    at = iso(services.now())
    saved = after.version + (before is not None)
    entries = [
        Entry(
            at=at,
            id=f"{after.id}#{saved:06d}#{place:02d}",
            kind=kind,
            actor=after.owner,
            action=action,
            subject=after.id,
            procedure=after.procedure,
            detail=detail,
        )
        for place, (kind, action, detail) in enumerate(_story(before, after))
    ]
    return [audit_item(entry, keep_days=services.settings().retention["audit"]) for entry in entries]


def _story(before: Run | None, after: Run) -> list[tuple[Kind, str, str]]:
    told: list[tuple[Kind, str, str]] = []
    if before is None:
        told.append(("run", "began", f"version {after.procedure_version}"))
    known = before.facts if before else {}
    told += [("decision", action, detail) for action, detail in decided(known, after.facts, after.sources)]
    if after.candidates and (before is None or before.candidates != after.candidates):
        told.append(("view", "saw search results", f"{len(after.candidates)} projects"))
    if after.project_key and (before is None or before.project_key != after.project_key):
        told.append(("view", "opened a project", after.project_key))
    if after.state != "active":
        told.append(("run", "ended" if after.state == "done" else "discarded", after.case or after.disposition or ""))
    return told
