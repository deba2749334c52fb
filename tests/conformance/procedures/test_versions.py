"""Published versions, on every AWS there is."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from sop_aws.versions import SwitchedMeanwhile, Text, VersionActive, VersionGone, VersionStore
from sop_core import procedures
from sop_core.versions import SHIPPED, Activation, Version, in_force
from tests.builders.procedures import rain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from tests.standin.aws import Aws

TODAY = date(2026, 11, 22)
AT = "2026-11-22T10:00:00Z"
DANA, OMAR = "U0DANA001", "U0OMAR001"


class Shelf:
    """A store, and versions of a procedure whose name nobody else has."""

    def __init__(self, aws: Aws) -> None:
        self.name = f"rain_{uuid4().hex}"
        self.store = VersionStore(aws.dynamodb, aws.settings_table)

    def publish(self, version: str, *, effective: str = "2026-01-02", at: str = AT) -> Version:
        digest = uuid4().hex
        compiled = rain()._replace(name=self.name, version=version, digest=digest)
        brought = Version(
            procedure=self.name,
            digest=digest,
            version=version,
            title="Rain",
            effective=effective,
            state="ready",
            file_name="rain.yaml",
            published_by=DANA,
            published_at=at,
        )
        return self.store.publish(brought, compiled, Text(file="procedure: rain", sources="{}"))

    def switch(self, to: Version | None, *, seen: int, by: str = DANA, at: str = AT) -> Activation:
        return self.store.switch(self.name, to.digest if to else None, seen=seen, today=TODAY, actor=by, at=at)


@pytest.fixture
def shelf(aws: Aws) -> Shelf:
    return Shelf(aws)


def test_a_published_version_is_kept_whole_and_nothing_is_in_force_by_it(shelf: Shelf) -> None:
    version = shelf.publish("2")

    assert shelf.store.version(shelf.name, version.digest) == version
    assert version in shelf.store.versions()
    compiled = shelf.store.compiled(version.digest)
    assert compiled is not None
    assert procedures.decode(compiled).version == "2"
    assert shelf.store.text(version.digest) == Text(file="procedure: rain", sources="{}")
    assert shelf.store.activation(shelf.name) is None


def test_what_was_never_published_is_not_there(shelf: Shelf) -> None:
    assert shelf.store.compiled("none") is None
    assert shelf.store.text("none") is None
    assert shelf.store.version(shelf.name, "none") is None


def test_a_switch_and_the_way_back_are_the_same_write_and_both_are_told(shelf: Shelf) -> None:
    version = shelf.publish("2")

    first = shelf.switch(version, seen=0)
    back = shelf.switch(None, seen=1, by=OMAR, at="2026-11-22T10:00:01Z")

    assert (first.number, first.digest, first.version, first.until_version) == (1, version.digest, "2", SHIPPED)
    assert (back.number, back.digest, back.version, back.until_version) == (2, None, SHIPPED, "2")
    assert shelf.store.activation(shelf.name) == shelf.store.activations()[shelf.name] == back
    assert [each for each in shelf.store.history(limit=1000) if each.procedure == shelf.name] == [back, first]


def test_a_request_delivered_twice_is_one_switch(shelf: Shelf) -> None:
    version = shelf.publish("2")

    assert shelf.switch(version, seen=0) == shelf.switch(version, seen=0)


def test_whoever_has_not_seen_the_latest_switch_is_shown_it(shelf: Shelf) -> None:
    version, other = shelf.publish("2"), shelf.publish("3")
    current = shelf.switch(version, seen=0)

    with pytest.raises(SwitchedMeanwhile) as lost:
        shelf.switch(other, seen=0, by=OMAR)
    assert lost.value.current == current


def test_until_its_date_the_version_before_it_stays_in_force(shelf: Shelf) -> None:
    now, later, latest = shelf.publish("2"), shelf.publish("3", effective="2026-12-01"), shelf.publish("4")
    shelf.switch(now, seen=0)
    ahead = shelf.switch(later, seen=1)

    assert (ahead.until, ahead.until_version) == (now.digest, "2")
    assert in_force(ahead, date(2026, 11, 30)) == now.digest
    assert in_force(ahead, date(2026, 12, 1)) == later.digest
    # What was never in force is not what stays until the next.
    assert shelf.switch(latest, seen=2).until == now.digest


def test_a_discarded_version_cannot_be_activated_until_it_is_published_again(shelf: Shelf) -> None:
    version = shelf.publish("2")
    shelf.store.discard(shelf.name, version.digest, today=TODAY)
    assert shelf.store.discard(shelf.name, version.digest, today=TODAY).state == "discarded"

    with pytest.raises(VersionGone):
        shelf.switch(version, seen=0)
    assert version not in shelf.store.versions()

    compiled = rain()._replace(digest=version.digest)
    shelf.store.publish(version, compiled, Text(file="", sources=""))
    assert shelf.switch(version, seen=0).digest == version.digest


def test_what_is_activated_cannot_be_discarded(shelf: Shelf) -> None:
    version = shelf.publish("2")
    shelf.switch(version, seen=0)

    with pytest.raises(VersionActive):
        shelf.store.discard(shelf.name, version.digest, today=TODAY)
    with pytest.raises(VersionGone):
        shelf.store.discard(shelf.name, "none", today=TODAY)


def test_what_is_in_force_until_another_version_is_cannot_be_discarded(shelf: Shelf) -> None:
    now, later = shelf.publish("2"), shelf.publish("3", effective="2026-12-01")
    shelf.switch(now, seen=0)
    shelf.switch(later, seen=1)

    with pytest.raises(VersionActive):
        shelf.store.discard(shelf.name, now.digest, today=TODAY)
    with pytest.raises(VersionActive):
        shelf.store.discard(shelf.name, later.digest, today=TODAY)
    assert shelf.store.discard(shelf.name, now.digest, today=date(2026, 12, 1)).state == "discarded"


def test_a_version_that_is_activated_while_it_is_discarded_stays(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    version = shelf.publish("2")
    read = shelf.store.activation

    def read_before_the_switch(name: str) -> Activation | None:
        found = read(name)
        monkeypatch.setattr(shelf.store, "activation", read)
        shelf.switch(version, seen=found.number if found else 0)
        return found

    for _ in range(2):  # The first time it was never activated before, the second time it was.
        monkeypatch.setattr(shelf.store, "activation", read_before_the_switch)
        with pytest.raises(VersionActive):
            shelf.store.discard(shelf.name, version.digest, today=TODAY)
        latest = shelf.store.activation(shelf.name)
        assert latest is not None
        assert latest.digest == version.digest
        assert version in shelf.store.versions()
        shelf.switch(None, seen=latest.number)

    assert shelf.store.discard(shelf.name, version.digest, today=TODAY).state == "discarded"


def test_a_version_that_is_discarded_while_it_is_activated_is_not_activated(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = shelf.publish("2")
    table = shelf.store._table
    transact = table.transact

    def discarded_before(writes: Sequence[TransactWriteItemTypeDef]) -> None:
        monkeypatch.setattr(table, "transact", transact)  # discarding is a transaction as well
        shelf.store.discard(shelf.name, version.digest, today=TODAY)
        transact(writes)

    monkeypatch.setattr(table, "transact", discarded_before)
    with pytest.raises(VersionGone):
        shelf.switch(version, seen=0)

    assert shelf.store.activation(shelf.name) is None
    assert [each for each in shelf.store.history(limit=1000) if each.procedure == shelf.name] == []


def test_of_two_clicks_of_one_admin_both_are_told_of_the_one_switch(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = shelf.publish("2")
    latest = shelf.store.activation
    first = shelf.switch(version, seen=0)
    # The second click read the pointer before the first had written it.
    answers = iter([None, first])
    monkeypatch.setattr(shelf.store, "activation", lambda _: next(answers))

    assert shelf.switch(version, seen=0, at="2026-11-22T10:00:01Z") == first == latest(shelf.name)


def test_the_same_form_is_kept_once(shelf: Shelf) -> None:
    compiled = rain()._replace(digest=uuid4().hex)
    shelf.store.keep(compiled)
    shelf.store.keep(compiled._replace(title="Other words under the same hash"))

    kept = shelf.store.compiled(compiled.digest)
    assert kept is not None
    assert procedures.decode(kept).title == "Rain"


def test_of_several_admins_at_once_one_switches_and_the_others_see_to_what(isolated: Aws) -> None:
    shelf = Shelf(isolated)
    versions = [shelf.publish(str(number)) for number in range(6)]
    together = threading.Barrier(len(versions))

    def switch(version: Version) -> tuple[bool, Activation | None]:
        together.wait()
        try:
            return True, shelf.switch(version, seen=0, by=f"U{version.version}")
        except SwitchedMeanwhile as lost:
            return False, lost.current

    with ThreadPoolExecutor(len(versions)) as pool:
        done = list(pool.map(switch, versions))

    (winner,) = [each for won, each in done if won]
    assert winner is not None
    assert [each for won, each in done if not won] == [winner] * 5
    assert shelf.store.activation(shelf.name) == winner


def test_activated_and_discarded_at_once_a_version_is_one_of_the_two(isolated: Aws) -> None:
    for _ in range(4):
        shelf = Shelf(isolated)
        version = shelf.publish("2")
        together = threading.Barrier(2)

        def activated(shelf: Shelf = shelf, version: Version = version, together: threading.Barrier = together) -> bool:
            together.wait()
            try:
                shelf.switch(version, seen=0)
            except VersionGone:
                return False
            return True

        def discarded(shelf: Shelf = shelf, version: Version = version, together: threading.Barrier = together) -> bool:
            together.wait()
            try:
                shelf.store.discard(shelf.name, version.digest, today=TODAY)
            except VersionActive:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            first, second = pool.submit(activated), pool.submit(discarded)
        assert first.result() != second.result()
        assert (shelf.store.activation(shelf.name) is not None) == first.result()
        assert (version in shelf.store.versions()) == first.result()
