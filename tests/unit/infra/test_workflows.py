"""The public repository's workflows run what a person runs, on the promised versions, and pin what they use."""

from __future__ import annotations

import re
import tomllib
from typing import Any, Final

import pytest
import yaml

from tests.builders.template import ROOT, TEMPLATE

WORKFLOWS: Final = {
    file.stem: yaml.safe_load(file.read_text()) for file in sorted((ROOT / ".github" / "workflows").glob("*.yml"))
}
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def steps(name: str) -> list[dict[str, Any]]:
    return [step for job in WORKFLOWS[name]["jobs"].values() for step in job.get("steps", [])]


def commands(name: str) -> list[str]:
    return [step["run"] for step in steps(name) if "run" in step]


def test_the_same_command() -> None:
    """What is tested is `make test`, as the README has it, and as every other machine runs it."""
    assert "make test" in commands("test")
    assert "exec make test" in (ROOT / ".ci" / "run").read_text()


def test_supported_versions() -> None:
    """The versions that must pass are those that the project promises, from the oldest that it takes."""
    matrix = WORKFLOWS["test"]["jobs"]["test"]["strategy"]["matrix"]
    promised = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))

    assert matrix["python"] == promised
    assert PROJECT["requires-python"] == f">={promised[0]}"
    assert matrix["tried"] == [False]
    assert all(each["tried"] and each["python"] not in promised for each in matrix["include"])
    assert TEMPLATE["Parameters"]["Runtime"]["Default"].removeprefix("python") in promised


@pytest.mark.parametrize("name", WORKFLOWS)
def test_python_of_the_job(name: str) -> None:
    """A job's environment is made with the Python that the job chose, before make can choose another."""
    ran = commands(name)
    made = [index for index, command in enumerate(ran) if command.startswith("make ")]

    assert ran.index("python -m venv .venv") < min(made)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_make_target_is_there(name: str) -> None:
    """A workflow asks make for nothing that the Makefile does not have."""
    targets = set(re.findall(r"^([a-z0-9]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert {command.split()[1] for command in commands(name) if command.startswith("make ")} <= targets


@pytest.mark.parametrize("name", WORKFLOWS)
def test_pins_and_rights(name: str) -> None:
    """An action is pinned by commit; a workflow may read the code, and a job more only where it says so."""
    assert WORKFLOWS[name]["permissions"] == {"contents": "read"}
    used = [step["uses"] for step in steps(name) if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", each) for each in used)


def test_release() -> None:
    """A tag is released after its tests, with its notes and its archive."""
    jobs = WORKFLOWS["release"]["jobs"]

    assert jobs["test"]["uses"] == "./.github/workflows/test.yml"
    assert jobs["release"]["needs"] == "test"
    assert any("build/release/notes.md build/release/sop-desk-" in command for command in commands("release"))
