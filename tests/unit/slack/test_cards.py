"""One card a case: rendered from the stored case, readable on a locked phone, pinging only those who have to act."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from infra.local.workspace import limits
from sop_slack.cards import case_message
from sop_slack.stories import event_message
from tests.builders.cases import NASTY, a_case, an_event

GOLDEN: Final = Path(__file__).parent / "golden"
STATES: tuple[dict[str, Any], ...] = (
    {},
    {"state": "claimed", "assignee": "U0SPEC001", "claimed_at": "2026-11-20T15:05:00Z"},
    {"state": "returned", "assignee": "U0SPEC001", "returned_reason": "Which of the two projects?"},
    {
        "state": "closed",
        "closed_by": "U0SPEC001",
        "closed_at": "2026-11-20T16:00:00Z",
        "closed_reason": "No action needed",
    },
    {"state": "voided", "closed_by": "U0AGENT01", "closed_at": "2026-11-20T16:00:00Z", "closed_reason": "Case Voided"},
)


@pytest.mark.parametrize("state", STATES, ids=[state.get("state", "open") for state in STATES])
def test_the_card_of_every_state_is_as_it_was_agreed_on(state: dict[str, Any]) -> None:
    """A file that changes is looked at, then written anew by running this module."""
    assert golden_of(state) == golden(state).read_text(encoding="utf-8")


def golden(state: dict[str, Any]) -> Path:
    return GOLDEN / f"card-{state.get('state', 'open')}.json"


def golden_of(state: dict[str, Any]) -> str:
    message = case_message(a_case(**state))
    return json.dumps({"text": message.text, "blocks": message.blocks}, ensure_ascii=False, indent=2) + "\n"


@pytest.mark.parametrize("state", STATES)
def test_a_card_keeps_slacks_limits_in_every_state_also_with_the_longest_notes(state: dict[str, Any]) -> None:
    notes = {
        "caller_name": "n" * 200,
        "property_address": "a" * 200,
        "reason_of_call": "r" * 3000,
        "callback_number": "1" * 40,
    }
    message = case_message(a_case(notes=notes, closed_note="c" * 1000, **state))
    limits.check_message(text=message.text, blocks=list(message.blocks))


@pytest.mark.parametrize(
    ("state", "buttons"),
    [
        ("open", ["Claim", "Assign…", "Details"]),
        ("claimed", ["Close…", "Return…", "Details"]),
        ("returned", ["Send again…", "Void…", "Details"]),
        ("closed", ["Re-open", "Details"]),
        ("voided", ["Details"]),
    ],
)
def test_buttons_follow_the_state(state: str, buttons: list[str]) -> None:
    card = case_message(a_case(state=state))
    assert _buttons(card.blocks) == buttons


def test_a_promise_is_shown_when_an_update_was_asked_for_and_not_when_a_case_is_opened_anew() -> None:
    anew = {"promised_until": "2026-11-26T22:00:00Z", "clock_from": "2026-11-23T15:00:00Z"}
    for promised_from, is_shown in (("2026-11-23T15:00:00Z", False), ("2026-11-24T15:00:00Z", True)):
        shown = json.dumps(case_message(a_case(promised_from=promised_from, **anew)).blocks)
        assert ("Update promised by" in shown) == is_shown


def test_an_open_card_shows_what_a_specialist_needs() -> None:
    shown = json.dumps(case_message(a_case()).blocks, ensure_ascii=False)
    for needed in (
        "Installer Complaints",
        "Workout Plan",
        "Infinity Callbacks",
        "INF-100001",
        "Jane Doe",
        "(267) 555-0185",
        "Panels dark",
        "maya.torres",
        "Customer Support Resolution Specialist",
        "<@U0JLEZAMA>",
        "<@U0ECARR01>",
    ):
        assert needed in shown


def test_the_sentence_mentions_the_tagged_and_holds_no_customer_data() -> None:
    text = case_message(a_case()).text
    assert text.startswith("<@U0JLEZAMA> <@U0ECARR01> ")
    assert not any(customer in text for customer in ("Jane", "Panels", "267", "INF-1"))


def test_whoever_opened_the_case_is_named_and_not_mentioned() -> None:
    shown = json.dumps(case_message(a_case()).blocks)
    assert "maya.torres" in shown
    assert "<@U0AGENT01>" not in shown


def test_a_tagged_person_without_a_slack_user_is_named_and_the_missing_setting_told() -> None:
    shown = json.dumps(case_message(a_case(tagged={})).blocks)
    assert "*Jonathan Lezama* (no Slack user set)" in shown


def test_typed_text_on_a_card_is_literal() -> None:
    card = case_message(a_case(notes={"caller_name": NASTY, "reason_of_call": NASTY}, owner_name="<!here>"))
    markup = [leaf for leaf in _texts(card.blocks) if leaf.get("type") == "mrkdwn"]
    assert not any("<!channel>" in leaf["text"] or "<!here>" in leaf["text"] for leaf in markup)
    assert sum(NASTY in leaf["text"] for leaf in _texts(card.blocks) if leaf.get("type") == "text") == 2


def test_a_handled_card_looks_handled() -> None:
    card = case_message(a_case(**STATES[3], closed_note="Spoke with the homeowner"))
    shown = json.dumps(card.blocks, ensure_ascii=False)
    assert "✅" in shown
    assert "Spoke with the homeowner" in shown
    assert "Panels dark" not in shown


@pytest.mark.parametrize("state", STATES, ids=lambda state: str(state.get("state")))
def test_the_salesforce_number_is_on_the_card_in_every_state(state: dict[str, Any]) -> None:
    assert "00123456" in json.dumps(case_message(a_case(**state, salesforce="00123456")).blocks)


def test_a_line_in_the_thread_names_who_acted_and_mentions_nobody() -> None:
    line = event_message(a_case(), an_event())
    assert line.text == "SOP-7K3M9QPD: priya.nair claimed the case."
    assert "<@" not in json.dumps(line.blocks)


def _buttons(blocks: tuple[dict[str, Any], ...]) -> list[str]:
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    return [element["text"]["text"] for row in rows for element in row if element["type"] == "button"]


def _texts(value: object) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        own = [value] if isinstance(value.get("text"), str) else []
        return own + [leaf for child in value.values() for leaf in _texts(child)]
    if isinstance(value, list | tuple):
        return [leaf for child in value for leaf in _texts(child)]
    return []


if __name__ == "__main__":
    for each in STATES:
        golden(each).write_text(golden_of(each), encoding="utf-8")
