"""The command line that other programs depend on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sop_core import procedures
from sop_core.__main__ import main

ROOT = Path(__file__).parents[3]
NO_ANSWER = (
    "channel=phone",
    "caller_type=homeowner",
    "authenticated=yes",
    "project=found",
    "workout_plan_trained=no",
    "transfer_answered=no",
)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0
    return capsys.readouterr().out


def run_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    out = run(capsys, *arguments)
    assert out.count("\n") == 1
    return json.loads(out)


def test_it_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sop_core", "due", "2026-10-09T16:30", "48", "--zone", "America/New_York"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "2026-10-14T16:30:00-04:00\n"


def test_a_mistake_is_one_sentence_and_exit_2() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sop_core", "guide", "infinty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "unknown procedure 'infinty': did you mean 'infinity'?\n",
    )


def test_guide_prints_the_promised_keys(capsys: pytest.CaptureFixture[str]) -> None:
    told = run_json(capsys, "guide", "infinity", *NO_ANSWER, "--json")
    promised = ["procedure", "version", "status", "ask", "steps", "checklist", "case", "disposition"]
    assert list(told) == [*promised, "digest"]
    assert told["digest"] == procedures.load("infinity").digest
    assert [list(step) for step in told["steps"]] == [
        ["id", "say", "do", "warn", "transfer", "cites", "inferred", "gap", "translations"]
    ] * len(told["steps"])
    assert told["steps"][2]["transfer"] == {"to": "1-877-425-5201", "wait_seconds": None, "voicemail": None}
    assert told["steps"][0]["cites"] == [
        {"id": "INF-2", "document": "How to Handle Infinity Communications", "line": 26}
    ]
    assert told["case"] == {
        "type": "Installer Complaints",
        "subtype": "Workout Plan",
        "description": "Infinity Callbacks",
        "tags": ["Jonathan Lezama", "elijah carr"],
        "assign_to": "Customer Support Resolution Specialist",
    }
    assert (told["status"], told["ask"], told["disposition"]) == ("done", None, "Workout Plan Status")


def test_guide_asks_what_is_open(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_json(capsys, "guide", "infinity", "--json")["ask"] == {
        "fact": "channel",
        "question": "How did they reach us?",
        "answers": ["phone", "chat", "email"],
    }


def test_guide_reads_facts_line_by_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    facts = tmp_path / "facts.jsonl"
    facts.write_text('{"channel": "email", "caller_type": "homeowner"}\n{"channel": "chat"}\n')
    out = run(capsys, "guide", "infinity", "--facts", str(facts), "--json").splitlines()
    assert [json.loads(line)["status"] for line in out] == ["done", "ask"]


def test_guide_renders_with_given_settings(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("values: {infinity_specialist_line: 1-800-555-0100}\n")
    told = run_json(capsys, "guide", "infinity", *NO_ANSWER, "--settings", str(settings), "--json")
    assert told["steps"][2]["transfer"]["to"] == "1-800-555-0100"


def test_guide_reads_well_without_json(capsys: pytest.CaptureFixture[str]) -> None:
    told = run(capsys, "guide", "infinity", *NO_ANSWER)
    assert "  SAY       “One of our Infinity Team specialists will return your call" in told
    assert told.endswith("Disposition  Workout Plan Status\n\nStop (INF-4b).\n")
    assert "Not in the SOP" not in told
    assert "Gap INF-10" in run(capsys, "guide", "infinity", "channel=chat", "caller_type=other")
    assert "  channel=phone" in run(capsys, "guide", "infinity")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["guide", "infinity", "channel=fone"], "unknown answer 'fone' for channel: did you mean 'phone'?"),
        (["guide", "infinity", "channel"], "'channel' is no name=answer"),
        (["guide", "infinity", "channel=phone,chat"], "channel takes one answer"),
        (["guide", "infinity", "channel=none"], "unknown answer 'none' for channel: did you mean 'phone'?"),
        (["guide", "infinity", "channel=chat", "channel=phone"], "channel is given twice"),
        (["guide", "infinity", "--facts", "missing.jsonl"], "missing.jsonl: No such file or directory"),
        (["guide", "infinity", "--settings", "missing.yaml"], "missing.yaml:1: cannot be read: No such file"),
        (["due", "tomorrow", "48"], "'tomorrow' is no date and time, such as 2026-10-09T16:30"),
        (["due", "2026-10-09T16:30", "-1"], "hours are a whole number from 0"),
        (["due", "2026-10-09T16:30", "1", "--zone", "Mars"], "calendar.zone: 'Mars' is no time zone"),
        (["fly"], "invalid choice: 'fly'"),
        (["verify", "missing.yaml"], "missing.yaml:1: cannot be read: No such file or directory"),
    ],
)
def test_each_mistake_has_its_sentence(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert (captured.out, captured.err.count("\n")) == ("", 1)


def test_a_line_of_facts_that_is_wrong_is_numbered(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    facts = tmp_path / "facts.jsonl"
    facts.write_text('{"channel": "chat"}\n{"channel": null}\n')
    assert main(["guide", "infinity", "--facts", str(facts), "--json"]) == 2
    assert capsys.readouterr().err.startswith("line 2: Expected `str | array`, got `null`")


def test_verify_counts_what_it_proved(capsys: pytest.CaptureFixture[str]) -> None:
    told = run_json(capsys, "verify", "--json")
    assert (told["ok"], told["problems"]) == (True, [])
    (infinity,) = (each for each in told["procedures"] if each["procedure"] == "infinity")
    assert infinity["digest"] == procedures.load("infinity").digest
    assert (infinity["combinations"], infinity["ends"], infinity["scripts"]) == (5760, 15, 5)


def test_verify_fails_with_file_line_and_reason(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    shipped = (ROOT / "sop_core/procedures/infinity.yaml").read_text(encoding="utf-8")
    broken = tmp_path / "broken.yaml"
    broken.write_text(shipped.replace("EverBright will reach back", "EverBright will call back"), encoding="utf-8")
    assert main(["verify", str(broken)]) == 1
    line = next(at for at, text in enumerate(shipped.splitlines(), 1) if "EverBright will reach back" in text)
    assert f"broken.yaml:{line}: INF-6 says what no cited span has, letter for letter" in capsys.readouterr().out


def test_the_tables_and_drawings_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert "| 26 | Someone else | INF-10* |" in run(capsys, "paths", "infinity")
    assert len(run_json(capsys, "paths", "infinity", "--json")["infinity"]) == 26
    assert "INF-4b-due" in run(capsys, "gaps")
    gaps = run_json(capsys, "gaps", "--json")["infinity"]
    assert {"INF-8", "INF-9", "INF-10", "INF-11"} <= {gap["id"] for gap in gaps if gap["flagged"]}
    assert run(capsys, "chart", "infinity").startswith("<svg")
    assert run(capsys, "diff", "infinity", "infinity") == "No combination of answers changes its outcome.\n"
    assert run_json(capsys, "diff", "infinity", "infinity", "--json") == []
    assert '"ProcedureFile"' in run(capsys, "schema")


def test_cases_print_the_transitions(capsys: pytest.CaptureFixture[str]) -> None:
    rows = run_json(capsys, "cases", "--json")
    assert {"action": "claim", "from": "open", "to": "claimed", "who": ["resolution_specialist", "lead"]} in rows
    assert all(list(row) == ["action", "from", "to", "who"] for row in rows)
    assert "| withdraw | open | voided | case owner |" in run(capsys, "cases")


def test_what_is_compiled_is_what_is_loaded(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run(capsys, "compile", str(tmp_path))
    assert {path.stem for path in tmp_path.iterdir()} == set(procedures.names())
    for name in procedures.names():
        assert procedures.decode((tmp_path / f"{name}{procedures.COMPILED}").read_bytes()) == procedures.load(name)
