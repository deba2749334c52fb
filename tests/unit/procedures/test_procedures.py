"""Which version of a procedure answers: for a new run, for a run in progress, and while the store does not."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from botocore.exceptions import EndpointConnectionError

from sop_aws.procedures import FRESH_FOR, Procedures, VersionUnavailable
from sop_aws.versions import Text, VersionStore
from sop_core import procedures
from sop_core.procedures import reading
from sop_core.versions import Version
from tests.builders.desk import Clock, a_run
from tests.standin.aws import aws

if TYPE_CHECKING:
    from sop_core.guidance import Procedure
    from tests.standin.aws import Aws

__all__ = ["aws"]

SHIPPED = procedures.load("infinity")
ADMIN = "U0ADMIN01"


class Shop:
    """The resolver of one container, with a store that can be unplugged."""

    def __init__(self, aws: Aws) -> None:
        self.clock = Clock()
        self.day = date(2026, 11, 22)
        self.store = VersionStore(aws.dynamodb, aws.settings_table)
        self.asked = self.container()

    def container(self, store: Any = None) -> Procedures:
        return Procedures(store or self.store, lambda: self.day, self.clock)

    def publish(self, version: str, *, effective: str = "2026-11-22", compiled: Procedure | None = None) -> Version:
        made = compiled or SHIPPED._replace(version=version, digest=f"digest-{version}")
        brought = Version(
            procedure="infinity",
            digest=made.digest,
            version=version,
            title=made.title,
            effective=effective,
            state="ready",
            file_name="infinity.yaml",
            published_by=ADMIN,
            published_at="2026-11-22T10:00:00Z",
        )
        sources = msgspec.json.encode(reading.find_sources()[0]).decode()
        text = (reading.HERE / "infinity.yaml").read_text(encoding="utf-8")
        return self.store.publish(brought, made, Text(file=text, sources=sources))

    def activate(self, version: Version | None, *, seen: int = 0) -> None:
        digest = version.digest if version else None
        self.store.switch("infinity", digest, seen=seen, today=self.day, actor=ADMIN, at=f"2026-11-22T10:0{seen}:00Z")

    def active(self) -> str:
        return self.asked.active("infinity").version


@pytest.fixture
def shop(aws: Aws) -> Shop:
    return Shop(aws)


class Unplugged:
    """A store that nobody reaches."""

    def __getattr__(self, name: str) -> Any:
        def fail(*_: object, **__: object) -> None:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")

        return fail


def test_without_a_published_version_the_shipped_one_answers(shop: Shop) -> None:
    assert shop.asked.active("infinity") is SHIPPED
    assert shop.asked.names() == procedures.names()


def test_a_switch_is_in_effect_once_the_cache_has_run_out(shop: Shop) -> None:
    assert shop.active() == "1"
    shop.activate(shop.publish("2"))
    assert shop.active() == "1"
    shop.clock.pass_(seconds=FRESH_FOR.total_seconds())
    assert shop.active() == "2"
    shop.activate(None, seen=1)
    shop.clock.pass_(seconds=FRESH_FOR.total_seconds())
    assert shop.active() == "1"


def test_a_version_of_a_later_date_answers_from_that_day_on(shop: Shop) -> None:
    shop.activate(shop.publish("2", effective="2026-11-23"))
    assert shop.active() == "1"
    shop.day = date(2026, 11, 23)
    assert shop.active() == "2"


def test_a_run_keeps_the_version_it_began_with(shop: Shop) -> None:
    version = shop.publish("2")
    shop.activate(version)
    run = a_run(procedure_version="2", procedure_digest=version.digest)
    shop.activate(None, seen=1)

    assert shop.active() == "1"
    assert shop.asked.of(run).version == "2"
    assert shop.asked.of(a_run(procedure_digest=SHIPPED.digest)) is SHIPPED
    assert shop.asked.of(a_run()) is SHIPPED


def test_a_run_of_an_earlier_release_finishes_on_what_shipped_then(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.asked.keep_shipped()
    later = {name: procedures.load(name) for name in procedures.names()}
    later["infinity"] = SHIPPED._replace(version="5", digest="later")
    monkeypatch.setattr(procedures, "load", later.__getitem__)

    assert shop.active() == "5"
    assert shop.asked.of(a_run(procedure_digest=SHIPPED.digest)) == SHIPPED


def test_where_the_store_does_not_answer_the_shipped_one_does_and_it_is_logged(
    shop: Shop, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert shop.container(Unplugged()).active("infinity") is SHIPPED
    assert "which versions are in force cannot be read" in caplog.text


def test_what_was_known_before_the_store_fell_silent_stays_known(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.activate(shop.publish("2"))
    assert shop.active() == "2"
    monkeypatch.setattr(shop.asked, "_store", Unplugged())
    shop.clock.pass_(hours=1)
    assert shop.active() == "2"


def test_a_version_that_is_gone_lets_the_shipped_one_answer_new_runs_and_it_is_logged(
    shop: Shop, aws: Aws, caplog: pytest.LogCaptureFixture
) -> None:
    version = shop.publish("2")
    shop.activate(version)
    aws.dynamodb.delete_item(
        TableName=aws.settings_table, Key={"pk": {"S": f"PROCEDURE#{version.digest}"}, "sk": {"S": "COMPILED"}}
    )

    assert shop.asked.active("infinity") is SHIPPED
    assert "the shipped procedure answers" in caplog.text


def test_a_version_whose_bytes_are_damaged_lets_the_shipped_one_answer_new_runs(shop: Shop, aws: Aws) -> None:
    version = shop.publish("2")
    shop.activate(version)
    damaged: dict[str, Any] = {"pk": {"S": f"PROCEDURE#{version.digest}"}, "sk": {"S": "COMPILED"}, "body": {"B": b"x"}}
    aws.dynamodb.put_item(TableName=aws.settings_table, Item=damaged)

    assert shop.asked.active("infinity") is SHIPPED
    with pytest.raises(VersionUnavailable):
        shop.asked.of(a_run(procedure_digest=version.digest))


def test_a_run_whose_version_cannot_be_had_gets_no_other_words(shop: Shop) -> None:
    assert shop.asked.has(a_run())
    assert not shop.asked.has(a_run(procedure_digest="never"))
    with pytest.raises(VersionUnavailable):
        shop.asked.of(a_run(procedure_digest="never"))
    with pytest.raises(VersionUnavailable):
        shop.container(Unplugged()).of(a_run(procedure_digest="never"))


def test_a_compiled_form_of_another_release_is_compiled_anew(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    version = shop.publish("2")
    shop.activate(version)
    monkeypatch.setattr(shop.store, "compiled", lambda _: b"\xc1 another form")

    again = shop.asked.active("infinity")
    assert again.digest == version.digest
    assert again.stages == SHIPPED.stages


def test_a_container_reads_each_version_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.activate(shop.publish("2"))
    first = shop.asked.active("infinity")
    monkeypatch.setattr(shop.store, "compiled", None)
    assert shop.asked.active("infinity") is first
