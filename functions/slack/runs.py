"""One agent's way through one procedure: begin, answer, choose the project, open the case or finish.

Every step is one conditional write, so a double click or a replayed request changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace

from functions.slack.auditing import run_items
from functions.slack.facts import ABSENT, answered, with_project, without_project
from functions.slack.opening import open_case
from functions.slack.screens import Screens, prefilled
from sop_aws.logging import make_logger
from sop_aws.runs import Run, StaleRun
from sop_core.times import iso
from sop_slack.notes import checklist_note, problem
from sop_slack.run import MATCHES_SHOWN, form_pages

if TYPE_CHECKING:
    from collections.abc import Callable

    from functions.slack.facts import Value
    from functions.slack.finding import Found
    from functions.slack.services import Services
    from sop_core.guidance import Guidance, Procedure
    from sop_slack.run import RunScreen

logger = make_logger()

SEEN_KEPT: Final = 20
TRIES: Final = 5


class Click(NamedTuple):
    """A click in a run's modal: the run, who clicked, what the click is known by, and what stood in the fields.

    ``version`` is the run's as the modal showed it, ``at`` Slack's time of the click (epoch seconds; 0: not told).
    """

    run: str
    user: str
    interaction: str
    typed: dict[str, str]
    version: int
    at: float


class NotYourRun(Exception):
    """The run is somebody else's, or is gone, or its procedure is not for them (any more)."""

    def __init__(self) -> None:
        super().__init__(
            "This guidance belongs to someone else or has expired. Type the command again to start your own."
        )


class RunDesk:
    """The use cases of a run."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._screens = Screens(services)
        self._find = self._screens.find

    def start(self, *, run_id: str, procedure: str, owner: str, owner_name: str, query: str) -> Run:
        """Begin a run; the same command delivered twice is the same run."""
        now = self._services.now()
        active = self._find.active()
        begun = self._services.procedures.active(procedure)
        facts = self._from_groups(begun, owner)
        run = Run(
            id=run_id,
            version=1,
            owner=owner,
            owner_name=self._services.people.name(owner) or owner_name,
            procedure=procedure,
            procedure_version=begun.version,
            procedure_digest=begun.digest,
            state="active",
            facts=dict(facts),
            sources=dict.fromkeys(facts, "groups"),
            query=query or None,
            sheet=active.sheet if active else None,
            started_at=iso(now),
            updated_at=iso(now),
            expires_at=int(now.timestamp()) + self._services.settings().retention["runs"] * 86_400,
        )
        try:
            return self._services.runs.create(run, run_items(self._services, None, run))
        except StaleRun as repeated:
            return self._own(repeated.current, owner)

    def may_run(self, user: str, procedure: str) -> bool:
        """Return whether the procedure, as new runs get it, is for this user."""
        return self._services.access.has_any(user, self.audience(procedure))

    def audience(self, procedure: str) -> tuple[str, ...]:
        """Return the roles that may begin the procedure."""
        return self._services.procedures.active(procedure).audience

    def read(self, run_id: str, user: str) -> Run:
        """Return a run of ``user``; raises :class:`NotYourRun`."""
        return self._own(self._services.runs.get(run_id), user)

    def screen(self, run: Run, *, searching: bool = False) -> RunScreen:
        """Return what the run's modal shows."""
        return self._screens.screen(run, searching=searching)

    def find(self, run: Run) -> Run:
        """Search for what came with the command and keep the matches on the run."""
        found = self._find.search(run.sheet, run.query or "", MATCHES_SHOWN)
        self._screens.remember(run.sheet, *found.projects)
        # What is merely similar would only be in the way of what fits.
        keys = tuple(project.key for project in found.projects[: found.fitting or MATCHES_SHOWN])
        matches = {
            "candidates": keys,
            "candidate_whys": tuple(found.whys.get(key, "") for key in keys),
            "are_weak": not found.fitting,
            "is_sheet_unreadable": not found.is_complete,
        }
        return self._save(run, None, lambda now: replace(now, **matches))

    def suggestions(self, run: Run, text: str, limit: int) -> Found:
        """Return the projects that match; where only exact matches could be looked for, the next screen says so."""
        found = self._find.search(run.sheet, text, limit)
        if not found.is_complete and not run.is_sheet_unreadable:
            self._unreadable(run)
        return found

    def answer(self, click: Click, fact: str, value: Value) -> Run:
        """Save one answer of the agent; later answers that no longer apply are dropped, and a form begins anew."""
        run = self.read(click.run, click.user)
        if (fact, value) == ABSENT and not self._find.search(run.sheet, "", 1).is_complete:
            # "Not found" is never concluded from a sheet that could not be read (INF-11).
            return self._unreadable(run)
        procedure = self._services.procedures.of(run)
        return self._apply(run, click, lambda now: replace(answered(procedure, now, {fact: value}, "agent"), page=0))

    def choose_project(self, click: Click, key: str) -> Run:
        """Save the project, and what the sheet and our cases prove by it."""
        run = self.read(click.run, click.user)
        project = self._services.transfers.projects.get(run.sheet, key) if run.sheet else None
        if project is None:
            return run
        self._screens.remember(run.sheet, project)
        has_open_case = bool(self._screens.open_cases(project))
        procedure = self._services.procedures.of(run)
        return self._apply(run, click, lambda now: with_project(procedure, now, project, has_open_case=has_open_case))

    def forget_project(self, click: Click) -> Run:
        """Take the choice of the project back, and what was proved by it."""
        run = self.read(click.run, click.user)
        procedure = self._services.procedures.of(run)
        return self._apply(run, click, lambda now: without_project(procedure, now))

    def show_language(self, click: Click, language: str) -> Run:
        """Show scripts in ``language`` too, for the rest of the run."""
        return self._apply(self.read(click.run, click.user), click, lambda now: replace(now, language=language))

    def page_back(self, click: Click) -> Run:
        """Go back a page of a long form."""
        run = self.read(click.run, click.user)
        return self._apply(run, click, lambda now: replace(now, page=max(0, now.page - 1)))

    def next_page(self, run: Run, typed: dict[str, str]) -> Run:
        """Go on to the next page of a long form, and keep what was typed on this one."""
        return self._save_once(run, replace(run, notes=self._notes(run, typed), page=run.page + 1))

    def is_last_page(self, run: Run) -> bool:
        """Return whether the page in front ends the form."""
        return run.page >= len(form_pages(self._screens.guidance(run))) - 1

    def faults(self, run: Run, typed: dict[str, str]) -> dict[str, str]:
        """Return what is wrong with the notes that the end of a run needs, by their names."""
        case = self._screens.guidance(run).case
        wanted = case.notes if case else ()
        optional = case.optional if case else ()
        found = {name: problem(name, typed.get(name, ""), optional=name in optional) for name in wanted}
        return {name: sentence for name, sentence in found.items() if sentence}

    def submit(self, run: Run, typed: dict[str, str]) -> Run:
        """End the run: open the case that its end opens, or record that it is done. A repeat finds what was done.

        A run that was changed meanwhile is returned as it is now, not ended: what it ends with may be another thing.
        """
        told = self._screens.guidance(run)
        notes = _in_order(told, run.notes | _by_question(told, typed))
        if run.state != "active" or told.status != "done":
            return run
        now = iso(self._services.now())
        ended = {"notes": notes, "disposition": told.disposition, "state": "done", "ended_at": now}
        if told.case is None:
            return self._save_once(run, replace(run, **ended))
        try:
            return open_case(self._services, self._screens, replace(run, **ended), told, told.case)
        except StaleRun as stale:
            return self._own(stale.current, run.owner)

    def abandon(self, run_id: str, user: str) -> None:
        """Give the run up: it is in nobody's list any more, and counts as not finished."""
        self._save(self.read(run_id, user), None, lambda run: replace(run, state="abandoned"))

    def _apply(self, run: Run, click: Click, edit: Callable[[Run], Run]) -> Run:
        """Save what a click changes, with what was typed until then: a redraw or a dropped call loses none of it."""

        def with_notes(now: Run) -> Run:
            return edit(replace(now, notes=self._notes(now, click.typed)))

        return self._save(run, click, with_notes)

    def _notes(self, run: Run, typed: dict[str, str]) -> dict[str, str]:
        """Return the run's notes with what was typed; what the project fills in unchanged is not the agent's."""
        told = self._screens.guidance(run)
        filled = prefilled(told, self._screens.project(run))
        notes = run.notes | _by_question(told, typed)
        return {name: text for name, text in notes.items() if text != filled.get(name, "")}

    def _unreadable(self, run: Run) -> Run:
        return self._save(run, None, lambda now: replace(now, is_sheet_unreadable=True))

    def _save(self, run: Run, click: Click | None, edit: Callable[[Run], Run]) -> Run:
        for _ in range(TRIES):
            if run.state != "active" or (click and _changes_nothing(run, click)):
                return run
            edited = edit(run)
            if click is not None:
                seen = (*run.seen, click.interaction)[-SEEN_KEPT:]
                # What is promised to the customer is counted from the latest answer.
                at = iso(self._services.now())
                edited = replace(edited, seen=seen, clicked_at=max(click.at, run.clicked_at), updated_at=at)
            try:
                return self._services.runs.save(edited, run_items(self._services, run, edited))
            except StaleRun as stale:
                run = self._own(stale.current, run.owner)
        raise StaleRun(run)

    def _save_once(self, run: Run, edited: Run) -> Run:
        """Save what a submission makes of the run as its modal showed it; where others were first, take theirs."""
        try:
            return self._services.runs.save(edited, run_items(self._services, run, edited))
        except StaleRun as stale:
            return self._own(stale.current, run.owner)

    def _own(self, run: Run | None, user: str) -> Run:
        if run is None or run.owner != user or run.erased_at:
            raise NotYourRun
        if not self._services.access.has_any(user, self._services.procedures.of(run).audience):
            raise NotYourRun
        return run

    def _from_groups(self, procedure: Procedure, user: str) -> dict[str, str]:
        """Return what the agent's groups prove; what they cannot tell is asked of the agent."""
        questions = procedure.facts.values()
        facts = [question.fact for question in questions if question.source == "groups"]
        known = {fact: self._services.access.knows(user, fact) for fact in facts}
        return {fact: "yes" if holds else "no" for fact, holds in known.items() if holds is not None}


def _changes_nothing(run: Run, click: Click) -> bool:
    """Return whether a click was applied already, or was overtaken: a later one has changed what it was made on."""
    return click.interaction in run.seen or (click.version < run.version and 0 < click.at < run.clicked_at)


def _by_question(told: Guidance, typed: dict[str, str]) -> dict[str, str]:
    """Return what was typed with the answers to a checklist under their questions' own words."""
    questions = {checklist_note(question): question for group in told.checklist for question in group.questions}
    return {questions.get(name, name): text for name, text in typed.items()}


def _in_order(told: Guidance, typed: dict[str, str]) -> dict[str, str]:
    """Return the notes that were given, in the order of the SOP: Slack sends a form's fields in any."""
    names = [*(told.case.notes if told.case else ()), *(q for group in told.checklist for q in group.questions)]
    return {name: text for name in names if (text := typed.get(name, "").strip())}
