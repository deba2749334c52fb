"""An import that ended half-way, and that nobody runs again; one that is over, and is asked for again.

That one which is killed at any call ends right when it is run again, `make crash` shows.
"""

from __future__ import annotations

import urllib.request
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sop_aws.jobs import JobOver
from tests.builders.workbooks import JANE, OMAR, workbook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.transfers.conftest import Desk


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
            desk.worker.run(import_id, seconds_left=60)
        except Killed:
            return kill
    assert at is None
    return kill


def test_an_import_that_is_over_is_not_done_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.activate(desk.take(workbook([OMAR])))
    import_id = desk.queue(workbook([JANE]))
    run(desk, monkeypatch, import_id, at=None)
    again = Kill(None)
    with watched(desk, monkeypatch, again), pytest.raises(JobOver):
        desk.worker.run(import_id, seconds_left=60)
    assert again.calls == ["GetItem"]


def test_what_an_import_that_nobody_runs_again_left_behind_expires(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.activate(desk.take(workbook([OMAR])))
    seen = run(desk, monkeypatch, desk.queue(workbook([JANE])), at=None).calls
    loaded = max(place for place, name in enumerate(seen, 1) if name == "BatchWriteItem") + 1
    import_id = desk.queue(workbook([JANE, OMAR]))
    run(desk, monkeypatch, import_id, at=loaded)
    half = desk.transfers.sheets.get(import_id)
    assert half is not None
    assert half.state == "loading"

    desk.now += timedelta(days=2)
    assert desk.tidier.tidy() == (import_id,)

    rows = desk.aws.dynamodb.scan(TableName=desk.aws.transfers_table)["Items"]
    left = [row for row in rows if row["pk"]["S"].startswith(f"SHEET#{import_id}#")]
    assert left
    assert all("expires_at" in row for row in left)
