"""A specialist's buttons: of two who click at once one wins, and whoever was late is told what the case is now."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from sop_slack.cards import case_message
from tests.builders.people import AGENT, PRIYA, TOM
from tests.integration.slack.test_infinity_run import REASON, begin, to_the_callback

if TYPE_CHECKING:
    from sop_core.cases.case import Case
    from tests.integration.slack.conftest import Desk


def an_open_case(desk: Desk) -> Case:
    agent = begin(desk)
    to_the_callback(agent)
    agent.submit(reason_of_call=REASON)
    return now(desk)


def now(desk: Desk) -> Case:
    [case] = desk.all_cases()
    return case


def card(case: Case) -> dict[str, Any]:
    return {"channel": case.channel, "ts": "1800000001.000100", "blocks": list(case_message(case).blocks)}


def told(desk: Desk) -> list[str]:
    return [call["text"] for call in desk.slack.called("chat.postEphemeral")]


def test_claim_makes_the_case_theirs_and_leaves_the_card_to_deliver(desk: Desk) -> None:
    case = an_open_case(desk)
    desk.person(PRIYA, "priya.nair").press(card(case), "case_claim")
    assert (now(desk).state, now(desk).assignee) == ("claimed", PRIYA)
    assert [row.kind for row in desk.cases.outbox.pending(case.id) if row.version == 2] == ["card", "thread"]
    assert desk.slack.called("chat.update") == []
    assert told(desk) == []


def test_of_two_who_claim_at_the_same_moment_one_wins_and_the_other_is_told_who(desk: Desk) -> None:
    case = an_open_case(desk)
    people = [desk.person(PRIYA, "priya.nair"), desk.person(TOM, "tom.becker")]
    start = threading.Barrier(2)

    def click(person: Any) -> None:
        start.wait()
        person.press(card(case), "case_claim")

    clicks = [threading.Thread(target=click, args=(person,)) for person in people]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()
    winner = now(desk).assignee
    [sentence] = told(desk)
    assert f"<@{winner}>" in sentence
    assert len(desk.cases.events(case.id)) == 2


def test_a_double_click_claims_once_and_says_that_it_is_theirs(desk: Desk) -> None:
    case = an_open_case(desk)
    priya = desk.person(PRIYA, "priya.nair")
    priya.press(card(case), "case_claim")
    priya.repeat()
    assert len(desk.cases.events(case.id)) == 2
    assert ["by you" in sentence for sentence in told(desk)] == [True]


def test_a_case_is_closed_with_a_reason_and_reopened_from_its_card(desk: Desk) -> None:
    priya = desk.person(PRIYA, "priya.nair")
    priya.press(card(an_open_case(desk)), "case_claim")
    priya.press(card(now(desk)), "case_close")
    priya.view = list(desk.slack.views.values())[-1]
    assert priya.submit(reason="Contacted and resolved", note="Told her the date.") == {}
    closed = now(desk)
    assert (closed.state, closed.closed_reason, closed.closed_note) == (
        "closed",
        "Contacted and resolved",
        "Told her the date.",
    )
    desk.person(TOM, "tom.becker").press(card(closed), "case_reopen")
    assert (now(desk).state, now(desk).assignee) == ("open", None)
    assert [event.action for event in desk.cases.events(closed.id)] == ["open", "claim", "close", "reopen"]


def test_a_replayed_reopen_does_not_reopen_what_was_closed_again(desk: Desk) -> None:
    priya, tom = desk.person(PRIYA, "priya.nair"), desk.person(TOM, "tom.becker")
    case = an_open_case(desk)
    for _ in range(2):
        priya.press(card(now(desk)), "case_claim")
        priya.press(card(now(desk)), "case_close")
        priya.view = list(desk.slack.views.values())[-1]
        priya.submit(reason="Duplicate case")
        if now(desk).version == 3:
            tom.press(card(now(desk)), "case_reopen")
    tom.repeat()
    assert now(desk).state == "closed"
    assert len(desk.cases.events(case.id)) == 6


def test_a_reason_is_needed_to_close(desk: Desk) -> None:
    priya = desk.person(PRIYA, "priya.nair")
    priya.press(card(an_open_case(desk)), "case_claim")
    priya.press(card(now(desk)), "case_close")
    priya.view = list(desk.slack.views.values())[-1]
    assert priya.submit(note="no reason")["errors"] == {"reason": "Choose a reason."}
    assert now(desk).state == "claimed"


def test_closing_from_a_modal_that_was_overtaken_changes_nothing_and_says_so(desk: Desk) -> None:
    priya, tom = desk.person(PRIYA, "priya.nair"), desk.person(TOM, "tom.becker")
    priya.press(card(an_open_case(desk)), "case_claim")
    for person in (priya, tom):
        person.press(card(now(desk)), "case_close")
        person.view = list(desk.slack.views.values())[-1]
    tom.submit(reason="Duplicate case")
    late = priya.submit(reason="No action needed")
    assert late["response_action"] == "push"
    assert f"closed by <@{TOM}>" in str(late)
    assert now(desk).closed_reason == "Duplicate case"


@pytest.mark.parametrize("user", [AGENT, "U0GUEST01"])
def test_only_specialists_and_leads_claim(desk: Desk, user: str) -> None:
    case = an_open_case(desk)
    desk.person(user).press(card(case), "case_claim")
    assert now(desk).state == "open"
    assert "*resolution specialist or lead*" in told(desk)[0]


def test_the_owner_may_reopen_their_own_case_and_no_other_agent_may(desk: Desk) -> None:
    priya = desk.person(PRIYA, "priya.nair")
    priya.press(card(an_open_case(desk)), "case_claim")
    priya.press(card(now(desk)), "case_close")
    priya.view = list(desk.slack.views.values())[-1]
    priya.submit(reason="Duplicate case")
    desk.person("U0AGENT02", "sam.okafor").press(card(now(desk)), "case_reopen")
    assert now(desk).state == "closed"
    desk.person(AGENT).press(card(now(desk)), "case_reopen")
    assert now(desk).state == "open"
