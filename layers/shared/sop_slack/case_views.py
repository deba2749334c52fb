"""A case in a modal: its details with history and Salesforce fields, the forms of its actions, and late clicks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from sop_core.cases.lifecycle import CLOSE_REASONS, VOIDED
from sop_slack import blocks as b
from sop_slack.cards import LABELS, case_button, case_sentence, icon, project_line
from sop_slack.notes import note, subtype
from sop_slack.stories import DID, what_happened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sop_core.cases.case import Case, CaseEvent, Document
    from sop_slack.blocks import Block

NOTE_LENGTH: Final = 1000
REASON_LENGTH: Final = 500
NUMBER_LENGTH: Final = 30
HISTORY: Final = 30
DOCUMENTS: Final = 15
"""With :data:`HISTORY` and all else there can be, as many blocks as Slack lets a modal have."""
DOCUMENT_NAME: Final = 100
LINK: Final = "case_link"
FINAL: Final = "This cannot be undone."


class Form(msgspec.Struct, frozen=True):
    """What an action asks before it is done: which of the fields below, and which of these may stay empty."""

    title: str
    submit: str
    fields: tuple[str, ...]
    optional: tuple[str, ...] = ("note", "answer")
    hint: str = ""


FORMS: Final[dict[str, Form]] = {
    "assign": Form("Assign case", "Assign", ("assignee", "why"), hint="They are told in the case's thread, once."),
    "return": Form(
        "Return case", "Return", ("why",), hint="Its owner is told, and voids it or sends it again; a lead can too."
    ),
    "resend": Form(
        "Send case again",
        "Send again",
        ("answer",),
        hint="It is open to the team again; what you write goes to its thread.",
    ),
    "void": Form("Void case", "Void case", ("note",), hint=f"Closed Reason: {VOIDED}. {FINAL}"),
    "withdraw": Form("Withdraw case", "Withdraw case", ("note",), hint=f"Closed Reason: {VOIDED}. {FINAL}"),
    "close": Form("Close case", "Close case", ("reason", "note"), hint="A closed case can be re-opened from its card."),
    "note": Form("Add a note", "Add note", ("note",), optional=(), hint="It goes to the case's thread."),
    "ask_update": Form(
        "Ask for an update",
        "Ask",
        ("note",),
        hint="Owner and assignee are asked in the thread to contact the customer within 48 business hours.",
    ),
    "attach": Form(
        "Attach documents",
        "Attach",
        ("documents", "note"),
        hint="They are kept privately with the case; its owner and assignee are told their names.",
    ),
}


def form(case: Case, action: str, metadata: str) -> Block:
    """Return the modal that asks what ``action`` needs."""
    asked = FORMS[action]
    about = [("Case", case.id), *([("Project", project_line(case.project))] if case.project else [])]
    shown = [b.labelled(about), *(_field(name, optional=name in asked.optional) for name in asked.fields)]
    if action == "close" and case.confirmations:
        shown.insert(1, _confirmations(case.confirmations))
    if case.state == "returned" and action in {"resend", "void"} and case.returned_reason:
        shown[1:1] = [b.section("*Why it was returned*"), b.quote(case.returned_reason)]
    if asked.hint:
        shown.append(b.context(asked.hint))
    return b.modal(
        asked.title,
        shown,
        callback_id=f"case_{action}",
        private_metadata=metadata,
        submit=asked.submit,
        close="Cancel",
    )


def details(
    case: Case,
    events: Sequence[CaseEvent],
    *,
    actions: Sequence[str],
    links: Mapping[str, str],
    metadata: str,
    done: str = "",
) -> Block:
    """Return the case with its history; ``actions`` are the reader's, ``links`` lead to documents by their ids.

    ``done`` is the action by which the reader has just changed the case.
    """
    buttons = [case_button(case, action) for action in actions if action in LABELS]
    shown = [
        *([b.section(f"✅ You {DID[done]}.")] if done else []),
        b.header(f"{icon(case)} {case.description}"),
        b.section(case_sentence(case)),
        b.labelled([("Owner", case.owner_name)]),
        *([b.actions(*buttons, block_id="actions")] if buttons else []),
        b.section("*Customer*"),
        b.labelled([*_about(case), *((note(name).label, text) for name, text in case.notes.items() if text)]),
        *_documents(case, links),
        b.divider(),
        b.section("*Salesforce fields, ready to copy*"),
        *(part for name, value in salesforce(case) for part in (b.context(name), b.copyable(value))),
    ]
    if "link" in actions:
        number = b.text_input("number", initial=case.salesforce or "", max_length=NUMBER_LENGTH)
        shown.append(b.field("Salesforce case number", number, block_id="number", optional=True))
    shown += [b.divider(), b.section("*History*"), *_history(events)]
    submit = "Save number" if "link" in actions else None
    return b.modal("Case", shown, callback_id=LINK, private_metadata=metadata, submit=submit)


def salesforce(case: Case) -> list[tuple[str, str]]:
    """Return the fields of the case in Salesforce, named as the SOP names them."""
    pairs = [
        ("Case Type", case.type),
        ("Subtype", subtype(case)),
        ("Case Description", description(case)),
        ("Case Feed", " ".join(f"@{name}" for name in case.tags)),
        ("Case Assignment", case.assign_to),
        ("Closed Reason", case.closed_reason or ""),
    ]
    return [(name, value) for name, value in pairs if value]


def description(case: Case) -> str:
    """Return the Case Description: the SOP's words, the nature of the call, then the rest as gathered (INF-4b, ESC-3).

    The case keeps them apart, since the SOP's words may stand where a customer's may not. Who and where the customer is
    has fields of its own.
    """
    nature = case.notes.get("reason_of_call", "").strip()
    notes = [(note(name), text) for name, text in case.notes.items() if text]
    gathered = [f"{each.label}: {text}" for each, text in notes if each.in_description]
    return "\n".join([f"{case.description}: {nature}" if nature else case.description, *gathered])


def what_it_is_now(case: Case, reader: str) -> str:
    """Return the sentence for someone whose click came too late: what the case is now, and by whom."""
    who = {"claimed": case.assignee, "closed": case.closed_by, "voided": case.closed_by}.get(case.state)
    by = "" if who is None else " by you" if who == reader else f" by {b.mention(who)}"
    return f"Nothing was changed: case `{case.id}` is {case.state}{by} now. Its card shows the latest state."


def _field(name: str, *, optional: bool) -> Block:
    match name:
        case "assignee":
            who = {"type": "users_select", "action_id": "assignee", "placeholder": b.label("Choose a person")}
            return b.field("Assign to", who, block_id="assignee")
        case "reason":
            choices = b.select(
                "reason", [b.option(reason, reason) for reason in CLOSE_REASONS], placeholder="Choose a reason"
            )
            return b.field("Reason", choices, block_id="reason")
        case "why":
            why = b.text_input("why", multiline=True, max_length=REASON_LENGTH)
            return b.field("Reason", why, block_id="why")
        case "documents":
            files: Block = {"type": "file_input", "action_id": "documents", "max_files": 10}
            return b.field("Documents", files, block_id="documents", hint="Up to ten files.")
        case "answer":
            answer = b.text_input("note", multiline=True, max_length=NOTE_LENGTH)
            return b.field("Your answer", answer, block_id="note", optional=optional)
        case _:
            typed = b.text_input(
                "note", multiline=True, max_length=NOTE_LENGTH, placeholder="What the others should know, in a sentence"
            )
            return b.field("Note", typed, block_id="note", optional=optional)


def _confirmations(names: Sequence[str]) -> Block:
    options = [b.option(name, str(place)) for place, name in enumerate(names)]
    boxes: Block = {"type": "checkboxes", "action_id": "confirmed", "options": options}
    # Optional for Slack, so that it is we who say why a case without them stays open.
    return b.field("Confirmed", boxes, block_id="confirmed", optional=True)


def _about(case: Case) -> list[tuple[str, str]]:
    if case.project is None:
        return []
    address = [("Address", case.project.address)] if case.project.address else []
    return [("Project", project_line(case.project)), *address]


def _documents(case: Case, links: Mapping[str, str]) -> list[Block]:
    if not case.documents:
        return []
    newest = tuple(reversed(case.documents[-DOCUMENTS:]))
    cut = f" (the newest {len(newest)} of {len(case.documents)})" if len(newest) < len(case.documents) else ""
    # A section each: a signed link is over a thousand characters long, and a section is cut at three thousand.
    return [b.section(f"*Documents*{cut}"), *(b.section(_document(each, links[each.id])) for each in newest)]


def _document(document: Document, link: str) -> str:
    # In a link the bar and the angle brackets have a meaning of their own.
    name = b.escape(b.fit(document.name, DOCUMENT_NAME)).replace("|", "¦")
    return f"• <{link}|{name}>"


def _history(events: Sequence[CaseEvent]) -> list[Block]:
    shown: list[Block] = []
    for event in reversed(events[-HISTORY:]):
        shown += [b.context(b.time_in_reader_zone(event.at)), b.typed_section(what_happened(event))]
    return shown
