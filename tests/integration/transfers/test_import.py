from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest
from slack_sdk.errors import SlackApiError

from functions.import_sheet.jobs import ATTEMPTS
from sop_aws.jobs import JobBusy
from sop_aws.sheets import SheetChanged
from sop_aws.snapshots import SnapshotStore, SnapshotUnavailable
from tests.builders.workbooks import HEADERS, JANE, OMAR, of_tabs, workbook
from tests.integration.transfers.conftest import ADMIN
from tests.standin.files import StoredFile
from tests.standin.slack import Fault

if TYPE_CHECKING:
    from tests.integration.transfers.conftest import Desk

SENSITIVE = ("Jane", "Curry", "555-0185", "2675550185")


def test_a_workbook_becomes_a_sheet_that_can_be_activated_and_searched(desk: Desk) -> None:
    record = desk.take(workbook())

    sheet = desk.sheet(record)
    assert (record.state, sheet.state, sheet.counts.projects, sheet.difference.new) == ("ready", "ready", 2, 2)
    assert desk.transfers.sheets.active() is None
    desk.activate(record)
    active = desk.transfers.sheets.active()
    assert active is not None
    hits = desk.snapshots.index(active).search("jane do").hits
    assert [hit.key for hit in hits] == ["INF-100001"]
    jane = desk.transfers.projects.get(active.sheet, "INF-100001")
    assert jane is not None
    assert (jane.phone, jane.zip, jane.installer) == ("2675550185", "08103", "listed")


def test_the_workbook_is_kept_under_the_sheets_id_whatever_its_name(desk: Desk) -> None:
    record = desk.take(StoredFile(content=workbook(), name="../../etc/passwd.xlsx"))

    keys = [item["Key"] for item in desk.aws.s3.list_objects_v2(Bucket="files")["Contents"]]
    assert sorted(keys) == [f"snapshots/{record.sheet}.bin", f"workbooks/{record.sheet}.xlsx"]


def test_one_message_tells_progress_and_outcome_with_the_choice(desk: Desk) -> None:
    record = desk.take(workbook())

    assert len(desk.slack.messages) == 1
    assert desk.slack.messages[0]["channel"] == f"D{ADMIN}"
    assert "Transfer sheet ready to activate: 2 new" in desk.told
    assert "sheet_activate" in desk.told
    assert str(record.sheet) in desk.told


def test_progress_is_shown_at_most_once_a_second(desk: Desk) -> None:
    desk.take(workbook([(f"INF-2{n:05}", f"Person {n}", f"{n} Elm St", *JANE[3:]) for n in range(900)]))

    updates = desk.slack.called("chat.update")
    assert len(updates) == 2, "time stands still: the first progress, then the outcome"


def test_rows_read_and_rows_loaded_are_counted_with_a_bar(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def passing() -> float:
        desk.ticks += 0.4
        return desk.ticks

    monkeypatch.setattr(desk, "_tick", passing)
    desk.take(workbook([(f"INF-2{n:05}", f"Person {n}", f"{n} Elm St", *JANE[3:]) for n in range(2500)]))

    shown = [str(update["blocks"]) for update in desk.slack.called("chat.update")]
    assert any("2,501 rows so far" in blocks for blocks in shown), "the header is a row as well"
    assert any("of 2,500" in blocks and ("█" in blocks or "\\u2588" in blocks) for blocks in shown)
    assert 4 <= len(shown) <= desk.ticks + 2, "once a second, and the outcome"


def test_what_would_change_is_told_against_the_active_sheet(desk: Desk) -> None:
    desk.activate(desk.take(workbook([JANE, OMAR])))
    moved = (*OMAR[:8], "North Valley LLC", "2024-02-01", "Transferred")
    fresh = ("INF-100003", "Rosa Lind", "4 Oak Rd", *JANE[3:])

    sheet = desk.sheet(desk.take(workbook([moved, fresh])))

    change = sheet.difference
    assert (change.new, change.changed, change.removed, change.unchanged) == (1, 1, 1, 0)
    assert change.fields == {"installer": 1, "status": 1, "transfer_date": 1, "transferred_to": 1}
    assert "1 of the active sheet's 2 projects (50%)" in desk.told


def test_the_active_file_again_is_recognised_and_changes_nothing(desk: Desk) -> None:
    first = desk.take(workbook())
    desk.activate(first)

    again = desk.take(StoredFile(content=desk.slack.files["F1"].content, name="renamed.xlsx"))

    assert (again.state, again.sheet) == ("repeated", first.sheet)
    assert "same file as the active transfer sheet" in desk.told
    assert len(desk.transfers.sheets.history()) == 1


def test_an_earlier_file_again_can_be_activated_without_being_loaded_again(desk: Desk) -> None:
    first = desk.take(workbook([JANE]))
    desk.activate(first)
    desk.activate(desk.take(workbook([JANE, OMAR])))

    again = desk.take(desk.slack.files["F1"])

    assert (again.state, again.sheet) == ("repeated", first.sheet)
    assert desk.sheet(again).difference.removed == 1
    desk.activate(again)
    active = desk.transfers.sheets.active()
    assert active is not None
    assert active.sheet == first.sheet


@pytest.mark.parametrize(
    ("file", "kind", "says"),
    [
        (of_tabs({"Summary": [["x"]], "Projects 2023": [["y"]]}), "missing_tab", ("All Projects", "Projects 2023")),
        (workbook(headers=("Project ID", "Homeowner", "Notes")), "missing_columns", ("Property Address", "Notes")),
        (workbook([]), "no_rows", ("no projects", "Homeowner")),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "html_page", ("web page",)),
        (StoredFile(content=b"<html>login</html>", served_as="text/html"), "login_page", ("files:read",)),
        (StoredFile(content=b"", moved_to="https://slack.com/?redir=F1"), "login_page", ("files:read",)),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old_xls", (".xls", "Save As")),
        (workbook()[:900], "damaged", ("damaged",)),
        (b"%PDF-1.7 ...", "not_a_workbook", ("PDF",)),
    ],
)  # fmt: skip
def test_a_refused_file_is_a_sentence_and_the_active_sheet_stays(
    desk: Desk, file: bytes | StoredFile, kind: str, says: tuple[str, ...]
) -> None:
    desk.activate(desk.take(workbook()))
    before = desk.transfers.sheets.active()

    record = desk.take(file)

    assert (record.state, record.error_kind, record.sheet) == ("refused", kind, None)
    assert [word for word in says if word not in desk.told] == []
    assert "still active" in desk.told
    assert desk.transfers.sheets.active() == before
    assert len(desk.transfers.sheets.history()) == 1


def test_a_file_that_is_gone_is_refused(desk: Desk) -> None:
    record = desk.worker.run(desk.queue(None), seconds_left=600)

    assert (record.state, record.error_kind) == ("refused", "file_gone")


def test_a_redirect_is_not_followed_with_the_token(desk: Desk) -> None:
    elsewhere = StoredFile(content=b"", moved_to=f"{desk.slack.url}../files-pri/F9")
    record = desk.take(elsewhere)

    assert (record.state, record.error_kind) == ("refused", "login_page")
    assert [file for file, _ in desk.slack.downloads] == ["F1"]


@pytest.mark.parametrize(
    "address", ["https://files.example/F1", "http://slack.com.example/F1", "file:///etc/passwd", ""]
)
def test_the_token_goes_to_slack_only(desk: Desk, address: str) -> None:
    file = StoredFile(content=workbook(), address=address or "nowhere")

    record = desk.worker.run(desk.queue(file), seconds_left=600)

    assert (record.state, record.error_kind, desk.slack.downloads) == ("refused", "file_elsewhere", [])


def test_a_worker_that_holds_an_import_is_not_disturbed(desk: Desk) -> None:
    import_id = desk.queue(workbook())
    desk.transfers.jobs.begin(import_id, at="2026-11-20T15:00:00Z", until="2026-11-20T15:15:00Z")

    with pytest.raises(JobBusy):
        desk.worker.run(import_id, seconds_left=600)

    desk.now += timedelta(minutes=16)
    assert desk.worker.run(import_id, seconds_left=600).state == "ready"


def test_the_slower_of_two_admins_sees_the_new_state(desk: Desk) -> None:
    first, second = desk.take(workbook([JANE])), desk.take(workbook([OMAR]))
    desk.activate(first)

    with pytest.raises(SheetChanged) as lost:
        desk.activate(second)

    assert lost.value.current is not None
    assert lost.value.current.sheet == first.sheet


def test_rows_of_sheets_that_nobody_can_go_back_to_expire(desk: Desk) -> None:
    people = [("INF-300001", "Ada Park", f"{n} Elm St", *JANE[3:]) for n in range(8)]
    imports = [desk.take(workbook([person])) for person in people]
    for record in imports:
        at = imports.index(record)
        desk.transfers.sheets.activate(record.sheet or "", expected=at, actor=ADMIN, at="2026-11-20T16:00:00Z")

    retired = desk.tidier.tidy()

    assert retired == (imports[1].sheet, imports[0].sheet)
    assert desk.sheet(imports[0]).state == "expired"
    rows = desk.aws.dynamodb.scan(TableName=desk.aws.transfers_table)["Items"]
    expiring = {row["pk"]["S"].split("#")[1] for row in rows if "expires_at" in row}
    assert expiring == set(retired)
    kept = {item["Key"] for item in desk.aws.s3.list_objects_v2(Bucket="files", Prefix="snapshots/")["Contents"]}
    assert kept == {f"snapshots/{record.sheet}.bin" for record in imports[2:]}


def test_an_import_counts_as_at_work_until_it_has_tidied_up(desk: Desk) -> None:
    import_id = desk.queue(workbook())
    at_work: list[str] = []

    def tidy() -> None:
        at_work.extend(each.id for each in desk.transfers.jobs.unfinished())

    desk.beside = tidy
    assert desk.worker.run(import_id, seconds_left=600).state == "ready"
    assert at_work == [import_id], "whoever forgets a customer waits for it"


def test_an_admin_whom_slack_no_longer_reaches_does_not_keep_the_import_going(desk: Desk) -> None:
    desk.slack.faults.extend(Fault(method="conversations.open", error="user_disabled") for _ in range(ATTEMPTS + 1))
    import_id = desk.queue(workbook())
    for _ in range(ATTEMPTS):
        with pytest.raises(SlackApiError):
            desk.worker.run(import_id, seconds_left=60)
    assert desk.worker.run(import_id, seconds_left=60).state == "failed"


def test_a_snapshot_of_another_release_is_unavailable_and_not_an_error(desk: Desk) -> None:
    record = desk.take(workbook())
    sheet = desk.sheet(record)
    assert sheet.snapshot is not None
    other = b"another form"
    desk.aws.s3.put_object(Bucket="files", Key=sheet.snapshot.key, Body=other)
    ref = msgspec.structs.replace(sheet.snapshot, sha256=hashlib.sha256(other).hexdigest())
    with pytest.raises(SnapshotUnavailable):
        SnapshotStore(desk.aws.s3, "files").index(msgspec.structs.replace(sheet, snapshot=ref))


def test_nothing_of_a_customer_reaches_the_log(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.take(workbook())
    desk.take(workbook(headers=[*HEADERS[:2], *JANE[2:]]))

    shown = capsys.readouterr()
    assert [word for word in SENSITIVE if word in shown.out + shown.err] == []
