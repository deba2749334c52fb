"""The outbox's rows and the queues' messages, as they are stored and sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from sop_aws.deliveries import SHARDS, delivery_item, file_asked_for, outbox, pending_shard, read_delivery
from sop_aws.logging import fault
from sop_aws.wake import DeliverQueue, ImportQueue
from sop_core.times import iso, parse
from tests.builders.desk import an_opened_case, claimed

if TYPE_CHECKING:
    from tests.builders.desk import Clock
    from tests.standin.aws import Aws

AT = "2027-01-15T08:00:00Z"


class TestRows:
    def test_keys(self) -> None:
        """Rows sort by case version, then by place; ids are theirs alone."""
        case, _ = claimed(an_opened_case()[0])
        card, thread, dm = outbox(case, "card", "thread", "dm", at=AT, person="U0AGENT01")

        assert [delivery_item(row)["sk"]["S"] for row in (card, thread, dm)] == [
            "DELIVERY#000002#0",
            "DELIVERY#000002#1",
            "DELIVERY#000002#2",
        ]
        assert [row.channel for row in (card, thread, dm)] == [case.channel, case.channel, "U0AGENT01"]

    def test_sparse(self) -> None:
        """Only an undelivered row is in the index that the sweep reads."""
        (row,) = outbox(an_opened_case()[0], "card", at=AT)
        pending, done, dead = (
            delivery_item(msgspec.structs.replace(row, state=state)) for state in ("pending", "done", "dead")
        )

        assert (pending["pending_pk"]["S"], pending["pending_at"]["S"]) == (pending_shard(row.case), AT)
        assert "pending_pk" not in done
        assert dead["pending_pk"]["S"] == "DEAD"

    def test_no_customer_data(self) -> None:
        """A row holds ids only; what it says is rendered from the stored case."""
        rows = outbox(an_opened_case()[0], "card", "thread", at=AT)

        assert "Marked" not in str([delivery_item(row) for row in rows])

    def test_of_another_release(self) -> None:
        """What a file is about is stored under the name that releases before and after can read."""
        row = file_asked_for("report", "1", person="U0LEAD001", about="week", at=AT)
        item = delivery_item(row)

        assert msgspec.json.decode(item["body"]["S"])["period"] == "week"
        assert read_delivery(item) == row

    def test_shards(self) -> None:
        """Cases spread over all shards, and each keeps its own for ever."""
        shards = {pending_shard(f"SOP-{number:08d}") for number in range(200)}

        assert shards == {f"PENDING#{shard}" for shard in range(SHARDS)}
        assert pending_shard("SOP-8WNAYJXN") == "PENDING#7"


class TestQueues:
    def test_deliver(self, aws: Aws) -> None:
        """A wake-up names the case, in its channel's group; its repeat is swallowed, the next attempt's is not."""
        queue = DeliverQueue(aws.sqs, aws.environment["DELIVER_QUEUE_URL"])
        (row,) = outbox(an_opened_case()[0], "card", at=AT)
        queue.wake(row.case, row.channel, row.dedup)
        queue.wake(row.case, row.channel, row.dedup)
        tried = msgspec.structs.replace(row, attempts=1)
        queue.wake(tried.case, tried.channel, tried.dedup)

        received = aws.received("DELIVER_QUEUE_URL")
        assert [message["Body"] for message in received] == [{"case": row.case}] * 2
        assert {message["Attributes"]["MessageGroupId"] for message in received} == {row.channel}

    def test_import(self, aws: Aws) -> None:
        """An import's wake-up names it."""
        ImportQueue(aws.sqs, aws.environment["IMPORT_QUEUE_URL"]).wake("import-1")

        assert [message["Body"] for message in aws.received("IMPORT_QUEUE_URL")] == [{"import": "import-1"}]


def test_times(clock: Clock) -> None:
    """A stored moment reads back as it was, and text order is time order."""
    early = iso(clock.now)
    clock.pass_(hours=7)

    assert parse(early) < clock.now
    assert early < iso(clock.now)
    assert early == AT


def test_fault() -> None:
    """A fault tells kind and place of an error, and not its text."""
    try:
        int("Marked words")
    except ValueError as error:
        told = fault(error)

    assert told["error"] == "builtins.ValueError"
    assert told["where"][-1].endswith(" test_fault")
    assert "Marked" not in str(told)
