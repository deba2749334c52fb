"""Waking workers after a commit. It is only a hint: what is not woken, the sweep finds within a minute."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from sop_aws.correlation import current

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sop_aws.deliveries import Delivery
    from sop_aws.wake import DeliverQueue, ImportQueue


def wake(queue: DeliverQueue, deliveries: Iterable[Delivery]) -> None:
    """Ask for the delivery of these rows, all of one case; a queue that cannot be reached loses nothing."""
    first = next(iter(deliveries), None)
    if first is not None:
        with suppress(ClientError, BotoCoreError):
            queue.wake(first.case, first.channel, first.dedup, request=first.request)


def wake_import(queue: ImportQueue, import_id: str) -> None:
    """Ask for an import to be taken up; a queue that cannot be reached loses nothing."""
    with suppress(ClientError, BotoCoreError):
        queue.wake(import_id, request=current())
