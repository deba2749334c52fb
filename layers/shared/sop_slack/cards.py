"""The card of a case and the lines in its thread, rendered from the stored case and nothing else.

One card a case, updated in place. People are mentioned in new messages only (an update is not known to notify), and
whoever acted is shown by name, never mentioned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sop_slack import blocks as b
from sop_slack.blocks import Block, Message
from sop_slack.notes import note

if TYPE_CHECKING:
    from sop_core.cases.case import Case, CaseEvent, CaseProject, State

ICONS: Final[dict[State, str]] = {"open": "🟡", "claimed": "🔵", "returned": "🟠", "closed": "✅", "voided": "⚪"}
HANDLED: Final = ("closed", "voided")
BUTTONS: Final[dict[State, tuple[tuple[str, str, str | None], ...]]] = {
    "open": (("Claim", "case_claim", "primary"),),
    "claimed": (("Close…", "case_close", "primary"),),
    "returned": (),
    "closed": (("Re-open", "case_reopen", None),),
    "voided": (),
}
DID: Final = {
    "open": "opened the case",
    "claim": "claimed the case",
    "close": "closed the case",
    "reopen": "re-opened the case",
}


def case_value(case: Case) -> str:
    """Return what a button carries: case id and the version the person saw, so that a late click changes nothing."""
    return f"{case.id}|{case.version}"


def case_message(case: Case) -> Message:
    """Return the card of a case as it is stored now."""
    shown = _handled(case) if case.state in HANDLED else _at_work(case)
    return Message(text=case_sentence(case), blocks=tuple(shown))


def case_sentence(case: Case) -> str:
    """Return the card in one sentence, without customer data: it appears on locked phones."""
    start = f"{ICONS[case.state]} {case.id} {b.escape(case.description)}"
    match case.state:
        case "open":
            return (
                f"{_tags(case)}{start}: open, assigned to {b.escape(case.assign_to)}, due {_due(case)}. Next: claim it."
            )
        case "claimed":
            return f"{start}: claimed by {_person(case.assignee)}, due {_due(case)}. Next: call back, then close it."
        case "returned":
            return f"{start}: returned to the case owner, {b.escape(case.owner_name)}. Next: void it or send it again."
        case _:
            return f"{start}: {case.state} by {_person(case.closed_by)}, {_reason(case)}. Nothing left to do."


def event_message(case: Case, event: CaseEvent) -> Message:
    """Return the line that tells an event in the case's thread."""
    sentence = f"{event.actor_name} {DID.get(event.action, event.action)}."
    reason = f" Reason: {event.reason}." if event.reason else ""
    told: list[Block] = [b.typed_section(sentence + reason)]
    if event.note:
        told.append(b.quote(event.note))
    return Message(text=b.escape(f"{case.id}: {sentence}{reason}"), blocks=tuple(told))


def _at_work(case: Case) -> list[Block]:
    shown = [b.header(f"{ICONS[case.state]} {case.description}")]
    if case.tags:
        shown.append(b.section(f"{_tags(case)}please see to this case."))
    shown += [b.fields(_case_fields(case)), b.labelled(_customer(case))]
    if reason := case.notes.get("reason_of_call"):
        shown += [b.section(f"*{note('reason_of_call').label}*"), b.quote(reason)]
    return [*shown, *_buttons(case), _origin(case)]


def _handled(case: Case) -> list[Block]:
    when = b.time_in_reader_zone(case.closed_at or case.opened_at)
    done = f"*{case.state.capitalize()}* by {_person(case.closed_by)} · {when}"
    shown = [
        b.header(f"{ICONS[case.state]} {case.description}: {case.state}"),
        b.section(f"{done}\nReason: {_reason(case)}"),
    ]
    if case.closed_note:
        shown.append(b.quote(case.closed_note))
    who = [("Case", case.id), *_customer(case)[:2]]
    return [*shown, b.labelled(who), *_buttons(case), _origin(case)]


def _case_fields(case: Case) -> list[tuple[str, str]]:
    now = "Open" if case.assignee is None else f"{case.state.capitalize()} by {b.mention(case.assignee)}"
    return [
        ("Case", f"`{case.id}`"),
        ("Status", now),
        ("Case Type", b.escape(case.type)),
        ("Subtype", b.escape(case.subtype)),
        ("Assigned to", b.escape(case.assign_to)),
        ("Due", _due(case)),
    ]


def _customer(case: Case) -> list[tuple[str, str]]:
    about = [] if case.project is None else [("Project", project_line(case.project))]
    typed = [(note(name).label, text) for name, text in case.notes.items() if name != "reason_of_call" and text]
    return about + typed


def project_line(project: CaseProject) -> str:
    """Return a project in one line: id, homeowner, who has it now."""
    with_whom = f"with {project.transferred_to}" if project.transferred_to else None
    return " · ".join(part for part in (project.project_id, project.homeowner, with_whom) if part)


def _buttons(case: Case) -> list[Block]:
    row = [b.button(text, action, case_value(case), style=style) for text, action, style in BUTTONS[case.state]]
    return [b.actions(*row, block_id=f"case:{case.id}:{case.version}")] if row else []


def _origin(case: Case) -> Block:
    inferred = f" · not in the SOP, inferred: {', '.join(case.inferred)}" if case.inferred else ""
    opened = f"Opened by {b.escape(case.owner_name)} {b.time_in_reader_zone(case.opened_at)}"
    return b.context(f"{opened} · {case.procedure} {case.procedure_version}{inferred}")


def _due(case: Case) -> str:
    return b.time_in_reader_zone(case.due_at, "{date_short_pretty} {time}")


def _person(user: str | None) -> str:
    return b.mention(user) if user else "someone"


def _reason(case: Case) -> str:
    return b.escape(case.closed_reason or "no reason given")


def _tags(case: Case) -> str:
    return "".join(f"{_tag(case, name)} " for name in case.tags)


def _tag(case: Case, name: str) -> str:
    user = case.tagged.get(name)
    return b.mention(user) if user else f"*{b.escape(name)}* (no Slack user set)"
