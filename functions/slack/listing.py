"""Cases in lists, and cases found: by number, by project, by what the customer is called; and the runs left off."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from functions.slack.finding import Finder
from sop_aws.cases import project_pk
from sop_aws.queue import Page
from sop_core import procedures
from sop_core.cases.overview import head
from sop_core.cases.words import words
from sop_slack.run.overview import OpenRun

if TYPE_CHECKING:
    from functions.slack.services import Services
    from sop_core.cases.case import Case

NUMBER: Final = re.compile(r"(?:SOP-)?([0-9A-HJKMNP-TV-Z]{8})", re.IGNORECASE)
PROJECTS: Final = 8
FOUND: Final = 20
RUNS_SHOWN: Final = 5


class Lists:
    """The lists that commands and the Home tab show."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def page(self, kind: str, user: str, *, limit: int, start: str | None = None) -> Page:
        """Return a page of one of the lists of ``user``."""
        queue = self._services.queue
        match kind:
            case "claimed":
                return queue.claimed_by(user, limit=limit, start=start)
            case "closed":
                return queue.closed_by(user, limit=limit, start=start)
            case "opened":
                return queue.opened_by(user, limit=limit, start=start)
            case _:
                return queue.unclaimed(limit=limit, start=start, now=self._services.now())

    def numbered(self, text: str) -> Case | None:
        """Return the case whose number was typed, with or without its prefix."""
        number = NUMBER.fullmatch(text.strip())
        return self._services.cases.get(f"SOP-{number[1].upper()}") if number else None

    def search(self, text: str) -> Page:
        """Return the cases of the projects that match, then those whose caller is called so; newest first of each."""
        found: dict[str, Case] = {}
        for place in self._projects(text):
            found |= {case.id: case for case in self._services.cases.for_project(place)}
        for case_id in self._services.cases.with_words(words(text)):
            case = found.get(case_id) or self._services.cases.get(case_id)
            if case is not None:
                found[case_id] = case
        return Page(heads=tuple(head(case) for case in list(found.values())[:FOUND]))

    def _projects(self, text: str) -> list[str]:
        typed = project_pk(project_id=text.strip().upper(), key="")
        finder = Finder(self._services)
        active = finder.active()
        projects = finder.search(active.sheet if active else None, text, PROJECTS).projects
        places = [project_pk(project_id=project.project_id, key=project.key) for project in projects]
        return list(dict.fromkeys((typed, *places)))


def open_runs(services: Services, user: str) -> tuple[OpenRun, ...]:
    """Return the runs that ``user`` left off, the latest first."""
    known = procedures.names()
    runs = services.queue.runs_of(user, limit=RUNS_SHOWN)
    return tuple(
        OpenRun(run.id, procedures.load(run.procedure).title, run.started_at) for run in runs if run.procedure in known
    )
