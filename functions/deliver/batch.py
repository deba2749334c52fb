"""A batch of wake-ups: each case delivered, and only what must come back reported as failed.

The queue's order carries nothing (a case's order is that of its rows, and cases do not depend on each other), so a
message that fails holds nobody up. Only when Slack asks to wait does the whole group wait: a group is a channel, and
so is Slack's limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from functions.deliver.delivery import ENOUGH_TIME
from functions.deliver.failures import Held
from sop_aws.wake import CaseWake

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

TRY_AGAIN: Final = 10
LONGEST_WAIT: Final = 900


class Batch:
    """Handles the records of one invocation."""

    def __init__(
        self,
        *,
        deliver: Callable[[CaseWake], None],
        hold: Callable[[str, int], None],
        seconds_left: Callable[[], float],
        failed: Callable[[Exception, Mapping[str, Any], CaseWake | None], None],
    ) -> None:
        """Take what delivers a case, what sends a message back for a while, the time left, and who hears of faults."""
        self._deliver = deliver
        self._hold = hold
        self._seconds_left = seconds_left
        self._failed = failed

    def handle(self, records: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, str]]]:
        """Return the partial batch response."""
        waits: dict[str, int] = {}
        returned = []
        for record in records:
            group = record["attributes"]["MessageGroupId"]
            seconds = waits.get(group) or self._take(record, group, waits)
            if seconds:
                self._send_back(record, seconds)
                returned.append({"itemIdentifier": record["messageId"]})
        return {"batchItemFailures": returned}

    def _take(self, record: Mapping[str, Any], group: str, waits: dict[str, int]) -> int:
        if self._seconds_left() < ENOUGH_TIME:
            return 1
        wake = None
        try:
            wake = msgspec.json.decode(record["body"], type=CaseWake)
            self._deliver(wake)
        except Held as held:
            # One second more: the row is then due, whatever was lost to rounding.
            waits[group] = min(held.seconds + 1, LONGEST_WAIT)
            return waits[group]
        except Exception as error:  # noqa: BLE001 - the boundary of this function: one bad message fails alone
            self._failed(error, record, wake)
            return TRY_AGAIN
        return 0

    def _send_back(self, record: Mapping[str, Any], seconds: int) -> None:
        try:
            self._hold(record["receiptHandle"], seconds)
        except Exception as error:  # noqa: BLE001 - it comes back all the same, at the queue's own pace
            self._failed(error, record, None)
