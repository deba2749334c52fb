"""What is not whole is named; what merely looks odd is not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from infra import restore
from infra.deployed import NoSopDesk
from infra.restore import cautious, is_kept
from infra.wholeness import Stored, problems
from sop_aws.deliveries import delivery_item, outbox, read_delivery
from sop_aws.table import attributes
from sop_core.transfers.records import ActiveSheet, Counts, Sheet, SnapshotRef
from tests.builders.desk import an_opened_case

AT = "2026-11-20T09:00:00Z"
SNAPSHOT = SnapshotRef(key="snapshots/s1.bin", sha256="0" * 64, size=1)
CASE = attributes(pk="CASE#SOP-1", sk="CASE", version=2)
EVENTS = (attributes(pk="CASE#SOP-1", sk="EVENT#000001"), attributes(pk="CASE#SOP-1", sk="EVENT#000002"))
REPORT = attributes(pk="CASE#REPORT-1", sk="DELIVERY#000001#0")
FILE: dict[str, Any] = {"uploaded_by": "U1", "uploaded_at": AT, "file_name": "a.xlsx", "file_sha256": "f"}


def body(value: object) -> str:
    return msgspec.json.encode(value).decode()


POINTER = ActiveSheet(
    sheet="s1", version=1, activated_at=AT, activated_by="U1", counts=Counts(projects=1), snapshot=SNAPSHOT, **FILE
)
ACTIVE = attributes(pk="ACTIVE", sk="ACTIVE", body=body(POINTER))
SHEET = attributes(
    pk="SHEET#s1",
    sk="SHEET",
    body=body(Sheet(id="s1", state="active", version=1, counts=Counts(projects=1), snapshot=SNAPSHOT, **FILE)),
)
ROW = attributes(pk="SHEET#s1#3", sk="PROJECT#p1")
OTHER_ROW = attributes(pk="SHEET#s10#3", sk="PROJECT#p1")
SETTINGS = attributes(pk="SETTINGS", sk="CURRENT", version=2)
HISTORY = (attributes(pk="SETTINGS", sk="AUDIT#000001"), attributes(pk="SETTINGS", sk="AUDIT#000002"))
VERSION = attributes(pk="PROCEDURES", sk="VERSION#infinity#abcdef")
SAYS = attributes(pk="PROCEDURE#abcdef", sk="COMPILED")


def told(cases: Any = (), transfers: Any = (), settings: Any = (), *, files: bool = True) -> list[str]:
    return problems(Stored(tuple(cases), tuple(transfers), tuple(settings)), has_file=lambda _: files)


def test_whole() -> None:
    """Nothing at all is whole, and so is everything; a report has no case, another sheet's rows are not counted."""
    assert told() == []
    everything = (CASE, *EVENTS, REPORT), (ACTIVE, SHEET, ROW, OTHER_ROW), (SETTINGS, *HISTORY, VERSION, SAYS)
    assert told(*everything) == []


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ({"cases": EVENTS}, "the case is not"),
        ({"cases": [attributes(pk="CASE#SOP-1", sk="CARD")]}, "the case is not"),
        ({"cases": [CASE]}, "do not lead there"),
        ({"cases": [CASE, EVENTS[1]]}, "do not lead there"),
        ({"transfers": [SHEET, ROW]}, "No sheet is active"),
        ({"transfers": [ACTIVE, ROW]}, "has no record"),
        ({"transfers": [ACTIVE, SHEET, OTHER_ROW]}, "has 0 of its 1 projects"),
        ({"transfers": [ACTIVE, SHEET, ROW], "files": False}, "is not in the bucket"),
        ({"settings": HISTORY}, "the shipped ones are in force"),
        ({"settings": [SETTINGS, HISTORY[0]]}, "and their history at 1"),
        ({"settings": [VERSION]}, "what it says is not there"),
    ],
)
def test_not_whole(stored: dict[str, Any], said: str) -> None:
    """Each part that something refers to is missed."""
    (line,) = told(**stored)
    assert said in line


def test_the_way_back_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is named for settings that are not whole is what the restore takes: it goes on to look for the stack."""

    def looked_for(stack: str, _: object) -> None:
        raise NoSopDesk(stack)

    monkeypatch.setattr(restore, "outputs", looked_for)
    (line,) = told(settings=[SETTINGS, HISTORY[0]])
    named = line.partition(": ")[2].removesuffix(" makes them what they were.").replace("…", AT).split()

    assert named[-1] == SETTINGS["pk"]["S"]
    assert restore.main(["--stack", "desk", *named]) == 2


def test_what_has_expired_is_not_missed() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert is_kept(CASE, now=now)
    assert is_kept(attributes(pk="RUN#1", sk="RUN", expires_at=int(now.timestamp()) + 1), now=now)
    assert not is_kept(attributes(pk="RUN#1", sk="RUN", expires_at=int(now.timestamp())), now=now)


def test_a_delivery_on_its_way_is_put_back_unsure() -> None:
    """Of what was on its way nobody knows whether Slack has it; what was done is done."""
    (row,) = outbox(an_opened_case()[0], "card", at=AT)
    assert read_delivery(cautious(delivery_item(row))).unsure
    done = delivery_item(msgspec.structs.replace(row, state="done"))
    assert cautious(done) == done
    assert cautious(CASE) == CASE
