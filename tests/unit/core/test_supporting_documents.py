"""Supporting documents by email: a case to attach them to, or an inquiry."""

from __future__ import annotations

import pytest

from sop_core import procedures
from sop_core.guidance import guidance


@pytest.mark.parametrize("channel", [None, "phone", "chat", "email"])
def test_every_combination_ends_as_the_sop_reads(channel: str | None) -> None:
    procedure = procedures.load("supporting_documents")
    given = {"channel": channel} if channel else {}
    found = guidance(procedure, {**given, "case_found": "yes"})
    assert (found.end, found.case) == ("DOC-1", None)
    assert [(step.id, step.gap) for step in found.steps] == [
        ("DOC-1.find", None),
        ("DOC-1", None),
        ("DOC-2", "DOC-2"),
        ("DOC-3", "DOC-3"),
    ]
    missing = guidance(procedure, {**given, "case_found": "no"})
    assert missing.end == "DOC-4"
    assert missing.case is not None
    assert missing.case.type == "Inquiry"
    assert missing.steps[-1].do[0] == "Keep the documents"


def test_the_back_office_runs_it() -> None:
    assert procedures.load("supporting_documents").audience == ("back_office",)
    assert procedures.load("escalation").audience == ("agent",)
