"""Somebody's host on loopback: a silent server that stands in for it until a block ends."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Answering(BaseHTTPRequestHandler):
    """Reads bodies and writes answers; what is done with a request is a subclass's."""

    def get(self) -> None:
        """Deal with a GET."""
        raise NotImplementedError

    def post(self) -> None:
        """Deal with a POST."""
        raise NotImplementedError

    def do_GET(self) -> None:
        """Be what the base class calls."""
        self.get()

    def do_POST(self) -> None:
        """Be what the base class calls."""
        self.post()

    def body(self) -> bytes:
        """Return what was sent."""
        return self.rfile.read(int(self.headers["Content-Length"] or 0))

    def answer(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
        """Answer a request."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Stay silent."""


class _Server(ThreadingHTTPServer):
    # Beyond its own five, whoever connects before the serving thread has its turn is heard a second later.
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Whoever asked may have hung up meanwhile; anything else is a fault of the stand-in.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def served(handler: type[BaseHTTPRequestHandler], port: int = 0) -> Iterator[str]:
    """Serve on loopback, on a free port if none is given; yield the address."""
    server = _Server(("127.0.0.1", port), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
