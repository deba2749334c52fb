"""Slack's file store beside the stand-in of its Web API: one server, as the files are on the API's own host."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.standin.slack import Handler, Slack, slack_server

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """A file in Slack; ``served_as`` is the content type of the answer, ``moved_to`` redirects instead.

    ``address`` is where it is said to be, if not here; ``info`` is what files.info says otherwise than of other files.
    """

    content: bytes
    name: str = "Infinity Transfers v1.xlsx"
    served_as: str = "application/octet-stream"
    mimetype: str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    moved_to: str | None = None
    address: str | None = None
    info: dict[str, Any] = field(default_factory=dict)


@dataclass
class SlackWithFiles(Slack):
    """With files by id, what was asked of the file store, and what was sent: name, channel, words, bytes."""

    files: dict[str, StoredFile] = field(default_factory=dict)
    downloads: list[tuple[str, str | None]] = field(default_factory=list)

    uploads: dict[str, bytes] = field(default_factory=dict)
    shares: dict[str, str] = field(default_factory=dict)
    sent: list[tuple[str, str, str, bytes]] = field(default_factory=list)

    @property
    def handler(self) -> type[Handler]:
        return FilesHandler

    def _files_getUploadURLExternal(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 - Slack's name
        file_id = f"FSENT{len(self.uploads) + 1}"
        self.uploads[file_id] = b""
        self.files[file_id] = StoredFile(content=b"", name=arguments["filename"])
        return {"ok": True, "file_id": file_id, "upload_url": f"{self.url.removesuffix('api/')}upload/{file_id}"}

    def _files_completeUploadExternal(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 - Slack's name
        for file in arguments["files"]:
            content, words = self.uploads[file["id"]], arguments.get("initial_comment", "")
            self.shares[file["id"]] = arguments["channel_id"]
            self.sent.append((file["title"], arguments["channel_id"], words, content))
        return {"ok": True, "files": arguments["files"]}

    def _files_list(self, arguments: dict[str, Any]) -> dict[str, Any]:
        assert arguments["user"] == "U0BOT", "of whom the app itself sent"
        files = [{"id": file_id, "title": self.files[file_id].name} for file_id in self.shares]
        return {"ok": True, "files": files, "paging": {"page": 1, "pages": 1}}

    def _files_delete(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if self.shares.pop(arguments["file"], None) is None:
            return {"ok": False, "error": "file_not_found"}
        del self.files[arguments["file"]], self.uploads[arguments["file"]]
        return {"ok": True}

    def _conversations_history(self, arguments: dict[str, Any]) -> dict[str, Any]:
        answer = super()._conversations_history(arguments)
        shared = [
            {"files": [{"id": file_id, "title": self.files[file_id].name}]}
            for file_id in self.shares
            if self.shares[file_id] == arguments["channel"]
        ]
        return {**answer, "messages": [*shared, *answer["messages"]]}

    def _files_info(self, arguments: dict[str, Any]) -> dict[str, Any]:
        file = self.files.get(arguments["file"])
        if file is None:
            return {"ok": False, "error": "file_not_found"}
        address = f"{self.url.removesuffix('api/')}files-pri/{arguments['file']}"
        address = file.address or address
        shown = {"name": file.name, "size": len(file.content), "mimetype": file.mimetype, "url_private": address}
        return {"ok": True, "file": {**shown, **file.info}}


class FilesHandler(Handler):
    """Answers for a Slack with files."""

    def get(self) -> None:
        """Hand a file over, or say where it is."""
        file_id = self.path.rpartition("/")[2]
        self.slack.downloads.append((file_id, self.headers.get("Authorization")))
        file = self.slack.files[file_id]
        moved = {"Location": file.moved_to} if file.moved_to else {}
        self.answer(302 if moved else 200, file.content, {"Content-Type": file.served_as, **moved})

    def post(self) -> None:
        """Take an upload or a call."""
        if self.path.startswith("/upload/"):
            self.slack.uploads[self.path.rpartition("/")[2]] = self.body()
            self.answer(200, b"OK", {})
        else:
            super().post()


@contextmanager
def slack_with_files() -> Iterator[SlackWithFiles]:
    """Serve a Slack with files until the block ends."""
    slack = SlackWithFiles()
    with slack_server(slack):
        yield slack
