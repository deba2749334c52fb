"""An import is killed at each of its calls to the outside, one at a time, and run again.

The calls are those that a run of the same import was seen to make. A killed process does nothing more: from that call
on, whatever it still attempts is killed as well. What happened before a call has happened after the one before it.
"""

from __future__ import annotations

import urllib.request
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sop_aws.times import iso
from sop_core.transfers.records import ImportRecord
from tests.builders.workbooks import HEADERS, JANE, OMAR, workbook
from tests.integration.transfers.conftest import ADMIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.transfers.conftest import Desk

FAR_FUTURE = "2030-01-01T00:00:00Z"
BAD_PHONE = (*OMAR[:6], "12", *OMAR[7:])


class Killed(BaseException):
    """The process ends here, with no chance to clean up."""


class Kill:
    """Sees every call to AWS, Slack or the file store, and kills at the n-th and all after it."""

    def __init__(self, at: int | None) -> None:
        self.at = at
        self.calls: list[str] = []

    def __call__(self, name: str) -> None:
        self.calls.append(name)
        if self.at is not None and len(self.calls) >= self.at:
            raise Killed


@contextmanager
def watched(desk: Desk, monkeypatch: pytest.MonkeyPatch, kill: Kill) -> Iterator[None]:
    opened = urllib.request.OpenerDirector.open

    def watched_open(self: Any, fullurl: Any, *args: Any, **kwargs: Any) -> Any:
        *_, place, name = fullurl.full_url.split("/")
        kill(name if place == "api" else place)
        return opened(self, fullurl, *args, **kwargs)

    def before_call(model: Any, **_: Any) -> None:
        kill(model.name)

    events = (desk.aws.dynamodb.meta.events, desk.aws.s3.meta.events)
    with monkeypatch.context() as patched:
        patched.setattr(urllib.request.OpenerDirector, "open", watched_open)
        for hooks in events:
            hooks.register("before-call", before_call)
        try:
            yield
        finally:
            for hooks in events:
                hooks.unregister("before-call", before_call)


def run(desk: Desk, monkeypatch: pytest.MonkeyPatch, import_id: str, *, at: int | None) -> Kill:
    """Run an import until the call ``at``, or to its end."""
    kill = Kill(at)
    desk.now += timedelta(minutes=2)
    with watched(desk, monkeypatch, kill):
        try:
            desk.importer.run(import_id, seconds_left=60)
        except Killed:
            return kill
    assert at is None
    return kill


def new_rows(_: Desk, number: str) -> bytes:
    # Another file each time: one that was seen before would not be loaded.
    return workbook([(*JANE[:3], f"Camden {number}", *JANE[4:]), BAD_PHONE])


def queue_workbook(desk: Desk, number: str) -> str:
    return desk.queue(new_rows(desk, number))


def queue_refused(desk: Desk, _: str) -> str:
    return desk.queue(workbook(headers=("Nummer", *HEADERS[1:])))


def queue_known(desk: Desk, _: str) -> str:
    return desk.queue(desk.slack.files["F1"])


def queue_export(desk: Desk, number: str) -> str:
    record = ImportRecord(id=f"export-{number}", job="export", user=ADMIN, created_at=iso(desk.now))
    return desk.transfers.create_import(record).id


def whole_sheet(desk: Desk, record: ImportRecord) -> None:
    sheet = desk.sheet(record)
    assert (record.state, record.sheet, sheet.state, sheet.counts.projects) == ("ready", record.id, "ready", 2)
    assert len(list(desk.transfers.all_projects(record.id))) == 2
    assert [known.id for known in desk.transfers.history()].count(record.id) == 1
    assert desk.snapshots.index(sheet).search("jane doe").verdict == "sure"
    assert sheet.difference.against is not None
    assert "ready to activate" in desk.told
    assert [name for name, *_ in desk.slack.sent] == ["Rows with problems.xlsx"], "once, however often it was begun"


def refused(desk: Desk, record: ImportRecord) -> None:
    assert (record.state, record.missing, record.sheet) == ("refused", ("project_id",), None)
    assert "Choose the columns" in desk.told


def repeated(desk: Desk, record: ImportRecord) -> None:
    assert (record.state, desk.sheet(record).state) == ("repeated", "active")
    assert "same file" in desk.told


def exported(desk: Desk, record: ImportRecord) -> None:
    assert record.state == "sent"
    assert [name for name, *_ in desk.slack.sent] == ["Infinity Transfers export.xlsx"]


@pytest.mark.parametrize(
    ("queue", "check", "messages"),
    [
        (queue_workbook, whole_sheet, 1),
        (queue_refused, refused, 1),
        (queue_known, repeated, 1),
        (queue_export, exported, 0),
    ],
)
def test_an_import_killed_at_any_call_ends_right_when_it_is_run_again(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    queue: Callable[[Desk, str], str],
    check: Callable[[Desk, ImportRecord], None],
    messages: int,
) -> None:
    desk.activate(desk.take(workbook([OMAR])))
    active = desk.transfers.active()
    seen = run(desk, monkeypatch, queue(desk, "seen"), at=None).calls
    assert len(seen) > 4

    for at in range(1, len(seen) + 1):
        desk.slack.messages.clear()
        desk.slack.sent.clear()
        desk.slack.shares.clear()
        import_id = queue(desk, str(at))
        assert run(desk, monkeypatch, import_id, at=at).calls[:at] == seen[:at]
        assert desk.transfers.active() == active, "agents see the sheet they saw"

        run(desk, monkeypatch, import_id, at=None)

        record = desk.transfers.get_import(import_id)
        assert record is not None
        check(desk, record)
        assert len(desk.slack.messages) == messages, "one message, however often it was begun"
        assert desk.transfers.due_imports(FAR_FUTURE) == ()
        assert run(desk, monkeypatch, import_id, at=None).calls == ["GetItem"], "what is over is not done again"


def test_what_an_import_that_nobody_runs_again_left_behind_expires(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.activate(desk.take(workbook([OMAR])))
    seen = run(desk, monkeypatch, queue_workbook(desk, "seen"), at=None).calls
    loaded = max(place for place, name in enumerate(seen, 1) if name == "BatchWriteItem") + 1
    import_id = queue_workbook(desk, "left")
    run(desk, monkeypatch, import_id, at=loaded)
    half = desk.transfers.sheet(import_id)
    assert half is not None
    assert half.state == "loading"

    desk.now += timedelta(days=2)
    assert desk.importer.tidy() == (import_id,)

    rows = desk.aws.dynamodb.scan(TableName=desk.aws.transfers_table)["Items"]
    left = [row for row in rows if row["pk"]["S"].startswith(f"SHEET#{import_id}#")]
    assert left
    assert all("expires_at" in row for row in left)
