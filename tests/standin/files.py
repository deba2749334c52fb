"""Slack's file store beside the stand-in of its Web API: one server, as the files are on the API's own host."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.standin.slack import Slack, _handler

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """A file in Slack; ``served_as`` is the content type of the answer, ``moved_to`` redirects instead.

    ``address`` is where it is said to be, if not here.
    """

    content: bytes
    name: str = "Infinity Transfers v1.xlsx"
    served_as: str = "application/octet-stream"
    mimetype: str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    moved_to: str | None = None
    address: str | None = None


@dataclass
class SlackWithFiles(Slack):
    """The stand-in, with files by id and what was asked of the file store."""

    files: dict[str, StoredFile] = field(default_factory=dict)
    downloads: list[tuple[str, str | None]] = field(default_factory=list)

    def _files_info(self, arguments: dict[str, Any]) -> dict[str, Any]:
        file = self.files.get(arguments["file"])
        if file is None:
            return {"ok": False, "error": "file_not_found"}
        address = f"{self.url.removesuffix('api/')}files-pri/{arguments['file']}"
        address = file.address or address
        shown = {"name": file.name, "size": len(file.content), "mimetype": file.mimetype, "url_private": address}
        return {"ok": True, "file": shown}


@contextmanager
def slack_with_files() -> Iterator[SlackWithFiles]:
    """Serve a Slack with files until the block ends."""
    slack = SlackWithFiles()

    class Handler(_handler(slack)):  # type: ignore[misc]  # the class is made for this Slack
        def do_GET(self) -> None:  # noqa: N802 - the base class names it so
            file_id = self.path.rpartition("/")[2]
            slack.downloads.append((file_id, self.headers.get("Authorization")))
            file = slack.files[file_id]
            self.send_response(302 if file.moved_to else 200)
            if file.moved_to:
                self.send_header("Location", file.moved_to)
            self.send_header("Content-Type", file.served_as)
            self.send_header("Content-Length", str(len(file.content)))
            self.end_headers()
            self.wfile.write(file.content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    slack.url = f"http://127.0.0.1:{server.server_port}/api/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield slack
    finally:
        slack.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()
