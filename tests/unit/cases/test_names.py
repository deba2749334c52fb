"""People's names: asked of Slack once, remembered, bounded, and never in the way of a delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from functions.deliver import names as module
from functions.deliver.names import Names
from sop_aws.people import PeopleStore
from tests.standin.slack import Fault
from tests.unit.cases.conftest import Patient

if TYPE_CHECKING:
    from tests.unit.cases.conftest import Desk

USER = "U0AGENT01"


def people(desk: Desk) -> PeopleStore:
    return PeopleStore(desk.aws.dynamodb, desk.aws.cases_table, desk.clock)


def container(desk: Desk) -> Names:
    return Names(Patient(desk.slack), people(desk), desk.clock)


def test_the_card_and_the_thread_show_display_names_and_mention_nobody_who_acted(desk: Desk) -> None:
    desk.slack.names = {USER: "Maya Torres-Vega", "U0SPEC001": "Priya Raman"}
    case = desk.claim(desk.open())
    desk.deliver(case)
    card, line = desk.slack.messages
    assert "Opened by Maya Torres-Vega" in str(card["blocks"])
    assert "Priya Raman claimed the case." in str(line["blocks"])
    assert "<@U0SPEC001>" not in line["text"] + str(line["blocks"])


def test_a_name_is_asked_for_once_and_known_to_every_container(desk: Desk) -> None:
    desk.slack.names[USER] = " Maya\n Torres "
    first, second = container(desk), container(desk)
    assert [first.of(USER, "maya.torres"), first.of(USER, ""), second.of(USER, "")] == ["Maya Torres"] * 3
    assert len(desk.slack.called("users.info")) == 1
    assert people(desk).name(USER) == "Maya Torres"


def test_a_changed_name_is_learned_within_a_day(desk: Desk) -> None:
    desk.slack.names[USER] = "Maya Torres"
    names = container(desk)
    names.of(USER, "")
    desk.slack.names[USER] = "Maya Torres-Vega"
    desk.clock.pass_(hours=25)
    assert names.of(USER, "") == "Maya Torres-Vega"


@pytest.mark.parametrize(
    "fault",
    [
        Fault(method="users.info", status=429, retry_after=30),
        Fault(method="users.info", error="missing_scope"),
        Fault(method="users.info", status=500),
        Fault(method="users.info", hangs_up=True),
    ],
)
def test_where_slack_does_not_tell_the_handle_stands_and_slack_is_left_alone_for_a_minute(
    desk: Desk, fault: Fault
) -> None:
    desk.slack.names = {USER: "Maya Torres", "U0SPEC001": "Priya Raman"}
    desk.slack.faults.append(fault)
    names = container(desk)
    assert (names.of(USER, "maya.torres"), names.of("U0SPEC001", "priya.raman")) == ("maya.torres", "priya.raman")
    assert len(desk.slack.called("users.info")) == 1
    desk.clock.pass_(seconds=61)
    assert (names.of(USER, "maya.torres"), names.of("U0SPEC001", "priya.raman")) == ("Maya Torres", "Priya Raman")


def test_an_old_name_is_better_than_a_handle(desk: Desk) -> None:
    people(desk).learn(USER, "Maya Torres")
    desk.clock.pass_(days=2)
    desk.slack.faults.append(Fault(method="users.info", error="fatal_error"))
    assert container(desk).of(USER, "maya.torres") == "Maya Torres"


@pytest.mark.parametrize("actor", ["clock", "infra.settings", ""])
def test_only_users_are_asked_for(desk: Desk, actor: str) -> None:
    assert container(desk).of(actor, "SOP Desk") == "SOP Desk"
    assert desk.slack.called("users.info") == []


def test_a_container_remembers_a_bounded_number(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    names = container(desk)
    for number in range(5):
        names.of(f"U0PERSON{number}", "x")
    assert len(names._known) == 2
