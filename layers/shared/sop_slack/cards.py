"""The card of a case, rendered from the stored case and nothing else.

One card a case, updated in place. People are mentioned in new messages only (an update is not known to notify), and
whoever acted is shown by name, never mentioned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sop_core.cases.case import OVER, Case
from sop_core.cases.overview import ERASED
from sop_core.procedures import title
from sop_core.transfers.standing import standing
from sop_slack import blocks as b
from sop_slack.blocks import Block, Message
from sop_slack.notes import note, subtype

if TYPE_CHECKING:
    from sop_core.cases.case import CaseProject, State
    from sop_core.cases.overview import CaseHead

ICONS: Final[dict[State, str]] = {"open": "🟡", "claimed": "🔵", "returned": "🟠", "closed": "✅", "voided": "⚪"}
DETAILS: Final = "details"
LABELS: Final[dict[str, str]] = {
    "claim": "Claim",
    "assign": "Assign…",
    "return": "Return…",
    "resend": "Send again…",
    "void": "Void…",
    "close": "Close…",
    "reopen": "Re-open",
    "ask_update": "Ask for an update…",
    "note": "Add a note…",
    "attach": "Attach documents…",
    "withdraw": "Withdraw…",
    DETAILS: "Details",
}
BUTTONS: Final[dict[State, tuple[str, ...]]] = {
    "open": ("claim", "assign", DETAILS),
    "claimed": ("close", "return", DETAILS),
    "returned": ("resend", "void", DETAILS),
    "closed": ("reopen", DETAILS),
    "voided": (DETAILS,),
}
MORE: Final[dict[State, tuple[str, ...]]] = {
    "open": ("ask_update", "note", "attach", "withdraw"),
    "claimed": ("assign", "ask_update", "note", "attach"),
    "returned": ("ask_update", "note", "attach"),
    "closed": ("note", "attach"),
    "voided": (),
}
PRIMARY: Final = frozenset({"claim", "close", "resend"})
OVERFLOW: Final = "case_more"


def case_value(case: Case | CaseHead) -> str:
    """Return what a button carries: the case and since when it stands as seen; a late click changes nothing."""
    return f"{case.id}|{case.moved}"


def case_button(case: Case, action: str) -> Block:
    """Return the button for an action on a case, or for its details."""
    style = "primary" if action in PRIMARY else None
    return b.button(LABELS[action], f"case_{action}", case_value(case), style=style)


def case_message(case: Case) -> Message:
    """Return the card of a case as it is stored now."""
    shown = _handled(case) if case.state in OVER else _at_work(case)
    return Message(text=case_sentence(case), blocks=tuple(shown))


def case_sentence(case: Case) -> str:
    """Return the card in one sentence, without customer data: it appears on locked phones."""
    start = f"{icon(case)} {case.id} {b.escape(case.description)}"
    match case.state:
        case "open":
            return (
                f"{_tags(case)}{start}: open, assigned to {b.escape(case.assign_to)}, due {_due(case)}. Next: claim it."
            )
        case "claimed":
            return f"{start}: claimed by {_person(case.assignee)}, due {_due(case)}. Next: see to it, then close it."
        case "returned":
            return f"{start}: returned to the case owner, {b.escape(case.owner_name)}. Next: void it or send it again."
        case _:
            return f"{start}: {case.state} by {_person(case.closed_by)}, {_reason(case)}. Nothing left to do."


def icon(case: Case | CaseHead) -> str:
    """Return the sign of a case's state; a case whose due time was called stands out."""
    is_late = isinstance(case, Case) and "due" in case.reminded and case.state in {"open", "claimed"}
    return "🔴" if is_late else ICONS[case.state]


def _at_work(case: Case) -> list[Block]:
    shown = [b.header(f"{icon(case)} {case.description}")]
    if case.tags:
        shown.append(b.section(f"{_tags(case)}please see to this case."))
    shown += [b.fields(_case_fields(case)), b.labelled(_customer(case))]
    if reason := case.notes.get("reason_of_call"):
        shown += [b.section(f"*{note('reason_of_call').label}*"), b.quote(reason)]
    if case.state == "returned" and case.returned_reason:
        shown += [b.section("*Why it was returned*"), b.quote(case.returned_reason)]
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
    salesforce = [("Salesforce case", case.salesforce)] if case.salesforce else []
    who = [("Case", case.id), *salesforce, *_customer(case)[:2]]
    return [*shown, b.labelled(who), *_buttons(case), _origin(case)]


def _case_fields(case: Case) -> list[tuple[str, str]]:
    shown = [
        ("Case", f"`{case.id}`"),
        ("Status", _status(case)),
        ("Case Type", b.escape(case.type)),
        ("Subtype", b.escape(subtype(case))),
        ("Assigned to", b.escape(case.assign_to)),
        ("Due", "The clock stands still" if case.state == "returned" else _due(case)),
    ]
    if case.salesforce:
        shown.append(("Salesforce case", f"`{b.escape(case.salesforce)}`"))
    if case.documents:
        shown.append(("Documents", f"{len(case.documents)} attached"))
    # A case that is opened anew begins a promise of its own, of which the card's due time tells already.
    if case.promised_until and case.promised_from > (case.clock_from or case.opened_at):
        shown.append(("Update promised by", b.time_in_reader_zone(case.promised_until, "{date_short_pretty} {time}")))
    return shown


def _status(case: Case) -> str:
    if case.state == "returned":
        return f"Returned to {b.escape(case.owner_name)}"
    return "Open" if case.assignee is None else f"{case.state.capitalize()} by {b.mention(case.assignee)}"


def _customer(case: Case) -> list[tuple[str, str]]:
    if case.erased_at:
        return [("Customer", ERASED)]
    about = [] if case.project is None else [("Project", project_line(case.project))]
    typed = [(note(name).label, text) for name, text in case.notes.items() if note(name).on_card and text]
    return about + typed


def project_line(project: CaseProject) -> str:
    """Return a project in one line: id, homeowner, who has it now."""
    # A case from before the sheet's status was kept with it may know nothing.
    known = project.original_ip or project.transferred_to or project.status
    with_whom = standing(project).told if known else None
    return " · ".join(part for part in (project.project_id, project.homeowner, with_whom) if part)


def _buttons(case: Case) -> list[Block]:
    can_act = not case.erased_at
    row = [case_button(case, action) for action in BUTTONS[case.state] if can_act or action == DETAILS]
    more = [b.option(LABELS[action], f"{action}|{case_value(case)}") for action in MORE[case.state] if can_act]
    if more:
        row.append({"type": "overflow", "action_id": OVERFLOW, "options": more})
    return [b.actions(*row, block_id=f"case:{case.id}:{case.version}")]


def _origin(case: Case) -> Block:
    inferred = f" · not in the SOP, inferred: {', '.join(case.inferred)}" if case.inferred else ""
    opened = f"Opened by {b.escape(case.owner_name)} {b.time_in_reader_zone(case.opened_at)}"
    return b.context(f"{opened} · {title(case.procedure)}, version {case.procedure_version}{inferred}")


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
