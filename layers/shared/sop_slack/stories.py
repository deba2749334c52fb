"""What happened to a case, told once: the lines in its thread, and the direct messages to whoever has to act.

Whoever acted is named and never mentioned; whoever has to act is mentioned, several people in one message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sop_slack import blocks as b
from sop_slack.blocks import Message
from sop_slack.cards import DETAILS, case_button, icon

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sop_core.cases.case import Case, CaseEvent

DID: Final = {
    "open": "opened the case",
    "claim": "claimed the case",
    "assign": "assigned the case",
    "return": "returned the case to its owner",
    "resend": "sent the case again",
    "void": "voided the case",
    "withdraw": "withdrew the case",
    "close": "closed the case",
    "reopen": "re-opened the case",
    "ask_update": "asked for an update",
    "note": "added a note",
    "attach": "attached supporting documentation",
    "link": "noted the Salesforce case number",
    "replan": "moved the due time after a change of the calendar",
    "remind": "reminds",
    "forget": "erased the customer's data",
}


def event_message(case: Case, event: CaseEvent) -> Message:
    """Return the line that tells an event in the case's thread."""
    called = _called(event.mentions)
    asked = _asked(case, event)
    sentence = _sentence(event)
    # After those who are called the sentence goes on; without them it begins.
    shown = [b.section(f"{called}{asked}" if called else asked[0].upper() + asked[1:])] if asked else []
    if event.action != "remind":
        shown.append(b.typed_section(sentence))
    if names := _names(case, event):
        shown.append(b.bullets(names))
    if event.note:
        shown.append(b.quote(event.note))
    told = f"{asked} " if asked else ""
    text = f"{called}{case.id}: {told}{b.escape(sentence) if event.action != 'remind' else ''}"
    return Message(text=text.strip(), blocks=tuple(shown))


def direct_message(case: Case, event: CaseEvent) -> Message:
    """Return the direct message to the one who has to act: a returned case's owner, or a reminded assignee."""
    about = f"{icon(case)} {case.id} {b.escape(case.description)}"
    if event.action == "return":
        sentence = f"{about} was returned to you by {b.escape(event.actor_name)}. Void it or send it again."
        why = [b.section("*Why*"), b.quote(event.reason)] if event.reason else []
        buttons = b.actions(*(case_button(case, action) for action in ("resend", "void", DETAILS)))
        return Message(text=sentence, blocks=(b.section(sentence), *why, buttons))
    sentence = f"{about} is due {b.time_in_reader_zone(case.due_at)}. It is yours: see to it, then close it."
    return Message(text=sentence, blocks=(b.section(sentence), b.actions(case_button(case, DETAILS))))


def handled_message(case: Case, event: CaseEvent) -> Message:
    """Return what a direct message becomes once its case has been dealt with."""
    sentence = f"{icon(case)} {case.id} {b.escape(case.description)}: {case.state} now. {b.escape(_sentence(event))}"
    return Message(text=sentence, blocks=(b.section(sentence), b.actions(case_button(case, DETAILS))))


def what_happened(event: CaseEvent) -> str:
    """Return an event as one literal line of a history, without its time."""
    note = f" “{event.note}”" if event.note else ""
    return _sentence(event) + note


def _sentence(event: CaseEvent) -> str:
    reason = f" Reason: {_ended(event.reason)}" if event.reason and event.action != "remind" else ""
    return f"{event.actor_name} {DID.get(event.action, event.action)}.{reason}"


def _ended(text: str) -> str:
    """Return what somebody typed as a whole sentence: with a full stop, unless it has an end of its own."""
    return text if text.rstrip().endswith((".", "!", "?", "…")) else f"{text}."


def _asked(case: Case, event: CaseEvent) -> str:
    """Return what the mentioned people are asked to do."""
    due = b.time_in_reader_zone(case.due_at)
    match event.action:
        case "assign" if event.mentions:
            return f"this case is yours now, due {due}."
        case "ask_update" if case.promised_until:
            until = b.time_in_reader_zone(case.promised_until)
            return f"the customer asks for news. Please contact them by {until}, as they were promised."
        case "attach":
            return "supporting documentation has been attached."
        case "remind":
            return _reminder(case, (event.reason or "").split(","), due)
        case _:
            return ""


def _reminder(case: Case, kinds: list[str], due: str) -> str:
    told = []
    if "due" in kinds:
        told.append(f"this case was due {due} and is {case.state}.")
    if "promise" in kinds:
        told.append("48 business hours have passed since the customer was promised to be contacted.")
    return " ".join(told)


def _called(mentions: Iterable[str]) -> str:
    return "".join(f"{b.mention_any(each)} " for each in mentions)


def _names(case: Case, event: CaseEvent) -> list[str]:
    return [each.name for each in case.documents if each.id in event.documents]
