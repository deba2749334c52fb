"""Workbooks that go back to an admin: rows with problems, the export, the template; and columns that an admin names."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook
from slack_sdk.errors import SlackApiError

from functions.import_sheet.jobs import ATTEMPTS
from functions.import_sheet.workbook import read_file
from sop_aws.jobs import JobOver
from sop_core.times import iso
from sop_core.transfers.records import Job
from tests.builders.workbooks import HEADERS, JANE, OMAR, workbook
from tests.integration.transfers.conftest import ADMIN
from tests.standin.slack import Fault

if TYPE_CHECKING:
    from tests.integration.transfers.conftest import Desk

INJECTED = ('=HYPERLINK("http://x")', "+1+1", "-2+3", "@SUM(1)")
FOREIGN = ("Nummer", "Kunde", "Property Address", *HEADERS[3:])


def rows_of(content: bytes, tab: str) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in load_workbook(io.BytesIO(content))[tab].iter_rows()]


def kinds_of(content: bytes, tab: str) -> set[str]:
    return {cell.data_type for row in load_workbook(io.BytesIO(content))[tab].iter_rows() for cell in row}


def asked(desk: Desk, job: Any) -> Job:
    record = Job(id=f"job-{job}", kind=job, user=ADMIN, created_at=iso(desk.now))
    desk.transfers.jobs.create(record)
    return desk.worker.run(record.id, seconds_left=60)


def test_the_admin_gets_every_row_with_a_problem_and_its_original_cells(desk: Desk) -> None:
    shield = (*JANE[:7], "Shield", *JANE[8:])
    desk.take(workbook([JANE, (*OMAR[:6], "12", *OMAR[7:]), shield]))

    [(name, channel, words, content)] = desk.slack.sent
    assert (name, channel) == ("Rows with problems.xlsx", f"D{ADMIN}")
    assert "2 rows" in words
    header, *rows = rows_of(content, "Problem rows")
    assert header == ["Row", "What became of it", "Problem", *HEADERS]
    assert [(row[0], row[1]) for row in rows] == [(3, "Taken, with a warning"), (4, "Not taken")]
    assert rows[0][2] == "Phone is not ten digits."
    assert rows[0][3:9] == [*OMAR[:6]]


def test_each_row_says_what_became_of_it(desk: Desk) -> None:
    book = load_workbook(io.BytesIO(workbook([JANE, JANE, (*OMAR[:6], "=1+1", *OMAR[7:])])))
    book["All Projects"].column_dimensions["G"].hidden = True
    hidden = io.BytesIO()
    book.save(hidden)
    desk.take(hidden.getvalue())

    [(_, _, _, content)] = desk.slack.sent
    _, *rows = rows_of(content, "Problem rows")
    assert [(row[0], row[1]) for row in rows] == [(1, "Header"), (3, "Merged"), (4, "Taken, with a warning")]
    assert rows[2][2].startswith("Phone: Formula was never calculated"), "the column is named where the words do not"


def test_each_of_two_workbooks_has_its_rows_with_problems_sent_also_where_a_worker_died(desk: Desk) -> None:
    """Both files are called the same, and may be sent within a minute."""
    shield = (*JANE[:7], "Shield", *JANE[8:])
    first, second = desk.queue(workbook([JANE, shield])), desk.queue(workbook([OMAR, shield]))
    desk.transfers.jobs.begin(second, at=iso(desk.now), until=iso(desk.now))
    for each in (first, second):
        desk.worker.run(each, seconds_left=600)

    assert [name for name, _, _, _ in desk.slack.sent] == ["Rows with problems.xlsx"] * 2


def test_without_problems_nothing_is_sent(desk: Desk) -> None:
    desk.take(workbook())

    assert desk.slack.sent == []


def test_what_looks_like_a_formula_goes_back_as_text(desk: Desk) -> None:
    rows = [(f"INF-{n}00001", text, "71 Curry St", *JANE[3:6], "12", *JANE[7:]) for n, text in enumerate(INJECTED, 1)]
    desk.activate(desk.take(workbook([[*row[:1], f" {row[1]}", *row[2:]] for row in rows])))
    asked(desk, "export")

    report, export = (content for _, _, _, content in desk.slack.sent)
    assert "f" not in kinds_of(report, "Problem rows") | kinds_of(export, "All Projects")
    assert sorted(row[1] for row in rows_of(export, "All Projects")[1:]) == sorted(INJECTED)


def test_the_export_is_the_active_sheet_and_can_be_imported_again(desk: Desk) -> None:
    record = desk.take(workbook())
    desk.activate(record)

    sent = asked(desk, "export")

    [(name, _, words, content)] = desk.slack.sent
    assert (sent.state, name) == ("sent", "Infinity Transfers export.xlsx")
    assert "2 projects" in words
    again = sorted(read_file(content).projects, key=lambda project: project.key)
    there = sorted(desk.transfers.projects.all(record.sheet or ""), key=lambda project: project.key)
    assert [project.__class__(**{**vars_of(project), "row": 0}) for project in again] == [
        project.__class__(**{**vars_of(project), "row": 0}) for project in there
    ]


def vars_of(project: Any) -> dict[str, Any]:
    return {name: getattr(project, name) for name in project.__struct_fields__}


def test_the_template_has_the_columns_and_no_rows(desk: Desk) -> None:
    assert asked(desk, "template").state == "sent"

    [(name, _, _, content)] = desk.slack.sent
    assert name == "Infinity Transfers template.xlsx"
    [header] = rows_of(content, "All Projects")
    assert {"Project ID", "Homeowner", "Property Address", "Transferred To"} <= set(header)


def test_a_workbook_that_was_sent_is_not_sent_again(desk: Desk) -> None:
    asked(desk, "template")
    with pytest.raises(JobOver):
        desk.worker.run("job-template", seconds_left=60)

    assert len(desk.slack.sent) == 1


def test_a_workbook_that_cannot_be_sent_is_given_up_and_told(desk: Desk) -> None:
    """An export that never ends would keep customers from being forgotten: each waits for those at work."""
    desk.slack.faults.extend(Fault(method="conversations.open", error="user_disabled") for _ in range(ATTEMPTS))
    with pytest.raises(SlackApiError):
        asked(desk, "template")
    for _ in range(ATTEMPTS - 1):
        with pytest.raises(SlackApiError):
            desk.worker.run("job-template", seconds_left=60)

    assert desk.worker.run("job-template", seconds_left=60).state == "failed"
    assert (desk.slack.sent, desk.transfers.jobs.unfinished()) == ([], ())
    assert "could not be sent" in desk.slack.messages[-1]["text"]


def test_an_import_goes_on_with_the_columns_that_an_admin_named_and_so_does_the_next(desk: Desk) -> None:
    record = desk.take(workbook(headers=FOREIGN))
    assert (record.state, record.missing) == ("refused", ("project_id", "homeowner"))
    assert record.headers[:2] == ("Nummer", "Kunde")
    assert "Choose the columns" in desk.told

    desk.transfers.columns.change({"project_id": "Nummer", "homeowner": "Kunde"}, actor=ADMIN, at=iso(desk.now))
    desk.transfers.jobs.requeue(record.id, at=iso(desk.now))
    again = desk.worker.run(record.id, seconds_left=60)

    assert (again.state, desk.sheet(again).columns["homeowner"]) == ("ready", "Kunde")
    assert len(desk.slack.messages) == 1, "the same message goes on"
    assert desk.transfers.jobs.requeue(record.id, at=iso(desk.now)).state == "ready", "once is enough"
    assert desk.take(workbook([JANE], headers=FOREIGN)).state == "ready"


def test_a_file_is_read_anew_once_its_columns_are_named_otherwise_and_only_then(desk: Desk) -> None:
    named = {"project_id": "Nummer", "homeowner": "City"}
    desk.transfers.columns.change(named, actor=ADMIN, at=iso(desk.now))
    file = workbook(headers=FOREIGN)
    wrong = desk.take(file)
    assert {project.homeowner for project in desk.transfers.projects.all(wrong.id)} == {"Camden", "Reno"}
    desk.transfers.columns.change({"email": "Elsewhere"}, actor=ADMIN, at=iso(desk.now))
    assert desk.take(file).state == "repeated", "a header that the file does not have changes nothing"

    desk.transfers.columns.change({"homeowner": "Kunde"}, actor=ADMIN, at=iso(desk.now))
    again = Job(
        id="again",
        source_key=f"workbooks/{wrong.id}.xlsx",
        file_name="Anders.xlsx",
        user=ADMIN,
        created_at=iso(desk.now),
        channel=wrong.channel,
        ts=wrong.ts,
    )
    desk.transfers.jobs.create(again)
    told_before = len(desk.slack.messages)
    right = desk.worker.run(again.id, seconds_left=60)
    assert (right.state, desk.sheet(right).file_name) == ("ready", "Anders.xlsx")
    assert {project.homeowner for project in desk.transfers.projects.all("again")} == {"Jane Doe", "Omar Haddad"}
    assert len(desk.slack.messages) == told_before, "the same message goes on"
    assert "Homeowner = Kunde" in str(desk.slack.messages[0]["blocks"])
    assert desk.take(file).sheet == "again"
