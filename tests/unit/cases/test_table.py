"""Losing is told apart from bad luck, and requests that AWS would refuse fail in tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from sop_aws.table import ATTEMPTS, Cancelled, ConditionFailed, Contended, Table, attributes

if TYPE_CHECKING:
    from tests.standin.aws import Aws


class Refusing:
    """A DynamoDB that refuses ``times`` writes in one way, and then takes them."""

    def __init__(self, code: str, *reasons: str, times: int = 100) -> None:
        self.answer: Any = {"Error": {"Code": code}, "CancellationReasons": [{"Code": reason} for reason in reasons]}
        self.left = times
        self.tokens: list[str] = []

    def put_item(self, **_: object) -> dict[str, Any]:
        return self._write()

    def transact_write_items(self, *, ClientRequestToken: str, **_: object) -> dict[str, Any]:  # noqa: N803 - AWS's name
        self.tokens.append(ClientRequestToken)
        return self._write()

    def _write(self) -> dict[str, Any]:
        if self.left:
            self.left -= 1
            raise ClientError(self.answer, "Write")
        return {}


def a_table(client: Refusing, waits: list[float] | None = None) -> Table:
    return Table(client, "table", sleep=(waits if waits is not None else []).append)  # type: ignore[arg-type]


def write_two(table: Table) -> None:
    table.transact([table.write(attributes(pk="a", sk="1")), table.write(attributes(pk="b", sk="2"))])


class TestTransactions:
    def test_condition(self) -> None:
        """A failed condition is final, and says whose it was."""
        client = Refusing("TransactionCanceledException", "None", "ConditionalCheckFailed")

        with pytest.raises(Cancelled) as cancelled:
            write_two(a_table(client))

        assert cancelled.value.failed == {1}
        assert len(client.tokens) == 1

    def test_condition_and_conflict(self) -> None:
        """A condition that failed beside a conflict is final all the same."""
        with pytest.raises(Cancelled) as cancelled:
            write_two(
                a_table(Refusing("TransactionCanceledException", "ConditionalCheckFailed", "TransactionConflict"))
            )

        assert cancelled.value.failed == {0}

    @pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
    def test_bad_luck(self, reason: str) -> None:
        """A conflict is tried again under the same token, with growing pauses."""
        waits: list[float] = []
        client = Refusing("TransactionCanceledException", reason, "None", times=3)

        write_two(a_table(client, waits))

        assert len(client.tokens) == 4
        assert len(set(client.tokens)) == 1
        assert len(waits) == 3
        assert waits[0] < waits[2] < 0.2

    def test_bounded(self) -> None:
        """Who always loses is told so, and that nothing was written."""
        waits: list[float] = []

        with pytest.raises(Contended):
            write_two(a_table(Refusing("TransactionCanceledException", "TransactionConflict"), waits))

        assert len(waits) == ATTEMPTS
        assert sum(waits) < 3

    @pytest.mark.parametrize("reasons", [("ValidationError",), ()])
    def test_other_reasons(self, reasons: tuple[str, ...]) -> None:
        """What is neither is AWS's error as it is."""
        with pytest.raises(ClientError):
            write_two(a_table(Refusing("TransactionCanceledException", *reasons)))

    def test_token(self) -> None:
        """The same content has the same token, other content another."""
        client = Refusing("", times=0)
        table = a_table(client)
        write_two(table)
        write_two(table)
        table.transact([table.write(attributes(pk="a", sk="2"))])

        first, again, other = client.tokens
        assert first == again != other
        assert len(first) <= 36


class TestPut:
    def test_condition(self) -> None:
        """A failed condition of a single write is told as such."""
        with pytest.raises(ConditionFailed):
            a_table(Refusing("ConditionalCheckFailedException")).put(attributes(pk="a", sk="1"))

    def test_transaction_in_the_way(self) -> None:
        """A single write that meets a transaction is tried again."""
        waits: list[float] = []
        a_table(Refusing("TransactionConflictException", times=2), waits).put(attributes(pk="a", sk="1"))

        assert len(waits) == 2

    def test_other_errors(self) -> None:
        """Any other error is AWS's as it is."""
        with pytest.raises(ClientError):
            a_table(Refusing("AccessDeniedException")).put(attributes(pk="a", sk="1"))


class Throttling:
    """A DynamoDB that reads one item of a batch a time and leaves the rest, or none at all."""

    def __init__(self, *, reads: int) -> None:
        self.reads = reads

    def batch_get_item(self, *, RequestItems: Any) -> dict[str, Any]:  # noqa: N803 - AWS's name
        (name, asked) = next(iter(RequestItems.items()))
        read, left = asked["Keys"][: self.reads], asked["Keys"][self.reads :]
        return {"Responses": {name: read}, "UnprocessedKeys": {name: {**asked, "Keys": left}} if left else {}}


KEYS = (("a", "1"), ("b", "2"), ("c", "3"))


class TestBatchedReads:
    def test_what_was_left_is_read_after_all(self) -> None:
        """What DynamoDB left unread is asked for again, after a pause."""
        waits: list[float] = []
        table = Table(Throttling(reads=1), "table", sleep=waits.append)  # type: ignore[arg-type]

        assert [item["pk"]["S"] for item in table.get_many(KEYS, "sk")] == ["a", "b", "c"]
        assert len(waits) == 2

    def test_what_stays_unread_is_not_taken_for_absent(self) -> None:
        with pytest.raises(Contended):
            Table(Throttling(reads=0), "table", sleep=lambda _: None).get_many(KEYS, "sk")  # type: ignore[arg-type]


class TestPages:
    def test_all_pages(self, aws: Aws) -> None:
        """A query goes on where a page of 1 MB ends."""
        table = Table(aws.dynamodb, aws.cases_table)
        for number in range(4):
            table.put(attributes(pk="big", sk=f"{number}", body="x" * 390_000))

        assert [item["sk"]["S"] for item in table.query("#pk = :pk", pk="big")] == ["0", "1", "2", "3"]


class TestStandIn:
    """The stand-in refuses what AWS would refuse and moto would take."""

    def test_transaction(self, aws: Aws) -> None:
        """101 writes in a transaction."""
        table = Table(aws.dynamodb, aws.cases_table)
        with pytest.raises(AssertionError, match="100 writes"):
            table.transact([table.write(attributes(pk="a", sk=f"{number}")) for number in range(101)])

    def test_transaction_size(self, aws: Aws) -> None:
        """More than 4 MB in a transaction."""
        table = Table(aws.dynamodb, aws.cases_table)
        items = [attributes(pk="a", sk=f"{number}", body="x" * 390_000) for number in range(11)]
        with pytest.raises(AssertionError, match="4 MB"):
            table.transact([table.write(item) for item in items])

    def test_item(self, aws: Aws) -> None:
        """An item of more than 400 KB."""
        with pytest.raises(AssertionError, match="400 KB"):
            Table(aws.dynamodb, aws.cases_table).put(attributes(pk="a", sk="1", body="é" * 210_000))

    def test_batch(self, aws: Aws) -> None:
        """26 writes in a batch, and 101 reads."""
        put: Any = [{"PutRequest": {"Item": attributes(pk="a", sk=f"{number}")}} for number in range(26)]
        with pytest.raises(AssertionError, match="25 writes"):
            aws.dynamodb.batch_write_item(RequestItems={aws.cases_table: put})
        keys: Any = [attributes(pk="a", sk=f"{number}") for number in range(101)]
        with pytest.raises(AssertionError, match="100 items"):
            aws.dynamodb.batch_get_item(RequestItems={aws.cases_table: {"Keys": keys}})

    def test_number(self, aws: Aws) -> None:
        """A number of 39 digits."""
        with pytest.raises(AssertionError, match="38 digits"):
            Table(aws.dynamodb, aws.cases_table).put(attributes(pk="a", sk="1", big=10**38))

    def test_filter_on_key(self, aws: Aws) -> None:
        """A filter on the key."""
        table = Table(aws.dynamodb, aws.cases_table)
        with pytest.raises(AssertionError, match="filter"):
            list(table.query("#pk = :pk", pk="a", keep="begins_with(#sk, :sk)", sk="b"))
