"""The functions' process, as it is spoken to from outside: an order in, an outcome out."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec

from infra.local.stack import ROOT
from tests.crash.container import Order, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO


class Unsettled(AssertionError):
    """Something was still to be done when AWS had had all the time it needs."""


class Container:
    """The process that runs the functions."""

    def __init__(self, environment: Mapping[str, str], log: IO[str]) -> None:
        """Start it."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.container"],
            env=dict(environment),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            # Ctrl-C is for us: we let the point at hand end, and then it.
            start_new_session=True,
        )
        self._read()

    def carry_out(self, order: Order) -> Outcome:
        """Invoke a function."""
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(order).decode() + "\n")
        self._process.stdin.flush()
        return msgspec.json.decode(self._read(), type=Outcome)

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise Unsettled("the functions cannot be started; the log says why")
        return line

    def stop(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=10)
