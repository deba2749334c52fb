"""What the transfer store promises, on every stand-in for AWS there is."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec
import pytest

from sop_aws.forgotten import ForgottenStore
from sop_aws.jobs import JobBusy, JobOver, UnknownJob
from sop_aws.sheets import SheetChanged, SheetNotReady, UnknownSheet
from sop_aws.snapshots import SnapshotStore, SnapshotUnavailable
from sop_aws.table import StaleRecord
from sop_aws.transfers import TransferStore
from sop_core.transfers.matching import build
from sop_core.transfers.project import Project
from sop_core.transfers.records import Counts, Difference, Job, Sheet

if TYPE_CHECKING:
    from collections.abc import Callable

    from sop_core.transfers.records import ActiveSheet
    from tests.standin.aws import Aws

AT = "2026-11-20T15:00:00Z"
LATER = "2026-11-20T15:15:00Z"
PROJECTS = tuple(Project(key=f"INF-{n}", row=n + 2, project_id=f"INF-{n}", homeowner=f"Person {n}") for n in range(260))


def store_of(aws: Aws) -> TransferStore:
    # Each test has a table of its own: the pointer to the active sheet is one item.
    name = f"transfers-{uuid.uuid4().hex[:8]}"
    described = aws.dynamodb.describe_table(TableName=aws.transfers_table)["Table"]
    index = described["GlobalSecondaryIndexes"][0]
    aws.dynamodb.create_table(
        TableName=name,
        KeySchema=described["KeySchema"],
        AttributeDefinitions=described["AttributeDefinitions"],
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[
            {"IndexName": index["IndexName"], "KeySchema": index["KeySchema"], "Projection": index["Projection"]}
        ],
    )
    return TransferStore(aws.dynamodb, name, pause=lambda _: None)


@pytest.fixture
def store(aws: Aws) -> TransferStore:
    return store_of(aws)


def sheet_of(sheet_id: str, *, version: int = 0, state: str = "ready", uploaded_at: str = AT) -> Sheet:
    made = Sheet(
        id=sheet_id,
        state="ready",
        version=1,
        uploaded_by="U0ADMIN01",
        uploaded_at=uploaded_at,
        file_name="Infinity Transfers v1.xlsx",
        file_sha256=f"hash of {sheet_id}",
        counts=Counts(rows=260, projects=260),
        difference=Difference(against_version=version),
    )
    return msgspec.structs.replace(made, state=state)


def test_nothing_is_active_at_first(store: TransferStore) -> None:
    assert store.sheets.active() is None
    assert store.sheets.history() == ()


def test_projects_are_found_by_key_and_in_the_order_asked(store: TransferStore) -> None:
    heard: list[int] = []
    assert store.projects.put("s1", PROJECTS, progress=heard.append) == 260

    assert store.projects.get("s1", "INF-7") == PROJECTS[7]
    assert store.projects.get("s1", "INF-999") is None
    assert store.projects.get("s2", "INF-7") is None
    keys = [f"INF-{n}" for n in range(259, -1, -1)]
    assert [project.key for project in store.projects.get_many("s1", [*keys, "INF-999"])] == keys
    assert sorted(project.key for project in store.projects.all("s1")) == sorted(keys)
    assert heard[-1] == 260


def test_writing_projects_again_changes_nothing(store: TransferStore) -> None:
    store.projects.put("s1", PROJECTS)
    store.projects.put("s1", PROJECTS)

    assert len(list(store.projects.all("s1"))) == 260


def test_activation_switches_the_pointer_and_keeps_the_sheet_before(store: TransferStore) -> None:
    store.sheets.create(sheet_of("s1"))
    store.sheets.create(sheet_of("s2", version=1))

    first = store.sheets.activate("s1", actor="U1", at=AT)
    second = store.sheets.activate("s2", actor="U2", at=LATER)

    assert (first.version, second.version, second.sheet, second.activated_by) == (1, 2, "s2", "U2")
    assert store.sheets.active() == second
    assert [(s.id, s.state) for s in store.sheets.history()] == [("s2", "active"), ("s1", "superseded")]


def test_a_kept_sheet_can_be_activated_again(store: TransferStore) -> None:
    store.sheets.create(sheet_of("s1"))
    store.sheets.create(sheet_of("s2", version=1))
    store.sheets.activate("s1", actor="U1", at=AT)
    store.sheets.activate("s2", actor="U1", at=AT)

    assert store.sheets.activate("s1", 2, actor="U1", at=LATER).version == 3


def test_activating_twice_is_one_activation(store: TransferStore) -> None:
    store.sheets.create(sheet_of("s1"))

    assert store.sheets.activate("s1", actor="U1", at=AT) == store.sheets.activate("s1", actor="U1", at=LATER)


def test_an_activation_that_did_not_see_the_current_sheet_is_refused(store: TransferStore) -> None:
    store.sheets.create(sheet_of("s1"))
    store.sheets.create(sheet_of("s2"))
    current = store.sheets.activate("s1", actor="U1", at=AT)

    with pytest.raises(SheetChanged) as lost:
        store.sheets.activate("s2", actor="U2", at=AT)

    assert lost.value.current == current
    assert store.sheets.activate("s2", expected=current.version, actor="U2", at=AT).version == 2


@pytest.mark.parametrize("state", ["loading", "discarded", "expiring", "expired"])
def test_only_a_sheet_that_is_whole_can_be_activated(store: TransferStore, state: str) -> None:
    store.sheets.create(sheet_of("s1", state=state))

    with pytest.raises(SheetNotReady):
        store.sheets.activate("s1", actor="U1", at=AT)
    with pytest.raises(UnknownSheet):
        store.sheets.activate("s9", actor="U1", at=AT)


def test_the_active_sheet_cannot_be_discarded_and_a_discard_repeats(store: TransferStore) -> None:
    store.sheets.create(sheet_of("s1"))
    store.sheets.create(sheet_of("s2"))
    store.sheets.activate("s1", actor="U1", at=AT)

    assert store.sheets.discard("s2").state == "discarded"
    assert store.sheets.discard("s2").state == "discarded"
    with pytest.raises(SheetNotReady):
        store.sheets.discard("s1")


def test_a_sheet_is_known_by_its_files_hash_while_it_is_kept(store: TransferStore) -> None:
    made = store.sheets.create(sheet_of("s1"))
    store.sheets.remember_file(made)

    assert store.sheets.of_file(made.file_sha256) == made
    store.sheets.discard("s1")
    assert store.sheets.of_file(made.file_sha256) is None
    assert store.sheets.of_file("another") is None


def test_a_change_of_an_older_version_is_refused(store: TransferStore) -> None:
    made = store.sheets.create(sheet_of("s1"))
    store.sheets.save(made)

    with pytest.raises(StaleRecord):
        store.sheets.save(msgspec.structs.replace(made, file_name="Another.xlsx"))


def test_creating_a_sheet_again_returns_the_stored_one(store: TransferStore) -> None:
    changed = store.sheets.save(store.sheets.create(sheet_of("s1")))

    assert store.sheets.create(sheet_of("s1")) == changed
    assert len(store.sheets.history()) == 1


def test_an_import_is_held_by_one_worker_until_its_lease_ends(store: TransferStore) -> None:
    store.jobs.create(Job(id="i1", file_id="F1", user="U1", created_at=AT))

    begun = store.jobs.begin("i1", at=AT, until=LATER)
    assert (begun.state, begun.attempts) == ("running", 1)
    with pytest.raises(JobBusy):
        store.jobs.begin("i1", at="2026-11-20T15:14:59Z", until=LATER)
    assert store.jobs.begin("i1", at=LATER, until="2026-11-20T15:30:00Z").attempts == 2
    with pytest.raises(UnknownJob):
        store.jobs.begin("i9", at=AT, until=LATER)


def test_the_sweep_sees_imports_until_they_are_finished(store: TransferStore) -> None:
    record = Job(id="i1", file_id="F1", user="U1", created_at=AT)
    assert store.jobs.create(record) == store.jobs.create(record)
    assert [found.id for found in store.jobs.due(AT)] == ["i1"]

    begun = store.jobs.begin("i1", at=AT, until=LATER)
    assert store.jobs.due(AT) == ()
    assert [found.id for found in store.jobs.due(LATER)] == ["i1"]

    store.jobs.save(msgspec.structs.replace(begun, state="ready"), until=LATER)
    assert store.jobs.due("2027-01-01T00:00:00Z") == ()
    with pytest.raises(JobOver):
        store.jobs.begin("i1", at=LATER, until=LATER)


def test_retired_rows_expire_and_their_sheet_cannot_come_back(store: TransferStore) -> None:
    for n in range(3):
        store.sheets.create(sheet_of(f"s{n}", version=n, uploaded_at=f"2026-11-2{n}T15:00:00Z"))
        store.projects.put(f"s{n}", PROJECTS[:3])
        store.sheets.activate(f"s{n}", actor="U1", at=AT)

    forgotten: list[str] = []
    assert retire(store, forgotten.append, keep=1) == ("s0",)
    assert retire(store, forgotten.append, keep=1) == ()
    assert forgotten == ["s0"]
    with pytest.raises(SheetNotReady):
        store.sheets.activate("s0", expected=3, actor="U1", at=AT)


def retire(store: TransferStore, forget: Callable[[str], object], *, keep: int = 0) -> tuple[str, ...]:
    return store.sheets.retire(
        keep=keep, expires_at=1_800_000_000, unfinished_before=AT, unused_before="", forget=forget
    )


def rows_that_stay(store: TransferStore) -> set[str]:
    items = store.projects._table
    rows = items._client.scan(TableName=items.name)["Items"]
    return {row["pk"]["S"] for row in rows if "expires_at" not in row}


def test_a_retirement_that_was_cut_off_is_gone_on_with(store: TransferStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.sheets.create(sheet_of("s1"))
    store.projects.put("s1", PROJECTS[:3])
    store.projects.put_exact("s1", PROJECTS[:3])
    store.sheets.discard("s1")

    def cut_off(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    for call in ("put", "put_exact"):
        with monkeypatch.context() as patch:
            patch.setattr(store.projects, call, cut_off)
            with pytest.raises(KeyboardInterrupt):
                retire(store, lambda _: None)
    with pytest.raises(KeyboardInterrupt):
        retire(store, cut_off)
    forgotten: list[str] = []
    assert retire(store, forgotten.append) == ("s1",)
    assert forgotten == ["s1"]
    assert rows_that_stay(store) == {"SHEET#s1", "SHEETS"}
    assert retire(store, forgotten.append) == ()


def test_a_sheet_that_agents_got_back_meanwhile_is_not_retired(
    store: TransferStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(2):
        store.sheets.create(sheet_of(f"s{n}", version=n, uploaded_at=f"2026-11-2{n}T15:00:00Z"))
        store.projects.put(f"s{n}", PROJECTS[:3])
        store.sheets.activate(f"s{n}", actor="U1", at=AT)
    as_read = store.sheets.history()
    store.sheets.activate("s0", expected=2, actor="U1", at=AT)
    monkeypatch.setattr(store.sheets, "history", lambda **_: as_read)

    forgotten: list[str] = []
    assert retire(store, forgotten.append) == ()
    assert forgotten == []
    assert "SHEET#s0" in rows_that_stay(store)


def test_the_exact_look_up_needs_no_snapshot_and_expires_with_its_sheet(store: TransferStore) -> None:
    sheet = store.sheets.create(sheet_of("s1"))
    store.projects.put("s1", PROJECTS)
    store.projects.put_exact("s1", PROJECTS)

    assert [project.key for project in store.projects.exact(sheet, "person 17", 5)] == ["INF-17"]
    assert store.projects.exact(sheet, "person 999", 5) == ()
    store.sheets.discard("s1")
    retire(store, lambda _: None)
    assert rows_that_stay(store) == {"SHEET#s1", "SHEETS"}


def test_columns_that_an_admin_named_are_kept_beside_each_other(store: TransferStore) -> None:
    columns = store.columns
    assert (columns.named(), columns.changes(5)) == ({}, ())
    columns.change({"homeowner": "Kunde"}, actor="U1", at=AT)
    columns.change({"project_id": "Nummer", "homeowner": "Name des Kunden"}, actor="U2", at=LATER)
    columns.change({"project_id": "Nummer"}, actor="U3", at=LATER)

    assert columns.named() == {"homeowner": "Name des Kunden", "project_id": "Nummer"}
    assert [(change.actor, change.at, change.before) for change in columns.changes(5)] == [
        ("U2", LATER, {"homeowner": "Kunde"}),
        ("U1", AT, {}),
    ], "what changes nothing is no change"


def test_a_named_column_is_forgotten_and_a_header_stands_for_one_field(store: TransferStore) -> None:
    columns = store.columns
    columns.change({"homeowner": "Kunde", "city": "Ort"}, actor="U1", at=AT)
    columns.change({"address": "kunde"}, actor="U1", at=AT)
    assert columns.named() == {"city": "Ort", "address": "kunde"}
    columns.change({"city": None, "email": None}, actor="U1", at=LATER)
    assert columns.named() == {"address": "kunde"}


def test_of_many_who_name_columns_at_once_nobodys_is_lost(isolated: Aws) -> None:
    columns = store_of(isolated).columns
    fields = ("homeowner", "address", "city", "email")
    with ThreadPoolExecutor(len(fields)) as pool:
        list(pool.map(lambda field: columns.change({field: f"My {field}"}, actor="U1", at=AT), fields))
    assert columns.named() == {field: f"My {field}" for field in fields}
    assert [change.version for change in columns.changes(10)] == [4, 3, 2, 1]


def test_of_many_activations_at_once_one_wins(isolated: Aws) -> None:
    store = store_of(isolated)
    for n in range(6):
        store.sheets.create(sheet_of(f"s{n}"))

    def activate(n: int) -> ActiveSheet | None:
        try:
            return store.sheets.activate(f"s{n}", actor=f"U{n}", at=AT)
        except SheetChanged:
            return None

    with ThreadPoolExecutor(6) as pool:
        won = [active for active in pool.map(activate, range(6)) if active]

    assert won == [store.sheets.active()]
    assert [sheet.state for sheet in store.sheets.history()].count("active") == 1


def test_of_many_who_would_forget_a_customer_at_once_one_has_the_turn(isolated: Aws) -> None:
    forgotten = ForgottenStore(isolated.dynamodb, isolated.transfers_table)

    def takes(job: str, at: str = AT) -> bool:
        return forgotten.take_turn(job, at=at, until=LATER)

    jobs = tuple(uuid.uuid4().hex for _ in range(8))
    with ThreadPoolExecutor(8) as pool:
        [holder] = [job for job, took in zip(jobs, pool.map(takes, jobs), strict=True) if took]
    other, third, *_ = (job for job in jobs if job != holder)
    assert (takes(holder), takes(other)) == (True, False)
    forgotten.end_turn(other, at=AT)
    assert not takes(other), "only whoever has it ends it"
    forgotten.end_turn(holder, at=AT)
    assert (takes(other), takes(third), takes(third, at=LATER)) == (True, False, True), "it ends by itself too"
    forgotten.end_turn(third, at=AT)


def test_ten_agents_who_type_while_sheets_are_switched_never_see_a_mixture(isolated: Aws) -> None:
    store = store_of(isolated)
    for sheet in ("s1", "s2"):
        projects = [msgspec.structs.replace(project, status=sheet) for project in PROJECTS[:50]]
        store.projects.put(sheet, projects)
        ref = SnapshotStore(isolated.s3, "files").put(sheet, build(projects))
        store.sheets.create(msgspec.structs.replace(sheet_of(sheet), snapshot=ref))
    store.sheets.activate("s1", actor="U1", at=AT)
    switched = threading.Event()

    def type_on() -> set[tuple[str, ...]]:
        snapshots, seen = SnapshotStore(isolated.s3, "files"), set()
        while not switched.is_set():
            active = store.sheets.active()
            assert active is not None
            keys = [hit.key for hit in snapshots.index(active).search("person 1").hits]
            found = {project.status for project in store.projects.get_many(active.sheet, keys)}
            seen.add((active.sheet, *(str(status) for status in found)))
        return seen

    with ThreadPoolExecutor(10) as pool:
        agents = [pool.submit(type_on) for _ in range(10)]
        try:
            for version in range(1, 13):
                store.sheets.activate("s1" if version % 2 == 0 else "s2", version, actor="U1", at=AT)
        finally:
            switched.set()
        seen = set().union(*(agent.result() for agent in agents))

    assert seen
    assert seen <= {("s1", "s1"), ("s2", "s2")}


def test_a_snapshot_is_loaded_once_and_checked_by_its_hash(aws: Aws) -> None:
    snapshots = SnapshotStore(aws.s3, "files")
    ref = snapshots.put("s1", build(PROJECTS))
    sheet = msgspec.structs.replace(sheet_of("s1"), snapshot=ref)

    index = snapshots.index(sheet)
    assert [hit.key for hit in index.search("INF-7").hits][:1] == ["INF-7"]
    assert snapshots.index(sheet) is index

    aws.s3.put_object(Bucket="files", Key=ref.key, Body=b"something else")
    with pytest.raises(SnapshotUnavailable):
        SnapshotStore(aws.s3, "files").index(sheet)
    with pytest.raises(SnapshotUnavailable):
        SnapshotStore(aws.s3, "files").index(msgspec.structs.replace(sheet, snapshot=None))
