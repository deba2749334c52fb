"""Forgetting a customer, as an admin sees it: find them, see what goes, confirm; then what was erased, what stays."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sop_core.times import iso, parse
from sop_core.transfers.records import Forgotten
from sop_slack import blocks as b
from sop_slack.blocks import Message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sop_core.cases.case import Case
    from sop_core.transfers.project import Project
    from sop_core.transfers.records import Forgetting
    from sop_slack.blocks import Block

FIND: Final = "forget_find"
CHOOSE: Final = "forget_choose"
CONFIRM: Final = "forget_confirm"
TEXT, PROJECTS, CASES, TYPED = "forget_text", "forget_projects", "forget_cases", "forget_typed"
TITLE: Final = "Forget a customer"
MOST: Final = 10
"""Options that Slack takes in one group of checkboxes."""
LONGEST: Final = 200
BACKUPS: Final = timedelta(days=35)
"""How far back the tables can be restored, which nobody can shorten for one customer."""
NOT_FOUND: Final = "Nobody fits this well. Try the project id, the case number, or the name as the sheet has it."
ELSEWHERE: Final = "Not in the active sheet; the others are looked through"
NOTHING_CHOSEN: Final = "Choose what belongs to the customer."
NOT_CONFIRMED: Final = "This is not what is asked for. Type it as it stands above."
BEGUN: Final = "It has begun. How far it is, and then what was erased, is told in your messages with SOP Desk."
GOES: Final = (
    "The cases without their customer: notes, reasons that were typed, documents, the project, the Salesforce number",
    "The procedures that were run for the customer: answers, notes, searches, and what the audit says of the answers",
    "Name, address, phone and e-mail in every transfer sheet that is kept, and in its search",
    "Every uploaded workbook that SOP Desk keeps, and every export and list of problem rows that it has sent",
    "The cards, lines and direct messages of SOP Desk in Slack",
)
STAYS: Final = (
    "Case number, procedure, states, times, and who acted",
    "The project's id and who has the project now, so that a caller is still helped",
)


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What was found: projects (``None``: an id that the active sheet lacks), and cases that have no project."""

    projects: dict[str, Project | None] = {}
    cases: tuple[Case, ...] = ()


def find_modal() -> Block:
    """Return the modal that asks whom to forget."""
    field = b.text_input("text", max_length=LONGEST)
    return b.modal(
        TITLE,
        [
            b.section("For a customer who asks to be erased. You see what goes before it goes."),
            b.field("Project id, name, phone, address or case number", field, block_id=TEXT),
        ],
        callback_id=FIND,
        submit="Find",
        close="Cancel",
    )


def found_text(values: Mapping[str, Any]) -> str:
    """Return what was typed in :func:`find_modal`."""
    return str(values.get(TEXT, {}).get("text", {}).get("value") or "").strip()


def choose_modal(found: Found) -> Block:
    """Return the modal in which an admin says what belongs to the customer."""
    projects = [
        b.option(name, name, _who(project) if project else ELSEWHERE)
        for name, project in list(found.projects.items())[:MOST]
    ]
    cases = [
        b.option(f"{case.id}, {case.state}, without a project", case.id, case.notes.get("caller_name"))
        for case in found.cases[:MOST]
    ]
    shown = [b.section("*Which of these is the customer?* There may be several, or namesakes.")]
    if projects:
        shown.append(_boxes("Projects, with all their cases", PROJECTS, projects))
    if cases:
        shown.append(_boxes("Cases", CASES, cases))
    return b.modal(TITLE, shown, callback_id=CHOOSE, submit="Next", close="Cancel")


def chosen(values: Mapping[str, Any]) -> Forgotten:
    """Return what was chosen in :func:`choose_modal`."""
    return Forgotten(projects=_picked(values, PROJECTS), cases=_picked(values, CASES))


def first_block(values: Mapping[str, Any]) -> str:
    """Return the block beside which an error of :func:`choose_modal` is shown."""
    return PROJECTS if PROJECTS in values else CASES


def confirm_modal(who: Forgotten, cases: Sequence[Case]) -> Block:
    """Return the modal that says what goes and what stays, and asks to type what is meant."""
    documents = sum(len(case.documents) for case in cases)
    numbers = ", ".join(case.id for case in cases) or "none"
    about = [
        *([("Projects", ", ".join(who.projects))] if who.projects else []),
        (f"Cases ({len(cases)})", numbers),
        ("Documents", str(documents)),
    ]
    return b.modal(
        TITLE,
        [
            b.labelled([(name, b.fit(text, b.SECTION_TEXT)) for name, text in about]),
            b.section("*What goes*"),
            b.bullets(GOES),
            b.section("*What stays*"),
            b.bullets(STAYS),
            b.section(":warning: *This cannot be undone.* Backups hold it 35 days longer."),
            b.field(f"Type {who.reference} to erase", b.text_input("typed", max_length=LONGEST), block_id=TYPED),
        ],
        callback_id=CONFIRM,
        private_metadata=msgspec.json.encode(who).decode(),
        submit="Erase",
        close="Cancel",
    )


def confirmed(values: Mapping[str, Any], who: Forgotten) -> bool:
    """Tell whether what was typed in :func:`confirm_modal` is what was asked for."""
    typed = str(values.get(TYPED, {}).get("typed", {}).get("value") or "")
    return typed.strip().casefold() == who.reference.casefold()


def still_open_words(numbers: Sequence[str]) -> str:
    """Return the sentence on cases that somebody still works on."""
    return f"Still open: {', '.join(numbers)}. Close, void or withdraw it first; nothing was erased."


def queued() -> Message:
    """Return the first state of the progress message."""
    return _message(":hourglass_flowing_sand: *A customer is being forgotten*", "A customer is being forgotten.")


def progress(stage: str, done: int = 0, total: int = 0, unit: str = "") -> Message:
    """Return the progress message: what is being done, and how far it is, counted by ``unit``."""
    of = [b.context(f"{done:,} of {total:,} {unit}".rstrip())] if total else []
    return _message(f":hourglass_flowing_sand: *{stage}*", f"Forgetting a customer: {stage}.", *of)


def stopped() -> Message:
    """Return what is said when it broke for a reason of ours."""
    text = (
        "Forgetting the customer stopped for a reason of ours, and part of it may be erased already. "
        "Ask for it again with `/sop-admin forget`: it goes on where it is. If it stops again, tell the team that runs "
        "SOP Desk."
    )
    return _message(f":warning: {text}", text)


def still_open(numbers: Sequence[str]) -> Message:
    """Return what is said when a case was re-opened meanwhile."""
    return _message(f":warning: {still_open_words(numbers)}", still_open_words(numbers))


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How many of each were erased; ``replies`` (people's own) and ``refused`` are the cases in which some are left.

    ``cases`` are those that were erased, ``live`` those that were not, since somebody works on them.
    """

    cases: tuple[str, ...] = ()
    documents: int = 0
    live: tuple[str, ...] = ()
    messages: int = 0
    sheets: int = 0
    files: int = 0
    replies: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def forgotten(plan: Forgetting, outcome: Outcome, *, at: str) -> Message:
    """Return what was erased, what is left, and until when; no word of the customer is in it."""
    done = [
        f"Cases: {len(outcome.cases)}{_listed(outcome.cases)}",
        f"Documents: {outcome.documents}",
        f"Procedures that were run: {plan.runs}",
        f"Transfer sheets with the customer: {outcome.sheets}, and every uploaded workbook that was kept",
        f"Messages in Slack: {outcome.messages}; files sent by SOP Desk: {outcome.files}",
    ]
    left = [
        *([f"Opened meanwhile{_listed(outcome.live)}: close it, then ask again"] if outcome.live else []),
        "The skeleton for the audit: case number, procedure, states, times, and who acted",
        "The workbook of the company: take the row out there. Uploaded again, it is read without the person",
        *_by_hand(outcome),
        "What is in Salesforce, CXone and e-mail, and the files that people uploaded to Slack themselves",
    ]
    title = "The customer is not wholly forgotten" if outcome.live else "The customer is forgotten"
    until = iso(parse(at) + BACKUPS)
    shown = (
        b.header(title),
        b.section("*Erased*"),
        b.bullets(done),
        b.section("*Left*"),
        b.bullets(left),
        b.section(
            f"*Backups* of the tables hold it until {b.time_in_reader_zone(until, '{date_long}')}, then it is gone."
        ),
    )
    return Message(text=f"{title}. What was erased, and what is left, stands below.", blocks=shown)


def _by_hand(outcome: Outcome) -> list[str]:
    found = []
    if outcome.replies:
        found.append(f"Replies that people wrote below the cards{_listed(outcome.replies)}: they can delete them there")
    if outcome.refused:
        found.append(f"Messages that Slack did not let SOP Desk change{_listed(outcome.refused)}: delete them by hand")
    return found


def _listed(numbers: Sequence[str]) -> str:
    return f" ({', '.join(numbers)})" if numbers else ""


def _message(line: str, text: str, *below: Block) -> Message:
    return Message(text=text, blocks=(b.section(line), *below))


def _who(project: Project) -> str:
    return " · ".join(part for part in (project.homeowner, project.address, project.city) if part) or "No name"


def _boxes(name: str, block_id: str, options: Sequence[Block]) -> Block:
    boxes: Block = {"type": "checkboxes", "action_id": "chosen", "options": list(options)}
    # Optional for Slack, so that either group may stay empty; that both do, we say ourselves.
    return b.field(name, boxes, block_id=block_id, optional=True)


def _picked(values: Mapping[str, Any], block_id: str) -> tuple[str, ...]:
    options = values.get(block_id, {}).get("chosen", {}).get("selected_options") or ()
    return tuple(str(option["value"]) for option in options)
