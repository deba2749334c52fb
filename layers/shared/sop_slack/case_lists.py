"""Cases in lists: one line each with a button that opens the case, a page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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
    "found": "Cases that match",
}
EMPTY: Final = {
    "claimed": "You have no case. *Unclaimed* cases wait for somebody: `/cases open`.",
    "opened": "You have opened no case yet. A procedure opens one when somebody else has to act.",
    "unclaimed": "Nothing waits: every case is in somebody's hands. 🎉",
    "closed": "Cases that you close stay here until somebody re-opens them.",
    "found": "No case matches. Try the number (SOP-…), the project id or the customer's name.",
}
HELP: Final = (
    "`/cases` your own · `/cases open` nobody has yet · `/cases SOP-…` one case · `/cases name or project id` search · "
    "`/cases report week` or `month` as a workbook (leads, admins)"
)


def listing(
    kind: str, heads: Sequence[CaseHead], *, now: str, rest: str | None, started: bool, front: Front | None = None
) -> Message:
    """Return a page of a list; ``rest`` is where the next begins, ``started`` whether there is one before.

    ``front`` is the count that a page of a long queue was taken from.
    """
    name = TITLES[kind]
    shown = [b.section(f"*{name}*"), *(row(head, now=now) for head in heads)]
    if not heads:
        shown.append(b.section(EMPTY[kind]))
    if front:
        shown.append(of_many(front))
    if turns := pages(PAGE_ACTION, kind, rest=rest, started=started):
        shown.append(turns)
    shown.append(b.context(HELP))
    return Message(text=f"{name}: {len(heads)} shown.", blocks=tuple(shown))


def row(head: CaseHead, *, now: str) -> Block:
    """Return a case as one line with a button that opens it."""
    project = f" · {b.escape(head.project_id)}" if head.project_id else ""
    sign = "🔴" if head.state in {"open", "claimed"} and head.due_at < now else ICONS[head.state]
    return b.section(
        f"{sign} *{b.escape(head.description)}* · `{head.id}`{project}\n{_standing(head)} · {title(head.procedure)}",
        typed=head.customer,
        accessory=b.button("Open", f"case_{DETAILS}", case_value(head)),
    )


def of_many(front: Front) -> Block:
    """Return the line that says of a page how many there are, and when they were counted."""
    return b.context(f"{front.waiting:,} cases wait, the soonest due first, as of {b.time_in_reader_zone(front.at)}.")


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
    who = f" by {b.mention(head.assignee)}" if head.assignee and head.state == "claimed" else ""
    return f"{head.state.capitalize()}{who}, due {b.time_in_reader_zone(head.due_at)}"
