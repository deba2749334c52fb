"""AWS misbehaves under a person's hands: what passes goes unnoticed, what lasts is said, and a repeat doubles nothing.

``docs/reliability.md`` says the same in words.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from functions.slack.finding import UNREADABLE
from sop_aws import clients
from sop_slack import transfers as told
from tests.builders.people import ADMIN, AGENT, PRIYA, TOM
from tests.integration.slack.test_cases import an_open_case, card, now
from tests.integration.slack.test_infinity_run import REASON, begin, to_the_callback
from tests.integration.slack.test_transfers import _set_buttons, a_ready_sheet, posted
from tests.standin.faults import FOREVER, SERVER, AwsFault, cancelled, unanswered
from tests.standin.functions import cold_start

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.slack.conftest import Desk
    from tests.standin.faults import AwsFaults

WRITE: Final = "TransactWriteItems"
READS: Final = ("GetItem", "Query", "BatchGetItem")
FAILED: Final = "That did not work. Try again: what was saved already is kept and nothing is doubled."
FAULTS: Final = {
    "throughput exceeded": AwsFault(operation=WRITE, code="ProvisionedThroughputExceededException"),
    "throttled": AwsFault(operation=WRITE, code="ThrottlingException"),
    "the same write in progress": AwsFault(operation=WRITE, code="TransactionInProgressException"),
    "internal error": AwsFault(operation=WRITE, code="InternalServerError", status=SERVER),
    "cancelled: conflict": cancelled("TransactionConflict", "None"),
    "cancelled: throttled": cancelled("ThrottlingError", "None"),
}


class Act(NamedTuple):
    """Something that a person does: what goes before (returning the act), and how often it was done."""

    before: Callable[[Desk], Callable[[], object]]
    done: Callable[[Desk], int]


def begins(desk: Desk) -> Callable[[], object]:
    agent = desk.person(AGENT)
    return lambda: agent.command("/escalate")


def answers(desk: Desk) -> Callable[[], object]:
    agent = begin(desk)
    view = dict(agent.view)

    def answer() -> None:
        agent.view = view
        agent.click("answer:channel:phone")

    return answer


def submits(desk: Desk) -> Callable[[], object]:
    agent = begin(desk)
    to_the_callback(agent)
    view = dict(agent.view)

    def submit() -> object:
        agent.view = view
        return agent.submit(reason_of_call=REASON)

    return submit


def claims(desk: Desk) -> Callable[[], object]:
    case = an_open_case(desk)
    return lambda: desk.person(PRIYA, "priya.nair").press(card(case), "case_claim")


def activates(desk: Desk) -> Callable[[], object]:
    desk.sheet()
    message = posted(desk, told.preview(a_ready_sheet(desk, "s2"), desk.transfers.sheets.active()))
    _set_buttons(message, told.button_value("s2", 1))
    return lambda: desk.person(ADMIN).press(message, told.ACTIVATE)


def activations(desk: Desk) -> int:
    active = desk.transfers.sheets.active()
    assert active is not None
    return active.version - 1


ACTS: Final = {
    "begin a run": Act(begins, lambda desk: min(1, len(desk.runs()))),
    "answer": Act(answers, lambda desk: sum("channel" in run.facts for run in desk.runs())),
    "open a case": Act(submits, lambda desk: len(desk.all_cases())),
    "claim": Act(claims, lambda desk: len(desk.cases.events(now(desk).id)) - 1),
    "activate a sheet": Act(activates, activations),
}


def said(desk: Desk, answer: object, since: int) -> str:
    """Return all that was said: in the answer, and in calls of Slack since."""
    return json.dumps([answer, desk.slack.calls[since:]])


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS.keys())
def test_what_passes_goes_unnoticed_and_a_lost_answer_is_no_second_write(
    desk: Desk, aws_faults: AwsFaults, act: Act
) -> None:
    do = act.before(desk)
    aws_faults.on(clients.dynamodb())
    for fault in (*FAULTS.values(), unanswered(WRITE)):
        calls = len(desk.slack.calls)
        aws_faults.add(fault)
        assert FAILED not in said(desk, do(), calls)
        aws_faults.end()
        assert act.done(desk) == 1


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS.keys())
def test_what_lasts_is_said_and_done_once_when_it_is_repeated(
    desk: Desk, aws_faults: AwsFaults, act: Act, fault: AwsFault
) -> None:
    do = act.before(desk)
    aws_faults.on(clients.dynamodb())
    aws_faults.add(replace(fault, times=FOREVER))
    calls = len(desk.slack.calls)
    answer = do()
    assert FAILED in said(desk, answer, calls)
    assert act.done(desk) == 0

    aws_faults.end()
    calls = len(desk.slack.calls)
    assert FAILED not in said(desk, do(), calls)
    assert act.done(desk) == 1


def test_a_database_that_is_away_is_said_to_whoever_asks(desk: Desk, aws_faults: AwsFaults) -> None:
    """Not even the settings can be read, so not the roles: nobody is let in, and nobody is told that they lack one."""
    agent = begin(desk)
    cold_start()
    reads = [AwsFault(operation=name, code="InternalServerError", status=SERVER, times=99) for name in READS]
    aws_faults.on(clients.dynamodb()).add(*reads)
    assert FAILED in agent.command("/infinity")
    aws_faults.end()
    agent.command("/infinity")
    assert agent.view


def test_a_queue_that_is_away_costs_no_case_and_no_word(desk: Desk, aws_faults: AwsFaults) -> None:
    """The wake-up is a hint: the row is there for the sweep to find."""
    do = submits(desk)
    aws_faults.on(clients.sqs()).add(AwsFault(operation="SendMessage", code="InternalError", status=SERVER, times=99))
    assert FAILED not in json.dumps(do())
    [case] = desk.all_cases()
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert [row.case for row in desk.cases.outbox.due_deliveries(later, limit=9)] == [case.id]
    assert desk.aws.received("DELIVER_QUEUE_URL") == []


@pytest.mark.parametrize("code", ["NoSuchKey", "AccessDenied", "SlowDown", "InternalError"])
def test_a_snapshot_that_cannot_be_had_is_said_and_an_exact_id_is_found(
    desk: Desk, aws_faults: AwsFaults, code: str
) -> None:
    desk.sheet()
    aws_faults.on(clients.s3())
    aws_faults.add(AwsFault(operation="GetObject", code=code, status=SERVER if code[0] in "SI" else 403, times=99))
    agent = desk.person(AGENT)
    agent.command("/infinity", "INF-100001")
    shown = json.dumps(agent.view)
    assert "Jane Doe" in shown
    assert "answer:project:not_found" not in shown
    assert UNREADABLE in json.dumps(agent.view, ensure_ascii=False)


def test_what_decides_is_read_as_it_is_and_never_as_it_was(desk: Desk) -> None:
    """A run, a case, a pointer: every read that a write follows from is consistent; a stale one cannot be."""
    asked: list[tuple[str, dict[str, Any]]] = []
    agent = begin(desk)
    events = clients.dynamodb().meta.events
    events.register("before-parameter-build.dynamodb", lambda params, model, **_: asked.append((model.name, params)))
    to_the_callback(agent)
    agent.submit(reason_of_call=REASON)
    desk.person(PRIYA, "priya.nair").press(card(now(desk)), "case_claim")

    loose = {name for name, params in asked if name == "GetItem" and not params.get("ConsistentRead")}
    tables = {p["Key"]["sk"]["S"][:7] for n, p in asked if n == "GetItem" and not p.get("ConsistentRead")}
    assert not loose or tables <= {"PROJECT", "BUCKET#"}, "only a sheet's rows, which never change"
    indexes = {p["IndexName"] for n, p in asked if n == "Query" and not p.get("ConsistentRead")}
    assert indexes <= {"by_project"}, "only the warning of an open case"


def test_a_list_that_is_behind_is_told_what_the_case_is_now(desk: Desk) -> None:
    """An index may show what was: the button carries the version that it was drawn from."""
    case = an_open_case(desk)
    behind = card(case)
    desk.person(PRIYA, "priya.nair").press(behind, "case_claim")
    desk.person(TOM, "tom.becker").press(behind, "case_claim")
    assert f"<@{PRIYA}>" in desk.slack.called("chat.postEphemeral")[-1]["text"]
    assert now(desk).assignee == PRIYA
