"""From a stored run to what its modal shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from functions.slack.finding import UNREADABLE, Finder
from sop_aws.cases import project_pk
from sop_core.cases.deadlines import DEADLINES, deadline
from sop_core.guidance import guidance, label, render
from sop_core.settings import LINES
from sop_core.story import story
from sop_core.times import iso, parse
from sop_core.transfers.standing import standing
from sop_slack.notes import phone
from sop_slack.run import RunLine, RunScreen, Sheet

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from functions.slack.services import Services
    from sop_aws.runs import Run
    from sop_core.cases.case import Case
    from sop_core.guidance import Guidance
    from sop_core.transfers.project import Project


HOUR: Final = 60
DAY: Final = 24
"""How the names of settings end that hold a number to call."""


class Meta(msgspec.Struct, frozen=True):
    """All that a run's modal carries in ``private_metadata``."""

    run: str
    version: int


class Screens:
    """Builds the screens of runs from the stores. Made for one request, which reads each project once."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.find = Finder(services)
        self._projects: dict[tuple[str, str], Project | None] = {}
        self.opened: Case | None = None
        """The case that this request has opened."""

    def guidance(self, run: Run) -> Guidance:
        """Return the guidance of a run, with the settings filled in."""
        return render(guidance(self._services.procedures.of(run), run.facts), self._services.settings())

    def project(self, run: Run) -> Project | None:
        """Return the chosen project as the run's sheet has it."""
        if not (run.sheet and run.project_key):
            return None
        place = (run.sheet, run.project_key)
        if place not in self._projects:
            self._projects[place] = self._services.transfers.projects.get(*place)
        return self._projects[place]

    def remember(self, sheet: str | None, *projects: Project) -> None:
        """Take projects of a sheet that this request has read already."""
        self._projects |= {(sheet or "", project.key): project for project in projects}

    def open_cases(self, project: Project | None) -> tuple[Case, ...]:
        """Return the cases of a project that are not closed."""
        if project is None:
            return ()
        return self._services.cases.open_for_project(project_pk(project_id=project.project_id, key=project.key))

    def screen(self, run: Run, *, searching: bool = False) -> RunScreen:
        """Return what the run's modal shows."""
        told = self.guidance(run)
        project = self.project(run)
        procedure = self._services.procedures.of(run)
        return RunScreen(
            title=procedure.title,
            metadata=msgspec.json.encode(Meta(run=run.id, version=run.version)).decode(),
            guidance=told,
            sources={fact: source for fact, source in run.sources.items() if source != "agent"},
            sheet=self._sheet(run) if "project" in procedure.facts else self._dated(run, project),
            asks_project="project" in procedure.facts,
            project=project,
            installer_contact=self._installer_contact(project),
            query=run.query or "",
            matches=self._matches(run, project),
            are_weak=run.are_weak,
            whys=dict(zip(run.candidates, run.candidate_whys, strict=False)),
            unsure="" if project else str(run.facts.get("project", "")),
            earlier=self._earlier(run, told),
            searching=searching,
            notes=prefilled(told, project) | run.notes,
            open_cases=self.open_cases(project) if told.case or "store" in run.sources.values() else (),
            case=self._case(run),
            due=self._due(run, told),
            ended_at=(run.ended_at or run.updated_at) if run.state == "done" else "",
            zone=self._services.settings().calendar.zone,
            page=run.page,
            language=run.language,
            without_number=self._without_number(),
            story=story(procedure, told, run.sources) if run.state == "done" else (),
        )

    def _case(self, run: Run) -> Case | None:
        if self.opened is not None and self.opened.id == run.case:
            return self.opened
        return self._services.cases.get(run.case) if run.case else None

    def line(self, run: Run, now: datetime) -> RunLine:
        """Return a run in two lines: whom it is about, and what it waits for or what came of it."""
        told = self.guidance(run)
        project = self.project(run)
        title = self._services.procedures.of(run).title
        known = (project.project_id, project.homeowner) if project else (run.notes.get("caller_name") or run.query,)
        since = _ago(now - parse(run.ended_at or run.updated_at))
        if run.state == "done":
            about = run.case or run.disposition or "nothing to file"
            return RunLine(run.id, title, _joined(*known) or _latest(told), f"{since} · {about}")
        waits = told.ask.question if told.ask else ("opening the case" if told.case else "being finished")
        return RunLine(run.id, title, _joined(*known) or _latest(told), f"{since} · waiting for: {waits}")

    def _installer_contact(self, project: Project | None) -> str:
        holder = standing(project).holder if project else None
        return self._services.settings().installers.get(holder, "") if holder else ""

    def _sheet(self, run: Run) -> Sheet:
        notice = self.find.notice(run.sheet)
        if run.is_sheet_unreadable and notice.is_searchable:
            return Sheet(warning=notice.warning or UNREADABLE, is_searchable=False)
        return notice

    def _dated(self, run: Run, project: Project | None) -> Sheet:
        """Return the sheet for a procedure that does not ask for a project: how old it is matters to one chosen."""
        return Sheet(dated=self.find.notice(run.sheet).dated) if project else Sheet()

    def _matches(self, run: Run, project: Project | None) -> tuple[Project, ...]:
        if project is not None or run.sheet is None or "project" in run.facts:
            return ()
        known = [self._projects.get((run.sheet, key)) for key in run.candidates]
        found = tuple(each for each in known if each is not None)
        if len(found) == len(known):
            return found
        return self._services.transfers.projects.get_many(run.sheet, run.candidates)

    def _earlier(self, run: Run, told: Guidance) -> int:
        """Return how many steps were told before the latest answer: the agent's, our cases', or the project."""
        answered = [
            question.fact
            for question in told.asked
            if run.sources.get(question.fact) in ("agent", "store") or question.widget == "project_search"
        ]
        if not answered:
            return 0
        before = {fact: answer for fact, answer in run.facts.items() if fact != answered[-1]}
        return len(guidance(self._services.procedures.of(run), before).steps)

    def _without_number(self) -> frozenset[str]:
        """Return the lines that are known by name only: the SOP states no number, and no admin has set one."""
        values = self._services.settings().values
        lines = (values[name] for name in LINES)
        return frozenset(line for line in lines if not any(map(str.isdigit, line)))

    def _due(self, run: Run, told: Guidance) -> dict[str, str]:
        """Return the moment of each deadline that a step promises, counted from the latest answer."""
        promised = {rule for step in told.steps if (rule := step.promise) in DEADLINES}
        calendar = self._services.settings().calendar
        return {rule: iso(deadline(rule, parse(run.updated_at), calendar)) for rule in promised}


def _latest(told: Guidance) -> str:
    """Return the latest answer, which tells a run apart that names nobody yet."""
    return label(told.asked[-1], told.facts[told.asked[-1].fact]) if told.asked else ""


def _joined(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part)


def _ago(time: timedelta) -> str:
    """Return how long ago that was, in the largest unit that fits."""
    minutes = int(time.total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < HOUR:
        return f"{minutes} min ago"
    hours = minutes // HOUR
    days = hours // DAY
    return f"{hours} h ago" if hours < DAY else f"{days} day{'s' if days > 1 else ''} ago"


def prefilled(told: Guidance, project: Project | None) -> dict[str, str]:
    """Return the notes that the answers and the chosen project fill in."""
    if told.case is None:
        return {}
    questions = {question.fact: question for question in told.asked}
    answered = {
        name: "; ".join(label(questions[fact], told.facts[fact]) for fact in facts if told.facts.get(fact))
        for name, facts in told.case.from_answers
    }
    if project is None:
        return answered
    address = ", ".join(part for part in (project.address, project.city, project.state, project.zip) if part)
    known = {
        "caller_name": project.homeowner or "",
        "property_address": address,
        "callback_number": phone(project.phone),
        "email": project.email or "",
    }
    return answered | {name: known[name] for name in told.case.from_project}
