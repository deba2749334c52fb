"""A report: numbers that the events prove, native charts, no cell that computes, sent as a file."""

from __future__ import annotations

import io
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook

from functions.deliver.failures import Held
from functions.deliver.workbook import workbook
from sop_aws.deliveries import Delivery
from sop_aws.runs import RunStore
from sop_core.cases.report import RunEnd, days_of, report
from tests.builders.cases import an_event
from tests.builders.desk import a_run
from tests.standin.slack import Fault

if TYPE_CHECKING:
    from openpyxl import Workbook

    from sop_core.cases.case import CaseEvent
    from tests.unit.cases.conftest import Desk

DAYS = ("2026-11-19", "2026-11-20")


def event(action: str, at: str, **changed: Any) -> CaseEvent:
    states = {"open": (None, "open"), "claim": ("open", "claimed"), "close": ("claimed", "closed")}
    from_state, to_state = states.get(action, ("claimed", "returned"))
    known = {"procedure": "infinity", "clock_from": "2026-11-19T10:00:00Z", "due_at": "2026-11-20T22:00:00Z"}
    return an_event(action=action, at=at, from_state=from_state, to_state=to_state, **known | changed)


EVENTS = (
    event("open", "2026-11-19T10:00:00Z"),
    event("claim", "2026-11-19T12:00:00Z"),
    event("close", "2026-11-20T10:00:00Z", reason="Contacted and resolved"),
    event("open", "2026-11-20T10:00:00Z", case="SOP-2", procedure="escalation"),
    event("claim", "2026-11-20T14:00:00Z", case="SOP-2", procedure="escalation", clock_from="2026-11-20T10:00:00Z"),
    event("close", "2026-11-20T23:00:00Z", case="SOP-2", procedure="escalation", reason="Duplicate case"),
    event("return", "2026-11-20T11:00:00Z", actor_name="=HYPERLINK(1)", note="=1+1", reason="=cmd"),
)
RUNS = (
    RunEnd(procedure="infinity", day=DAYS[0], path="INF-1 > INF-4b"),
    RunEnd(procedure="infinity", day=DAYS[1], path="INF-1", stopped_at="Who is contacting you?"),
)


def made() -> Workbook:
    numbers = report(EVENTS, RUNS, DAYS, day_of=lambda at: at[:10])
    return load_workbook(io.BytesIO(workbook(numbers)))


def rows(book: Workbook, name: str) -> list[tuple[Any, ...]]:
    return list(book[name].iter_rows(min_row=2, values_only=True))


def test_the_numbers_are_those_that_the_events_sheet_gives() -> None:
    book = made()
    events = rows(book, "Events")
    opened = Counter(row[2] for row in events if row[4] == "open")
    assert {row[0]: row[1] for row in rows(book, "Outcomes")} == opened
    assert [row[1:] for row in rows(book, "Volume")] == [(1, 0), (1, 2)]
    assert {row[0]: row[1:] for row in rows(book, "Times")} == {
        "Infinity communications": (2, 24, 2, 24, 1, 1),
        "Escalated customer": (4, 37, 4, 37, 1, 1),
    }
    overdue = {row[0]: row[2:4] for row in rows(book, "Outcomes")}
    assert overdue == {"Infinity communications": (0, 1), "Escalated customer": (1, 0)}


def test_what_never_happened_took_no_time() -> None:
    numbers = report((event("open", "2026-11-19T10:00:00Z"),), (), DAYS, day_of=lambda at: at[:10])
    book = load_workbook(io.BytesIO(workbook(numbers)))
    assert rows(book, "Times") == [("Infinity communications", None, None, None, None, 0, 0)]


def test_paths_and_where_runs_stopped_are_counted() -> None:
    book = made()
    assert rows(book, "Paths") == [("Infinity communications", "INF-1 > INF-4b", 1)]
    assert rows(book, "Drop-off") == [("Infinity communications", "Who is contacting you?", 1)]


def test_charts_are_native_and_no_line_is_smoothed() -> None:
    book = made()
    charts: dict[str, Any] = {sheet.title: getattr(sheet, "_charts") for sheet in book}  # noqa: B009 - openpyxl names it so
    assert {name: len(found) for name, found in charts.items() if found} == {"Volume": 1, "Outcomes": 2, "Times": 1}
    assert all(series.smooth is False for series in charts["Volume"][0].series)
    axes = [axis for found in charts.values() for chart in found for axis in (chart.x_axis, chart.y_axis)]
    assert all(axis.delete is False for axis in axes)


def test_each_chart_shows_the_cells_of_its_table() -> None:
    """A chart is no picture: its series are the columns that stand beside it, to the last row."""
    book = made()
    volume, outcomes = book["Volume"], book["Outcomes"]
    [chart] = getattr(volume, "_charts")  # noqa: B009
    assert [each.val.numRef.f for each in chart.series] == ["'Volume'!$B$2:$B$3", "'Volume'!$C$2:$C$3"]
    by_procedure, by_outcome = getattr(outcomes, "_charts")  # noqa: B009
    heads = [cell.value for cell in outcomes[1]]
    assert heads[1:4] == ["Opened", "Overdue", "Returned"]
    assert [each.tx.strRef.f for each in by_procedure.series] == [f"'Outcomes'!{column}1" for column in "BCD"]
    assert len(by_outcome.series) == len(heads) - 4


def test_what_a_person_typed_stays_text_and_notes_stay_out() -> None:
    sheet = made()["Events"]
    cells = [cell for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert "=HYPERLINK(1)" in [cell.value for cell in cells]
    assert not {"=1+1", "=cmd"} & {cell.value for cell in cells}


def test_a_week_and_a_month_end_today() -> None:
    assert days_of(date(2026, 11, 20), "week") == tuple(f"2026-11-{number}" for number in range(14, 21))
    assert days_of(date(2026, 11, 20), "month")[0] == "2026-10-22"


def a_row(case: str = "REPORT-1", *, created_at: str = "2027-01-15T15:00:00Z") -> Delivery:
    return Delivery(
        id=f"{case}#000001#0",
        case=case,
        version=1,
        kind="report",
        channel="U0LEAD001",
        created_at=created_at,
        next_attempt_at="2027-01-15T08:00:00Z",
        about="week",
    )


def test_a_report_is_sent_as_a_file_once(desk: Desk) -> None:
    desk.claim(desk.open())
    desk.cases.outbox.ask_for_file(a_row())
    desk.cases.outbox.ask_for_file(a_row())
    desk.slack.faults.append(Fault(method="files.getUploadURLExternal", status=429, retry_after=5))
    with pytest.raises(Held):
        desk.worker().deliver("REPORT-1")
    desk.clock.pass_(hours=1)
    desk.worker().deliver("REPORT-1")
    [(name, content)] = desk.slack.stored.values()
    book = load_workbook(io.BytesIO(content))
    assert name == "cases 2027-01-09 to 2027-01-15.xlsx"
    assert [row[4] for row in rows(book, "Events")] == ["open", "claim"]
    assert [row[2] for row in rows(book, "Paths")] + [row[2] for row in rows(book, "Drop-off")] == [1]
    assert [share["channel_id"] for share in desk.slack.shared] == ["DU0LEAD001"]
    assert desk.cases.outbox.pending("REPORT-1") == ()


def test_a_look_up_that_nobody_answered_anything_in_is_no_run_that_stopped(desk: Desk) -> None:
    runs = RunStore(desk.aws.dynamodb, desk.aws.cases_table)
    for name, seen in (("looked-up", ()), ("stopped", ("a click",))):
        runs.create(a_run(name, seen=seen, facts={"channel": "phone"}, started_at="2027-01-15T07:00:00Z"))
    desk.cases.outbox.ask_for_file(a_row())
    desk.worker().deliver("REPORT-1")
    [(_, content)] = desk.slack.stored.values()
    book = load_workbook(io.BytesIO(content))
    assert sum(row[2] for row in rows(book, "Drop-off")) == 1
    assert ("Infinity communications", "(only looked up)", 1) in rows(book, "Paths")


@pytest.mark.parametrize("again", ["2027-01-15T08:00:00Z", "2027-01-15T08:03:00Z"])
def test_a_report_that_is_asked_for_again_is_sent_again(desk: Desk, again: str) -> None:
    """It is another file of the same name, also where the first try for it fails."""
    for case, at in (("REPORT-1", "2027-01-15T08:00:00Z"), ("REPORT-2", again)):
        desk.cases.outbox.ask_for_file(a_row(case, created_at=at))
    desk.worker().deliver("REPORT-1")
    desk.slack.faults.append(Fault(method="files.getUploadURLExternal", status=429, retry_after=5))
    with pytest.raises(Held):
        desk.worker().deliver("REPORT-2")
    desk.clock.pass_(hours=1)
    desk.worker().deliver("REPORT-2")
    assert len(desk.slack.shared) == 2
