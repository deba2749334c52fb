"""What people do to a case: one conditional write each, or the case as it is now for whoever came late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from functions.slack.access import ROLE_NAMES
from functions.slack.waking import wake
from sop_aws.cases import CaseChanged
from sop_aws.deliveries import outbox
from sop_aws.logging import make_logger
from sop_core.cases import lifecycle, transitions
from sop_core.cases.case import Document
from sop_core.times import iso
from sop_slack.blocks import escape

if TYPE_CHECKING:
    from functions.slack.services import Services
    from sop_aws.deliveries import Delivery, Kind
    from sop_core.cases.case import Case, CaseEvent

logger = make_logger()

TRIES: Final = 20
"""As many as may press at one moment: each loser of a write reads again, and either still may act or is told."""

MOVES: Final = frozenset(row.action for row in transitions.TRANSITIONS if row.from_state != row.to_state) | {"assign"}
ROWS: Final[dict[str, tuple[Kind, ...]]] = {
    "return": ("card", "thread", "dm"),
    "attach": ("documents", "card", "thread"),
    "note": ("thread",),
}


class Seen(msgspec.Struct, frozen=True):
    """The case, and the version at which it last moved, as the person saw it when they acted.

    ``message`` is the direct message (channel and ``ts``) that they acted from; once handled it looks handled.
    """

    case: str
    version: int
    message: tuple[str, str] | None = None


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """What the person gave with the action."""

    reason: str | None = None
    note: str | None = None
    assignee: str | None = None
    files: tuple[dict[str, object], ...] = ()
    salesforce: str | None = None
    confirmations: tuple[str, ...] = ()


class Late(Exception):
    """The case is not, or no longer, what the person saw; ``case`` is what it is now, ``None`` if it is gone."""

    def __init__(self, case: Case | None) -> None:
        super().__init__("the case has moved on")
        self.case = case


class NotYours(Exception):
    """The action is not for this person; the text says whose it is."""


def read(services: Services, seen: Seen) -> Case:
    """Return the case; raises :class:`Late` if there is none."""
    case = services.cases.get(seen.case)
    if case is None:
        raise Late(None)
    return case


def check(services: Services, seen: Seen, action: str, user: str) -> Case:
    """Return the case if ``user`` may do ``action`` to it as they saw it, else raise as :func:`act` does."""
    case = read(services, seen)
    roles = services.access.roles(user)
    if not transitions.permitted(case, action, actor=user, roles=roles):
        raise NotYours(whose(action, owner=services.people.name_of(case.owner, case.owner_name)))
    if action in MOVES and case.moved != seen.version:
        raise Late(case)
    if action not in transitions.actions(case, actor=user, roles=roles):
        raise Late(case)
    return case


def actions(services: Services, case: Case, user: str) -> tuple[str, ...]:
    """Return what ``user`` may do to the case now."""
    return transitions.actions(case, actor=user, roles=services.access.roles(user))


def act(services: Services, seen: Seen, action: str, *, user: str, name: str, interaction: str, typed: Typed) -> Case:
    """Do ``action`` and return the case then; a repeat of the same submission finds what it did.

    :raises Late: if the case is no longer as the person saw it.
    :raises NotYours: if the action is not theirs.
    """
    for _ in range(TRIES):
        if action not in MOVES and interaction in read(services, seen).seen:
            return read(services, seen)
        case = check(services, seen, action, user)
        try:
            changed, event = _apply(services, case, action, user, name, interaction, typed)
            rows = _rows(changed, event)
            services.cases.change(changed, event, rows)
        except CaseChanged:
            continue
        except transitions.NotAllowed as refused:
            raise Late(case) from refused
        logger.info("case", extra={"case": changed.id, "action": event.action})
        wake(services.deliver, rows)
        return changed
    raise Late(services.cases.get(seen.case))


def _apply(
    services: Services, case: Case, action: str, user: str, name: str, interaction: str, typed: Typed
) -> tuple[Case, CaseEvent]:
    at = iso(services.now())
    return lifecycle.apply(
        case,
        action,
        actor=user,
        actor_name=name,
        at=at,
        reason=typed.reason,
        note=typed.note,
        assignee=typed.assignee,
        documents=tuple(_document(case, file, by=user, at=at) for file in typed.files),
        salesforce=typed.salesforce,
        confirmations=typed.confirmations,
        interaction=interaction,
        calendar=services.settings().calendar,
    )


def _rows(case: Case, event: CaseEvent) -> tuple[Delivery, ...]:
    kinds: tuple[Kind, ...] = ROWS.get(event.action, ("card", "thread"))
    if not event.mentions:
        # Nobody is told directly about what they did themselves.
        kinds = tuple(kind for kind in kinds if kind != "dm")
    return outbox(case, *kinds, at=event.at, person=case.owner)


def whose(action: str, *, owner: str) -> str:
    """Return the private sentence for someone who may not do ``action`` to the case that ``owner`` opened."""
    roles = [ROLE_NAMES[each] for each in transitions.who_may(action) if each in ROLE_NAMES]
    if "case_owner" not in transitions.who_may(action):
        return f"This needs the role *{' or '.join(roles)}*. Ask an admin of SOP Desk to add you."
    others = f" or a {' or a '.join(roles)}" if roles else ""
    return f"Only {escape(owner)}, who opened this case,{others} can do that."


def _document(case: Case, file: dict[str, object], *, by: str, at: str) -> Document:
    size = file.get("size")
    return Document(
        id=str(file["id"]),
        name=str(file.get("name") or "document"),
        size=size if isinstance(size, int) else 0,
        key=f"cases/{case.id}/{file['id']}",
        by=by,
        at=at,
    )
