"""Two requests of one run at one moment: the submission has read the run when another request changes it.

On the atomic stand-in: whoever writes second finds the run changed.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sop_aws.cases import CaseStore
from sop_aws.runs import Run, RunStore
from tests.builders.people import AGENT, TRAINED
from tests.integration.slack.test_escalation_run import to_the_form
from tests.integration.slack.test_infinity_run import REASON, as_homeowner, begin, to_the_callback

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.slack.conftest import Desk
    from tests.standin.person import Person


def meanwhile(monkeypatch: pytest.MonkeyPatch, store: type, write: str, request: Callable[[], object]) -> None:
    """Let ``request`` be answered when the next ``write`` of the store is about to be made: all is read by then."""
    made = getattr(store, write)

    def late(*args: Any, **named: Any) -> Any:
        monkeypatch.setattr(store, write, made)
        request()
        return made(*args, **named)

    monkeypatch.setattr(store, write, late)


def other_hand(desk: Desk, agent: Person) -> Person:
    """The same person in front of the same modal."""
    hand = desk.person(agent.user)
    hand.view = dict(agent.view)
    return hand


def the_run(desk: Desk) -> Run:
    [run] = desk.runs()
    return run


def test_an_answer_changed_while_the_run_is_finished_is_not_finished_with_the_old_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = begin(desk, user=TRAINED)
    as_homeowner(agent)
    assert agent.view["submit"]["text"] == "Finish"
    hand = other_hand(desk, agent)
    meanwhile(monkeypatch, RunStore, "save", lambda: hand.click("answer_menu:channel", "email"))
    result = agent.submit()
    assert the_run(desk).state == "active"
    assert result["response_action"] == "update"
    assert result["view"]["blocks"] == hand.view["blocks"]
    agent.submit()
    run = the_run(desk)
    assert (run.state, run.facts["channel"], run.disposition) == ("done", "email", None)


def test_an_answer_changed_while_the_case_is_opened_opens_none_and_the_modal_shows_what_holds_now(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = begin(desk)
    to_the_callback(agent)
    hand = other_hand(desk, agent)
    meanwhile(monkeypatch, CaseStore, "open", lambda: hand.click("answer_menu:transfer_answered", "yes"))
    result = agent.submit(reason_of_call=REASON)
    assert result["response_action"] == "update"
    assert result["view"]["submit"]["text"] == "Finish"
    assert desk.all_cases() == []
    agent.submit()
    run = the_run(desk)
    assert (run.state, run.case) == ("done", None)


@pytest.mark.parametrize(("user", "opens"), [(AGENT, 1), (TRAINED, 0)])
def test_a_submission_that_meets_its_own_repeat_finds_what_was_done(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, user: str, opens: int
) -> None:
    agent = begin(desk, user=user)
    as_homeowner(agent)
    if opens:
        agent.click("answer:transfer_answered:no")
    store, write = (CaseStore, "open") if opens else (RunStore, "save")
    meanwhile(monkeypatch, store, write, agent.repeat)
    result = agent.submit(**({"reason_of_call": REASON} if opens else {}))
    assert result["response_action"] == "update"
    run, shown = the_run(desk), json.dumps(result["view"])
    assert run.state == "done"
    assert [case.id for case in desk.all_cases()] == [run.case] * opens
    assert all(case.id in shown for case in desk.all_cases())


def test_the_next_page_asked_for_by_two_requests_at_once_is_turned_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = to_the_form(desk, "claiming_fraud", "contract", "credit_consent", "sales_representative")
    meanwhile(monkeypatch, RunStore, "save", agent.repeat)
    agent.submit()
    assert "page 2 of 3" in json.dumps(agent.view)


def test_a_form_that_changes_while_its_page_is_turned_begins_at_its_first_page(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = to_the_form(desk, "claiming_fraud", "contract", "credit_consent", "sales_representative")
    hand = other_hand(desk, agent)
    meanwhile(monkeypatch, RunStore, "save", lambda: hand.click("answer_menu:customer_asked", "yes"))
    agent.submit()
    run = the_run(desk)
    assert (run.facts["customer_asked"], run.page) == ("yes", 0)
