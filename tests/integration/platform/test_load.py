"""The load run in small, so that it cannot rot: few people, a few seconds, nothing lost or doubled."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.load.office import Plan, StrictSlack
from tests.load.report import as_json, as_table
from tests.load.run import work
from tests.standin.slack import slack_server

if TYPE_CHECKING:
    from infra.local.stack import Stack

pytestmark = pytest.mark.stack


def test_a_small_office_loses_and_doubles_nothing(stack: Stack) -> None:
    """How long answers take is the machine's affair here, and ``make load``'s."""
    plan = Plan(agents=3, specialists=1, seconds=3, think=0.2, projects=40, burst=4)
    slack = StrictSlack()
    with slack_server(slack):
        day = work(stack, slack, plan)

    assert day.problems == []
    assert day.figures["cases"] == day.figures["calls"] >= plan.agents
    assert day.figures["acks"]["submission"]["count"] >= plan.agents
    assert day.figures["claimed"] >= 1
    assert f"{day.figures['calls']} whole calls" in "\n".join(as_table(day))
    assert json.loads(json.dumps(as_json(day)))["plan"]["agents"] == plan.agents
