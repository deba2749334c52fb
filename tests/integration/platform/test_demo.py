"""``make demo``: what the README promises of it, and one sentence for each thing that can be missing."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import httpx
import pytest

from infra.local import stack
from infra.local.processes import LOOPBACK, LocalRunError, free_port, reserve
from infra.local.stack import LOCAL, ROOT
from tests.integration.platform.commands import has_ended, processes_of, processes_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.stack

STAGES: Final = [
    "demo: starting the local AWS",
    "demo: writing the sample workbooks",
    "demo: importing Infinity Transfers v1.xlsx",
    "demo: 2,400 projects are active",
    "demo: warming the functions up",
]
ONLY_ONCE: Final = {
    "demo: building functions and layers (sam build)",
    "demo: deploying template.yaml to the local AWS (sam deploy)",
}
"""Said by whoever is the first to need this very tree deployed; that may have been another test."""
SECOND_START: Final = ["demo: starting the local AWS", "demo: warming the functions up"]
LAST_LINE: Final = "  3. "
PROGRESS: Final = r"make(\[\d+\])?: |setup: (packages for|\.tools/|\.venv with) "
CHECKOUT: Final = ("Makefile", "infra/setup.sh", "requirements")


class Demo:
    """A running ``make demo``: what it said until it was ready, and what it is made of."""

    def __init__(self, port: int, folder: Path) -> None:
        self.folder = folder
        # A session of its own, as a terminal gives it: Ctrl-C goes to make and to all that it started.
        command = ["make", "demo", f"PORT={port}"]
        self._make = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self.said: list[str] = []

    def wait(self, line: str) -> None:
        """Read what it says until a line begins with ``line``."""
        assert self._make.stdout
        for said in self._make.stdout:
            self.said.append(said.rstrip("\n"))
            if said.startswith(line):
                return
        raise AssertionError(self.said)

    @property
    def processes(self) -> list[Path]:
        return sorted({*processes_of(self._make.pid), *processes_on(self.folder)})

    def ctrl_c(self) -> None:
        os.killpg(self._make.pid, signal.SIGINT)
        self._make.communicate(timeout=60)


@contextmanager
def demo(port: int) -> Iterator[Demo]:
    running = Demo(port, LOCAL / f"demo-{port}")
    try:
        yield running
    finally:
        running.ctrl_c()


@pytest.fixture
def port() -> Iterator[int]:
    port = free_port()
    yield port
    shutil.rmtree(LOCAL / f"demo-{port}", ignore_errors=True)


@pytest.mark.slow
def test_two_starts(port: int) -> None:
    """The first says its stages, one address, three things to try; Ctrl-C leaves no process; the second only starts."""
    address = f"http://{LOOPBACK}:{port}"
    with demo(port) as first:
        first.wait(LAST_LINE)
        page = httpx.get(address, follow_redirects=True, timeout=60)
        at_work = first.processes
    with demo(port) as second:
        left = [process for process in at_work if not has_ended(process)]
        second.wait(LAST_LINE)

    stages = [line for line in first.said if line.startswith("demo: ")]
    assert [stage for stage in stages if stage not in ONLY_ONCE] == STAGES
    assert re.findall(r"http\S+", "\n".join(first.said)) == [address]
    assert re.findall(r"^  (\d)\. As (\w+ \w+)", "\n".join(first.said), re.MULTILINE) == [
        ("1", "Dana Whitfield"),
        ("2", "Maya Torres"),
        ("3", "Priya Nair"),
    ]
    assert page.status_code == 200
    assert len(at_work) >= 4, "make, the demo, the local AWS, its functions"
    assert left == []
    assert [line for line in second.said if line.startswith("demo: ")] == SECOND_START


def test_stopped_before_it_was_up(port: int) -> None:
    """Ctrl-C half-way through the start leaves no process either."""
    with demo(port) as running:
        running.wait("demo: writing the sample workbooks")
        at_work = running.processes

    assert [process for process in {*at_work, *running.processes} if not has_ended(process)] == []


def test_port_in_use() -> None:
    """A port that another program has is said so."""
    with reserve(0) as taken:
        number = taken.getsockname()[1]
        taken.listen()
        assert refusal(ROOT, f"PORT={number}") == f"demo: Port {number} is in use; choose another one with PORT=…."


def test_no_such_port() -> None:
    """So is a number that is no port."""
    assert refusal(ROOT, "PORT=70000") == "demo: Port 70000 cannot be used; choose another one with PORT=…."


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """As much of a fresh checkout as is needed until something is missing."""
    folder = tmp_path / "checkout"
    for name in CHECKOUT:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    return folder


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder for ``PATH`` with what every Unix has, and without Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("make", "sh"):
        program = shutil.which(name)
        assert program
        (folder / name).symlink_to(program)
    return folder


def script(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def test_no_python(checkout: Path, bare: Path) -> None:
    """Without Python it is asked for."""
    assert refusal(checkout, PATH=bare) == "setup: Python 3.11 or newer is needed; found: none."


def test_old_python(checkout: Path, bare: Path) -> None:
    """An old Python is named."""
    script(bare, "python3", '[ "$1" = --version ] && echo Python 3.9.2')

    assert refusal(checkout, PATH=bare) == "setup: Python 3.11 or newer is needed; found: Python 3.9.2."


def test_no_venv(checkout: Path, bare: Path) -> None:
    """A Python without its venv module, as Debian has it, is told with the package to install."""
    script(bare, "python3", f'[ "$2" = venv ] && exit 1\nexec {sys.executable} "$@"')

    assert refusal(checkout, PATH=bare) == (
        "setup: python3 has no venv module; on Debian or Ubuntu: apt-get install python3-venv."
    )


@pytest.mark.slow
def test_no_network(checkout: Path) -> None:
    """Where no package can be fetched, that is the guess, and the log has the rest."""
    assert refusal(checkout, **nowhere()) == (
        "setup: the installer could not be fetched (is there a network? .venv/setup.log says more)."
    )


def test_no_network_for_the_functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is it a mystery when the network went away before the functions were built."""
    for name, value in nowhere().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))

    with pytest.raises(LocalRunError) as told:
        stack._build("local", tmp_path, lambda _: None)

    (line,) = str(told.value).splitlines()
    assert line.startswith("The functions and layers could not be built (is there a network?): ")
    assert line.endswith(f"; {tmp_path / 'build.log'} says more.")


def nowhere() -> dict[str, str]:
    """Return the variables of a machine whose package index does not answer."""
    index = f"http://{LOOPBACK}:{free_port()}/simple"
    pip = {"PIP_INDEX_URL": index, "PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0", "PIP_FIND_LINKS": ""}
    return {
        **pip,
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_NO_CACHE_DIR": "1",
        "UV_DEFAULT_INDEX": index,
        "UV_HTTP_RETRIES": "0",
    }


def refusal(folder: Path, *arguments: str, **environment: str | Path) -> str:
    """Return the one sentence with which ``make demo`` fails: what is neither progress nor make's own."""
    variables = {**os.environ, "LC_ALL": "C", **{name: str(value) for name, value in environment.items()}}
    command = ["make", "demo", *arguments]
    done = subprocess.run(
        command,
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode
    assert done.stdout == ""
    (sentence,) = [line for line in done.stderr.splitlines() if not re.match(PROGRESS, line)]
    return sentence
