"""With whom a project is, in words: who kept it is named, a cancelled job is with nobody, and nothing is said twice."""

from __future__ import annotations

import pytest

from sop_core.cases.case import CaseProject
from sop_core.transfers.standing import standing

STAYED = "Stayed with original IP"
SUN, LGCY, OTHER = "Sun Harbor Energy LLC", "LGCY Installation Services, LLC", "Stonepine Construction"


@pytest.mark.parametrize(
    ("original", "receiving", "status", "told", "brief", "holder"),
    [
        (SUN, LGCY, "Transferred", f"With {LGCY}", LGCY, LGCY),
        (SUN, LGCY, None, f"With {LGCY}", LGCY, LGCY),
        (SUN, OTHER, "On hold", f"With {OTHER} · On hold", OTHER, OTHER),
        (SUN, STAYED, STAYED, f"Stayed with its original IP: {SUN}", f"Stayed with {SUN}", SUN),
        (SUN, STAYED, "PTO received", f"Stayed with its original IP: {SUN} · PTO received", f"Stayed with {SUN}", SUN),
        (SUN, None, STAYED, f"Stayed with its original IP: {SUN}", f"Stayed with {SUN}", SUN),
        (LGCY, "LGCY", "Transferred", f"Stayed with its original IP: {LGCY}", f"Stayed with {LGCY}", LGCY),
        # Who it was is in no column of its own: the sheet's words stand.
        (None, STAYED, STAYED, STAYED, STAYED, None),
        (None, "Remains with Sun", "On hold", "Remains with Sun · On hold", "Remains with Sun", None),
        # Two cells that contradict each other are both shown.
        (SUN, LGCY, STAYED, f"With {LGCY} · {STAYED}", LGCY, LGCY),
        (SUN, LGCY, "Cancelled", f"Cancelled: nobody has it now. It was with {LGCY}", "Cancelled", None),
        (SUN, None, "Cancelled", f"Cancelled: nobody has it now. Original IP: {SUN}", "Cancelled", None),
        (SUN, "Cancelled", "Cancelled", f"Cancelled: nobody has it now. Original IP: {SUN}", "Cancelled", None),
        (None, STAYED, "Job cancelled", "Job cancelled: nobody has it now", "Job cancelled", None),
        (SUN, None, "Pending transfer", f"Pending transfer · Original IP: {SUN}", "Pending transfer", None),
        (SUN, "Pending", "On hold", f"Pending · On hold · Original IP: {SUN}", "Pending", None),
        (SUN, LGCY, "Pending", f"Pending · To go to {LGCY} · Original IP: {SUN}", "Pending", None),
        (SUN, None, None, f"No transfer recorded · Original IP: {SUN}", "No transfer recorded", None),
        (None, None, "On hold", "No transfer recorded · On hold", "No transfer recorded", None),
        (None, None, None, "No transfer recorded", "No transfer recorded", None),
    ],
)
def test_with_whom_a_project_is(
    original: str | None, receiving: str | None, status: str | None, told: str, brief: str, holder: str | None
) -> None:
    project = CaseProject(key="P-1", sheet="s1", original_ip=original, transferred_to=receiving, status=status)
    assert standing(project) == (told, brief, holder)
