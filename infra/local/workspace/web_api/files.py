"""``files``: what people and the app have put into the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra.local.workspace.conversations import Message
from infra.local.workspace.errors import Json, Refused
from infra.local.workspace.web_api.arguments import Method, decoded, needed
from infra.local.workspace.web_api.chat import thread_of

if TYPE_CHECKING:
    from infra.local.workspace.state import Workspace


def _files_info(workspace: Workspace, args: Json) -> Json:
    [file_id] = needed(args, "file")
    return {"file": workspace.file_payload(file_id)}


def _files_list(workspace: Workspace, args: Json) -> Json:
    found = [each.id for each in workspace.files.by_id.values() if args.get("user") in {None, "", each.user}]
    size, page = int(args.get("count") or 100), int(args.get("page") or 1)
    shown = found[(page - 1) * size : page * size]
    paging = {"count": size, "total": len(found), "page": page, "pages": -(-len(found) // size)}
    return {"files": [workspace.file_payload(each) for each in shown], "paging": paging}


def _files_delete(workspace: Workspace, args: Json) -> Json:
    [file_id] = needed(args, "file")
    file = workspace.files.by_id.get(file_id)
    if file is None:
        raise Refused("file_not_found")
    if file.user != workspace.config.bot_user:
        raise Refused("cant_delete_file")
    workspace.delete_file(file_id)
    return {}


def _upload_url(workspace: Workspace, args: Json) -> Json:
    name, _length = needed(args, "filename", "length")
    file = workspace.files.announce(name=name, user=workspace.config.bot_user, now=workspace.now())
    return {"upload_url": f"{workspace.base_url}/upload/{file.id}", "file_id": file.id}


def _complete_upload(workspace: Workspace, args: Json) -> Json:
    wanted = decoded(args, "files") or []
    if not wanted:
        raise Refused("invalid_arguments", ("[ERROR] missing required field: files",))
    channel = args.get("channel_id") or args.get("channels")
    target = workspace.conversations.resolve(str(channel)) if channel else None
    files = [workspace.files.complete(each["id"], title=each.get("title")) for each in wanted]
    if target:
        _share(workspace, [file.id for file in files], channel=target, args=args)
    return {"files": [workspace.file_payload(file.id) for file in files]}


def _share(workspace: Workspace, files: list[str], *, channel: str, args: Json) -> None:
    workspace.files.share(files, channel=channel)
    workspace.post(
        Message(
            ts=workspace.conversations.next_ts(workspace.now()),
            channel=channel,
            user=workspace.config.bot_user,
            text=str(args.get("initial_comment") or ""),
            thread_ts=thread_of(workspace, channel, args.get("thread_ts")),
            files=files,
        )
    )


METHODS: Final[dict[str, Method]] = {
    "files.info": _files_info,
    "files.list": _files_list,
    "files.delete": _files_delete,
    "files.getUploadURLExternal": _upload_url,
    "files.completeUploadExternal": _complete_upload,
}
