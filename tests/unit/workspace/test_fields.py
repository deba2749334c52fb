"""What a page reports becomes the state that Slack sends."""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.workspace.fields import Lookup, action, faults, find, state_values

Json = dict[str, Any]
ONE = {"text": {"type": "plain_text", "text": "One"}, "value": "1"}
TWO = {"text": {"type": "plain_text", "text": "Two"}, "value": "2"}
LOOKUP = Lookup(offered={("b", "in"): {"9": {**ONE, "value": "9"}}}, file=lambda each: {"id": each})


def field(kind: str, **fields: Any) -> Json:
    return {"type": "input", "block_id": "b", "element": {"type": kind, "action_id": "in", **fields}}


def state(block: Json, *chosen: str) -> Json:
    values = state_values([block], {"b": {"in": list(chosen)}}, LOOKUP)
    held: Json = values["b"]["in"]
    return held


@pytest.mark.parametrize(
    ("block", "chosen", "expected"),
    [
        (field("plain_text_input"), ("hi",), {"value": "hi"}),
        (field("plain_text_input"), (), {"value": None}),
        (field("number_input"), ("3",), {"value": "3"}),
        (field("email_text_input"), ("a@b.c",), {"value": "a@b.c"}),
        (field("url_text_input"), (), {"value": None}),
        (field("static_select", options=[ONE, TWO]), ("2",), {"selected_option": TWO}),
        (field("static_select", options=[ONE, TWO]), (), {"selected_option": None}),
        (field("static_select", option_groups=[{"options": [ONE]}]), ("1",), {"selected_option": ONE}),
        (field("external_select"), ("9",), {"selected_option": {**ONE, "value": "9"}}),
        (field("external_select"), ("never offered",), {"selected_option": None}),
        (field("multi_static_select", options=[ONE, TWO]), ("1", "2"), {"selected_options": [ONE, TWO]}),
        (field("multi_external_select"), (), {"selected_options": []}),
        (field("radio_buttons", options=[ONE, TWO]), ("1",), {"selected_option": ONE}),
        (field("checkboxes", options=[ONE, TWO]), (), {"selected_options": []}),
        (field("users_select"), ("U1",), {"selected_user": "U1"}),
        (field("multi_users_select"), ("U1", "U2"), {"selected_users": ["U1", "U2"]}),
        (field("conversations_select"), (), {"selected_conversation": None}),
        (field("channels_select"), ("C1",), {"selected_channel": "C1"}),
        (field("datepicker"), ("2026-10-09",), {"selected_date": "2026-10-09"}),
        (field("timepicker"), ("16:30",), {"selected_time": "16:30"}),
        (field("file_input"), ("F1",), {"files": [{"id": "F1"}]}),
    ],
)
def test_a_field_is_sent_in_slacks_shape(block: Json, chosen: tuple[str, ...], expected: Json) -> None:
    assert state(block, *chosen) == {"type": block["element"]["type"], **expected}


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (field("plain_text_input", initial_value="x"), {"value": "x"}),
        (field("static_select", options=[ONE], initial_option=ONE), {"selected_option": ONE}),
        (field("checkboxes", options=[ONE, TWO], initial_options=[TWO]), {"selected_options": [TWO]}),
        (field("users_select", initial_user="U1"), {"selected_user": "U1"}),
        (field("multi_channels_select", initial_channels=["C1"]), {"selected_channels": ["C1"]}),
    ],
)
def test_a_field_that_the_page_did_not_report_has_its_initial_value(block: Json, expected: Json) -> None:
    values = state_values([block], {}, LOOKUP)
    assert values["b"]["in"] == {"type": block["element"]["type"], **expected}


def test_selects_outside_input_blocks_are_part_of_the_state_and_buttons_are_not() -> None:
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    day = {"type": "datepicker", "action_id": "day"}
    blocks = [{"type": "actions", "block_id": "b", "elements": [button, day]}]
    assert state_values(blocks, {}, LOOKUP) == {"b": {"day": {"type": "datepicker", "selected_date": None}}}


def test_a_button_is_sent_with_its_text_and_value() -> None:
    element = {"type": "button", "action_id": "go", "text": ONE["text"], "value": "v", "style": "danger", "confirm": {}}
    block = {"type": "actions", "block_id": "b", "elements": [element]}
    found = find([block], "b", "go")
    assert found is not None
    assert action(*found, chosen=[], lookup=LOOKUP, now=5) == {
        "type": "button",
        "action_id": "go",
        "block_id": "b",
        "text": ONE["text"],
        "value": "v",
        "style": "danger",
        "action_ts": "5.000000",
    }


def test_a_menu_choice_is_sent_with_its_option() -> None:
    element = {"type": "overflow", "action_id": "more", "options": [ONE, TWO]}
    block = {"type": "actions", "block_id": "b", "elements": [element]}
    assert action(block, element, chosen=["2"], lookup=LOOKUP, now=5)["selected_option"] == TWO


@pytest.mark.parametrize(
    ("block", "chosen", "fault"),
    [
        (field("plain_text_input"), (), "Please complete this required field."),
        (field("plain_text_input") | {"optional": True}, (), None),
        (field("plain_text_input", min_length=3), ("ab",), "Use at least 3 characters."),
        (field("plain_text_input", max_length=3), ("abcd",), "Use at most 3 characters; these are 4."),
        (field("number_input", is_decimal_allowed=False), ("1.5",), "Enter a whole number."),
        (field("number_input", is_decimal_allowed=True, min_value="2"), ("1.5",), "Enter a number of at least 2."),
        (field("number_input", is_decimal_allowed=True, max_value="2"), ("2.5",), "Enter a number of at most 2."),
        (field("email_text_input"), ("nobody",), "Enter a valid email address."),
        (field("url_text_input"), ("a.example",), "Enter a valid URL, with http:// or https://."),
        (field("multi_users_select", max_selected_items=1), ("U1", "U2"), "Choose at most 1."),
        (field("file_input", max_files=1), ("F1", "F2"), "Attach at most 1 files."),
        (field("users_select"), ("U1",), None),
        (field("static_select", options=[ONE]), ("1",), None),
    ],
)
def test_slacks_own_checks_come_before_the_app(block: Json, chosen: tuple[str, ...], fault: str | None) -> None:
    values = state_values([block], {"b": {"in": list(chosen)}}, LOOKUP)
    assert faults([block], values) == ({"b": fault} if fault else {})
