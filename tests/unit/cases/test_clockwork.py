"""What time does: reminders in office hours, once each, never of what is settled; dates under a changed calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from functions.sweep.clockwork import Unreadable, count, replan, send_reminders
from sop_aws.queue import CaseQueue
from sop_aws.wake import DeliverQueue
from sop_core.cases.lifecycle import apply
from sop_core.cases.overview import Tally
from sop_core.settings import Settings
from sop_core.settings_reading import merge
from sop_core.times import iso
from tests.builders.desk import CHANNEL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sop_core.cases.case import Case, CaseEvent
    from tests.unit.cases.conftest import Desk

LEAD, PRIYA = "U0LEAD001", "U0SPEC001"
SETTINGS = merge(Settings.default(), {"roles": {"lead": [LEAD, "S0LEADS"]}})
# The case of the builders is opened on Friday 15 January 2027 at three in the morning in New York; Monday is a holiday.
SOON = datetime(2027, 1, 19, 20, tzinfo=UTC)
DUE = datetime(2027, 1, 20, 13, tzinfo=UTC)
PROMISE = datetime(2027, 1, 21, 15, tzinfo=UTC)


def claimed(desk: Desk) -> Case:
    case = desk.claim(desk.open())
    desk.deliver(case)
    return case


def remind(desk: Desk, now: datetime, settings: Settings = SETTINGS) -> int:
    queue = CaseQueue(desk.aws.dynamodb, desk.aws.cases_table)
    wakes = DeliverQueue(desk.aws.sqs, desk.aws.environment["DELIVER_QUEUE_URL"])
    return send_reminders(desk.cases, queue, wakes, settings, now=now)


def change(desk: Desk, case: Case, action: str, *, at: str = "2027-01-15T15:00:00Z", **given: Any) -> Case:
    changed, event = apply(case, action, actor=PRIYA, actor_name="Priya", at=at, calendar=SETTINGS.calendar, **given)
    return desk.cases.change(changed, event, ())


def delivered_since(desk: Desk, case: Case) -> list[tuple[str, str]]:
    before = len(desk.slack.messages)
    desk.clock.now = max(desk.clock.now, DUE)
    desk.deliver(case)
    return [(message["channel"], message["text"]) for message in desk.slack.messages[before:]]


def test_the_assignee_is_reminded_privately_before_it_is_due_once(desk: Desk) -> None:
    case = claimed(desk)
    assert remind(desk, SOON) == 1
    assert remind(desk, SOON) == 0
    [(channel, text)] = delivered_since(desk, case)
    assert channel == f"D{PRIYA}"
    assert "is due" in text


def test_at_due_assignee_and_leads_are_mentioned_once_in_one_message(desk: Desk) -> None:
    case = claimed(desk)
    assert [remind(desk, DUE), remind(desk, DUE)] == [1, 0]
    [(channel, text)] = delivered_since(desk, case)
    assert channel == CHANNEL
    assert text.startswith(f"<@{PRIYA}> <@{LEAD}> <!subteam^S0LEADS> {case.id}: this case was due")


def test_a_case_that_nobody_has_is_told_to_the_leads_alone(desk: Desk) -> None:
    case = desk.open()
    desk.deliver(case)
    assert [remind(desk, SOON), remind(desk, DUE)] == [0, 1]
    [(_, text)] = delivered_since(desk, case)
    assert text.startswith(f"<@{LEAD}> <!subteam^S0LEADS> ")


def test_after_48_business_hours_the_leads_are_mentioned_once(desk: Desk) -> None:
    """The case was due and promised for the same morning: one message. An update asked for is a promise of its own."""
    case = claimed(desk)
    remind(desk, DUE)
    [(_, text)] = delivered_since(desk, case)
    assert "48 business hours have passed" in text
    current = desk.cases.get(case.id)
    assert current is not None
    change(desk, current, "ask_update", at="2027-01-19T15:00:00Z")
    assert [remind(desk, PROMISE), remind(desk, PROMISE)] == [1, 0]
    desk.clock.now = PROMISE
    [(_, text)] = delivered_since(desk, case)
    assert "48 business hours have passed" in text
    assert f"<@{PRIYA}>" not in text


@pytest.mark.parametrize("hour", [12, 22, 23])
def test_nobody_is_reminded_outside_office_hours(desk: Desk, hour: int) -> None:
    claimed(desk)
    assert remind(desk, datetime(2027, 1, 20, hour, tzinfo=UTC)) == 0


@pytest.mark.parametrize("action", ["close", "return"])
def test_a_case_that_is_settled_or_returned_reminds_nobody(desk: Desk, action: str) -> None:
    change(desk, claimed(desk), action, reason="Duplicate case")
    assert [remind(desk, SOON), remind(desk, DUE), remind(desk, PROMISE)] == [0, 0, 0]


def test_a_case_closed_between_the_reminder_and_its_delivery_reminds_nobody(desk: Desk) -> None:
    case = claimed(desk)
    remind(desk, DUE)
    current = desk.cases.get(case.id)
    assert current is not None
    change(desk, current, "close", reason="Duplicate case")
    assert delivered_since(desk, case) == []
    assert desk.cases.outbox.pending(case.id) == ()


def test_a_changed_calendar_moves_due_times_once_and_tells_the_card(desk: Desk) -> None:
    case = claimed(desk)
    shut = msgspec.structs.replace(SETTINGS.calendar, closed=(date(2027, 1, 19),))
    queue = CaseQueue(desk.aws.dynamodb, desk.aws.cases_table)
    wakes = DeliverQueue(desk.aws.sqs, desk.aws.environment["DELIVER_QUEUE_URL"])
    for _ in range(2):
        replan(desk.cases, tuple(queue.live()), wakes, shut, now=SOON)
    current = desk.cases.get(case.id)
    assert current is not None
    assert (case.due_at, current.due_at) == ("2027-01-19T22:00:00Z", "2027-01-20T22:00:00Z")
    assert [row.kind for row in desk.cases.outbox.pending(case.id)] == ["card"]
    assert [event.action for event in desk.cases.events(case.id)] == ["open", "claim", "replan"]


def test_the_days_that_are_over_are_counted_once(desk: Desk) -> None:
    case = claimed(desk)
    queue = CaseQueue(desk.aws.dynamodb, desk.aws.cases_table)
    for now in (SOON, SOON):
        count(queue, tuple(queue.live()), now=now)
    numbers = queue.overview()
    assert numbers is not None
    assert (numbers.states, numbers.days, numbers.to_claim) == ({"claimed": 1}, 7, 0.0)
    assert numbers.oldest is not None
    assert numbers.oldest.id == case.id
    counted = queue.tally("2027-01-15")
    assert counted is not None
    assert counted.to_claim == (0,)


def test_a_day_that_an_older_release_counted_is_counted_anew(desk: Desk) -> None:
    """It did not note until when: nothing is counted twice."""
    claimed(desk)
    queue = CaseQueue(desk.aws.dynamodb, desk.aws.cases_table)
    queue.put_tally("2027-01-15", Tally(to_claim=(7,)), expires_at=int(PROMISE.timestamp()))
    count(queue, (), now=SOON)
    counted = queue.tally("2027-01-15")
    assert counted is not None
    assert counted.to_claim == (0,)


def test_a_minute_counts_the_whole_day_and_reads_its_last_part(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    queue = CaseQueue(desk.aws.dynamodb, desk.aws.cases_table)
    opened = datetime(2027, 1, 15, 15, tzinfo=UTC)
    read: list[int] = []
    asked = queue.events_on

    def counted(day: str, **since: str) -> Iterator[CaseEvent]:
        found = tuple(asked(day, **since))
        read.append(len(found))
        return iter(found)

    monkeypatch.setattr(queue, "events_on", counted)
    for minute in range(45):
        now = opened + timedelta(minutes=minute)
        case = desk.open(f"run-{minute}")
        changed, event = apply(case, "claim", actor=PRIYA, actor_name="Priya", at=iso(now), calendar=SETTINGS.calendar)
        desk.cases.change(changed, msgspec.structs.replace(event, clock_from=iso(opened)), ())
        read.clear()
        count(queue, (), now=now)
        numbers = queue.overview()
        assert numbers is not None
        assert numbers.to_claim == 60 * minute / 2
        assert read[0] <= 16
    count(queue, (), now=opened + timedelta(days=1))
    read.clear()
    count(queue, (), now=opened + timedelta(days=1, minutes=1))
    assert read == [0]


def test_a_case_that_cannot_be_read_keeps_nobody_else_from_being_reminded(desk: Desk) -> None:
    cases = [desk.claim(desk.open(f"run-{number}")) for number in range(3)]
    key = {"pk": {"S": f"CASE#{cases[0].id}"}, "sk": {"S": "CASE"}}
    item = desk.aws.dynamodb.get_item(TableName=desk.aws.cases_table, Key=key)["Item"]
    desk.aws.dynamodb.put_item(TableName=desk.aws.cases_table, Item={**item, "body": {"S": '{"id": 1}'}})
    with pytest.raises(Unreadable, match="1 could not be read"):
        remind(desk, DUE)
    assert [len(desk.cases.events(case.id)) for case in cases] == [2, 3, 3]


def test_a_case_that_takes_no_reminder_keeps_nobody_else_from_being_reminded(desk: Desk) -> None:
    cases = [desk.claim(desk.open(f"run-{number}")) for number in range(3)]
    assert desk.cases.keep(msgspec.structs.replace(cases[0], erased_at="2027-01-15T15:00:00Z"))
    with pytest.raises(Unreadable, match="1 could not be read"):
        remind(desk, DUE)
    assert [len(desk.cases.events(case.id)) for case in cases] == [2, 3, 3]
