"""Cases in lists: one line each with a button that opens the case, a page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sop_core.procedures import title
from sop_slack import blocks as b
from sop_slack.blocks import Block, Message
from sop_slack.cards import DETAILS, ICONS, case_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sop_core.cases.overview import CaseHead, Front

PAGE_ACTION: Final = "cases_page"
TITLES: Final = {
    "claimed": "Cases that you have",
    "opened": "Cases that you opened",
    "unclaimed": "Cases that nobody has yet",
    "closed": "Cases that you closed",
    "returned": "Cases that wait for their owners",
    "overdue": "Cases that are overdue",
    "found": "Cases that match",
}
EMPTY: Final = {
    "claimed": "You have no case. *Unclaimed* cases wait for somebody: `/cases open`.",
    "opened": "You have opened no case yet. A procedure opens one when somebody else has to act.",
    "unclaimed": "Nothing waits: every case is in somebody's hands. 🎉",
    "closed": "Cases that you close stay here until somebody re-opens them.",
    "returned": "No case is returned to its owner.",
    "overdue": "No case is overdue. 🎉",
    "uncounted": "They are counted every minute: ask again in a moment.",
    "found": "No case matches. Try the number (SOP-…), the project id or the customer's name.",
}
HELP: Final = (
    "`/cases` your own · `/cases open` nobody has yet · `/cases SOP-…` one case · `/cases name or project id` search · "
    "`/cases returned` · `/cases overdue` · `/cases colleague's name` what they have (specialists, leads) · "
    "`/cases report week` or `month` as a workbook (leads, admins)"
)


class PersonsCases(NamedTuple):
    """What somebody has, and what they opened that is not over."""

    name: str
    has: tuple[CaseHead, ...]
    opened: tuple[CaseHead, ...]


def listing(
    kind: str,
    heads: Sequence[CaseHead],
    *,
    now: str,
    rest: str | None,
    started: bool,
    front: Front | None = None,
    people: Sequence[PersonsCases] = (),
) -> Message:
    """Return a page of a list; ``rest`` is where the next begins, ``started`` whether there is one before.

    ``front`` is the count that a page of a long queue was taken from. What was searched for may be ``people``, too.
    """
    name = TITLES[kind]
    shown = _of_people(people, now=now)
    if heads or not people:
        shown += [b.section(f"*{name}*"), *(row(head, now=now) for head in heads)]
    if not heads and not people:
        shown.append(b.section(EMPTY["uncounted" if kind == "overdue" and front is None else kind]))
    if front:
        shown.append(of_many(front, kind))
    if turns := pages(PAGE_ACTION, kind, rest=rest, started=started):
        shown.append(turns)
    shown.append(b.context(HELP))
    count = len(heads) + sum(len(each.has) + len(each.opened) for each in people)
    return Message(text=f"{name}: {count} shown.", blocks=tuple(shown))


def _of_people(people: Sequence[PersonsCases], *, now: str) -> list[Block]:
    shown = []
    for person in people:
        name = b.escape(person.name)
        for heads, what in ((person.has, f"Cases that {name} has"), (person.opened, f"Cases that {name} opened")):
            if heads:
                shown += [b.section(f"*{what}*"), *(row(head, now=now) for head in heads)]
        if not person.has and not person.opened:
            shown.append(b.section(f"{name} has no case, and has opened none that is not over."))
    return shown


def row(head: CaseHead, *, now: str) -> Block:
    """Return a case as one line with a button that opens it."""
    project = f" · {b.escape(head.project_id)}" if head.project_id else ""
    sign = "🔴" if head.state in {"open", "claimed"} and head.due_at < now else ICONS[head.state]
    return b.section(
        f"{sign} *{b.escape(head.description)}* · `{head.id}`{project}\n{_standing(head)} · {title(head.procedure)}",
        typed=head.customer,
        accessory=b.button("Open", f"case_{DETAILS}", case_value(head)),
    )


def of_many(front: Front, kind: str) -> Block:
    """Return the line that says of a page how many there are, and when they were counted."""
    one, many = ("case is overdue", "cases are overdue") if kind == "overdue" else ("case waits", "cases wait")
    counted = f"{front.waiting:,} {one if front.waiting == 1 else many}"
    return b.context(f"{counted}, the soonest due first, as of {b.time_in_reader_zone(front.at)}.")


def pages(action: str, kind: str, *, rest: str | None, started: bool) -> Block | None:
    """Return the buttons that turn pages, if there is more than one."""
    turns = []
    if started:
        turns.append(b.button("First page", f"{action}:first", f"{kind}|"))
    if rest is not None:
        turns.append(b.button("Next page", f"{action}:next", f"{kind}|{rest}"))
    return b.actions(*turns, block_id=f"{action}:{kind}") if turns else None


def _standing(head: CaseHead) -> str:
    if head.closed_at is not None:
        return f"{head.state.capitalize()} {b.time_in_reader_zone(head.closed_at)}"
    if head.state == "returned":
        return f"Returned to {b.escape(head.owner_name)}, the clock stands still"
    who = f" by {b.mention(head.assignee)}" if head.assignee and head.state == "claimed" else ""
    return f"{head.state.capitalize()}{who}, due {b.time_in_reader_zone(head.due_at)}"
