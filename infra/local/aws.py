"""The local AWS: ministack on loopback, with its state in one folder."""

from __future__ import annotations

import hashlib
import http.client
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import boto3
from botocore.config import Config

from infra.local.processes import LOOPBACK, Child, free_port

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

REGION: Final = "us-east-1"
CREDENTIALS: Final = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
A_WORKING_DAY: Final = 12 * 3600
PORT_FILE: Final = "port"
MEMORY: Final = Path("/dev/shm")  # noqa: S108 - the name in it is ours alone
ROOM_FOR_WORKERS: Final = 3 * 1024**3
CALLS: Final = Config(
    connect_timeout=2, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 3}, max_pool_connections=32
)


def bare_environment(**more: str) -> dict[str, str]:
    """Return what a program needs to run at all; profiles and proxies of the person's own AWS stay out."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "NO_PROXY": "*", **CREDENTIALS, **more}


class LocalAws:
    """A running ministack on the state in ``folder``.

    It writes its state back only when it is stopped in order, and only if ``keep`` was set by then: what was cut off
    half-way is not worth keeping.
    """

    def __init__(self, folder: Path, program: Path) -> None:
        """Start it on a free port."""
        self.keep = False
        self.port = free_port()
        self.endpoint = f"http://{LOOPBACK}:{self.port}"
        self._folder = folder
        self._session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)  # noqa: S106 - no secret
        self._scratch = _scratch(folder)
        _settle(folder, self.port)
        self.log = folder / "aws.log"
        self._process = Child([program], env=self._environment(), log=self.log)

    def _environment(self) -> dict[str, str]:
        return bare_environment(
            AUTH="true",  # functions may do what their roles allow, and nothing else
            BIND_HOST=LOOPBACK,
            GATEWAY_PORT=str(self.port),
            PERSIST_STATE="1",
            STATE_DIR=str(self._folder / "state"),
            S3_PERSIST="1",
            S3_DATA_DIR=str(self._folder / "s3"),
            TMPDIR=str(self._scratch),
            IOT_MTLS_ENABLED="0",
            SFTP_ENABLED="0",
            DOCKER_HOST=f"unix://{self._folder / 'no-docker'}",
            LAMBDA_WARM_TTL_SECONDS=str(A_WORKING_DAY),
        )

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        """Return a client of one service."""
        return self._session.client(service, endpoint_url=self.endpoint, config=CALLS)  # type: ignore[call-overload]

    def __enter__(self) -> Self:
        """Wait until it answers."""
        try:
            self._process.wait_until(self._is_ready, seconds=60, what="The local AWS")
        except BaseException:
            self._process.kill()
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        """Stop it and its functions."""
        if self.keep:
            self.keep = self._process.stop()
        else:
            self._process.kill()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=2)
        try:
            connection.request("GET", "/_ministack/ready")
            return connection.getresponse().status == http.client.OK
        except OSError:
            return False
        finally:
            connection.close()


def _scratch(folder: Path) -> Path:
    """Return an empty folder where functions are unpacked, in memory where there is room.

    Every worker unpacks all its layers, thousands of files: seconds on a slow disk, and Slack waits three.
    """
    in_memory = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_FOR_WORKERS
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    scratch = MEMORY / f"sop-desk-{name}" if in_memory else folder / "tmp"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    return scratch


def _settle(folder: Path, port: int) -> None:
    """Make saved state fit the new port: ministack keys its queues by their address, which names the port."""
    saved = folder / PORT_FILE
    if saved.exists():
        _replace(folder / "state", {f"http://localhost:{saved.read_text()}/": f"http://localhost:{port}/"})
    saved.write_text(str(port))


def _replace(state: Path, changes: Mapping[str, str]) -> None:
    for file in state.glob("*.json"):
        text = file.read_bytes()
        changed = text
        for old, new in changes.items():
            changed = changed.replace(old.encode(), new.encode())
        if changed != text:
            file.write_bytes(changed)
