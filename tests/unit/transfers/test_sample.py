from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from openpyxl import load_workbook

from functions.import_sheet.workbook import read_file, take
from infra.local import sample, search, sheet
from sop_core.transfers.changes import compare
from sop_core.transfers.installers import LISTED
from sop_core.transfers.standing import standing

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def book() -> bytes:
    return sample.workbook_bytes(sample.make_rows())


def test_the_same_seed_gives_the_same_file(book: bytes) -> None:
    assert sample.workbook_bytes(sample.make_rows()) == book


def test_the_tabs_are_those_of_such_workbooks(book: bytes) -> None:
    loaded = load_workbook(io.BytesIO(book), read_only=True)

    assert loaded.sheetnames == [
        "Read Me", "Summary", "All Projects", "Transferred", "Stayed w IP", "Installer Contacts", "Lists",
    ]  # fmt: skip
    assert loaded["Lists"].sheet_state == "hidden"


def test_who_kept_a_project_is_named_and_one_that_nobody_has_is_with_nobody(book: bytes) -> None:
    told = [(project, standing(project)) for project in read_file(book).projects]
    stayed = [(project.original_ip, words) for project, words in told if project.installer == "original"]
    assert len(stayed) > 100
    assert all(original and original in words.told and words.holder == original for original, words in stayed)
    waiting = [words for project, words in told if project.installer == "not_transferred"]
    assert waiting
    assert not any(words.holder or words.told.startswith("With") for words in waiting)


def test_every_project_is_taken_and_every_answer_of_inf_7_is_there(book: bytes) -> None:
    reading = read_file(book)

    assert len(reading.projects) == reading.rows == sample.PROJECTS
    assert {problem.kind for problem in reading.problems} == {"unknown_installer"}
    assert {project.installer for project in reading.projects} == {"listed", "original", "unlisted", "not_transferred"}
    assert {project.transferred_to for project in reading.projects} >= set(LISTED)


def test_nobody_in_it_can_be_called_or_written_to(book: bytes) -> None:
    projects = read_file(book).projects

    assert [p.phone for p in projects if p.phone and p.phone[3:6] != "555"] == []
    assert [p.email for p in projects if p.email and not re.search(r"@example\.(com|net|org)$", p.email)] == []


def test_no_shield_or_harness_job_is_in_it(book: bytes) -> None:
    cells = {str(cell) for row in take(book).rows for cell in row if cell}

    assert [cell for cell in cells if re.search(r"\b(shield|harness)\b", cell, re.IGNORECASE)] == []


def test_a_later_version_differs_in_every_way(book: bytes) -> None:
    later = read_file(sample.workbook_bytes(sample.make_rows(changed=True)))

    changes = compare(read_file(book).projects, later.projects)

    assert (len(changes.new), len(changes.removed)) == (26, 14)
    assert 40 <= len(changes.changed) <= 48


def run(capsys: pytest.CaptureFixture[str], main: Any, *argv: str) -> tuple[int, list[Any]]:
    code = main(argv)
    return code, [msgspec.json.decode(line) for line in capsys.readouterr().out.splitlines()]


def test_the_command_line_reads_and_searches_a_workbook(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, out, asked = tmp_path / sample.FILE_NAME, tmp_path / "out.jsonl", tmp_path / "queries.txt"
    sample.main(["--out", str(file), "--projects", "40"])
    capsys.readouterr()
    asked.write_text("jane do\n\nzzz\n")

    code, (report,) = run(capsys, sheet.main, str(file), "--json", "--projects", str(out))
    assert (code, report["sheet"], report["rows"], report["projects"], report["error"]) == (
        0,
        "All Projects",
        40,
        40,
        None,
    )
    assert report["columns"]["transferred_to"] == "Transferred To"
    first = msgspec.json.decode(out.read_bytes().splitlines()[0])
    assert list(first) == [
        "row", "project_id", "homeowner", "co_homeowner", "address", "city", "state", "zip", "phone", "email",
        "original_ip", "transferred_to", "transfer_date", "status", "milestone", "installer",
    ]  # fmt: skip
    assert first["homeowner"] == "Jane Doe"

    code, answers = run(capsys, search.main, str(file), "--queries", str(asked), "--json")
    assert (code, [answer["verdict"] for answer in answers]) == (0, ["several", "none"])
    assert set(answers[0]) == {"query", "verdict", "hits", "ms"}
    assert set(answers[0]["hits"][0]) == {"project_id", "score", "why"}


def test_the_command_line_says_why_a_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "page.xlsx"
    file.write_text("<!DOCTYPE html>")

    code, (report,) = run(capsys, sheet.main, str(file), "--json")

    assert (code, report["error"]["kind"], report["projects"]) == (1, "html_page", 0)
    assert sheet.main([str(tmp_path / "none.xlsx"), "--json"]) == 1
    capsys.readouterr()

    sample.main(["--out", str(file), "--projects", "4"])
    assert sheet.main([str(file), "--json", "--projects", str(tmp_path / "none" / "out.jsonl")]) == 1
    assert "cannot be written" in capsys.readouterr().err
