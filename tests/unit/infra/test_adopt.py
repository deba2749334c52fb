"""What a deleted stack left behind is found, and is all that the template of the import has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from infra.adopt import BUCKET, TABLES, TEMPLATE, Refused, left_behind, refused_for, template_of
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
    assert cut["Resources"] == {name: {**RESOURCES[name], "DeletionPolicy": "Retain"} for name in (*TABLES, BUCKET)}
    assert not {"Transform", "Outputs", "Globals"} & set(cut)


def test_left_behind() -> None:
    """What is there is known by the name that CloudFormation made of the stack's."""
    assert left_behind("desk", {*KEPT.values(), *OTHERS}, ()) == KEPT


def test_left_behind_twice() -> None:
    """Of several the person chooses."""
    there = {*KEPT.values(), "desk-CasesTable-0000"}
    with pytest.raises(Refused, match="Which one\\? desk-CasesTable-0000 or desk-CasesTable-1A2B"):
        left_behind("desk", there, ())

    assert left_behind("desk", there, ["desk-CasesTable-1A2B"]) == KEPT


def test_a_bucket_has_no_capitals() -> None:
    """AWS writes a stack's name small in a bucket's."""
    there = {"Desk-CasesTable-1A2B", "desk-filesbucket-1a2b", "desk-SettingsTable-1A2B"}

    assert left_behind("Desk", there, ()) == {
        "CasesTable": "Desk-CasesTable-1A2B",
        "FilesBucket": "desk-filesbucket-1a2b",
    }


@pytest.mark.parametrize("lost", [*TABLES, BUCKET])
def test_some_are_left(lost: str) -> None:
    """One that is gone does not keep the others from being taken over."""
    there = {logical: name for logical, name in KEPT.items() if logical != lost}

    assert left_behind("desk", there.values(), ()) == there


@pytest.mark.parametrize("there", [set(), OTHERS, {KEPT["FilesBucket"]}])
def test_nothing_is_left(there: set[str]) -> None:
    with pytest.raises(Refused, match="Of the stack desk no table is left"):
        left_behind("desk", there, ())


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("CREATE_COMPLETE", "Deploy it."),
        ("IMPORT_COMPLETE", "Deploy it."),
        ("UPDATE_ROLLBACK_COMPLETE", "Deploy it."),
        ("ROLLBACK_COMPLETE", "Delete it first"),
        ("ROLLBACK_FAILED", "Delete it first"),
        ("IMPORT_ROLLBACK_COMPLETE", "Delete it first"),
        ("CREATE_FAILED", "Delete it first"),
        ("DELETE_FAILED", "Delete it first"),
        ("IMPORT_IN_PROGRESS", "Let CloudFormation finish first."),
        ("IMPORT_ROLLBACK_IN_PROGRESS", "Let CloudFormation finish first."),
        ("DELETE_IN_PROGRESS", "Let CloudFormation finish first."),
    ],
)
def test_a_stack_is_there(status: str, said: str) -> None:
    """It is left alone, and what is to be done about it follows from its state."""
    refused = str(refused_for("desk", status))
    assert refused.startswith(f"The stack desk is there ({status}). {said}")


def test_a_try_that_went_no_further_is_in_nobodys_way() -> None:
    """It leaves a stack that has nothing but a change set."""
    assert refused_for("desk", "REVIEW_IN_PROGRESS") is None
