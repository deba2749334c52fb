"""What a deleted stack left behind is found, and is all that the template of the import has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from infra.adopt import BUCKET, TABLES, TEMPLATE, Refused, left_behind, template_of
from tests.builders.template import RESOURCES, read

if TYPE_CHECKING:
    from pathlib import Path

KEPT: Final = {
    "CasesTable": "desk-CasesTable-1A2B",
    "TransfersTable": "desk-TransfersTable-1A2B",
    "SettingsTable": "desk-SettingsTable-1A2B",
    "FilesBucket": "desk-filesbucket-1a2b",
}
OTHERS: Final = {"desk-CasesTable-1A2B-at-20261122T030000Z", "desk-dev-CasesTable-9Z8Y", "pages"}
"""A copy that a restore made, another stack's table, and another application's."""


def test_template_of_an_import(tmp_path: Path) -> None:
    """It has the tables and the bucket as the template has them, and nothing else, which an import would refuse."""
    file = tmp_path / "kept.yaml"
    file.write_text(template_of({*TABLES, BUCKET}, TEMPLATE.read_text(encoding="utf-8")), encoding="utf-8")

    cut = read(file)
    assert cut["Resources"] == {name: RESOURCES[name] for name in (*TABLES, BUCKET)}
    assert not {"Transform", "Outputs", "Globals"} & set(cut)
    assert all(each["DeletionPolicy"].startswith("Retain") for each in cut["Resources"].values())


def test_left_behind() -> None:
    """What is there is known by the name that CloudFormation made of the stack's."""
    assert left_behind("desk", {*KEPT.values(), *OTHERS}, ()) == KEPT


def test_left_behind_twice() -> None:
    """Of several the person chooses."""
    there = {*KEPT.values(), "desk-CasesTable-0000"}
    with pytest.raises(Refused, match="Which one\\? desk-CasesTable-0000 or desk-CasesTable-1A2B"):
        left_behind("desk", there, ())

    assert left_behind("desk", there, ["desk-CasesTable-1A2B"]) == KEPT


def test_nothing_is_left() -> None:
    with pytest.raises(Refused, match="Of the stack dusk no CasesTable is left"):
        left_behind("dusk", KEPT.values(), ())
