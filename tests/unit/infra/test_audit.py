"""The audit of the pinned packages: by OSV's service, by its export without a network, or honestly not at all."""

from __future__ import annotations

import json
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest

from infra import audit
from infra.audit import FAULTY, NOT_AUDITED, SAFE, Pin, is_affected
from tests.standin.loopback import Answering, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PINNED: Final = audit.pins(audit.ROOT / "requirements")
SLACK: Final = next(pin for pin in PINNED if pin.name == "slack-sdk")


def advisory(name: str, *, id_: str = "GHSA-1", **affected: Any) -> dict[str, Any]:
    return {"id": id_, "affected": [{"package": {"ecosystem": "PyPI", "name": name}, **affected}]}


def export(folder: Path, *advisories: dict[str, Any]) -> Path:
    path = folder / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number, each in enumerate(advisories):
            archive.writestr(f"{number}.json", json.dumps(each))
    return path


@contextmanager
def service(known: dict[str, str]) -> Iterator[str]:
    """Serve as OSV does: a fault's id for each package that has one."""

    class Handler(Answering):
        def post(self) -> None:
            asked = json.loads(self.body())["queries"]
            names = [query["package"]["name"] for query in asked]
            results = [{"vulns": [{"id": known[name]}]} if name in known else {} for name in names]
            self.answer(200, json.dumps({"results": results}).encode(), {})

    with served(Handler) as address:
        yield f"{address}/v1/querybatch"


def test_every_package_of_every_lock_is_audited() -> None:
    assert {lock for locks in PINNED.values() for lock in locks} == {
        path.name for path in (audit.ROOT / "requirements").glob("*.txt")
    }
    assert "runtime.txt" in PINNED[SLACK]


def test_the_service_says_what_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    with service({"slack-sdk": "GHSA-1"}) as address:
        assert audit.main([], service=address) == FAULTY
    told = capsys.readouterr().out
    assert f"slack-sdk {SLACK.version}, pinned in " in told
    assert "GHSA-1" in told
    assert f"{len(PINNED)} packages audited, 1 known faults" in told
    with service({}) as address:
        assert audit.main([], service=address) == SAFE


def test_what_cannot_be_asked_is_not_called_audited(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with service({}) as address:
        pass
    for arguments in ([], ["--advisories", str(tmp_path / "none.zip")], ["--advisories", str(tmp_path)]):
        assert audit.main(arguments, service=address) == NOT_AUDITED
        assert capsys.readouterr().out.startswith("Not audited: ")


def test_an_export_is_enough_without_a_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = export(tmp_path, advisory("Slack_SDK", versions=[SLACK.version]))
    assert audit.main(["--advisories", str(path)]) == FAULTY
    assert "GHSA-1" in capsys.readouterr().out


@pytest.mark.parametrize(
    "harmless",
    [
        advisory("slack-sdk", versions=["0.1"]),
        advisory("another", versions=[SLACK.version]),
        {**advisory("slack-sdk", versions=[SLACK.version]), "withdrawn": "2026-01-01T00:00:00Z"},
        {"id": "X", "affected": [{"package": {"ecosystem": "npm", "name": "slack-sdk"}, "versions": [SLACK.version]}]},
    ],
    ids=["another version", "another package", "withdrawn", "another ecosystem"],
)
def test_what_does_not_touch_us_is_no_fault(tmp_path: Path, harmless: dict[str, Any]) -> None:
    assert audit.main(["--advisories", str(export(tmp_path, harmless))]) == SAFE


def test_an_accepted_fault_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = export(tmp_path, advisory("slack-sdk", versions=[SLACK.version]))
    monkeypatch.setitem(audit.ACCEPTED, "GHSA-1", "not our use of it")
    assert audit.main(["--advisories", str(path)]) == SAFE


@pytest.mark.parametrize(
    ("version", "events", "is_it"),
    [
        ("1.9", [{"introduced": "0"}, {"fixed": "2.0"}], True),
        ("2.0", [{"introduced": "0"}, {"fixed": "2.0"}], False),
        ("2.0", [{"introduced": "2.0"}], True),
        ("2.0rc1", [{"introduced": "2.0"}], False),
        ("1.5", [{"introduced": "1.0"}, {"last_affected": "1.5"}], True),
        ("1.6", [{"introduced": "1.0"}, {"last_affected": "1.5"}], False),
        ("3.1", [{"introduced": "1.0"}, {"fixed": "2.0"}, {"introduced": "3.0"}, {"fixed": "3.2"}], True),
        ("10.0", [{"introduced": "9.0"}], True),
    ],
)
def test_a_range_is_read_as_osv_means_it(version: str, events: list[dict[str, str]], *, is_it: bool) -> None:
    assert is_affected(version, {"ranges": [{"type": "ECOSYSTEM", "events": events}]}) == is_it


def test_pins_are_compared_by_their_canonical_name(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Zope.Interface[extra]==1.0 \\\n    --hash=sha256:00\n")
    assert audit.pins(tmp_path) == {Pin("zope-interface", "1.0"): ["a.txt"]}
