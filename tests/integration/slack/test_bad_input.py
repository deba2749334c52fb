"""Cards that outlived their case, buttons of the past, lost roles and channels: each ends in a clear sentence."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from functions.deliver.app import handler as deliver
from sop_slack.cards import BUTTONS, LABELS, MORE, OVERFLOW
from tests.builders.people import ADMIN, AGENT, LEAD, PRIYA, TOM
from tests.integration.slack.test_case_lists import button, pressed_home
from tests.integration.slack.test_cases import an_open_case, card, now, told
from tests.standin.person import Context
from tests.standin.slack import Fault
from tests.unit.cases.test_functions import wake_for

if TYPE_CHECKING:
    from sop_core.cases.case import Case
    from tests.integration.slack.conftest import Desk


@pytest.fixture
def case(desk: Desk) -> Case:
    desk.settings(roles={"lead": [LEAD]})
    return an_open_case(desk)


@pytest.mark.parametrize("action", ["case_claim", "case_assign", "case_details"])
def test_the_card_of_a_deleted_case_says_so(desk: Desk, case: Case, action: str) -> None:
    key = {"pk": {"S": f"CASE#{case.id}"}, "sk": {"S": "CASE"}}
    desk.aws.dynamodb.delete_item(TableName=desk.aws.cases_table, Key=key)
    desk.person(PRIYA).press(card(case), action)
    assert told(desk) == ["This case no longer exists."]


def test_every_moving_button_of_an_earlier_card_tells_what_the_case_is_now(desk: Desk, case: Case) -> None:
    priya = desk.person(PRIYA, "priya.nair")
    earlier = card(case)
    priya.press(earlier, "case_claim")
    for action in ("case_claim", "case_assign"):
        desk.person(TOM).press(earlier, action)
        assert told(desk)[-1].startswith(f"Nothing was changed: case `{case.id}` is claimed by <@{PRIYA}> now.")
    desk.person(AGENT).choose_more(earlier, "withdraw")
    assert "is claimed by" in told(desk)[-1]
    assert now(desk).version == 2


@pytest.mark.parametrize(
    ("action_id", "sentence"),
    [
        ("case_escalate", "This button is of an older SOP Desk, and nothing was changed."),
        ("case_claim", "Nothing was changed: case `"),
    ],
)
def test_a_button_of_an_older_release_changes_nothing_and_says_so(
    desk: Desk, case: Case, action_id: str, sentence: str
) -> None:
    """It may be called, or carry, what this release no longer knows."""
    old = {"type": "button", "action_id": action_id, "value": case.id}
    desk.person(PRIYA).press({"channel": "C0RESOLUT", "ts": "1.1", "blocks": [{"elements": [old]}]}, action_id)
    assert told(desk)[0].startswith(sentence)
    assert now(desk).version == 1


def test_an_older_choice_of_the_menu_says_so_too(desk: Desk, case: Case) -> None:
    value = f"escalate|{case.id}|1"
    menu = {"type": "overflow", "action_id": OVERFLOW, "options": [{"text": {}, "value": value}]}
    desk.person(PRIYA).choose_more({"channel": "C0RESOLUT", "ts": "1.1", "blocks": [{"elements": [menu]}]}, "escalate")
    assert "of an older SOP Desk" in told(desk)[0]


def test_whoever_was_taken_out_of_the_group_is_refused_within_a_minute(
    desk: Desk, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [0.0]
    monkeypatch.setattr("functions.slack.app.time.monotonic", lambda: seconds[0])
    desk.slack.groups["S0TEAM"] = [PRIYA, TOM]
    desk.settings(roles={"resolution_specialist": ["S0TEAM"]})
    priya = desk.person(PRIYA, "priya.nair")
    priya.press(card(case), "case_assign")
    assert told(desk) == []
    desk.slack.groups["S0TEAM"] = [TOM]
    seconds[0] = 60.0
    priya.press(card(case), "case_claim")
    assert "This needs the role *resolution specialist or lead*" in told(desk)[-1]
    # The form that was open meanwhile is refused as well.
    assert "This needs the role" in json.dumps(priya.submit(assignee={"selected_user": TOM}, why="W"))
    assert now(desk).version == 1


@pytest.mark.parametrize("error", ["channel_not_found", "not_in_channel", "is_archived"])
def test_where_the_app_cannot_speak_in_the_channel_a_modal_says_it(desk: Desk, case: Case, error: str) -> None:
    priya = desk.person(PRIYA, "priya.nair")
    priya.press(card(case), "case_claim")
    desk.slack.faults.append(Fault(method="chat.postEphemeral", error=error))
    priya.press(card(case), "case_claim")
    assert "is claimed by you now" in json.dumps(priya.view)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("is_archived", "One message for <#C0RESOLUT>: The channel is archived. Unarchive it"),
        ("not_in_channel", "SOP Desk is not in the channel. Invite it there"),
        ("channel_not_found", "SOP Desk is not in the channel. Invite it there"),
        ("invalid_blocks", "Slack refused them (invalid_blocks)."),
    ],
)
def test_what_a_channel_did_not_take_waits_is_told_and_sent_again(
    desk: Desk, case: Case, error: str, sentence: str
) -> None:
    """Admins and leads see what is missing and why; one button brings it, once the channel is mended."""
    desk.slack.faults.append(Fault(method="chat.postMessage", error=error))
    deliver({"Records": [wake_for(case)]}, Context())
    assert desk.slack.messages == []
    assert "could not be delivered" not in shown(desk, PRIYA)
    assert sentence in shown(desk, LEAD)
    assert sentence in shown(desk, ADMIN)

    admin = desk.person(ADMIN)
    after = pressed_home(admin, button(admin.open_home(), "home_replay"))

    assert "could not be delivered" not in json.dumps(after)
    deliver({"Records": [wake_for(case)]}, Context())
    assert len(desk.slack.messages) == 1


def test_no_card_has_a_button_that_is_unknown() -> None:
    """So "older" is never said of a card of today."""
    assert {each for row in (*BUTTONS.values(), *MORE.values()) for each in row} <= set(LABELS)


def shown(desk: Desk, user: str) -> str:
    home: dict[str, Any] = desk.person(user).open_home()
    return json.dumps(home)
