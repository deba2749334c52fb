"""The transfer store when DynamoDB is busy, throttles, or loses its answers."""

from __future__ import annotations

import pytest

from sop_aws.jobs import JobBusy
from sop_aws.sheets import SheetChanged, SheetNotReady
from sop_aws.table import Contended
from sop_aws.transfers import TransferStore
from sop_core.transfers.records import Job
from tests.conformance.transfers.test_store import AT, LATER, PROJECTS, sheet_of
from tests.standin.aws import Aws, aws
from tests.standin.faults import FOREVER, AwsFault, AwsFaults, cancelled, unanswered

__all__ = ["aws"]


@pytest.fixture
def store(aws: Aws, aws_faults: AwsFaults) -> TransferStore:
    aws_faults.on(aws.dynamodb)
    return TransferStore(aws.dynamodb, aws.transfers_table, pause=lambda _: None)


class TestActivation:
    @pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
    def test_a_busy_item_is_waited_for(self, store: TransferStore, aws_faults: AwsFaults, reason: str) -> None:
        """Somebody else's transaction on the same items is no other activation."""
        store.sheets.create(sheet_of("s1"))
        aws_faults.add(cancelled(reason, "None", times=3))

        assert store.sheets.activate("s1", actor="U1", at=AT).version == 1
        assert store.sheets.active() is not None

    def test_one_that_stays_busy_is_told_as_that(self, store: TransferStore, aws_faults: AwsFaults) -> None:
        store.sheets.create(sheet_of("s1"))
        aws_faults.add(cancelled("TransactionConflict", "None", times=FOREVER))

        with pytest.raises(Contended):
            store.sheets.activate("s1", actor="U1", at=AT)
        aws_faults.end()
        assert store.sheets.active() is None

    def test_a_lost_answer_is_a_success(self, store: TransferStore, aws_faults: AwsFaults) -> None:
        store.sheets.create(sheet_of("s1"))
        aws_faults.add(unanswered("TransactWriteItems"))

        assert store.sheets.activate("s1", actor="U1", at=AT).activated_by == "U1"
        assert [sheet.state for sheet in store.sheets.history()] == ["active"]

    def test_a_discard_in_between_is_told_as_that(self, store: TransferStore, monkeypatch: pytest.MonkeyPatch) -> None:
        """What lost to a discard is told that the sheet is discarded, not that another one is active."""
        store.sheets.create(sheet_of("s1"))
        plan = store.sheets._activation

        def late(*arguments: object) -> object:
            store.sheets.discard("s1")
            return plan(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(store.sheets, "_activation", late)
        with pytest.raises(SheetNotReady) as refused:
            store.sheets.activate("s1", actor="U1", at=AT)
        assert refused.value.sheet.state == "discarded"

    def test_a_faster_activation_is_told_as_that(
        self,
        aws: Aws,
        store: TransferStore,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        for sheet in ("s1", "s2"):
            store.sheets.create(sheet_of(sheet))
        other = TransferStore(aws.dynamodb, aws.transfers_table)
        plan = store.sheets._activation

        def late(*arguments: object) -> object:
            if other.sheets.active() is None:
                other.sheets.activate("s2", actor="U2", at=LATER)
            return plan(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(store.sheets, "_activation", late)
        with pytest.raises(SheetChanged) as lost:
            store.sheets.activate("s1", actor="U1", at=AT)
        assert lost.value.current is not None
        assert lost.value.current.sheet == "s2"


class TestWrites:
    def test_an_answer_lost_while_a_record_is_saved(self, store: TransferStore, aws_faults: AwsFaults) -> None:
        """The client repeats the write, finds its own, and goes on."""
        sheet = store.sheets.create(sheet_of("s1", state="loading"))
        aws_faults.add(unanswered("PutItem"))

        assert store.sheets.save(sheet).version == 2

    def test_a_transaction_in_the_way_of_an_import(self, store: TransferStore, aws_faults: AwsFaults) -> None:
        record = Job(id="i1", file_id="F1", user="U1", created_at=AT)
        aws_faults.add(AwsFault(operation="PutItem", code="TransactionConflictException", times=2))
        store.jobs.create(record)
        aws_faults.add(AwsFault(operation="PutItem", code="TransactionConflictException", times=2))

        assert store.jobs.begin("i1", at=LATER, until=LATER).attempts == 1

    def test_an_answer_lost_while_an_import_is_begun(self, store: TransferStore, aws_faults: AwsFaults) -> None:
        """The worker has it, and does not wait for its own lease to end."""
        store.jobs.create(Job(id="i1", file_id="F1", user="U1", created_at=AT))
        aws_faults.add(unanswered("PutItem"))

        assert store.jobs.begin("i1", at=LATER, until="2999-01-01T00:00:00Z").attempts == 1
        with pytest.raises(JobBusy):
            store.jobs.begin("i1", at=LATER, until="2999-01-01T00:00:00Z")

    def test_a_sheet_created_again(self, store: TransferStore) -> None:
        """What is stored counts: AWS calls the same transaction again, within ten minutes, a success."""
        first = store.sheets.create(sheet_of("s1"))
        store.sheets.discard("s1")

        assert store.sheets.create(first).state == "discarded"


class TestBatches:
    def test_what_is_left_over_is_written_after_all(
        self,
        aws: Aws,
        store: TransferStore,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """DynamoDB takes part of a batch and hands the rest back, again and again."""
        write = aws.dynamodb.batch_write_item
        table = aws.transfers_table

        def throttled(*, RequestItems: dict[str, list[object]]) -> dict[str, object]:  # noqa: N803 - AWS's name
            asked = RequestItems[table]
            write(RequestItems={table: asked[:3]})  # type: ignore[dict-item]
            return {"UnprocessedItems": {table: asked[3:]} if asked[3:] else {}}

        monkeypatch.setattr(aws.dynamodb, "batch_write_item", throttled)
        assert store.projects.put("s1", PROJECTS[:30]) == 30
        assert len(list(store.projects.all("s1"))) == 30

    def test_one_that_is_never_taken_ends_the_attempt(
        self,
        aws: Aws,
        store: TransferStore,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def full(*, RequestItems: dict[str, object]) -> dict[str, object]:  # noqa: N803 - AWS's name
            return {"UnprocessedItems": RequestItems}

        monkeypatch.setattr(aws.dynamodb, "batch_write_item", full)
        with pytest.raises(Contended):
            store.projects.put("s1", PROJECTS[:1])


def test_a_job_is_stored_as_other_releases_know_it(aws: Aws, store: TransferStore) -> None:
    store.jobs.create(Job(id="j1", kind="forget", user="U1", created_at=AT))
    key = {"pk": {"S": "IMPORT#j1"}, "sk": {"S": "IMPORT"}}
    item = aws.dynamodb.get_item(TableName=aws.transfers_table, Key=key)["Item"]
    assert '"job":"forget"' in item["body"]["S"]
    found = store.jobs.get("j1")
    assert found is not None
    assert found.kind == "forget"
