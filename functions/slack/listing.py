"""Cases in lists, and cases found: by number, by project, by what the customer is called; and the runs left off."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from functions.slack.finding import Finder
from functions.slack.screens import Screens
from sop_aws.cases import project_pk
from sop_aws.queue import Page
from sop_core.cases.case import OVER
from sop_core.cases.overview import head
from sop_core.cases.words import words
from sop_slack.case_lists import PersonsCases
from sop_slack.run.overview import OpenRun, RunLine

if TYPE_CHECKING:
    from collections.abc import Iterable

    from functions.slack.services import Services
    from sop_aws.runs import Run, RunHead
    from sop_core.cases.case import Case

NUMBER: Final = re.compile(r"(?:SOP-)?([0-9A-HJKMNP-TV-Z]{8})", re.IGNORECASE)
PROJECTS: Final = 8
PEOPLE: Final = 2
OF_A_PERSON: Final = 6
LOOKED_THROUGH: Final = 50
"""So many of the newest cases of an owner are looked through for those that are not over."""
FOUND: Final = 20
RUNS_SHOWN: Final = 10
ENDED_SHOWN: Final = 8


def page(services: Services, kind: str, user: str, *, limit: int, start: str | None = None) -> Page:
    """Return a page of one of the lists of ``user``."""
    queue = services.queue
    match kind:
        case "claimed":
            return queue.claimed_by(user, limit=limit, start=start)
        case "closed":
            return queue.closed_by(user, limit=limit, start=start)
        case "opened":
            return queue.opened_by(user, limit=limit, start=start)
        case "returned":
            return queue.returned(limit=limit, start=start)
        case "overdue":
            return queue.overdue(limit=limit, start=start, now=services.now())
        case _:
            return queue.unclaimed(limit=limit, start=start, now=services.now())


def of_people(services: Services, text: str) -> tuple[PersonsCases, ...]:
    """Return what those who are called so have and what they opened that is not over, a page of each."""
    called = list(services.people.called(words(text)).items())[:PEOPLE]
    return tuple(
        PersonsCases(
            name,
            services.queue.claimed_by(user, limit=OF_A_PERSON).heads,
            tuple(
                each for each in services.queue.opened_by(user, limit=LOOKED_THROUGH).heads if each.state not in OVER
            )[:OF_A_PERSON],
        )
        for user, name in called
    )


def numbered(services: Services, text: str) -> Case | None:
    """Return the case whose number was typed, with or without its prefix."""
    number = NUMBER.fullmatch(text.strip())
    return services.cases.get(f"SOP-{number[1].upper()}") if number else None


def search(services: Services, text: str) -> Page:
    """Return the cases of the projects that match, then those whose caller is called so; newest first of each."""
    found: dict[str, Case] = {}
    for place in _projects(services, text):
        found |= {case.id: case for case in services.cases.for_project(place)}
    for case_id in services.cases.with_words(words(text)):
        if len(found) >= FOUND:  # each is read by itself, and Slack waits three seconds
            break
        case = found.get(case_id) or services.cases.get(case_id)
        if case is not None:
            found[case_id] = case
    return Page(heads=tuple(head(case) for case in list(found.values())[:FOUND]))


def _projects(services: Services, text: str) -> list[str]:
    typed = project_pk(project_id=text.strip().upper(), key="")
    finder = Finder(services)
    active = finder.active()
    projects = finder.search(active.sheet if active else None, text, PROJECTS).projects
    places = [project_pk(project_id=project.project_id, key=project.key) for project in projects]
    return list(dict.fromkeys((typed, *places)))


def open_runs(services: Services, user: str) -> tuple[OpenRun, ...]:
    """Return the runs that ``user`` left off, the latest first."""
    known = services.procedures.names()
    runs = services.queue.runs_of(user, limit=RUNS_SHOWN)
    return tuple(
        OpenRun(run.id, services.procedures.active(run.procedure).title, run.started_at)
        for run in runs
        if run.procedure in known
    )


def left_off(services: Services, user: str) -> tuple[RunLine, ...]:
    """Return the runs that ``user`` left off with whom each is about and what it waits for, the latest first."""
    screens, now = Screens(services), services.now()
    runs = _read(services, services.queue.runs_of(user, limit=RUNS_SHOWN))
    return tuple(screens.line(run, now) for run in runs if run.state == "active")


def ended_today(services: Services, user: str) -> tuple[RunLine, ...]:
    """Return the runs that ``user`` has finished since the office's midnight, the latest first."""
    screens, now = Screens(services), services.now()
    zone = ZoneInfo(services.settings().calendar.zone)
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    runs = _read(services, services.queue.runs_ended_by(user, since=midnight, limit=ENDED_SHOWN))
    return tuple(screens.line(run, now) for run in runs if run.state == "done")


def _read(services: Services, heads: Iterable[RunHead]) -> list[Run]:
    known = services.procedures.names()
    runs = [services.runs.get(head.id) for head in heads if head.procedure in known]
    # One whose version cannot be had now must not keep the others from being shown.
    return [run for run in runs if run is not None and not run.erased_at and services.procedures.has(run)]
