"""One agent's way through one procedure: begin, answer, choose the project, open the case or finish.

Facts come from the agent, the transfer sheet and the agent's groups; ``sop_core`` turns them into guidance. Every step
is one conditional write, so a double click or a replayed request changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from functions.slack.finding import UNREADABLE, Finder
from functions.slack.waking import wake
from sop_aws.cases import project_pk
from sop_aws.deliveries import outbox
from sop_aws.runs import Run, Source, StaleRun
from sop_aws.snapshots import SnapshotUnavailable
from sop_aws.times import iso
from sop_core import procedures
from sop_core.cases import deadlines, lifecycle
from sop_core.cases.case import CaseProject
from sop_core.guidance import change, guidance, render
from sop_slack.notes import phone
from sop_slack.run import MATCHES_SHOWN, RunScreen
from sop_slack.run import Sheet as SheetNotice

if TYPE_CHECKING:
    from collections.abc import Callable

    from functions.slack.services import Services
    from sop_core.cases.case import Case
    from sop_core.guidance import Guidance
    from sop_core.transfers.project import Project

KEPT_DAYS: Final = 400
SEEN_KEPT: Final = 20
TRIES: Final = 5


class NotYourRun(Exception):
    """The run is somebody else's, or is gone."""

    def __init__(self) -> None:
        super().__init__(
            "This guidance belongs to someone else or has expired. Type the command again to start your own."
        )


class MissingSetting(Exception):
    """A setting without which the case cannot be opened."""


class RunDesk:
    """The use cases of a run."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._find = Finder(services)

    def start(self, *, run_id: str, procedure: str, owner: str, owner_name: str, query: str) -> Run:
        """Begin a run; the same command delivered twice is the same run."""
        services = self._services
        now = services.now()
        active = self._find.active()
        facts = self._from_groups(procedure, owner)
        run = Run(
            id=run_id,
            version=1,
            owner=owner,
            owner_name=owner_name,
            procedure=procedure,
            procedure_version=procedures.load(procedure).version,
            state="active",
            facts=dict(facts),
            sources=dict.fromkeys(facts, "groups"),
            query=query or None,
            sheet=active.sheet if active else None,
            started_at=iso(now),
            updated_at=iso(now),
            expires_at=int(now.timestamp()) + KEPT_DAYS * 86_400,
        )
        try:
            return services.runs.create(run)
        except StaleRun as repeated:
            return self._own(repeated.current, owner)

    def read(self, run_id: str, user: str) -> Run:
        """Return a run of ``user``; raises :class:`NotYourRun`."""
        return self._own(self._services.runs.get(run_id), user)

    def find(self, run: Run) -> Run:
        """Search for what came with the command and keep the matches on the run."""
        return self._save(
            run,
            None,
            lambda now: replace(
                now, candidates=tuple(p.key for p in self.suggestions(now, now.query or "", MATCHES_SHOWN))
            ),
        )

    def suggestions(self, run: Run, text: str, limit: int) -> tuple[Project, ...]:
        """Return the projects that match what was typed; none if the sheet cannot be asked (the screen says so)."""
        if run.sheet is None or not text.strip():
            return ()
        try:
            return self._find.search(run.sheet, text, limit)
        except SnapshotUnavailable:
            return ()

    def answer(self, run_id: str, user: str, interaction: str, fact: str, value: str) -> Run:
        """Save one answer of the agent; later answers that no longer apply are dropped."""
        return self._save(self.read(run_id, user), interaction, lambda run: self._answered(run, {fact: value}, "agent"))

    def choose_project(self, run_id: str, user: str, interaction: str, key: str) -> Run:
        """Save the project and what the sheet proves by it."""
        return self._save(self.read(run_id, user), interaction, lambda run: self._chosen(run, key))

    def forget_project(self, run_id: str, user: str, interaction: str) -> Run:
        """Take the choice of the project back, and what the sheet proved by it."""
        return self._save(self.read(run_id, user), interaction, _without_project)

    def submit(self, run_id: str, user: str, notes: dict[str, str]) -> Run:
        """End the run: open the case that its end opens, or record that it is done. A repeat finds what was done."""
        run = self.read(run_id, user)
        told = self._guidance(run)
        if run.state != "active" or told.status != "done":
            return run
        noted = replace(run, notes=notes, disposition=told.disposition)
        if told.case is None:
            return self._save(
                run, None, lambda now: replace(now, notes=notes, disposition=told.disposition, state="done")
            )
        return self._open_case(noted, told)

    def screen(self, run: Run, *, searching: bool = False) -> RunScreen:
        """Return what the run's modal shows."""
        told = self._guidance(run)
        project = self._project(run)
        return RunScreen(
            title=procedures.load(run.procedure).title,
            metadata=f'{{"run":"{run.id}","version":{run.version}}}',
            guidance=told,
            sources={fact: source for fact, source in run.sources.items() if source != "agent"},
            sheet=self._notice(run),
            project=project,
            query=run.query or "",
            matches=self._matches(run, project),
            earlier=self._earlier(run, told),
            searching=searching,
            notes=_prefilled(run, project),
            open_cases=self._open_cases(told, project),
            case=self._services.cases.get(run.case) if run.case else None,
        )

    def _save(self, run: Run, interaction: str | None, edit: Callable[[Run], Run]) -> Run:
        for _ in range(TRIES):
            if run.state != "active" or interaction in run.seen:
                return run
            seen = run.seen if interaction is None else (*run.seen, interaction)[-SEEN_KEPT:]
            edited = replace(edit(run), seen=seen, updated_at=iso(self._services.now()))
            try:
                return self._services.runs.save(edited)
            except StaleRun as stale:
                run = self._own(stale.current, run.owner)
        raise StaleRun(run)

    def _own(self, run: Run | None, user: str) -> Run:
        if run is None or run.owner != user:
            raise NotYourRun
        return run

    def _answered(self, run: Run, answers: dict[str, str], source: Source) -> Run:
        procedure = procedures.load(run.procedure)
        proved = {fact: run.facts[fact] for fact, name in run.sources.items() if name != "agent" and fact in run.facts}
        facts: dict[str, str | tuple[str, ...]] = dict(run.facts)
        for fact, value in answers.items():
            facts = change(procedure, facts, fact, value)
        # What the sheet or the groups prove stays known, also where the path of the moment does not ask for it.
        facts = proved | facts
        sources = run.sources | dict.fromkeys(answers, source)
        return replace(run, facts=facts, sources={fact: name for fact, name in sources.items() if fact in facts})

    def _chosen(self, run: Run, key: str) -> Run:
        project = self._services.transfers.project(run.sheet, key) if run.sheet else None
        if project is None:
            return run
        proved = {"project": "found"} | ({"installer": project.installer} if project.installer else {})
        known = procedures.load(run.procedure).facts
        answered = self._answered(
            _without_project(run), {fact: value for fact, value in proved.items() if fact in known}, "sheet"
        )
        return replace(answered, project_key=key)

    def _from_groups(self, procedure: str, user: str) -> dict[str, str]:
        """Return what the agent's groups prove, for the groups that are set: training is not asked of who knows it."""
        roles = self._services.settings().roles
        facts = [
            name
            for name, fact in procedures.load(procedure).facts.items()
            if fact.source == "groups" and roles.get(name)
        ]
        return {fact: "yes" if self._services.access.has_any(user, (fact,)) else "no" for fact in facts}

    def _guidance(self, run: Run) -> Guidance:
        return render(guidance(procedures.load(run.procedure), run.facts), self._services.settings())

    def _earlier(self, run: Run, told: Guidance) -> int:
        """Return how many of the steps were told before the agent's latest answer."""
        answered = [question.fact for question in told.asked if run.sources.get(question.fact) == "agent"]
        if not answered:
            return 0
        before = {fact: answer for fact, answer in run.facts.items() if fact != answered[-1]}
        return len(guidance(procedures.load(run.procedure), before).steps)

    def _notice(self, run: Run) -> SheetNotice:
        notice = self._find.notice(run.sheet)
        if notice.warning is None and run.query and not run.candidates and not self._can_search(run):
            return SheetNotice(warning=UNREADABLE)
        return notice

    def _can_search(self, run: Run) -> bool:
        try:
            self._find.search(run.sheet or "", "", 1)
        except SnapshotUnavailable:
            return False
        return True

    def _project(self, run: Run) -> Project | None:
        return self._services.transfers.project(run.sheet, run.project_key) if run.sheet and run.project_key else None

    def _matches(self, run: Run, project: Project | None) -> tuple[Project, ...]:
        if project is not None or run.sheet is None or "project" in run.facts:
            return ()
        return self._services.transfers.projects(run.sheet, run.candidates)

    def _open_cases(self, told: Guidance, project: Project | None) -> tuple[Case, ...]:
        if told.case is None or project is None:
            return ()
        return self._services.cases.open_for_project(project_pk(project_id=project.project_id, key=project.key))

    def _open_case(self, run: Run, told: Guidance) -> Run:
        settings = self._services.settings()
        channel = settings.channels.get("resolution")
        if not channel or told.case is None:
            raise MissingSetting(
                "The case is not open: no resolution channel is set. Ask an admin of SOP Desk to set it."
            )
        now = self._services.now()
        case, event = lifecycle.open_case(
            told.case,
            id=lifecycle.case_id(run.id, told.case.step),
            run=run.id,
            procedure=run.procedure,
            procedure_version=run.procedure_version,
            facts=told.facts,
            inferred=tuple(step.gap or step.id for step in told.steps if step.inferred),
            notes=run.notes,
            project=_case_project(run, self._project(run)),
            tagged={name: settings.people[name] for name in told.case.tags if settings.people.get(name)},
            owner=run.owner,
            owner_name=run.owner_name,
            channel=channel,
            at=iso(now),
            due_at=iso(deadlines.deadline(told.case.due, now, settings.calendar)),
        )
        ended = replace(run, case=case.id, state="done", updated_at=iso(now))
        deliveries = outbox(case, "card", at=iso(now))
        opened = self._services.cases.open(case, event, deliveries, ended)
        wake(self._services.deliver, deliveries)
        return opened.run


def _without_project(run: Run) -> Run:
    of_sheet = {fact for fact, source in run.sources.items() if source == "sheet"} | {"project"}
    facts = {fact: value for fact, value in run.facts.items() if fact not in of_sheet}
    sources = {fact: source for fact, source in run.sources.items() if fact not in of_sheet}
    return replace(run, facts=facts, sources=sources, project_key=None)


def _prefilled(run: Run, project: Project | None) -> dict[str, str]:
    if project is None:
        return dict(run.notes)
    address = ", ".join(part for part in (project.address, project.city, project.state, project.zip) if part)
    known = {"property_address": address}
    if run.facts.get("caller_type") == "homeowner":
        known |= {"caller_name": project.homeowner or "", "callback_number": phone(project.phone)}
    return known | run.notes


def _case_project(run: Run, project: Project | None) -> CaseProject | None:
    if project is None:
        return None
    return CaseProject(
        key=project.key,
        sheet=run.sheet or "",
        project_id=project.project_id,
        homeowner=project.homeowner,
        address=project.address,
        transferred_to=project.transferred_to,
    )
