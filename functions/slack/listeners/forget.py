"""`/sop-admin forget`: find a customer, see what would be erased, confirm; a worker then does it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from functions.slack.access import ADMINS
from functions.slack.auditing import keep, told_with_it
from functions.slack.finding import PROJECT_ID, Finder
from functions.slack.listeners.listener import Listener, Request
from functions.slack.listing import NUMBER, numbered
from functions.slack.replies import notice
from functions.slack.waking import wake_import
from sop_aws.cases import project_pk
from sop_aws.correlation import current
from sop_core.cases.case import OVER
from sop_core.cases.words import words
from sop_core.forgetting import name_of
from sop_core.times import iso
from sop_core.transfers.records import Forgetting, Forgotten, Job
from sop_slack import forgetting as views

if TYPE_CHECKING:
    from collections.abc import Iterator

    from functions.slack.services import Services
    from sop_core.cases.case import Case

PROJECTS: Final = 8
NAMESAKES: Final = 20


def open_search(services: Services, request: Request) -> None:
    """Open the modal that asks whom to forget."""
    del services
    request.client.views_open(trigger_id=request.body["trigger_id"], view=views.find_modal())
    request.ack()


def find(services: Services, request: Request) -> None:
    """Answer "Find": show what fits, or say that nothing does."""
    text = views.found_text(request.body["view"]["state"]["values"])
    found = _found(services, text)
    if not found.projects and not found.cases:
        request.ack({"response_action": "errors", "errors": {views.TEXT: views.NOT_FOUND}})
        return
    keep(services, "view", "looked for a customer to forget", by=request.user)
    request.ack({"response_action": "update", "view": views.choose_modal(found)})


def choose(services: Services, request: Request) -> None:
    """Answer "Next": show what would go, unless somebody still works on one of the cases."""
    values = request.body["view"]["state"]["values"]
    who = views.chosen(values)
    cases = _cases(services, who)
    error = _live(cases) if who.reference else views.NOTHING_CHOSEN
    if error:
        request.ack({"response_action": "errors", "errors": {views.first_block(values): error}})
        return
    request.ack({"response_action": "update", "view": views.confirm_modal(who, cases)})


def confirm(services: Services, request: Request) -> None:
    """Answer "Erase": store the job and wake its worker; the same submission again is the same job."""
    view = request.body["view"]
    who = msgspec.json.decode(view["private_metadata"], type=Forgotten)
    cases = _cases(services, who)
    error = _live(cases) if views.confirmed(view["state"]["values"], who) else views.NOT_CONFIRMED
    if error:
        request.ack({"response_action": "errors", "errors": {views.TYPED: error}})
        return
    job = hashlib.sha256(f"forget:{view['id']}:{view.get('hash', '')}".encode()).hexdigest()[:20]
    plan = Forgetting(
        who=who,
        cases=tuple(case.id for case in cases),
        documents=sum(len(case.documents) for case in cases),
        by_name=services.people.name_of(request.user, request.user_name),
        audit_days=services.settings().retention["audit"],
    )
    record = Job(
        id=job,
        kind="forget",
        user=request.user,
        created_at=iso(services.now()),
        forgetting=plan,
        request=current(),
    )
    asked = "asked to forget a customer"
    numbers = ", ".join(plan.cases)
    entry = told_with_it(services, "erasure", asked, by=record.user, at=record.created_at, subject=job, detail=numbers)
    services.transfers.jobs.create(record, also=[entry])
    wake_import(services.imports, job)
    request.ack({"response_action": "update", "view": notice(views.BEGUN, close="Done")})


def _found(services: Services, text: str) -> views.Found:
    """Return the projects and cases that fit what was typed; a case that has a project stands for it.

    A project's id is that project alone, whoever else is called like its homeowner.
    """
    finder = Finder(services)
    active = finder.active()
    sheet = active.sheet if active else None
    found = finder.search(sheet, text, PROJECTS)
    fitting = {name_of(project): project for project in found.projects[: found.fitting]}
    typed = text.upper() if _is_project_id(text) else None
    if typed in fitting:
        fitting = {typed: fitting[typed]}
    cases = tuple(_cases_found(services, text))
    named = [typed] if typed else [name_of(case.project) for case in cases if case.project is not None]
    missing = [name for name in dict.fromkeys(named) if name not in fitting]
    active_ones = services.transfers.projects.get_many(sheet, missing) if sheet else ()
    projects = fitting | dict.fromkeys(missing) | {name_of(project): project for project in active_ones}
    namesakes = (case for p in fitting.values() if p.homeowner for case in _called(services, p.homeowner))
    loose = {case.id: case for case in (*cases, *namesakes) if case.project is None and not case.erased_at}
    return views.Found(projects=projects, cases=tuple(loose.values()))


def _is_project_id(text: str) -> bool:
    return bool(PROJECT_ID.fullmatch(text)) and any(map(str.isdigit, text)) and not NUMBER.fullmatch(text)


def _cases_found(services: Services, text: str) -> Iterator[Case]:
    if case := numbered(services, text):
        yield case
    yield from _called(services, text)


def _called(services: Services, name: str) -> Iterator[Case]:
    for number in services.cases.with_words(words(name))[:NAMESAKES]:
        if case := services.cases.get(number):
            yield case


def _cases(services: Services, who: Forgotten) -> tuple[Case, ...]:
    """Return every case of whom is to be forgotten."""
    found = {case.id: case for number in who.cases if (case := services.cases.get(number))}
    for name in who.projects:
        found |= {case.id: case for case in services.cases.for_project(project_pk(project_id=name, key=name))}
    return tuple(found.values())


def _live(cases: tuple[Case, ...]) -> str:
    live = [case.id for case in cases if case.state not in OVER]
    return views.still_open_words(live) if live else ""


LISTENERS: Final = (
    Listener(kind="view_submission", name=views.FIND, roles=ADMINS, answer=find),
    Listener(kind="view_submission", name=views.CHOOSE, roles=ADMINS, answer=choose),
    Listener(kind="view_submission", name=views.CONFIRM, roles=ADMINS, answer=confirm),
)
