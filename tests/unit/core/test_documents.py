"""What is kept under docs/procedures is what the procedures say now."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from sop_core import procedures
from sop_core.__main__ import main
from sop_core.procedures import reading
from sop_core.reports import diff
from sop_core.reports.chart import chart
from tests.builders.procedures import TEXT, rain_file

DOCS = Path(__file__).parents[3] / "docs" / "procedures"


def test_the_kept_pages_charts_and_schema_are_current(tmp_path: Path) -> None:
    """Refresh them with ``python -m sop_core document docs/procedures``."""
    assert main(["document", str(tmp_path)]) == 0
    made = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    kept = {path.name: path.read_text(encoding="utf-8") for path in DOCS.iterdir()}
    assert {f"{name}.md" for name in procedures.names()} <= made.keys()
    assert kept == made


def test_a_chart_is_sound_svg_and_draws_what_is_inferred_dashed() -> None:
    drawn = ET.fromstring(chart(reading.find("infinity").file))  # noqa: S314 - our own drawing
    boxes = [box.get("class") for box in drawn.iter("{http://www.w3.org/2000/svg}rect")]
    assert {"ask", "end", "inferred"} <= set(boxes)


def test_a_chart_draws_several_answers_at_once() -> None:
    assert "None of these" in chart(rain_file())


def test_the_same_version_has_no_differences() -> None:
    infinity = reading.find("infinity").file
    assert diff.in_words(diff.changes(infinity, infinity)) == "No combination of answers changes its outcome."


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("{on: [no], go: dry}", "{on: [no], go: sorry}", "ends in RAI-3 (Apologised), before in RAI-2"),
        (
            'say: ["We are sorry."]',
            'say: ["We are so sorry."]',
            "RAI-3 says other words: “We are so sorry.”, before “We are sorry.”",
        ),
        ("{value: floor, label: Floor}", "{value: attic, label: Attic}", "Attic: is a new answer"),
    ],
)
def test_a_difference_is_told_in_words(old: str, new: str, words: str) -> None:
    found = diff.in_words(diff.changes(rain_file(), rain_file(TEXT.replace(old, new))))
    assert words in found
