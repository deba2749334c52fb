from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk import WebClient

from tests.builders.workbooks import workbook

if TYPE_CHECKING:
    from tests.integration.transfers.conftest import Desk


CALLS = 20
"""How many calls an import of a small workbook makes; each is a place to be killed at."""


class Killed(BaseException):
    """The process ends here, with no chance to clean up."""


class Deadline:
    """Kills at the n-th call to AWS or Slack, before or after it took effect."""

    def __init__(self, at: int, *, after: bool) -> None:
        self.at = at
        self.after = after
        self.calls = 0
        self.dead = False

    def before_call(self, **_: Any) -> None:
        if self.dead:
            raise Killed
        self.calls += 1
        if self.calls == self.at and not self.after:
            self._die()

    def after_call(self, **_: Any) -> None:
        if self.calls == self.at and self.after:
            self._die()

    def _die(self) -> None:
        self.dead = True
        raise Killed


@pytest.fixture
def deadlines(monkeypatch: pytest.MonkeyPatch) -> list[Deadline]:
    """Every call to Slack passes the deadline that is in the list."""
    waiting: list[Deadline] = []
    call = WebClient.api_call

    def counted(self: WebClient, *args: Any, **kwargs: Any) -> Any:
        for deadline in waiting:
            deadline.before_call()
        answer = call(self, *args, **kwargs)
        for deadline in waiting:
            deadline.after_call()
        return answer

    monkeypatch.setattr(WebClient, "api_call", counted)
    return waiting


def interrupted(desk: Desk, deadlines: list[Deadline], deadline: Deadline) -> str | None:
    """Run an import until the deadline; return its id if it was killed."""
    import_id = desk.queue(workbook())
    events = (desk.aws.dynamodb.meta.events, desk.aws.s3.meta.events)
    for hooks in events:
        hooks.register("before-call", deadline.before_call)
        hooks.register("after-call", deadline.after_call)
    deadlines.append(deadline)
    try:
        desk.importer.run(import_id, seconds_left=60)
    except Killed:
        return import_id
    finally:
        deadlines.clear()
        for hooks in events:
            hooks.unregister("before-call", deadline.before_call)
            hooks.unregister("after-call", deadline.after_call)
    return None


def test_every_call_of_an_import_is_a_place_it_was_killed_at(desk: Desk, deadlines: list[Deadline]) -> None:
    counter = Deadline(0, after=False)

    assert interrupted(desk, deadlines, counter) is None
    assert counter.calls == CALLS


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, CALLS + 1))
def test_an_import_killed_at_any_call_ends_right_when_it_is_run_again(
    desk: Desk, deadlines: list[Deadline], at: int, *, after: bool
) -> None:
    import_id = interrupted(desk, deadlines, Deadline(at, after=after))
    assert import_id is not None
    desk.now += timedelta(minutes=2)

    record = desk.importer.run(import_id, seconds_left=60)

    assert (record.state, record.sheet) == ("ready", import_id)
    sheet = desk.sheet(record)
    assert (sheet.state, sheet.counts.projects) == ("ready", 2)
    assert len(list(desk.transfers.all_projects(import_id))) == 2
    assert len(desk.transfers.history()) == 1
    assert len(desk.slack.messages) == 1, "one message, however often it was begun"
    assert "ready to activate" in desk.told
    assert desk.transfers.due_imports("2030-01-01T00:00:00Z") == ()
    desk.activate(record)
    active = desk.transfers.active()
    assert active is not None
    assert desk.snapshots.index(active).search("jane doe").verdict == "sure"
