"""The end of a run that opens a case: case, first event, card and run in one transaction."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from functions.slack.auditing import run_items
from functions.slack.waking import wake
from sop_aws.cases import CaseIdTaken
from sop_aws.deliveries import outbox
from sop_aws.logging import make_logger
from sop_core.cases import deadlines, lifecycle
from sop_core.cases.case import CaseProject, case_ids
from sop_core.times import iso

if TYPE_CHECKING:
    from functions.slack.screens import Screens
    from functions.slack.services import Services
    from sop_aws.runs import Run
    from sop_core.guidance import CaseDraft, Guidance
    from sop_core.transfers.project import Project

logger = make_logger()


class MissingSetting(Exception):
    """A setting without which the case cannot be opened."""


def open_case(services: Services, screens: Screens, run: Run, told: Guidance, draft: CaseDraft) -> Run:
    """Open the case that the end of ``run`` opens and store both; a repeat finds the case that is there.

    :raises MissingSetting: if nobody has set where cases go.
    :raises StaleRun: if the run was changed meanwhile.
    """
    channel = services.settings().channels.get("resolution")
    if not channel:
        raise MissingSetting("The case is not open: no resolution channel is set. Ask an admin of SOP Desk to set it.")
    for number in case_ids(run.id, draft.step):
        with suppress(CaseIdTaken):
            return _open_as(services, screens, run, told, draft, number=number, channel=channel)
    raise CaseIdTaken(run.id)


def _open_as(
    services: Services, screens: Screens, run: Run, told: Guidance, draft: CaseDraft, *, number: str, channel: str
) -> Run:
    now, settings = services.now(), services.settings()
    case, event = lifecycle.open_case(
        draft,
        id=number,
        run=run.id,
        procedure=run.procedure,
        procedure_version=run.procedure_version,
        facts=told.facts,
        inferred=tuple(step.gap or step.id for step in told.steps if step.inferred),
        notes=run.notes,
        project=_case_project(run, screens.project(run)),
        tagged={name: settings.people[name] for name in draft.tags if settings.people.get(name)},
        owner=run.owner,
        owner_name=run.owner_name,
        channel=channel,
        at=iso(now),
        due_at=iso(deadlines.deadline(draft.due, now, settings.calendar)),
        calendar=settings.calendar,
    )
    deliveries = outbox(case, "card", at=iso(now))
    ended = replace(run, case=case.id)
    audit = run_items(services, run, ended)
    opened = services.cases.open(case, event, deliveries, ended, audit)
    if not opened.repeated:
        logger.info("case", extra={"case": case.id, "action": event.action})
    wake(services.deliver, deliveries)
    screens.opened = opened.case
    return opened.run


def _case_project(run: Run, project: Project | None) -> CaseProject | None:
    if project is None:
        return None
    return CaseProject(
        key=project.key,
        sheet=run.sheet or "",
        project_id=project.project_id,
        homeowner=project.homeowner,
        address=project.address,
        original_ip=project.original_ip,
        transferred_to=project.transferred_to,
        status=project.status,
    )
