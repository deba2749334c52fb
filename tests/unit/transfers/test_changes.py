from __future__ import annotations

from sop_core.transfers.changes import compare, summarise
from sop_core.transfers.project import Project

A = Project(key="A", row=2, homeowner="Ada", phone="2675550101")
B = Project(key="B", row=3, homeowner="Ben")


def test_new_changed_removed_and_unchanged_are_told_apart() -> None:
    moved = Project(key="A", row=9, homeowner="Ada", phone="2675550102", city="Reno")
    fresh = Project(key="C", row=4)

    changes = compare([A, B], [moved, fresh])

    assert changes.new == ("C",)
    assert changes.changed == {"A": ("city", "phone")}
    assert changes.removed == ("B",)
    assert changes.unchanged == 0


def test_a_project_that_only_moved_to_another_row_is_unchanged() -> None:
    assert compare([A], [Project(key="A", row=7, homeowner="Ada", phone="2675550101")]).unchanged == 1


def test_the_share_that_would_disappear_is_of_the_sheet_before() -> None:
    difference = summarise(compare([A, B], [A]), against="sheet", against_version=3)

    assert (difference.share_removed, difference.against_version, difference.unchanged) == (0.5, 3, 1)
    assert summarise(compare([], [A]), against=None, against_version=0).share_removed == 0.0
