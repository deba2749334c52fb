"""A slow Slack: whatever a request has to ask, its answer is there before Slack stops waiting for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from functions.slack import budget
from tests.builders.people import AGENT
from tests.standin.slack import Fault

if TYPE_CHECKING:
    from tests.integration.slack.conftest import Desk

SHARE = 1.5
"""Seconds for all calls of a request together, in place of the real ones."""

SLOW = 8
"""So many calls would stay without an answer."""


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "SECONDS", SHARE)


def test_all_calls_of_a_request_share_one_time_to_wait(desk: Desk) -> None:
    groups = [f"S0SLOW{number:02d}" for number in range(SLOW)]
    desk.settings(roles={"agent": groups})
    desk.slack.faults.extend(Fault(method="usergroups.users.list", silent=True) for _ in groups)
    assert "role" in desk.person(AGENT).command("/infinity")
    # The first took all the time there was: what there is no time for is not asked.
    assert len(desk.slack.called("usergroups.users.list")) == 1


def test_a_modal_that_does_not_open_in_time_is_answered_with_a_sentence(desk: Desk) -> None:
    agent = desk.person(AGENT)
    agent.command("/sop")
    desk.slack.faults.append(Fault(method="views.open", silent=True))
    assert "That did not work. Try again" in agent.command("/infinity")


def test_an_answer_whose_redraw_is_too_slow_is_saved_all_the_same(desk: Desk) -> None:
    agent = desk.person(AGENT)
    agent.command("/escalate")
    desk.slack.faults.append(Fault(method="views.update", silent=True))
    agent.click("answer:customer_asked:yes")
    assert desk.slack.called("views.push") == [], "no time is left to say so"
    again = desk.person(AGENT)
    again.command("/sop")
    assert "waiting for: Does any of these apply?" in json.dumps(again.view)
