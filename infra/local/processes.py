"""Ports and child processes: what is started here is stopped here, with everything it started itself."""

from __future__ import annotations

import errno
import os
import random
import signal
import socket
import subprocess
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

LOOPBACK: Final = "127.0.0.1"
NOT_HANDED_OUT: Final = range(20_000, 32_768)
"""Below what Linux, macOS and Windows take for connections and for whoever asks for any port."""


class LocalRunError(Exception):
    """The local run cannot go on; the message is one sentence for the person at the keyboard."""


def reserve(port: int) -> socket.socket:
    """Bind a loopback port without listening yet; 0 takes a free one.

    :raises LocalRunError: if another program has it, or it cannot be had at all.
    """
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((LOOPBACK, port))
    except (OSError, OverflowError) as error:
        bound.close()
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        what = "is in use" if taken else "cannot be used"
        raise LocalRunError(f"Port {port} {what}; choose another one with PORT=….") from error
    return bound


def free_port() -> int:
    """Return a port that nothing listens on, of those that the system gives nobody unasked: nobody takes it meanwhile.

    :raises LocalRunError: if there is none.
    """
    for port in random.SystemRandom().sample(NOT_HANDED_OUT, 100):
        with suppress(LocalRunError), reserve(port):
            return port
    raise LocalRunError("No free port was found.")


class Child:
    """A process in a session of its own, so that Ctrl-C reaches us first and nothing of it outlives us."""

    def __init__(self, command: Sequence[str | Path], *, env: Mapping[str, str], log: Path) -> None:
        """Start it, its output in ``log``."""
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [str(part) for part in command],
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until(self, is_ready: Callable[[], bool], *, seconds: float, what: str) -> Self:
        """Return once it is ready.

        :raises LocalRunError: if it ends or takes too long.
        """
        deadline = time.monotonic() + seconds
        while not is_ready():
            if self._process.poll() is not None:
                raise LocalRunError(f"{what} stopped at once; {self.log} says why.")
            if time.monotonic() > deadline:
                raise LocalRunError(f"{what} did not answer within {seconds:.0f} seconds; {self.log} says more.")
            time.sleep(0.05)
        return self

    def stop(self, *, seconds: float = 30) -> bool:
        """Ask it to end, wait, then end whatever is left of its session; tell whether it ended by itself."""
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        ended = self._process.poll() is not None
        self.kill()
        return ended

    def kill(self) -> None:
        """End its whole session at once."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def stop_on_signals() -> None:
    """Turn the first SIGTERM or SIGINT into ``SystemExit``; later ones must not interrupt the cleaning up."""

    def stop(number: int, _frame: object) -> None:
        ignore_signals()
        raise SystemExit(0 if number == signal.SIGTERM else 130)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def ignore_signals() -> None:
    """Let cleaning up run to its end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def stop_with_parent() -> None:
    """Stop when whoever started us is gone, even if it was killed and could tell nobody."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
