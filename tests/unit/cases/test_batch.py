"""Which messages of a batch come back, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from functions.deliver.batch import LONGEST_WAIT, TRY_AGAIN, Batch
from functions.deliver.failures import Held

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    from sop_aws.wake import CaseWake


class Worker:
    """Delivers cases, except those that it was told to fail; remembers what it did."""

    def __init__(self, **failures: Exception) -> None:
        self.failures = failures
        self.delivered: list[str] = []
        self.held: list[tuple[str, int]] = []
        self.told: list[str] = []

    def deliver(self, wake: CaseWake) -> None:
        if wake.case in self.failures:
            raise self.failures[wake.case]
        self.delivered.append(wake.case)

    def hold(self, receipt: str, seconds: int) -> None:
        self.held.append((receipt, seconds))

    def failed(self, error: Exception, _record: Mapping[str, Any], _wake: CaseWake | None) -> None:
        self.told.append(type(error).__name__)

    def handle(self, *wakes: str, seconds: float = 30) -> list[str]:
        """Handle wake-ups written as ``group/case``; return the cases that come back."""
        batch = Batch(deliver=self.deliver, hold=self.hold, seconds_left=lambda: seconds, failed=self.failed)
        answer = batch.handle([record(*wake.split("/")) for wake in wakes])
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def record(group: str, case_id: str) -> dict[str, Any]:
    body = f'{{"case": "{case_id}"}}'
    return {
        "messageId": case_id,
        "receiptHandle": f"receipt of {case_id}",
        "body": body,
        "attributes": {"MessageGroupId": group},
    }


def test_held() -> None:
    """When Slack asks to wait, that channel's messages come back a second after the time, and no other's."""
    worker = Worker(b=Held(7))

    assert worker.handle("C1/a", "C1/b", "C1/c", "C2/d") == ["b", "c"]
    assert worker.delivered == ["a", "d"]
    assert worker.held == [("receipt of b", 8), ("receipt of c", 8)]
    assert worker.told == []


def test_held_long() -> None:
    """However long Slack asks to wait, the message stays within what a queue can hide."""
    worker = Worker(a=Held(100_000))
    worker.handle("C1/a")

    assert worker.held == [("receipt of a", LONGEST_WAIT)]


def test_failed() -> None:
    """A message that fails comes back alone and soon, and its failure is told."""
    worker = Worker(b=ValueError())

    assert worker.handle("C1/a", "C1/b", "C1/c") == ["b"]
    assert worker.delivered == ["a", "c"]
    assert worker.held == [("receipt of b", TRY_AGAIN)]
    assert worker.told == ["ValueError"]


def test_no_time() -> None:
    """Without time for another case, nothing is begun, and everything comes back at once."""
    worker = Worker()

    assert worker.handle("C1/a", "C2/b", seconds=11) == ["a", "b"]
    assert worker.delivered == []
    assert {seconds for _, seconds in worker.held} == {1}


def test_queue_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that cannot be hidden comes back all the same."""

    def unreachable(_receipt: str, _seconds: int) -> None:
        raise ConnectionError

    worker = Worker(a=Held(7))
    monkeypatch.setattr(worker, "hold", unreachable)

    assert worker.handle("C1/a", "C2/b") == ["a"]
    assert worker.delivered == ["b"]
    assert worker.told == ["ConnectionError"]
