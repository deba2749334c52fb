"""A release says what its section of the changelog says, and carries what was built."""

from __future__ import annotations

import tomllib
import zipfile
from typing import TYPE_CHECKING, Final

import pytest

from infra import release
from tests.builders.template import ROOT

if TYPE_CHECKING:
    from pathlib import Path

CHANGELOG: Final = """# Changelog

## Unreleased

## [1.10.0] - 2026-11-22

### Added

- Ten.

## 1.1.0

- One.
"""


@pytest.mark.parametrize(("version", "said"), [("1.10.0", "### Added\n\n- Ten.\n"), ("1.1.0", "- One.\n")])
def test_notes(version: str, said: str) -> None:
    """The notes are the version's section, whole and no more."""
    assert release.notes(CHANGELOG, version) == said


@pytest.mark.parametrize("version", ["1.1", "1.1.1", "1x1.0", "Unreleased", ""])
def test_no_notes(version: str) -> None:
    """What the changelog says nothing of is not released."""
    with pytest.raises(release.NoRelease, match=r"CHANGELOG\.md has no section for"):
        release.notes(CHANGELOG, version)


def test_archive(tmp_path: Path) -> None:
    """The archive holds the artefact as it was built and the environments beside its template; twice it is the same."""
    build = tmp_path / "build"
    (build / "SharedLayer" / "python").mkdir(parents=True)
    (build / "template.yaml").write_text("Resources: {}\n")
    (build / "SharedLayer" / "python" / "sop.py").write_text("pass\n")

    digests = {release.archive(build, [ROOT / "samconfig.toml"], tmp_path / f"{name}.zip") for name in "ab"}

    assert len(digests) == 1
    with zipfile.ZipFile(tmp_path / "a.zip") as read:
        assert sorted(read.namelist()) == ["SharedLayer/python/sop.py", "samconfig.toml", "template.yaml"]
        assert read.read("SharedLayer/python/sop.py") == b"pass\n"
        assert {each.external_attr >> 16 for each in read.infolist()} == {0o100644}


def test_another_version(capsys: pytest.CaptureFixture[str]) -> None:
    """A tag that is not the project's version is told which it is."""
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert release.main(["99.0.0"]) == 1
    assert capsys.readouterr().err == f"release: pyproject.toml names version {named}: make release VERSION={named}\n"
