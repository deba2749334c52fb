"""The artefact, built once for this machine and once for AWS; what was measured is said at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from infra.local.stack import built
from tests.artefact.functions import RUNTIME, merged_layers, no_sandbox

if TYPE_CHECKING:
    from pathlib import Path

MEASURED: Final = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def measured(pytestconfig: pytest.Config) -> list[str]:
    """Lines for the end of the report."""
    return pytestconfig.stash.setdefault(MEASURED, [])


@pytest.fixture(scope="session")
def build() -> Path:
    """The artefact for this machine: the one that the local AWS runs."""
    if not RUNTIME.exists():
        pytest.skip("the Lambda runtime client is not installed: make setup does that")
    return built("local", lambda _: None)


@pytest.fixture(scope="session")
def layers(build: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its layers, as Lambda has them at /opt."""
    return merged_layers(build, tmp_path_factory.mktemp("layers") / "opt")


@pytest.fixture(scope="session")
def build_for_aws() -> Path:
    """The artefact for AWS, as `make build` makes it."""
    return built("aws", lambda _: None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was measured."""
    if lines := config.stash.get(MEASURED, []):
        terminalreporter.section("the built artefact")
        where = (
            f"in their own folders, for {no_sandbox()}" if no_sandbox() else "in Lambda's folders, without a network"
        )
        terminalreporter.line(f"functions ran {where}")
        for line in lines:
            terminalreporter.line(line)
