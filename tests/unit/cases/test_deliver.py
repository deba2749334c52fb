"""Whatever Slack, AWS and the workers do: one card, in the case's last state, and every line of the story once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from functions.deliver import delivery
from functions.deliver.app import NAME_TIMEOUT, SLACK_TIMEOUT
from functions.deliver.delivery import ENOUGH_TIME, MOST_FAILURES, TIME_NEEDED, Renderers
from functions.deliver.failures import Held, OutOfTime, TokenRefused
from sop_aws.cases import Card, CaseStore
from sop_aws.replay import replay
from sop_aws.wake import DeliverQueue
from sop_core.times import parse
from sop_http import slack_files
from sop_slack.cards import case_message
from tests.builders.desk import CHANNEL
from tests.builders.template import RESOURCES
from tests.standin.slack import Fault

if TYPE_CHECKING:
    from sop_core.cases.case import Case
    from sop_slack.blocks import Message
    from tests.unit.cases.conftest import Desk

POST = "chat.postMessage"
HISTORY = "conversations.history"


def cards(desk: Desk) -> list[str]:
    """The texts of the messages in the channel itself."""
    return [message["text"] for message in desk.slack.messages if "thread_ts" not in message]


def lines(desk: Desk) -> list[str]:
    return [message["text"] for message in desk.slack.messages if "thread_ts" in message]


def states(desk: Desk, case: Case) -> list[tuple[str, str]]:
    return [(row.kind, row.state) for row in desk.cases.outbox.pending(case.id)]


def _broken(*_: object) -> Message:
    raise ZeroDivisionError


class TestOnce:
    def test_card(self, desk: Desk) -> None:
        """An opened case gets a card that carries its delivery's id, and where it is is remembered."""
        case = desk.open()
        desk.deliver(case)

        (message,) = desk.slack.messages
        assert message["text"] == case_message(case).text
        assert message["metadata"] == {
            "event_type": "sop_desk_delivery",
            "event_payload": {"delivery": f"{case.id}#000001#0"},
        }
        assert desk.cases.card(case.id) == Card(channel=CHANNEL, ts=message["ts"])
        assert desk.cases.outbox.pending(case.id) == ()

    def test_twice(self, desk: Desk) -> None:
        """A wake-up that arrives again posts nothing."""
        case = desk.open()
        desk.deliver(case)
        desk.deliver(case)

        assert [method for method, _ in desk.slack.calls if method != "users.info"] == [POST]

    def test_claim(self, desk: Desk) -> None:
        """A change updates the card in place and adds a line to its thread."""
        case = desk.open()
        desk.deliver(case)
        case = desk.claim(case)
        desk.deliver(case)

        assert cards(desk) == [case_message(case).text]
        (line,) = (message for message in desk.slack.messages if "thread_ts" in message)
        assert line["thread_ts"] == desk.cases.card(case.id).ts  # type: ignore[union-attr]

    def test_overtaken(self, desk: Desk) -> None:
        """A case that moved on before its first delivery gets one card, of what it is now, and no update."""
        case = desk.claim(desk.open())
        desk.deliver(case)

        assert cards(desk) == [case_message(case).text]
        assert len(lines(desk)) == 1
        assert desk.slack.called("chat.update") == []
        assert desk.cases.outbox.pending(case.id) == ()

    def test_workers_at_once(self, desk: Desk) -> None:
        """Many workers woken for one case at the same moment post one card."""
        case = desk.claim(desk.open())
        start = threading.Barrier(6)

        def work() -> None:
            start.wait()
            desk.deliver(case)

        with ThreadPoolExecutor(6) as pool:
            for done in [pool.submit(work) for _ in range(6)]:
                done.result()
        desk.deliver_later(case)

        assert len(cards(desk)) == len(lines(desk)) == 1
        assert desk.cases.outbox.pending(case.id) == ()

    def test_deleted_card(self, desk: Desk) -> None:
        """A card that somebody deleted is posted anew when the case changes."""
        case = desk.open()
        desk.deliver(case)
        desk.slack.messages.clear()
        case = desk.claim(case)
        desk.deliver(case)

        assert cards(desk) == [case_message(case).text]
        assert len(lines(desk)) == 1


class TestSlackAsksToWait:
    def test_wait(self, desk: Desk) -> None:
        """At 429 nothing is posted before Retry-After is over, then once; it need not be searched for."""
        case = desk.open()
        desk.slack.faults.append(Fault(method=POST, status=429, error="ratelimited", retry_after=7))

        with pytest.raises(Held) as held:
            desk.deliver(case)
        assert held.value.seconds == 7
        desk.clock.pass_(seconds=6)
        desk.deliver(case)
        assert cards(desk) == []
        desk.clock.pass_(seconds=1)
        desk.deliver(case)

        assert len(cards(desk)) == 1
        assert desk.slack.called(HISTORY) == []

    def test_during_search(self, desk: Desk) -> None:
        """At 429 while searching, what is unsure stays unsure."""
        case = desk.open()
        desk.slack.faults.append(Fault(method=POST, status=500, done=True))
        desk.deliver(case)
        desk.slack.faults.append(Fault(method=HISTORY, status=429, retry_after=3))
        with pytest.raises(Held):
            desk.deliver_later(case)
        desk.deliver_later(case)

        assert len(cards(desk)) == 1
        assert desk.cases.outbox.pending(case.id) == ()

    def test_token(self, desk: Desk) -> None:
        """A refused token kills no message: all go out once it is mended."""
        case = desk.open()
        desk.slack.faults.append(Fault(method=POST, error="token_revoked"))

        with pytest.raises(TokenRefused):
            desk.deliver(case)
        assert states(desk, case) == [("card", "pending")]
        desk.deliver_later(case)
        assert len(cards(desk)) == 1


class TestUnknownOutcome:
    @pytest.mark.parametrize(
        "fault",
        [
            Fault(method=POST, status=500),
            Fault(method=POST, status=500, done=True),
            Fault(method=POST, status=503, error="service_unavailable", done=True),
            Fault(method=POST, error="internal_error", done=True),
            Fault(method=POST, error="fatal_error"),
            Fault(method=POST, silent=True, done=True),
            Fault(method=POST, silent=True),
            Fault(method=POST, hangs_up=True, done=True),
            Fault(method=POST, hangs_up=True),
        ],
        ids=str,
    )
    def test_card(self, desk: Desk, fault: Fault) -> None:
        """Whether Slack did it before it failed or not, there is one card in the end, of the case as it is then."""
        case = desk.open()
        desk.slack.faults.append(fault)
        desk.deliver(case)
        case = desk.claim(case)
        desk.deliver(case)
        assert len(desk.slack.called(POST)) == 1
        desk.deliver_later(case)

        assert cards(desk) == [case_message(case).text]
        assert len(lines(desk)) == 1
        assert desk.cases.outbox.pending(case.id) == ()

    @pytest.mark.parametrize("done", [True, False])
    def test_line(self, desk: Desk, done: bool) -> None:  # noqa: FBT001 - the parameter of the table
        """A line of the thread is looked for in its thread before it is posted again."""
        case = desk.open()
        desk.deliver(case)
        case = desk.claim(case)
        desk.slack.faults.append(Fault(method=POST, status=500, done=done))
        desk.deliver(case)
        desk.deliver_later(case)

        assert len(lines(desk)) == 1

    def test_far_back(self, desk: Desk) -> None:
        """It is found behind pages of other messages."""
        case = desk.open()
        desk.slack.faults.append(Fault(method=POST, status=500, done=True))
        desk.deliver(case)
        desk.slack.page = 2
        for number in range(5):
            desk.slack.answer(POST, {"channel": CHANNEL, "text": f"chatter {number}"})
        desk.deliver_later(case)

        assert cards(desk).count(case_message(case).text) == 1
        assert len(desk.slack.called(HISTORY)) == 3

    def test_pauses_grow(self, desk: Desk) -> None:
        """While Slack is down, attempts become rarer, and none is the last."""
        case = desk.open()
        pauses: list[float] = []
        for method in (POST, *[HISTORY] * 6):
            desk.slack.faults.append(Fault(method=method, status=500))
            desk.deliver(case)
            (row,) = desk.cases.outbox.pending(case.id)
            pauses.append((parse(row.next_attempt_at) - desk.clock.now).total_seconds())
            desk.clock.pass_(seconds=pauses[-1])
        desk.deliver(case)

        assert pauses == [40, 80, 160, 320, 600, 600, 600]
        assert len(cards(desk)) == 1


class TestCrash:
    def test_after_posting(self, desk: Desk) -> None:
        """A worker that dies between posting and remembering leaves one card: the next finds it."""
        case = desk.open()
        with pytest.raises(ZeroDivisionError):
            desk.worker(Dies(desk, at="put_card")).deliver(case.id)
        desk.deliver_later(case)

        assert len(cards(desk)) == 1
        assert desk.cases.card(case.id) is not None

    def test_after_remembering(self, desk: Desk) -> None:
        """A worker that dies before it marks the row done leaves one card: the next updates it."""
        case = desk.open()
        with pytest.raises(ZeroDivisionError):
            desk.worker(Dies(desk, at="done")).deliver(case.id)
        desk.deliver_later(case)

        assert len(cards(desk)) == 1
        assert desk.cases.outbox.pending(case.id) == ()

    def test_lease(self, desk: Desk) -> None:
        """Until the dead worker's lease is over, nobody else posts."""
        case = desk.open()
        with pytest.raises(ZeroDivisionError):
            desk.worker(Dies(desk, at="card")).deliver(case.id)
        desk.deliver(case)
        assert cards(desk) == []
        desk.deliver_later(case)
        assert len(cards(desk)) == 1


class Dies(CaseStore):
    """A store whose worker dies at one call, once."""

    def __init__(self, desk: Desk, *, at: str) -> None:
        super().__init__(desk.aws.dynamodb, desk.aws.cases_table)
        setattr(self if hasattr(self, at) else self.outbox, at, self._die)

    def _die(self, *_: object) -> None:
        raise ZeroDivisionError


class TestTime:
    @pytest.mark.parametrize(("left", "is_begun"), [(ENOUGH_TIME - 1, False), (ENOUGH_TIME, True)])
    def test_nothing_is_begun_that_may_not_end(self, desk: Desk, left: float, is_begun: bool) -> None:  # noqa: FBT001 - the table's
        case = desk.open()
        with nullcontext() if is_begun else pytest.raises(OutOfTime):
            desk.worker().deliver(case.id, seconds_left=lambda: left)
        assert bool(cards(desk)) == is_begun
        desk.deliver(case)
        assert len(cards(desk)) == 1

    def test_a_row_after_another(self, desk: Desk) -> None:
        """Between two rows of a case the clock is looked at; what is left is due at once, for another call."""
        case = desk.claim(desk.open())
        left = iter([50.0, ENOUGH_TIME - 1])
        with pytest.raises(OutOfTime):
            desk.worker().deliver(case.id, seconds_left=lambda: next(left))
        assert (len(cards(desk)), len(lines(desk))) == (1, 0)
        desk.deliver(case)
        assert len(lines(desk)) == 1

    def test_what_an_attempt_may_take(self) -> None:
        """The waits for Slack, all to their end, are within what is kept free for one row."""
        assert NAME_TIMEOUT + 2 * SLACK_TIMEOUT < ENOUGH_TIME
        assert SLACK_TIMEOUT + slack_files.SECONDS < ENOUGH_TIME
        assert max(TIME_NEEDED.values()) < RESOURCES["DeliverFunction"]["Properties"]["Timeout"]


class TestRefused:
    @pytest.mark.parametrize("code", ["channel_not_found", "not_in_channel", "is_archived", "invalid_blocks"])
    def test_dead(self, desk: Desk, code: str) -> None:
        """What Slack will never do is given up with its reason, and what comes after is tried all the same."""
        case = desk.claim(desk.open())
        desk.slack.faults.append(Fault(method=POST, error=code))
        desk.deliver(case)

        assert ("dead", "card", code) in desk.outcomes
        assert len(cards(desk)) == 1

    def test_poison(self, desk: Desk) -> None:
        """A row that fails every time is given up after a while, and what comes after it is delivered."""
        case = desk.claim(desk.open())
        worker = desk.worker()
        broken = Renderers(card=worker.render.card, line=_broken, direct=worker.render.direct)
        worker = replace(worker, render=broken)
        failures = 0
        while desk.cases.outbox.pending(case.id):
            try:
                worker.deliver(case.id)
            except ZeroDivisionError:
                failures += 1
            desk.clock.pass_(hours=1)
        assert failures == MOST_FAILURES - 1
        assert desk.outcomes[-1] == ("dead", "thread", "failed")
        assert len(cards(desk)) == 1

    def test_dying_workers(self, desk: Desk) -> None:
        """A row whose workers die each time, before they can say so, is given up too."""
        case = desk.open()
        for _ in range(MOST_FAILURES + 1):
            (row,) = desk.cases.outbox.pending(case.id)
            assert desk.cases.outbox.hold(row, now=desk.clock.now, lease=timedelta(minutes=1)) is not None
            desk.clock.pass_(hours=1)
        desk.deliver(case)
        assert desk.outcomes == [("dead", "card", "failed")]

    def test_waiting_is_no_failure(self, desk: Desk) -> None:
        """However often Slack asks to wait, nothing is given up."""
        case = desk.open()
        for _ in range(MOST_FAILURES * 2):
            desk.slack.faults.append(Fault(method=POST, status=429, error="ratelimited", retry_after=1))
            with pytest.raises(Held):
                desk.deliver(case)
            desk.clock.pass_(hours=1)
        desk.deliver(case)
        assert len(cards(desk)) == 1

    def test_silence(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        """A row to which Slack never answers is given up in the end; revived it is tried as long again."""
        monkeypatch.setattr(delivery, "MOST_ATTEMPTS", 3)
        case = desk.open()
        queue = DeliverQueue(desk.aws.sqs, desk.aws.environment["DELIVER_QUEUE_URL"])
        for _ in range(2):
            for _ in range(3):
                fault = Fault(method=HISTORY if desk.outcomes else POST, status=500, error="internal_error")
                desk.slack.faults.append(fault)
                desk.deliver_later(case)
            assert desk.outcomes[-1] == ("dead", "card", "no_answer")
            assert replay(desk.cases.outbox, queue, now=desk.clock.now) == 1
        desk.deliver_later(case)
        assert len(cards(desk)) == 1

    def test_of_another_release(self, desk: Desk) -> None:
        """A row that this release cannot read is set aside as it is, holds nothing up, and comes back once it can."""
        case = desk.claim(desk.open())
        key = {"pk": {"S": f"CASE#{case.id}"}, "sk": {"S": "DELIVERY#000001#0"}}
        table = desk.aws.cases_table
        item = desk.aws.dynamodb.get_item(TableName=table, Key=key)["Item"]
        newer = {**item, "body": {"S": item["body"]["S"].replace('"card"', '"hologram"')}}
        desk.aws.dynamodb.put_item(TableName=table, Item=newer)

        assert len(list(desk.cases.outbox.due_deliveries(desk.clock.now, limit=9))) == 3
        desk.deliver(case)

        assert desk.outcomes[0] == ("dead", "unreadable", "unreadable")
        assert len(cards(desk)) == len(lines(desk)) == 1
        queue = DeliverQueue(desk.aws.sqs, desk.aws.environment["DELIVER_QUEUE_URL"])
        assert replay(desk.cases.outbox, queue, now=desk.clock.now) == 0
        kept = desk.aws.dynamodb.get_item(TableName=table, Key=key)["Item"]
        assert kept["body"] == newer["body"]
        desk.aws.dynamodb.put_item(TableName=table, Item={**kept, "body": item["body"]})
        assert replay(desk.cases.outbox, queue, now=desk.clock.now) == 1

    def test_replay(self, desk: Desk) -> None:
        """One command revives what died, in its order, once what killed it is mended."""
        case = desk.open()
        desk.slack.faults.append(Fault(method=POST, error="is_archived"))
        desk.deliver(case)
        assert desk.cases.outbox.pending(case.id) == ()
        queue = DeliverQueue(desk.aws.sqs, desk.aws.environment["DELIVER_QUEUE_URL"])

        assert replay(desk.cases.outbox, queue, now=desk.clock.now) == 1
        assert replay(desk.cases.outbox, queue, now=desk.clock.now) == 0
        (message,) = desk.aws.received("DELIVER_QUEUE_URL")
        assert message["Body"] == {"case": case.id}
        desk.deliver(case)
        assert len(cards(desk)) == 1

    def test_line_without_card(self, desk: Desk) -> None:
        """A line whose card could not be posted dies with it, and both come back in order."""
        case = desk.claim(desk.open())
        desk.slack.faults.extend([Fault(method=POST, error="is_archived"), Fault(method=POST, error="is_archived")])
        desk.deliver(case)
        queue = DeliverQueue(desk.aws.sqs, desk.aws.environment["DELIVER_QUEUE_URL"])

        assert replay(desk.cases.outbox, queue, now=desk.clock.now) == 3
        desk.deliver(case)
        assert len(cards(desk)) == len(lines(desk)) == 1
