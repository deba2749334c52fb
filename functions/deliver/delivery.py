"""The outbox of a case, delivered: rows in their order, each once, and the card always as the case is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import inf
from typing import TYPE_CHECKING, Final

from functions.deliver.failures import Held, OutOfTime, Refused, Unsure
from sop_aws.cases import Card

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from functions.deliver.chat import Chat
    from sop_aws.cases import CaseStore
    from sop_aws.deliveries import Delivery
    from sop_aws.times import Clock
    from sop_core.cases.case import Case, CaseEvent, Document
    from sop_http.slack_files import NewFile
    from sop_slack.blocks import Message

LEASE: Final = timedelta(seconds=90)
"""Longer than the function may run, so that a held row's worker is either at work or dead."""
FIRST_PAUSE: Final = timedelta(seconds=20)
LONGEST_PAUSE: Final = timedelta(minutes=10)
MOST_FAILURES: Final = 10
"""Attempts that ended in a fault of ours or the worker's death, after which a row is given up: within two hours."""
MOST_ATTEMPTS: Final = 150
"""Attempts after which a row to which Slack never answers is given up, a day's; a revived one has as many again."""
ENOUGH_TIME: Final = 14.0
"""Seconds that one row may take: a name, a search and a post, or a document's place and its bytes, all timing out."""
TIME_NEEDED: Final = {"report": 45.0, "audit": 30.0}
"""Rows that take longer: files that are made first, a busy month's report in about half a minute."""
REMINDED: Final = frozenset({"open", "claimed"})


@dataclass(frozen=True, kw_only=True)
class Renderers:
    """How a case becomes its card, and an event its line in the thread or its direct message."""

    card: Callable[[Case], Message]
    line: Callable[[Case, CaseEvent], Message]
    direct: Callable[[Case, CaseEvent], Message]


@dataclass(frozen=True, kw_only=True)
class Deliverer:
    """Delivers cases.

    ``make_file`` returns the file that a row asks for, or ``None`` where a later row brings it. ``report`` hears what
    became of each row (``posted``, ``waits``, ``unsure``, ``dead``) and why.
    """

    cases: CaseStore
    chat: Chat
    render: Renderers
    copy: Callable[[Document], None]
    make_file: Callable[[Delivery], NewFile | None]
    clock: Clock
    report: Callable[[str, Delivery, str], None]

    def deliver(self, case_id: str, *, seconds_left: Callable[[], float] = lambda: inf) -> None:
        """Deliver a case's pending rows until there are none, the first must wait, or another worker has it.

        :raises Held: if Slack asks to wait.
        :raises OutOfTime: if there are rows for which ``seconds_left`` are too few.
        """
        while rows := self.cases.outbox.pending(case_id):
            if seconds_left() < TIME_NEEDED.get(rows[0].kind, ENOUGH_TIME):
                raise OutOfTime
            if not self._attempt(rows, seconds_left):
                return

    def _attempt(self, rows: Sequence[Delivery], seconds_left: Callable[[], float]) -> bool:
        first = rows[0]
        if first.kind == "unreadable":
            return self._give_up(first, "unreadable", unsure=False)
        now = self.clock()
        row = self.cases.outbox.hold(first, now=now, lease=LEASE + _pause(first.attempts))
        if row is None:
            return False
        if row.attempts - row.told_to_wait > MOST_FAILURES:
            # Its workers died, so none of them could give it up.
            return self._give_up(row, "failed", unsure=first.unsure)
        attempt = _Attempt(deliverer=self, row=row, unsure=first.unsure, seconds_left=seconds_left)
        return self._send(attempt, rows[1:], now=now)

    def _send(self, attempt: _Attempt, later_rows: Sequence[Delivery], *, now: datetime) -> bool:
        try:
            shown = attempt.send()
        except Held as held:
            self.cases.outbox.later(attempt.row, at=now + timedelta(seconds=held.seconds), unsure=attempt.unsure)
            self.report("waits", attempt.row, str(held.seconds))
            raise
        except Unsure:
            if attempt.row.attempts % MOST_ATTEMPTS == 0:
                return self._give_up(attempt.row, "no_answer", unsure=True)
            self.cases.outbox.later(attempt.row, at=now + _pause(attempt.row.attempts), unsure=True)
            self.report("unsure", attempt.row, "no answer")
            return False
        except Refused as refused:
            return self._give_up(attempt.row, refused.code, unsure=attempt.unsure)
        except Exception:
            # A fault of ours: the row comes back, but not for ever, since others wait behind it.
            if attempt.row.attempts - attempt.row.told_to_wait < MOST_FAILURES:
                raise
            return self._give_up(attempt.row, "failed", unsure=attempt.unsure)
        self._done(attempt.row, [other for other in later_rows if other.kind == "card" and other.version <= shown])
        return True

    def _give_up(self, row: Delivery, reason: str, *, unsure: bool) -> bool:
        self.cases.outbox.dead(row, reason=reason, unsure=unsure)
        self.report("dead", row, reason)
        return True

    def _done(self, row: Delivery, told_with_it: Sequence[Delivery]) -> None:
        for delivered in (row, *told_with_it):
            self.cases.outbox.done(delivered)
            self.report("posted", delivered, "")


class _Attempt:
    """One attempt at one row. ``row`` is how it was stored last.

    ``unsure``: were it to end now, might Slack have a message that we do not know of?
    """

    def __init__(self, *, deliverer: Deliverer, row: Delivery, unsure: bool, seconds_left: Callable[[], float]) -> None:
        self._cases = deliverer.cases
        self._chat = deliverer.chat
        self._render = deliverer.render
        self._copy = deliverer.copy
        self._make_file = deliverer.make_file
        self.row = row
        self._seconds_left = seconds_left
        self.unsure = unsure

    def send(self) -> int:
        """Send what the row asks for; return the case version up to which the card is now right."""
        if self.row.kind in {"report", "audit"}:
            self._send_file()
            return 0
        case = self._cases.get(self.row.case)
        if case is None:
            raise Refused("case_not_found")
        if self.row.kind == "card":
            self._send_card(case)
            return case.version
        self._tell(case, self._event(case))
        return 0

    def _send_file(self) -> None:
        channel = self._chat.direct(self.row.channel)
        if not self._chat.has_file(channel, row=self.row) and (made := self._make_file(self.row)):
            self._chat.send_file(channel, made, noted=self._note)

    def _note(self, file_id: str) -> None:
        self.row = self._cases.outbox.note_file(self.row, file_id)

    def _tell(self, case: Case, event: CaseEvent) -> None:
        if event.action == "remind" and case.state not in REMINDED:
            # It was settled between the reminder and its delivery: nobody is reminded of what is done.
            return
        match self.row.kind:
            case "thread":
                self._send_to_thread(case, event)
            case "dm":
                self._post_once(self._chat.direct(self.row.channel), self._render.direct(case, event))
            case "documents":
                self._keep([each for each in case.documents if each.id in event.documents])

    def _keep(self, documents: Sequence[Document]) -> None:
        refused: Refused | None = None
        for document in documents:
            if self._seconds_left() < ENOUGH_TIME:
                raise OutOfTime
            try:
                self._copy(document)
            except Refused as error:
                # The others are kept all the same.
                refused = refused or error
        if refused:
            raise refused

    def _send_card(self, case: Case) -> None:
        message = self._render.card(case)
        card = self._cases.card(case.id)
        if card is not None and self._updated(card, message):
            return
        ts, found = self._post_once(self.row.channel, message)
        self._cases.put_card(case.id, Card(channel=self.row.channel, ts=ts))
        if found:
            # It was posted by an attempt that died; the case may have moved on since.
            self._chat.update(self.row.channel, ts, message)

    def _updated(self, card: Card, message: Message) -> bool:
        try:
            self._chat.update(card.channel, card.ts, message)
        except Refused as refused:
            # Somebody deleted the card; the case still needs one.
            if refused.code != "message_not_found":
                raise
            return False
        return True

    def _send_to_thread(self, case: Case, event: CaseEvent) -> None:
        card = self._cases.card(case.id)
        if card is None:
            raise Refused("no_card")
        self._post_once(card.channel, self._render.line(case, event), thread=card.ts)

    def _event(self, case: Case) -> CaseEvent:
        events = (event for event in self._cases.events(case.id) if event.version == self.row.version)
        event = next(events, None)
        if event is None:
            raise Refused("event_not_found")
        return event

    def _post_once(self, channel: str, message: Message, *, thread: str | None = None) -> tuple[str, bool]:
        """Return the ``ts`` of the row's message, and whether it was there already."""
        if self.unsure:
            ts = self._chat.find(channel, row=self.row, thread=thread)
            if ts is not None:
                return ts, True
            self.unsure = False
        return self._chat.post(channel, message, row=self.row, thread=thread), False


def _pause(attempts: int) -> timedelta:
    return min(FIRST_PAUSE * 2 ** min(attempts, 10), LONGEST_PAUSE) if attempts else timedelta()
