"""What Lambda is to one function: its folders, its Runtime API, the addresses it calls. Reads a job, prints a report.

Needs nothing but Python. Where Linux lets it (``unshare -mn``), the function sees its code at /var/task, its layers at
/opt, both read-only, half a gigabyte of /tmp and no network but loopback; elsewhere it gets the same folders where they
are. In either case its interpreter runs without site-packages, so a package that no layer brings is not there.

Job: ``task``, ``layers``, ``runtime`` (folders), ``handler``, ``timeout`` (seconds), ``environment``, ``events``,
``answers``, ``sandbox``, ``snap_start``, ``watch``.
Report: ``started_ms`` or None, ``started_cpu_ms`` (of processor time; where Linux tells), ``calls`` (what AWS and Slack
were asked, in order, and where among them the function was ready), ``results`` (``ms``, ``cpu_ms``, ``answer`` or
``error``), ``peak_mb``, ``log``.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

READ_ONLY, REMOUNT, BIND = 1, 32, 4096
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
RUNTIME: Final = "/2018-06-01/runtime"
PATIENCE: Final = 60.0
START: Final = """
import os, sys, traceback
drawn = os.urandom
def told(size):
    by = traceback.extract_stack()[-2].filename
    if not by.endswith("multiprocessing/process.py"):  # the key of child processes, which functions have none of
        print("DRAWN", by, file=sys.stderr)
    return drawn(size)
if os.environ.pop("WATCH", ""):
    os.urandom = told
sys.path[:0] = os.environ.pop("FUNCTION_PATH").split(os.pathsep)
from awslambdaric.__main__ import main
main(["bootstrap", os.environ["_HANDLER"]])
"""


class Lambda(ThreadingHTTPServer):
    """The Runtime API of one function, and in the same place the AWS and the Slack that it calls."""

    daemon_threads = True

    def __init__(self, job: dict[str, Any]) -> None:
        """Listen on a free port of loopback."""
        super().__init__(("127.0.0.1", 0), Requests)
        self.job = job
        self.events = list(enumerate(job["events"]))
        self.results: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.process: int | None = None
        self.started: float | None = None
        self.started_cpu: float | None = None
        self.handed_out = 0.0
        self.handed_out_cpu: float | None = None
        self.over = threading.Event()

    def ready(self) -> None:
        """Note that the function has started."""
        if self.started is None:
            self.started, self.started_cpu = time.monotonic(), _cpu_ms(self.process)
            self.calls.append("started")

    def ended(self, **result: Any) -> None:
        """Note what became of an event, or of the start."""
        took, used = time.monotonic() - self.handed_out, _cpu_ms(self.process)
        cpu = used - self.handed_out_cpu if used is not None and self.handed_out_cpu is not None else None
        self.results.append({"ms": round(took * 1000, 1), "cpu_ms": cpu, **result})


class Requests(BaseHTTPRequestHandler):
    """One request of the function."""

    server: Lambda
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Hand out the next event, or nothing more."""
        if self.path == f"{RUNTIME}/restore/next":
            self.server.ready()
            return self._answer({})
        if self.path != f"{RUNTIME}/invocation/next":
            return self._called({})
        self.server.ready()
        if not self.server.events:
            self.server.over.set()
            threading.Event().wait()
        number, event = self.server.events.pop(0)
        self.server.handed_out, self.server.handed_out_cpu = time.monotonic(), _cpu_ms(self.server.process)
        return self._answer(
            event,
            {
                "Lambda-Runtime-Aws-Request-Id": f"00000000-0000-0000-0000-{number:012}",
                "Lambda-Runtime-Deadline-Ms": str(int((time.time() + self.server.job["timeout"]) * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:function:f:live",
            },
        )

    def do_POST(self) -> None:
        """Take an event's answer, or a call to AWS or Slack."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if not self.path.startswith(RUNTIME):
            return self._called(body)
        kind = self.path.rpartition("/")[2]
        self.server.ended(**{"answer" if kind == "response" else "error": json.loads(body or b"null")})
        self._answer({}, status=202)
        if "/init/" in self.path:
            self.server.over.set()
        return None

    do_PUT = do_POST  # noqa: N815 - the standard library's name

    def _called(self, _body: object) -> None:
        name = self.headers.get("x-amz-target") or self.path
        self.server.calls.append(name)
        self._answer(self.server.job["answers"].get(name, {}), {"x-amzn-RequestId": "-"})

    def _answer(self, value: object, headers: dict[str, str] | None = None, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        ours = {"content-type": "application/json", "content-length": str(len(body))}
        for name, text in {**ours, **(headers or {})}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def mounted(job: dict[str, Any]) -> None:
    """Give this process, and no other, Lambda's folders and loopback."""
    folders = {name: Path(job[name]).resolve() for name in ("task", "layers", "runtime")}
    held = {name: os.open(folder, os.O_PATH) for name, folder in folders.items()}  # /var may hide where they are
    _mount("tmpfs", "/var", "tmpfs", 0)
    for name, target in {"task": "/var/task", "runtime": "/var/runtime", "layers": "/opt"}.items():
        Path(target).mkdir(exist_ok=True)
        _mount(f"/proc/self/fd/{held[name]}", target, None, BIND)
        _mount("none", target, None, BIND | REMOUNT | READ_ONLY)
        job[name] = target
    _mount("tmpfs", "/tmp", "tmpfs", 0, b"size=512m")  # noqa: S108 - a new one
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        flags = struct.unpack("16sh14x", fcntl.ioctl(control, SIOCGIFFLAGS, struct.pack("16sh14x", b"lo", 0)))[1]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def _mount(source: str, target: str, kind: str | None, flags: int, options: bytes | None = None) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(source.encode(), target.encode(), kind.encode() if kind else None, flags, options):
        raise OSError(ctypes.get_errno(), f"mount {target}")


@contextmanager
def running(server: Lambda) -> Iterator[subprocess.Popen[str]]:
    """Start the function's process as Lambda would, on its environment alone."""
    job, address = server.job, f"127.0.0.1:{server.server_port}"
    environment = {
        **{name: value.replace("{address}", address) for name, value in job["environment"].items()},
        "AWS_LAMBDA_RUNTIME_API": address,
        "AWS_ENDPOINT_URL": f"http://{address}",
        "_HANDLER": job["handler"],
        "LAMBDA_TASK_ROOT": job["task"],
        "FUNCTION_PATH": os.pathsep.join((job["task"], f"{job['layers']}/python", job["runtime"])),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start" if job["snap_start"] else "on-demand",
        **({"WATCH": "1"} if job["watch"] else {}),
    }
    command = [sys.executable, "-I", "-S", "-B", "-c", START]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = subprocess.Popen(command, env=environment, cwd=job["task"], text=True, **pipes)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Let the function start, take its events one after the other, and be killed while it waits for another."""
    server = Lambda(job)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    began = time.monotonic()
    with running(server) as process:
        server.process = process.pid
        lines: list[str] = []
        reader = threading.Thread(target=lambda: lines.extend(process.stdout or []), daemon=True)
        reader.start()
        while not server.over.wait(0.005) and process.poll() is None and time.monotonic() - began < PATIENCE:
            pass
        peak = _peak_mb(process.pid)
    reader.join(5)
    return {
        "started_ms": server.started and round((server.started - began) * 1000, 1),
        "started_cpu_ms": server.started_cpu,
        "calls": server.calls,
        "results": server.results,
        "peak_mb": peak,
        "log": "".join(lines),
    }


def _cpu_ms(process: int | None) -> float | None:
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def _peak_mb(process: int) -> float | None:
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except OSError:
        return None
    found = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return round(int(found[0].split()[1]) / 1024, 1) if found else None


def main() -> None:
    """Read the job, run it, print the report."""
    job = json.load(sys.stdin)
    if job["sandbox"]:
        mounted(job)
    json.dump(run(job), sys.stdout)


if __name__ == "__main__":
    main()
