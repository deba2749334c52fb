"""``make walk``: a newcomer's way through the README, timed.

The repository is cloned into an empty folder, and the README's own commands are run there in their order, against a
local AWS where they ask for an account. What a newcomer does in a browser (Slack's pages) is not part of it. The first
command that fails ends the walk.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx
import yaml

from infra.local.aws import CREDENTIALS, LocalAws
from infra.local.processes import free_port
from infra.local.stack import allow_without_tls
from tests.walk.steps import people_file, steps

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.walk.steps import Step

ROOT: Final = Path(__file__).parents[2]
STACK: Final = "sop-desk-dev"
SECRETS: Final = {"SLACK_SIGNING_SECRET": "0123456789abcdef" * 2, "SLACK_BOT_TOKEN": "xoxb-walk"}
LONGEST: Final = 1800
LAST_LINE: Final = "  3. "
TAIL: Final = 25


class Failed(Exception):
    """A command of the README did not do what the README says."""


class Walk:
    """A fresh clone, and what was done in it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.clone = folder / "sop-desk"
        self._folder = folder
        self._stack = stack
        self._aws: LocalAws | None = None
        self._environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "SLACK_", "PYTHON", "MAKE", "VIRTUAL_ENV"))
        }

    def begin(self) -> None:
        """Clone what is committed."""
        subprocess.run([_program("git"), "clone", "--quiet", ROOT, self.clone], check=True)
        (self.clone / "people.yaml").write_text(people_file(), encoding="utf-8")
        (self.clone / "queries.txt").write_text("jane doe\n", encoding="utf-8")

    def take(self, step: Step) -> None:
        """Do one step; raises :class:`Failed`."""
        if step.how == "until ready":
            self._until_ready(step.command)
        elif step.how == "aws":
            self._run(self._filled(step.command), **self._account())
            if " deploy " in step.command and self._aws:
                allow_without_tls(self._aws, self.outputs()["FilesBucket"])
        else:
            self._run(step.command)

    def _run(self, command: str, **environment: str) -> str:
        done = subprocess.run(
            [_program("sh"), "-c", command],
            cwd=self.clone,
            env=self._environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=LONGEST,
        )
        if done.returncode:
            raise Failed(f"{command}: exit {done.returncode}\n" + "\n".join(done.stdout.splitlines()[-TAIL:]))
        return done.stdout

    def _until_ready(self, command: str) -> None:
        """Start it on a port of its own, look at its page when it says that it is ready, and stop it with Ctrl-C."""
        port = free_port()
        started = subprocess.Popen(
            [_program("sh"), "-c", f"exec {command} PORT={port}"],
            cwd=self.clone,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            said = _read_until(started, LAST_LINE)
            page = httpx.get(f"http://127.0.0.1:{port}", follow_redirects=True, timeout=60)
            if page.status_code != httpx.codes.OK or "SOP Desk" not in page.text:
                raise Failed(f"{command}: the page answers {page.status_code}\n" + "\n".join(said[-TAIL:]))
        finally:
            os.killpg(started.pid, signal.SIGINT)
            started.communicate(timeout=60)

    def _account(self) -> dict[str, str]:
        """Return what reaches the local AWS that stands in for the account; it starts with the first that asks."""
        if self._aws is None:
            folder = self._folder / "aws"
            folder.mkdir()
            program = self.clone / ".tools" / "ministack" / "bin" / "ministack"
            self._aws = self._stack.enter_context(LocalAws(folder, program))
        return {"AWS_ENDPOINT_URL": self._aws.endpoint, "SAM_CLI_TELEMETRY": "0", **CREDENTIALS, **SECRETS}

    def _filled(self, command: str) -> str:
        return command.replace("<SlackEventsUrl>", self.outputs()["SlackEventsUrl"]) if "<" in command else command

    def outputs(self) -> dict[str, str]:
        """Return the outputs of the stack that the README deployed."""
        assert self._aws
        (stack,) = self._aws.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    def check(self) -> None:
        """Look whether what the README says is there is there; raises :class:`Failed`."""
        assert self._aws
        outputs = self.outputs()
        secret = self._aws.client("secretsmanager").get_secret_value(SecretId=outputs["SlackSecretId"])
        if not all(value in secret["SecretString"] for value in SECRETS.values()):
            raise Failed("The secret does not hold what was given.")
        settings = self._aws.client("dynamodb").scan(TableName=outputs["SettingsTable"])["Items"]
        if not any("U0WALK001" in str(item) for item in settings):
            raise Failed("The settings do not hold the people.")
        manifest = yaml.safe_load(self._run(f"make -s manifest URL={outputs['SlackEventsUrl']}"))
        if manifest["settings"]["event_subscriptions"]["request_url"] != outputs["SlackEventsUrl"]:
            raise Failed("The manifest does not hold the app's address.")


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Failed(f"{name} is not installed.")
    return found


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _read_until(process: subprocess.Popen[str], line: str) -> list[str]:
    """Return what the process said until a line began with ``line``; one that says nothing for too long is ended."""
    assert process.stdout
    said: list[str] = []
    patience = threading.Timer(LONGEST, process.kill)
    patience.start()
    try:
        for read in process.stdout:
            said.append(read.rstrip("\n"))
            if read.startswith(line):
                return said
    finally:
        patience.cancel()
    raise Failed("It was never ready:\n" + "\n".join(said[-TAIL:]))


def main(argv: Sequence[str]) -> int:
    """Walk, and print what each step took."""
    parser = argparse.ArgumentParser(prog="python -m tests.walk", description=__doc__)
    parser.add_argument("--all", action="store_true", help="also `make test`, which takes a quarter of an hour")
    wanted = parser.parse_args(argv).all
    took: list[tuple[float, str]] = []

    def timed(name: str, do: Callable[[], Any]) -> None:
        _say(f"walk: {name}")
        began = time.monotonic()
        do()
        took.append((time.monotonic() - began, name))

    with tempfile.TemporaryDirectory(prefix="sop-desk-walk-") as folder, ExitStack() as stack:
        walk = Walk(Path(folder), stack)
        try:
            timed("git clone", walk.begin)
            for step in steps():
                if step.how == "elsewhere" or (step.how == "long" and not wanted):
                    _say(f"walk: left out: {step.command}")
                else:
                    timed(step.command, lambda step=step: walk.take(step))  # type: ignore[misc]
            timed("what the README says is there is there", walk.check)
        except Failed as failed:
            sys.stderr.write(f"\nwalk: FAILED at {failed}\n")
            return 1
    _say("\n".join(["", *(f"{seconds:8.1f} s  {name}" for seconds, name in took)]))
    _say(f"{sum(seconds for seconds, _ in took):8.1f} s  in all")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
