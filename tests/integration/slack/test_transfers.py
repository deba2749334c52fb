"""An admin's commands: the upload becomes an import record and a wake-up; one of two admins activates."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from sop_core.transfers.records import Job, Sheet
from sop_slack import columns, sheet_history
from sop_slack import transfers as told
from tests.builders.people import ADMIN, AGENT
from tests.integration.slack.test_audit import trail
from tests.standin.person import signed

if TYPE_CHECKING:
    from sop_slack.blocks import Message
    from tests.integration.slack.conftest import Desk
    from tests.standin.person import Person

FILE = {"files": [{"id": "F0SHEET001", "name": "Infinity Transfers v1.xlsx"}]}


def a_ready_sheet(desk: Desk, sheet_id: str) -> Sheet:
    sheet = Sheet(
        id=sheet_id,
        state="ready",
        version=1,
        uploaded_by=ADMIN,
        uploaded_at="2026-11-20T09:00:00Z",
        file_name="Infinity Transfers v1.xlsx",
        file_sha256=sheet_id,
    )
    return desk.transfers.sheets.create(sheet)


def a_message(message: Message) -> dict[str, Any]:
    return {"channel": "D1", "ts": "1800000001.000100", "blocks": list(message.blocks)}


def posted(desk: Desk, message: Message) -> dict[str, Any]:
    shown = a_message(message)
    desk.slack.messages.append({**shown, "text": message.text})
    return shown


def answer(desk: Desk, text: str) -> str:
    """Return all that an admin is shown privately, blocks included, as JSON."""
    admin = desk.person(ADMIN)
    admin.command("/transfers", text)
    return json.dumps(admin.told, ensure_ascii=False)


def audited(desk: Desk, kind: str) -> list[tuple[str, str, str]]:
    return [(entry.actor, entry.action, entry.subject) for entry in trail(desk) if entry.kind == kind]


def test_upload_opens_a_modal_that_takes_a_file(desk: Desk) -> None:
    admin = desk.person(ADMIN, "dana.whitfield")
    admin.command("/transfers", "upload")
    assert [block["element"]["type"] for block in admin.view["blocks"] if block["type"] == "input"] == ["file_input"]


def test_an_uploaded_file_is_recorded_and_the_import_woken_once_however_often_it_is_sent(desk: Desk) -> None:
    admin = desk.person(ADMIN, "dana.whitfield")
    admin.command("/transfers", "upload")
    result = admin.submit(file={"files": FILE["files"]})
    assert "on its way" in json.dumps(result)
    admin.repeat()
    woken = [message["Body"]["import"] for message in desk.aws.received("IMPORT_QUEUE_URL")]
    [import_id] = set(woken)
    record = desk.transfers.jobs.get(import_id)
    assert record is not None
    assert (record.file_id, record.user, record.state) == ("F0SHEET001", ADMIN, "queued")


def test_the_import_goes_by_the_share_of_lost_projects_that_is_set(desk: Desk) -> None:
    desk.settings(sheet_loss_percent=5)
    admin = desk.person(ADMIN, "dana.whitfield")
    admin.command("/transfers", "upload")
    admin.submit(file={"files": FILE["files"]})
    [import_id] = set(woken(desk))
    record = desk.transfers.jobs.get(import_id)
    assert record is not None
    assert record.loss_percent == 5


def test_without_a_file_the_modal_says_so_beside_the_field(desk: Desk) -> None:
    admin = desk.person(ADMIN, "dana.whitfield")
    admin.command("/transfers", "upload")
    assert admin.submit(file={"files": []})["errors"] == {told.FILE_BLOCK: "Choose a workbook first."}


def test_status_says_that_there_is_no_sheet_and_what_to_do(desk: Desk) -> None:
    assert "/transfers upload" in desk.person(ADMIN).command("/transfers", "status")


def test_status_names_the_active_sheet(desk: Desk) -> None:
    desk.sheet()
    assert "5 projects" in desk.person(ADMIN).command("/transfers")


def test_status_says_how_old_the_sheet_is_what_it_holds_and_who_brought_it(desk: Desk) -> None:
    desk.sheet()
    desk.transfers.sheets.activate(a_ready_sheet(desk, "s2").id, 1, actor=AGENT, at="2026-11-20T10:00:00Z")
    said = answer(desk, "status")
    assert re.search(r"uploaded (today|\d+ days? ago)", said)
    for shown in (f"<@{ADMIN}>", f"<@{AGENT}>", "Infinity Transfers v1.xlsx", "0 rows: 0 projects", columns.SHOW):
        assert shown in said


def test_the_history_lists_every_sheet_with_what_can_be_done_with_it(desk: Desk) -> None:
    assert "No transfer sheet" in desk.person(ADMIN).command("/transfers", "history")
    desk.sheet("s1")
    desk.sheet("s2")
    said = answer(desk, "history")
    assert (said.count("kept for rollback"), said.count("active ·"), said.count(sheet_history.ROLL_BACK)) == (1, 1, 1)


def test_an_unknown_word_gets_the_list_of_those_that_work(desk: Desk) -> None:
    assert "/transfers upload" in desk.person(ADMIN).command("/transfers", "frobnicate")


def test_activate_switches_the_sheet_and_the_message_shows_it(desk: Desk) -> None:
    desk.sheet()
    sheet = a_ready_sheet(desk, "s2")
    message = posted(desk, told.preview(sheet, desk.transfers.sheets.active()))
    button = told.button_value("s2", 1)
    _set_buttons(message, button)
    desk.person(ADMIN).press(message, told.ACTIVATE)
    active = desk.transfers.sheets.active()
    assert active is not None
    assert active.sheet == "s2"
    assert "was activated" in desk.slack.messages[-1]["text"]


def test_what_was_done_to_a_sheet_is_audited_once_and_by_whom_however_often_it_is_sent(desk: Desk) -> None:
    desk.sheet()
    other = "U0ADMIN02"
    desk.settings(roles={"admin": [ADMIN, other]})
    a_ready_sheet(desk, "s2")
    desk.transfers.sheets.activate("s2", 1, actor=other, at="2026-11-20T10:00:00Z")
    sheet = a_ready_sheet(desk, "s3")
    message = posted(desk, told.preview(sheet, desk.transfers.sheets.active()))
    _set_buttons(message, told.button_value("s3", 2))
    for person in (ADMIN, other, ADMIN):
        desk.person(person).press(message, told.ACTIVATE)
    assert audited(desk, "sheet") == [(ADMIN, "activated a sheet", "s3")]


def test_of_two_admins_the_slower_is_shown_the_new_state(desk: Desk) -> None:
    desk.sheet()
    first, second = a_ready_sheet(desk, "s2"), a_ready_sheet(desk, "s3")
    messages = [posted(desk, told.preview(sheet, desk.transfers.sheets.active())) for sheet in (first, second)]
    for message, sheet in zip(messages, (first, second), strict=True):
        _set_buttons(message, told.button_value(sheet.id, 1))
    messages[1]["ts"] = desk.slack.messages[1]["ts"] = "1800000002.000100"
    for message in messages:
        desk.person(ADMIN).press(message, told.ACTIVATE)
    active = desk.transfers.sheets.active()
    assert active is not None
    assert active.sheet == "s2"
    assert "Another transfer sheet was activated" in desk.slack.messages[1]["text"]


def test_discard_leaves_the_active_sheet_alone(desk: Desk) -> None:
    desk.sheet()
    message = posted(desk, told.preview(a_ready_sheet(desk, "s2"), desk.transfers.sheets.active()))
    desk.person(ADMIN).press(message, told.DISCARD)
    active = desk.transfers.sheets.active()
    assert active is not None
    assert active.sheet == "s1"
    assert "discarded" in desk.slack.messages[-1]["text"]


def woken(desk: Desk) -> list[str]:
    return [message["Body"]["import"] for message in desk.aws.received("IMPORT_QUEUE_URL")]


@pytest.mark.parametrize(("job", "said"), [("template", "An empty transfer sheet"), ("export", "that agents see")])
def test_a_workbook_is_asked_for_once_however_often_the_command_is_sent(desk: Desk, job: str, said: str) -> None:
    desk.sheet()
    admin = desk.person(ADMIN)
    assert said in admin.command("/transfers", job)
    admin.repeat()
    [job_id] = set(woken(desk))
    record = desk.transfers.jobs.get(job_id)
    assert record is not None
    assert (record.kind, record.user, record.state) == (job, ADMIN, "queued")


def test_without_an_active_sheet_there_is_nothing_to_export(desk: Desk) -> None:
    assert "no active transfer sheet" in desk.person(ADMIN).command("/transfers", "export")
    assert woken(desk) == []


def test_rollback_offers_the_kept_versions_and_switches_to_one(desk: Desk) -> None:
    desk.sheet("s1")
    desk.sheet("s2")
    admin = desk.person(ADMIN)
    admin.command("/transfers", "rollback")
    result = admin.submit(version="s1")
    assert "Agents now see this version" in json.dumps(result)
    active = desk.transfers.sheets.active()
    assert active is not None
    assert (active.sheet, active.version, active.activated_by) == ("s1", 3, ADMIN)


def test_of_two_who_roll_back_at_once_the_slower_is_told(desk: Desk) -> None:
    for sheet in ("s1", "s2", "s3"):
        desk.sheet(sheet)
    first, second = desk.person(ADMIN), desk.person(ADMIN)
    for admin in (first, second):
        admin.command("/transfers", "rollback")
    first.submit(version="s1")
    assert "nothing was changed" in json.dumps(second.submit(version="s2"))
    active = desk.transfers.sheets.active()
    assert active is not None
    assert active.sheet == "s1"


def test_without_an_earlier_sheet_rollback_says_so(desk: Desk) -> None:
    desk.sheet()
    assert "nothing to go back to" in desk.person(ADMIN).command("/transfers", "rollback")


def test_the_history_offers_a_rollback_to_each_kept_sheet(desk: Desk) -> None:
    desk.sheet("s1")
    desk.sheet("s2")
    admin = desk.person(ADMIN)
    message = posted(desk, sheet_history.history(desk.transfers.sheets.history()))
    seen = set(desk.slack.views)
    admin.press(message, sheet_history.ROLL_BACK)
    [opened] = set(desk.slack.views) - seen
    choice = desk.slack.views[opened]["blocks"][1]["element"]
    assert choice["initial_option"]["value"] == "s1"


def refused_for_columns(desk: Desk) -> Job:
    record = Job(
        id="i1",
        user=ADMIN,
        created_at="2026-11-20T09:00:00Z",
        file_id="F1",
        state="refused",
        missing=("project_id", "homeowner"),
        headers=("Nummer", "Kunde", "Ort"),
    )
    return desk.transfers.jobs.create(record)


def test_a_column_that_was_not_found_is_chosen_remembered_and_the_import_goes_on(desk: Desk) -> None:
    record = refused_for_columns(desk)
    admin = desk.person(ADMIN)
    message = posted(desk, told.refused("No such column.", None, found=record.headers, choose=record.id))
    seen = set(desk.slack.views)
    admin.press(message, columns.CHOOSE)
    [opened] = set(desk.slack.views) - seen
    admin.view = desk.slack.views[opened]
    assert [block["label"]["text"] for block in admin.view["blocks"][:2]] == ["Project ID", "Homeowner"]
    twice = admin.submit(header="1")
    assert twice["errors"] == {"column:homeowner": "This column is chosen above already."}
    result = submit_columns(admin, {"column:project_id": "0", "column:homeowner": "1"})
    assert "on its way" in json.dumps(result)
    assert desk.transfers.columns.named() == {"project_id": "Nummer", "homeowner": "Kunde"}
    assert audited(desk, "sheet") == [(ADMIN, "changed which column is which", "i1")]
    again = desk.transfers.jobs.get("i1")
    assert again is not None
    assert (again.state, again.missing, set(woken(desk))) == ("queued", (), {"i1"})
    assert "gone on already" in json.dumps(submit_columns(admin, {"column:project_id": "2", "column:homeowner": "1"}))


def submit_columns(admin: Person, chosen: dict[str, str]) -> dict[str, Any]:
    values = {
        block: {columns.COLUMN_ACTION: {"type": "static_select", "selected_option": {"value": value}}}
        for block, value in chosen.items()
    }
    view = {**admin.view, "type": "modal", "team_id": "T0SOLAR01", "state": {"values": values}}
    answer = admin.interact({"type": "view_submission", "view": view})
    result: dict[str, Any] = json.loads(answer)
    return result


def a_read_sheet(desk: Desk, sheet_id: str, **changed: Any) -> Sheet:
    """A sheet whose homeowner column was named wrongly by an admin, with the import that made it."""
    desk.transfers.columns.change({"homeowner": "Ort"}, actor=ADMIN, at="2026-11-20T09:00:00Z")
    sheet = msgspec.structs.replace(
        a_ready_sheet(desk, f"{sheet_id}-plain"),
        id=sheet_id,
        columns={"project_id": "Project ID", "homeowner": "Ort", "address": "Address", "transferred_to": "New IP"},
        named={"homeowner": "Ort"},
        headers=("Project ID", "Ort", "Kunde", "Address", "New IP"),
        **changed,
    )
    record = Job(
        id=sheet_id, user=ADMIN, created_at="2026-11-20T09:00:00Z", file_id="F1", state="ready", channel="D1", ts="1.0"
    )
    desk.transfers.jobs.create(record)
    return desk.transfers.sheets.create(sheet)


def show_columns(desk: Desk, admin: Person, sheet: Sheet) -> None:
    message = posted(desk, told.preview(sheet, desk.transfers.sheets.active()))
    seen = set(desk.slack.views)
    admin.press(message, columns.SHOW)
    [opened] = set(desk.slack.views) - seen
    admin.view = desk.slack.views[opened]


def initial(view: dict[str, Any]) -> dict[str, str]:
    return {
        block["label"]["text"]: block["element"]["initial_option"]["text"]["text"]
        for block in view["blocks"]
        if block["type"] == "input" and "initial_option" in block["element"]
    }


def test_a_column_named_wrongly_is_seen_in_the_preview_changed_and_the_workbook_read_again(desk: Desk) -> None:
    sheet = a_read_sheet(desk, "s2")
    admin = desk.person(ADMIN)
    assert "Homeowner = Ort" in json.dumps(told.preview(sheet, None).blocks)
    show_columns(desk, admin, sheet)
    assert initial(admin.view) == {
        "Project ID": "Project ID",
        "Homeowner": "Ort",
        "Property Address": "Address",
        "Transferred To": "New IP",
    }
    at = {option["text"]["text"]: option["value"] for option in admin.view["blocks"][2]["element"]["options"]}
    result = submit_columns(admin, {"column:homeowner": at["Kunde"]})

    assert "read again" in json.dumps(result)
    assert desk.transfers.columns.named() == {"homeowner": "Kunde"}
    [change, _] = desk.transfers.columns.changes(5)
    assert (change.actor, change.before, change.after) == (ADMIN, {"homeowner": "Ort"}, {"homeowner": "Kunde"})
    [import_id] = set(woken(desk))
    record = desk.transfers.jobs.get(import_id)
    assert record is not None
    assert (record.source_key, record.file_name) == ("workbooks/s2.xlsx", "Infinity Transfers v1.xlsx")
    assert (record.channel, record.ts) == ("D1", "1.0"), "the same message goes on"
    gone = desk.transfers.sheets.get("s2")
    assert gone is not None
    assert gone.state == "discarded", "nobody activates what was read wrongly"


def test_a_needed_column_is_not_left_without_one_and_no_column_stands_twice(desk: Desk) -> None:
    admin = desk.person(ADMIN)
    show_columns(desk, admin, a_read_sheet(desk, "s2"))
    at = {option["text"]["text"]: option["value"] for option in admin.view["blocks"][2]["element"]["options"]}
    taken = submit_columns(admin, {"column:homeowner": at["Address"]})
    assert list(taken["errors"]) == ["column:address"]
    twice = submit_columns(admin, {"column:city": at["Kunde"], "column:homeowner": at["Kunde"]})
    assert "chosen above already" in json.dumps(twice["errors"])
    swapped = submit_columns(admin, {"column:homeowner": at["Address"], "column:address": at["Ort"]})
    assert "read again" in json.dumps(swapped)
    assert desk.transfers.columns.named() == {"homeowner": "Address", "address": "Ort"}


def test_what_was_named_is_forgotten_with_the_command_and_who_did_it_is_shown(desk: Desk) -> None:
    desk.sheet()
    desk.transfers.columns.change({"homeowner": "Kunde"}, actor=ADMIN, at="2026-11-20T09:00:00Z")
    admin = desk.person(ADMIN)
    admin.command("/transfers", "columns")
    values = {columns.FORGET_BLOCK: {columns.FORGET_ACTION: {"selected_options": [{"value": "homeowner"}]}}}
    view = {**admin.view, "type": "modal", "team_id": "T0SOLAR01", "state": {"values": values}}
    result = admin.interact({"type": "view_submission", "view": view})
    assert "read as before" in result, "the active workbook has no such header"
    assert desk.transfers.columns.named() == {}
    assert woken(desk) == []

    admin.command("/transfers", "columns")
    shown = json.dumps(admin.view["blocks"])
    assert f"<@{ADMIN}>" in shown
    assert "forgot Homeowner = Kunde" in shown
    assert "named Homeowner = Kunde" in shown
    assert "Nothing was changed" in json.dumps(submit_columns(admin, {}))


def test_the_active_workbook_is_read_again_in_a_message_of_its_own(desk: Desk) -> None:
    sheet = a_read_sheet(desk, "s2")
    desk.transfers.sheets.activate("s2", actor=ADMIN, at="2026-11-20T10:00:00Z")
    admin = desk.person(ADMIN)
    admin.command("/transfers", "columns")
    at = {option["text"]["text"]: option["value"] for option in admin.view["blocks"][2]["element"]["options"]}
    submit_columns(admin, {"column:homeowner": at["Kunde"]})
    [import_id] = set(woken(desk))
    record, active = desk.transfers.jobs.get(import_id), desk.transfers.sheets.active()
    assert record is not None
    assert active is not None
    assert (record.ts, active.sheet) == (None, sheet.id)


def test_without_a_sheet_or_a_named_column_there_are_no_columns_to_show(desk: Desk) -> None:
    assert "no column was named" in desk.person(ADMIN).command("/transfers", "columns")


def tell(person: Person, **event: Any) -> None:
    """Send a message event as Slack does."""
    inner = {"type": "message", "channel": "D1", "channel_type": "im", "user": person.user, "ts": "1.0", **event}
    body = json.dumps({"type": "event_callback", "team_id": "T0SOLAR01", "api_app_id": "A0SOPDESK", "event": inner})
    headers = signed(body, person.secret) | {"content-type": "application/json"}
    assert person.send(body, headers)[0] == 200


def test_a_workbook_sent_to_the_app_is_imported_once_however_often_slack_tells_of_it(desk: Desk) -> None:
    admin = desk.person(ADMIN)
    for _ in range(2):
        tell(admin, subtype="file_share", files=[{"id": "F7"}, {"id": "F8"}])
    records = [desk.transfers.jobs.get(import_id) for import_id in sorted(set(woken(desk)))]
    assert sorted(record.file_id for record in records if record) == ["F7", "F8"]
    assert {record.user for record in records if record} == {ADMIN}
    assert [entry[:2] for entry in audited(desk, "sheet")] == [(ADMIN, "uploaded a workbook")] * 2


def test_a_file_of_someone_who_is_no_admin_is_refused_privately_and_imports_nothing(desk: Desk) -> None:
    tell(desk.person(AGENT), subtype="file_share", files=[{"id": "F7"}])
    assert woken(desk) == []
    [said] = desk.slack.called("chat.postEphemeral")
    assert (said["channel"], said["user"]) == ("D1", AGENT)
    assert "*admin*" in said["text"]


@pytest.mark.parametrize(
    "event",
    [
        {"text": "hello"},
        {"subtype": "message_changed", "user": None},
        {"subtype": "file_share", "user": "U0SOPDESK", "bot_id": "B1", "files": [{"id": "F9"}]},
        {"subtype": "file_share", "channel": "C0GENERAL", "channel_type": "channel", "files": [{"id": "F9"}]},
    ],
)
def test_any_other_message_is_acknowledged_and_does_nothing(desk: Desk, event: dict[str, Any]) -> None:
    tell(desk.person(ADMIN), **event)
    assert woken(desk) == []
    assert desk.slack.called("chat.postEphemeral") == []


@pytest.mark.parametrize("text", ["", "upload", "status", "history", "rollback", "columns", "template", "export"])
def test_agents_are_told_that_it_takes_an_admin(desk: Desk, text: str) -> None:
    assert "*admin*" in desk.person(AGENT).command("/transfers", text)


def _set_buttons(message: dict[str, Any], value: str) -> None:
    for block in message["blocks"]:
        for element in block.get("elements", ()):
            if element.get("action_id") in (told.ACTIVATE, told.DISCARD):
                element["value"] = value
