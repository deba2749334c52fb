"""Uploaded files, as the workspace keeps them and as Slack describes them."""

from __future__ import annotations

import mimetypes
import secrets
from pathlib import PurePath
from typing import TYPE_CHECKING

import msgspec

from infra.local.workspace.errors import Json, Refused

if TYPE_CHECKING:
    from infra.local.workspace.config import WorkspaceConfig

MEGABYTE = 1024 * 1024
FILE_BYTES = 10 * MEGABYTE
"""The largest file of a ``file_input``."""
MESSAGE_FILE_BYTES = 1024 * MEGABYTE
"""The largest file of a message."""
MESSAGE_FILES = 10
SHEETS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "json": "application/json",
}


class File(msgspec.Struct, kw_only=True):
    """A file with its content."""

    id: str
    name: str
    title: str
    user: str
    created: int
    content: bytes
    channels: list[str] = []
    ims: list[str] = []

    @property
    def kind(self) -> str:
        """The extension, in lower case, as Slack's ``filetype``."""
        return PurePath(self.name).suffix.lower().removeprefix(".") or "text"

    @property
    def mimetype(self) -> str:
        """The media type guessed from the name."""
        return SHEETS.get(self.kind) or mimetypes.guess_type(self.name)[0] or "application/octet-stream"


class Files:
    """The files of the workspace, and uploads that were announced but not yet complete."""

    def __init__(self, config: WorkspaceConfig) -> None:
        self._config = config
        self.by_id: dict[str, File] = {}
        self.announced: dict[str, File] = {}

    def add(self, *, name: str, content: bytes, user: str, now: float) -> File:
        """Keep an uploaded file."""
        file = self.announce(name=name, user=user, now=now)
        file.content = content
        return self.complete(file.id, title=None)

    def announce(self, *, name: str, user: str, now: float) -> File:
        """Make room for an upload that comes in a request of its own."""
        file = File(
            id=f"F{secrets.token_hex(5).upper()}",
            name=PurePath(name).name or "file",
            title=PurePath(name).name or "file",
            user=user,
            created=int(now),
            content=b"",
        )
        self.announced[file.id] = file
        return file

    def complete(self, file_id: str, *, title: str | None) -> File:
        """Turn an announced upload into a file.

        Raises:
            Refused: no such upload.
        """
        file = self.announced.pop(file_id, None)
        if file is None:
            raise Refused("file_not_found")
        file.title = title or file.name
        self.by_id[file.id] = file
        return file

    def get(self, file_id: str) -> File:
        """One file.

        Raises:
            Refused: there is none with this id.
        """
        file = self.by_id.get(file_id)
        if file is None:
            raise Refused("file_not_found")
        return file

    def share(self, file_ids: list[str], *, channel: str) -> None:
        """Note that a message of ``channel`` carries these files.

        Raises:
            Refused: there is none with one of these ids.
        """
        for file in [self.get(each) for each in file_ids]:
            (file.ims if channel.startswith("D") else file.channels).append(channel)

    def payload(self, file: File, *, base: str) -> Json:
        """The file as Slack describes it; ``base`` is the workspace's own address."""
        private = f"{base}/files-pri/{self._config.team_id}-{file.id}"
        person = self._config.person(file.user)
        return {
            "id": file.id,
            "created": file.created,
            "timestamp": file.created,
            "name": file.name,
            "title": file.title,
            "mimetype": file.mimetype,
            "filetype": file.kind,
            "pretty_type": file.kind.upper(),
            "user": file.user,
            "user_team": self._config.team_id,
            "username": person.handle if person else "",
            "size": len(file.content),
            "mode": "hosted",
            "editable": False,
            "is_external": False,
            "external_type": "",
            "is_public": False,
            "public_url_shared": False,
            "display_as_bot": file.user == self._config.bot_user,
            "url_private": f"{private}/{_slug(file.name)}",
            "url_private_download": f"{private}/download/{_slug(file.name)}",
            "permalink": f"{base}/ui/files/{file.id}",
            "channels": file.channels,
            "groups": [],
            "ims": file.ims,
            "file_access": "visible",
            "has_rich_preview": False,
        }


def _slug(name: str) -> str:
    """The file's name as Slack writes it in an address."""
    return "".join(
        letter if (letter.isalnum() and letter.isascii()) or letter in "._-" else "_" for letter in name.lower()
    )
