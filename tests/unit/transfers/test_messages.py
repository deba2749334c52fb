from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from sop_core.transfers.problems import KINDS
from sop_core.transfers.records import ActiveSheet, ColumnChange, Counts, Difference, Job, Sheet
from sop_slack import columns, forgetting, sheet_history
from sop_slack import transfers as told

if TYPE_CHECKING:
    from sop_core.transfers.records import SheetState
    from sop_slack.blocks import Message

TYPED = "<!channel> & @here <@U1> \U0001f600 \u202eabc"
SHEET = Sheet(
    id="s1",
    state="ready",
    version=1,
    uploaded_by="U0ADMIN01",
    uploaded_at="2026-11-20T15:00:00Z",
    file_name=TYPED,
    file_sha256="0",
    counts=Counts(rows=2410, projects=2400, merged=3, rejected=7, warned=191),
    problems=dict.fromkeys(KINDS, 3),
    difference=Difference(
        against="s0", against_version=4, new=26, changed=40, removed=600, unchanged=1700, fields={"phone": 9}
    ),
)
ACTIVE = ActiveSheet(
    sheet="s0",
    version=4,
    activated_at="2026-11-19T15:00:00Z",
    activated_by="U0LEAD001",
    uploaded_at="2026-11-19T14:00:00Z",
    uploaded_by="U0LEAD001",
    file_name=TYPED,
    file_sha256="1",
    counts=Counts(projects=2340),
    snapshot=None,
)
MESSAGES = {
    "queued": told.queued(),
    "progress": told.progress("Loading the projects", 1200, 2400),
    "preview": told.preview(SHEET, ACTIVE),
    "first preview": told.preview(msgspec.structs.replace(SHEET, difference=Difference(new=2400)), None),
    "repeated": told.preview(SHEET, ACTIVE, repeated=True),
    "already active": told.already_active(SHEET),
    "activated": told.activated(SHEET, ACTIVE),
    "discarded": told.discarded(SHEET),
    "someone else": told.someone_else(SHEET, ACTIVE),
    "not ready": told.not_ready(SHEET),
    "refused": told.refused("The workbook has no tab All Projects.", ACTIVE, found=[TYPED] * 200),
    "unmapped": told.refused("The tab has no column Project ID.", ACTIVE, name=TYPED, found=[TYPED] * 200, choose="i1"),
    "failed": told.failed(None),
    "status": sheet_history.status(ACTIVE, age_days=1, stale=True),
    "no status": sheet_history.status(None),
    "history of one": sheet_history.history([SHEET]),
    "history": sheet_history.history([msgspec.structs.replace(SHEET, state="superseded")] * 40),
    "no history": sheet_history.history([]),
}


def elements(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, (list, tuple)):
        return [found for part in value for found in elements(part)]
    if isinstance(value, dict):
        return [value, *(found for part in value.values() for found in elements(part))]
    return []


@pytest.mark.parametrize("name", MESSAGES)
def test_every_message_keeps_slacks_limits(name: str) -> None:
    message = MESSAGES[name]

    assert len(message.blocks) <= 50
    assert len(message.text) <= 4000
    assert len(json.dumps(message.blocks)) < 13_200
    assert message.text.endswith(".")


@pytest.mark.parametrize("name", MESSAGES)
def test_what_a_person_typed_is_literal_and_pings_nobody(name: str) -> None:
    message = MESSAGES[name]

    assert TYPED not in message.text
    markup = [part["text"] for part in elements(message.blocks) if part.get("type") == "mrkdwn"]
    assert [text for text in markup if TYPED in text or "<!channel>" in text] == []


def texts(message: Message) -> str:
    return json.dumps(message.blocks, ensure_ascii=False)


def test_what_was_activated_is_told_as_of_its_time() -> None:
    told_then = MESSAGES["activated"]
    assert told_then.text == "The transfer sheet was activated, with 2,340 projects."
    assert "What they see now: `/transfers status`" in texts(told_then)
    assert " now see " not in texts(told_then), "another sheet may be activated after it"


def test_how_far_a_customer_is_forgotten_is_counted_in_days() -> None:
    assert "30 of 1,095 days" in texts(forgetting.progress("Looking through the runs", 30, 1095, "days"))


def test_a_large_loss_is_warned_about() -> None:
    assert "600 of the active sheet's 2,340 projects (25%) would disappear" in texts(MESSAGES["preview"])
    assert "would disappear" not in texts(MESSAGES["first preview"])
    assert "would disappear" in texts(told.preview(SHEET, ACTIVE, loss_percent=25)), "25.6 are more than 25"
    assert "would disappear" not in texts(told.preview(SHEET, ACTIVE, loss_percent=26))


def test_a_column_that_was_probably_taken_wrongly_is_warned_about() -> None:
    assert "is another one" not in texts(MESSAGES["preview"])
    names = Difference(changed=1400, unchanged=600, fields={"homeowner": 1300, "status": 1400})
    said = texts(told.preview(msgspec.structs.replace(SHEET, difference=names), ACTIVE))
    assert "Homeowner is another one for 1,300 of 2,000 projects" in said
    assert said.count("is another one") == 1, "a status changes all the time"


def test_the_summary_says_what_was_not_taken_and_what_is_worth_a_look() -> None:
    problems = {"excluded_job": 4, "hidden_row": 12, "not_findable": 1}
    shown = told.preview(msgspec.structs.replace(SHEET, problems=problems), ACTIVE).blocks
    lists = [
        [part["elements"][0]["text"] for part in block["elements"][0]["elements"]]
        for block in shown
        if block["type"] == "rich_text" and block["elements"][0]["type"] == "rich_text_list"
    ]
    assert lists == [
        ["Shield or Harness job: 4", "Neither name, address nor project id: 1"],
        ["Row is hidden, taken all the same: 12"],
    ]


@pytest.mark.parametrize(("limit", "is_asked"), [(20, True), (26, False)])
def test_a_large_loss_is_asked_about_once_more(*, limit: int, is_asked: bool) -> None:
    [activate] = [
        part
        for part in elements(list(told.preview(SHEET, ACTIVE, loss_percent=limit).blocks))
        if part.get("action_id") == told.ACTIVATE
    ]
    assert ("confirm" in activate) == is_asked
    assert activate["style"] == ("danger" if is_asked else "primary")


def test_a_kept_version_is_named_by_the_offices_time() -> None:
    kept = msgspec.structs.replace(SHEET, state="superseded", uploaded_at="2026-11-20T15:00:00Z")
    view = sheet_history.rollback_modal([kept], ACTIVE, zone="America/New_York")
    assert [part["text"]["text"] for part in elements(view) if str(part.get("value")) == kept.id] == [
        "Uploaded 2026-11-20 10:00 EST"
    ]


@pytest.mark.parametrize(("state", "choices"), [("ready", ["Activate", "Discard"]), ("superseded", ["Activate"])])
def test_a_version_that_is_kept_for_rollback_offers_no_discard(state: SheetState, choices: list[str]) -> None:
    shown = elements(list(told.preview(msgspec.structs.replace(SHEET, state=state), ACTIVE, repeated=True).blocks))
    buttons = [each["text"]["text"] for each in shown if each.get("action_id") in (told.ACTIVATE, told.DISCARD)]
    assert buttons == choices


def test_the_choice_after_a_lost_race_carries_what_was_seen() -> None:
    buttons = [part for part in elements(MESSAGES["someone else"].blocks) if part.get("type") == "button"]

    assert [(button["action_id"], told.read_button(button["value"])) for button in buttons] == [
        (told.ACTIVATE, ("s1", 4)),
        (told.DISCARD, ("s1", 4)),
    ]
    assert told.read_button(told.button_value("s1")) == ("s1", None)


@pytest.mark.parametrize(("done", "total", "filled"), [(0, 10, 0), (5, 10, 10), (10, 10, 20), (11, 10, 20), (1, 0, 0)])
def test_the_bar_is_always_as_long(done: int, total: int, filled: int) -> None:
    assert told.bar(done, total) == "█" * filled + "░" * (20 - filled)


def test_the_upload_takes_one_workbook() -> None:
    view = told.upload_modal()

    assert view["blocks"][0]["element"]["max_files"] == 1
    values = {told.FILE_BLOCK: {told.FILE_ACTION: {"files": [{"id": "F1"}]}}}
    assert told.uploaded_file(values) == "F1"
    assert told.uploaded_file({}) is None


def test_modals_keep_slacks_limits_whatever_the_workbook_says() -> None:
    record = Job(
        id="i1", user="U1", created_at="2026-11-20T15:00:00Z", missing=("project_id",), headers=("x" * 400,) * 100
    )
    kept = [msgspec.structs.replace(SHEET, id=f"s{n}", state="superseded") for n in range(30)]
    missing, rollback = (
        columns.missing_modal(record),
        sheet_history.rollback_modal(kept, ACTIVE, zone="America/New_York"),
    )

    assert rollback is not None
    assert sheet_history.rollback_modal([], ACTIVE, zone="America/New_York") is None
    for part in elements((missing, rollback)):
        assert len(part.get("options", ())) <= (10 if part.get("type") == "radio_buttons" else 100)
        if "value" in part and "text" in part:
            assert (len(part["text"]["text"]) <= 75, len(part["value"]) <= 150) == (True, True)


@pytest.mark.parametrize("text", ["Short", "x" * 400, "\U0001f600" * 100])
def test_the_columns_keep_slacks_limits_whatever_the_workbook_says(text: str) -> None:
    named = {field: f"{text} {field}" for field in columns.FIELDS}
    headers = tuple(f"{at} {text}" for at in range(300))
    change = ColumnChange(version=1, before={}, after=named, actor="U1", at="2026-11-20T15:00:00Z")
    view = columns.columns_modal(
        msgspec.structs.replace(SHEET, columns=named, named=named, headers=headers), named, [change] * 20
    )

    assert view is not None
    assert len(json.dumps(view, ensure_ascii=False).encode()) < 250_000
    assert len(view["blocks"]) <= 100
    for part in elements(view):
        assert len(part.get("options", ())) <= 100
        if "value" in part and "text" in part:
            assert (len(part["text"]["text"]) <= 75, len(part["value"]) <= 150) == (True, True)
    # What stands for a field now is always there to see.
    assert all("initial_option" in part for part in elements(view) if part.get("type") == "static_select")


def test_columns_are_chosen_once_each() -> None:
    record = Job(
        id="i1", user="U1", created_at="2026-11-20T15:00:00Z", missing=("project_id", "address"), headers=("A", "B")
    )

    def state(**chosen: str) -> dict[str, Any]:
        return {
            f"column:{field}": {columns.COLUMN_ACTION: {"selected_option": {"value": at}}}
            for field, at in chosen.items()
        }

    assert columns.chosen_columns(record, state(project_id="0", address="1"))[0] == {"project_id": "A", "address": "B"}
    assert set(columns.chosen_columns(record, state(project_id="0", address="0"))[1]) == {"column:address"}
    assert set(columns.chosen_columns(record, state(project_id="9"))[1]) == {"column:project_id", "column:address"}
