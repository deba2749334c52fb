"""Every call of Slack that a delivery makes, meeting every fault of Slack: what was promised is there once in the end.

``docs/reliability.md`` says the same in words.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
import pytest

from functions.deliver.failures import Held, TokenRefused
from sop_aws.deliveries import outbox
from sop_core.cases.case import Document
from sop_core.cases.lifecycle import apply
from sop_slack.cards import case_message
from tests.builders.desk import Clock
from tests.standin.slack import Fault, Slack
from tests.unit.cases.test_report import a_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from sop_core.cases.case import Case
    from tests.unit.cases.conftest import Desk

AT: Final = "2027-01-15T08:00:00Z"
ANY: Final = "of the call"

PASSING: Final = {
    "429": Fault(method=ANY, status=429, error="ratelimited", retry_after=7),
    "500": Fault(method=ANY, status=500),
    "500, but done": Fault(method=ANY, status=500, done=True),
    "502 with a page": Fault(method=ANY, status=502, page=True),
    "internal_error, but done": Fault(method=ANY, error="internal_error", done=True),
    "silence, but done": Fault(method=ANY, silent=True, done=True),
    "cut off": Fault(method=ANY, hangs_up=True),
    "cut off, but done": Fault(method=ANY, hangs_up=True, done=True),
    "token revoked": Fault(method=ANY, error="token_revoked"),
}
"""Faults that pass: whatever they do, the delivery is there once in the end."""
LASTING: Final = ("channel_not_found", "user_disabled")
"""What Slack will never do: it is set aside with this word, and told."""


class Call(NamedTuple):
    """A call that a delivery makes: what stands before it, the row it is for, and how often that is in Slack."""

    method: str
    before: Callable[[Desk], str]
    kind: str
    shown: Callable[[Slack], int]


def opened(desk: Desk) -> str:
    return desk.open().id


def claimed(desk: Desk) -> str:
    case = desk.open()
    desk.deliver(case)
    return desk.claim(case).id


def returned(desk: Desk) -> str:
    """A case whose owner is told by a direct message that it came back."""
    case = desk.open()
    desk.deliver(case)
    case = desk.claim(case)
    desk.deliver(case)
    changed, event = apply(case, "return", actor="U0SPEC001", actor_name="Bo", at=AT, reason="No answer", note="Call")
    return desk.cases.change(changed, event, outbox(changed, "dm", at=AT, person=case.owner)).id


def attached(desk: Desk) -> str:
    desk.slack.stored["F0ROOF"] = ("roof.jpg", b"a roof")
    case = desk.open()
    desk.deliver(case)
    document = Document(id="F0ROOF", name="roof.jpg", size=9, key=f"cases/{case.id}/F0ROOF", by="U1", at=AT)
    changed, event = apply(case, "attach", actor="U1", actor_name="Bo", at=AT, documents=(document,))
    return desk.cases.change(changed, event, outbox(changed, "documents", "thread", at=AT)).id


def asked_for_a_report(desk: Desk) -> str:
    row = msgspec.structs.replace(a_row(), created_at=AT)
    desk.cases.outbox.ask_for_file(row)
    return row.case


def cards(slack: Slack) -> int:
    return sum("thread_ts" not in m and m["channel"].startswith("C") for m in slack.messages)


def lines(slack: Slack) -> int:
    return sum("thread_ts" in message for message in slack.messages)


def direct(slack: Slack) -> int:
    return sum(message["channel"].startswith("D") for message in slack.messages)


def files(slack: Slack) -> int:
    return len(slack.shared)


CALLS: Final = {
    "a card": Call("chat.postMessage", opened, "card", cards),
    "a card's update": Call("chat.update", claimed, "card", cards),
    "a line in its thread": Call("chat.postMessage", claimed, "thread", lines),
    "a direct message's place": Call("conversations.open", returned, "dm", direct),
    "a direct message": Call("chat.postMessage", returned, "dm", direct),
    "a document's place": Call("files.info", attached, "documents", lines),
    "a report's place": Call("files.getUploadURLExternal", asked_for_a_report, "report", files),
    "a report": Call("files.completeUploadExternal", asked_for_a_report, "report", files),
}


def tried(desk: Desk, case: str) -> None:
    with suppress(Held):
        desk.worker().deliver(case)


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_a_fault_that_passes_leaves_it_once(desk: Desk, call: Call, fault: Fault) -> None:
    case = call.before(desk)
    desk.slack.faults.append(replace(fault, method=call.method))
    tried(desk, case)
    assert not desk.slack.faults, "it was met"
    assert [row.kind for row in desk.cases.outbox.pending(case)][:1] == [call.kind], "what met it waits"

    desk.clock.pass_(hours=1)
    tried(desk, case)

    assert call.shown(desk.slack) == 1
    assert desk.cases.outbox.pending(case) == ()
    assert "dead" not in {outcome for outcome, _, _ in desk.outcomes}
    if call.shown is cards:
        stored = desk.cases.get(case)
        assert stored is not None
        assert case_message(stored).text in {message["text"] for message in desk.slack.messages}


@pytest.mark.parametrize("code", LASTING)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_a_refusal_for_good_is_set_aside_and_nothing_waits_behind_it(desk: Desk, call: Call, code: str) -> None:
    case = call.before(desk)
    desk.slack.faults.append(Fault(method=call.method, error=code))
    tried(desk, case)

    assert ("dead", call.kind, code) in desk.outcomes
    assert desk.cases.outbox.pending(case) == ()
    assert [row.reason for row in desk.cases.outbox.dead_deliveries()] == [code]


@pytest.mark.parametrize(
    ("call", "search"),
    [
        ("a card", "conversations.history"),
        ("a line in its thread", "conversations.replies"),
        ("a direct message", "conversations.history"),
        ("a report", "conversations.history"),
    ],
)
@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
def test_what_may_have_been_posted_is_looked_for_before_it_is_posted_again(
    desk: Desk, call: str, search: str, *, done: bool
) -> None:
    """In the channel, in the thread and in the direct messages; a search that fails is no proof of absence."""
    method, before, _, shown = CALLS[call]
    case = before(desk)
    desk.slack.faults.append(Fault(method=method, status=500, done=done))
    tried(desk, case)
    posts = len(desk.slack.called(method))
    for failing in (Fault(method=search, status=500), Fault(method=search, status=429, retry_after=3)):
        desk.slack.faults.append(failing)
        desk.clock.pass_(hours=1)
        tried(desk, case)
        assert len(desk.slack.called(method)) == posts, "not known to be absent, so not posted"

    desk.clock.pass_(hours=1)
    tried(desk, case)
    assert len(desk.slack.called(method)) == posts + (not done)
    assert shown(desk.slack) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_bytes_that_slack_does_not_take_or_give_are_tried_again(desk: Desk, status: int) -> None:
    """A report on its way up, a document on its way down."""
    for before, step in ((asked_for_a_report, "upload"), (attached, "download")):
        case = before(desk)
        desk.slack.faults.append(Fault(method=step, status=status))
        tried(desk, case)
        assert desk.cases.outbox.pending(case)
        desk.clock.pass_(hours=1)
        tried(desk, case)
        assert desk.cases.outbox.pending(case) == ()
    assert len(desk.slack.shared) == 1
    assert {outcome for outcome, _, _ in desk.outcomes} == {"unsure", "posted"}


@pytest.mark.parametrize("error", ["token_revoked", "invalid_auth", "account_inactive"])
def test_a_refused_token_costs_no_message(desk: Desk, error: str) -> None:
    case = desk.open()
    desk.slack.faults.append(Fault(method="chat.postMessage", error=error))
    with pytest.raises(TokenRefused):
        desk.deliver(case)
    desk.deliver_later(case)
    assert cards(desk.slack) == 1


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_a_name_that_slack_does_not_tell_holds_nothing_up(desk: Desk, fault: Fault) -> None:
    """The card goes out with the name that the request came with."""
    case = desk.open()
    desk.slack.faults.append(replace(fault, method="users.info"))
    desk.deliver(case)
    assert cards(desk.slack) == 1
    assert desk.cases.outbox.pending(case.id) == ()


def test_wake_ups_in_any_order_and_number_leave_one_story(desk: Desk) -> None:
    """Of three cases with two changes each, whose messages come twice and backwards."""
    cases: list[Case] = [desk.claim(desk.open(f"run-{number}")) for number in range(3)]
    for case in [*reversed(cases), *cases]:
        desk.deliver(case)
    assert cards(desk.slack) == lines(desk.slack) == 3
    assert all(desk.cases.outbox.pending(case.id) == () for case in cases)


def test_the_builders_clock_is_slacks() -> None:
    """What is looked for is what was posted since the row was written: both clocks must agree in these tests."""
    assert int(Clock().now.timestamp()) == 1_800_000_000
