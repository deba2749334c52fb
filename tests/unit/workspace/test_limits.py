"""Slack's limits: for each, a value that is taken and one that is refused, with Slack's name for the refusal."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.workspace.errors import Refused
from infra.local.workspace.limits import check_blocks, check_message, check_update, check_view

Json = dict[str, Any]


def plain(length: int) -> Json:
    return {"type": "plain_text", "text": "x" * length}


def mrkdwn(length: int) -> Json:
    return {"type": "mrkdwn", "text": "x" * length}


def section(**fields: Any) -> Json:
    return {"type": "section", "text": mrkdwn(1), **fields}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def button(**fields: Any) -> Json:
    return {"type": "button", "action_id": "go", "text": plain(1), **fields}


def options(count: int, **fields: Any) -> list[Json]:
    return [{"text": plain(1), "value": str(index), **fields} for index in range(count)]


def select(count: int = 1, **fields: Any) -> Json:
    return {"type": "static_select", "action_id": "pick", "options": options(count), **fields}


def field(element: Json, **fields: Any) -> Json:
    return {"type": "input", "label": plain(1), "element": {"action_id": "in", **element}, **fields}


def typed(**fields: Any) -> Json:
    return field({"type": "plain_text_input", **fields})


def listed(kind: str, count: int) -> Json:
    return actions({"type": kind, "action_id": "pick", "options": options(count)})


def confirm(**fields: Any) -> Json:
    return actions(
        button(confirm={"title": plain(1), "text": plain(1), "confirm": plain(1), "deny": plain(1), **fields})
    )


def modal(*blocks: Json, **fields: Any) -> Json:
    return {"type": "modal", "title": plain(1), "submit": plain(1), "blocks": list(blocks), **fields}


BLOCKS = {
    "section text": (section(text=mrkdwn(3000)), section(text=mrkdwn(3001))),
    "section without text": (section(fields=[plain(1)]), {"type": "section"}),
    "section fields": (section(fields=[plain(1)] * 10), section(fields=[plain(1)] * 11)),
    "section field text": (section(fields=[plain(2000)]), section(fields=[plain(2001)])),
    "empty text": (section(text=plain(1)), section(text=plain(0))),
    "header": ({"type": "header", "text": plain(150)}, {"type": "header", "text": plain(151)}),
    "header is plain": ({"type": "header", "text": plain(1)}, {"type": "header", "text": mrkdwn(1)}),
    "actions": (
        actions(*(button(action_id=str(at)) for at in range(25))),
        actions(*(button(action_id=str(at)) for at in range(26))),
    ),
    "context": (
        {"type": "context", "elements": [plain(1)] * 10},
        {"type": "context", "elements": [plain(1)] * 11},
    ),
    "context_actions": (
        {"type": "context_actions", "elements": [{}] * 5},
        {"type": "context_actions", "elements": [{}] * 6},
    ),
    "button text": (actions(button(text=plain(75))), actions(button(text=plain(76)))),
    "button value": (actions(button(value="v" * 2000)), actions(button(value="v" * 2001))),
    "button label": (
        actions(button(accessibility_label="v" * 75)),
        actions(button(accessibility_label="v" * 76)),
    ),
    "button style": (actions(button(style="danger")), actions(button(style="green"))),
    "confirm title": (confirm(title=plain(100)), confirm(title=plain(101))),
    "confirm text": (confirm(text=plain(300)), confirm(text=plain(301))),
    "confirm button": (confirm(confirm=plain(30)), confirm(confirm=plain(31))),
    "confirm deny": (confirm(deny=plain(30)), confirm(deny=plain(31))),
    "options": (actions(select(100)), actions(select(101))),
    "no options": (actions(select(1)), actions(select(0))),
    "option text": (
        actions(select(options=options(1, text=plain(75)))),
        actions(select(options=options(1, text=plain(76)))),
    ),
    "option value": (
        actions(select(options=options(1, value="v" * 150))),
        actions(select(options=options(1, value="v" * 151))),
    ),
    "option description": (
        actions(select(options=options(1, description=plain(75)))),
        actions(select(options=options(1, description=plain(76)))),
    ),
    "group label": (
        actions({"type": "static_select", "option_groups": [{"label": plain(75), "options": options(1)}]}),
        actions({"type": "static_select", "option_groups": [{"label": plain(76), "options": options(1)}]}),
    ),
    "initial option": (
        actions(select(initial_option=options(1)[0])),
        actions(select(initial_option={"text": plain(1), "value": "other"})),
    ),
    "checkboxes": (listed("checkboxes", 10), listed("checkboxes", 11)),
    "radio buttons": (listed("radio_buttons", 10), listed("radio_buttons", 11)),
    "overflow": (listed("overflow", 5), listed("overflow", 6)),
    "action_id": (actions(button(action_id="a" * 255)), actions(button(action_id="a" * 256))),
    "block_id": (section(block_id="b" * 255), section(block_id="b" * 256)),
    "two action_ids": (
        actions(button(action_id="a"), button(action_id="b")),
        actions(button(action_id="a"), button(action_id="a")),
    ),
    "markdown": ({"type": "markdown", "text": "x" * 12_000}, {"type": "markdown", "text": "x" * 12_001}),
    "table rows": (
        {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]] * 100},
        {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]] * 101},
    ),
    "table columns": (
        {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * 20]},
        {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * 21]},
    ),
    "known block": ({"type": "divider"}, {"type": "banner"}),
    "known element": (actions(button()), actions({"type": "slider"})),
    "no typing in actions": (actions(select()), actions({"type": "plain_text_input"})),
}
FIELDS = {
    "label": (typed(), typed() | {"label": plain(2001)}),
    "hint": (typed() | {"hint": plain(2000)}, typed() | {"hint": plain(2001)}),
    "placeholder": (typed(placeholder=plain(150)), typed(placeholder=plain(151))),
    "max_length": (typed(max_length=3000), typed(max_length=3001)),
    "min_length": (typed(min_length=3, max_length=3), typed(min_length=4, max_length=3)),
    "initial value": (typed(initial_value="x" * 3000), typed(initial_value="x" * 3001)),
    "files": (field({"type": "file_input", "max_files": 10}), field({"type": "file_input", "max_files": 11})),
    "date": (
        field({"type": "datepicker", "initial_date": "2026-10-09"}),
        field({"type": "datepicker", "initial_date": "09.10.2026"}),
    ),
    "time": (
        field({"type": "timepicker", "initial_time": "23:59"}),
        field({"type": "timepicker", "initial_time": "24:00"}),
    ),
    "number": (field({"type": "number_input", "is_decimal_allowed": True}), field({"type": "number_input"})),
    "most selected": (
        field({"type": "multi_users_select", "max_selected_items": 1}),
        field({"type": "multi_users_select", "max_selected_items": 0}),
    ),
    "no button as field": (typed(), field(button())),
    "no markdown in a modal": (section(), {"type": "markdown", "text": "x"}),
}
VIEWS = {
    "title": (modal(section(), title=plain(24)), modal(section(), title=plain(25))),
    "missing title": (modal(section()), modal(section(), title=None)),
    "submit": (modal(section(), submit=plain(24)), modal(section(), submit=plain(25))),
    "submit with inputs": (modal(typed()), modal(typed(), submit=None)),
    "close": (modal(section(), close=plain(24)), modal(section(), close=plain(25))),
    "private_metadata": (modal(private_metadata="m" * 3000), modal(private_metadata="m" * 3001)),
    "callback_id": (modal(callback_id="m" * 255), modal(callback_id="m" * 256)),
    "external_id": (modal(external_id="m" * 255), modal(external_id="m" * 256)),
    "blocks": (modal(*[{"type": "divider"}] * 100), modal(*[{"type": "divider"}] * 101)),
    "block ids": (
        modal(section(block_id="a"), section(block_id="b")),
        modal(section(block_id="a"), section(block_id="a")),
    ),
    "one focus": (
        modal(typed(focus_on_load=True), typed()),
        modal(typed(focus_on_load=True), typed(focus_on_load=True)),
    ),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_a_message_keeps_the_limit_of(name: str) -> None:
    taken, refused = BLOCKS[name]
    check_blocks([taken], surface="message")
    with pytest.raises(Refused) as caught:
        check_blocks([refused], surface="message")
    assert caught.value.error == "invalid_blocks"
    assert all("[json-pointer:/blocks" in message for message in caught.value.messages)


@pytest.mark.parametrize("name", FIELDS)
def test_a_modal_keeps_the_limit_of_its_field(name: str) -> None:
    taken, refused = FIELDS[name]
    check_view(modal(taken))
    with pytest.raises(Refused) as caught:
        check_view(modal(refused))
    assert caught.value.error == "invalid_arguments"


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_keeps_the_limit_of(name: str) -> None:
    taken, refused = VIEWS[name]
    check_view(taken)
    with pytest.raises(Refused) as caught:
        check_view(refused)
    assert caught.value.error == "invalid_arguments"
    assert caught.value.messages


def test_a_message_holds_fifty_blocks() -> None:
    check_blocks([{"type": "divider"}] * 50, surface="message")
    with pytest.raises(Refused, match="invalid_blocks"):
        check_blocks([{"type": "divider"}] * 51, surface="message")


def test_the_blocks_of_a_message_hold_13200_characters_together() -> None:
    full = [section(text=plain(3000)) for _ in range(4)]
    check_blocks([*full, section(text=plain(1200))], surface="message")
    with pytest.raises(Refused, match="msg_blocks_too_long"):
        check_blocks([*full, section(text=plain(1201))], surface="message")


def test_a_view_weighs_at_most_250_kilobytes() -> None:
    heavy = [section(text=plain(3000)) for _ in range(100)]
    check_view(modal(*heavy[:80]))
    with pytest.raises(Refused, match="view_too_large"):
        check_view(modal(*heavy))


def test_an_update_takes_4000_characters_of_text() -> None:
    check_update(text="x" * 4000, blocks=None)
    with pytest.raises(Refused, match="msg_too_long"):
        check_update(text="x" * 4001, blocks=None)


def test_a_message_says_something() -> None:
    with pytest.raises(Refused, match="no_text"):
        check_message(text="", blocks=[])


def test_every_fault_of_a_message_is_named_with_its_place() -> None:
    with pytest.raises(Refused) as caught:
        check_blocks([section(text=plain(3001)), actions(button(text=plain(76)))], surface="message")
    assert caught.value.answer() == {
        "ok": False,
        "error": "invalid_blocks",
        "response_metadata": {
            "messages": [
                "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
                "[ERROR] must be less than 76 characters [json-pointer:/blocks/1/elements/0/text/text]",
            ]
        },
    }


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["type", "text", "elements", "element", "label", "fields", "accessory", "options", "rows", "value", "confirm"]
    ), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
KINDS = st.sampled_from(["section", "actions", "input", "context", "table", "rich_text", "image", "markdown", "header"])


@settings(max_examples=150)
@given(kind=KINDS, fields=st.dictionaries(st.sampled_from(
    ["text", "elements", "element", "label", "fields", "accessory", "rows", "alt_text", "block_id", "hint"]
), JUNK, max_size=5))  # fmt: skip
def test_blocks_of_any_shape_are_taken_or_refused_but_never_break_the_check(kind: str, fields: Json) -> None:
    with suppress(Refused):
        check_blocks([{"type": kind, **fields}], surface="message")
