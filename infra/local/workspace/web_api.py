"""Slack's Web API, as far as the app uses it: one function a method, from arguments to answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from infra.local.workspace.conversations import Message, with_block_ids
from infra.local.workspace.errors import Json, Refused
from infra.local.workspace.limits import check_message, check_update
from infra.local.workspace.state import Event, Workspace

if TYPE_CHECKING:
    from infra.local.workspace.views import View

PAGE = 100
Method = Callable[[Workspace, Json], Json]


def call(workspace: Workspace, method: str, args: Json, *, token: str | None) -> Json:
    """Answer one call as Slack would; a refusal is an answer too."""
    try:
        _authorise(workspace, method, token)
        answer = METHODS[method](workspace, args)
    except Refused as refusal:
        return refusal.answer()
    return {"ok": True, **answer}


def decoded(args: Json, key: str) -> Any:  # noqa: ANN401  any JSON value
    """An argument that Slack takes both as JSON and as JSON in a string.

    Raises:
        Refused: the string is no JSON.
    """
    value = args.get(key)
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value else None
    except ValueError:
        raise Refused("invalid_blocks_format" if key == "blocks" else "invalid_arguments") from None


def _authorise(workspace: Workspace, method: str, token: str | None) -> None:
    if method not in METHODS:
        raise Refused("unknown_method")
    if method == "api.test":
        return
    if not token:
        raise Refused("not_authed")
    if token != workspace.config.bot_token:
        raise Refused("invalid_auth")


def _needed(args: Json, *keys: str) -> list[str]:
    missing = tuple(f"[ERROR] missing required field: {key}" for key in keys if not args.get(key))
    if missing:
        raise Refused("invalid_arguments", missing)
    return [str(args[key]) for key in keys]


def _flag(args: Json, key: str) -> bool:
    return str(args.get(key, "")).lower() in {"1", "true"}


def _view(args: Json) -> Json:
    view = decoded(args, "view")
    if not isinstance(view, dict):
        raise Refused("invalid_arguments", ("[ERROR] missing required field: view",))
    return view


# auth, api


def _api_test(_workspace: Workspace, args: Json) -> Json:
    if args.get("error"):
        raise Refused(str(args["error"]))
    return {"args": args}


def _auth_test(workspace: Workspace, _args: Json) -> Json:
    config = workspace.config
    return {
        "url": f"{workspace.base_url}/",
        "team": config.team_name,
        "user": config.app_name.lower().replace(" ", ""),
        "team_id": config.team_id,
        "user_id": config.bot_user,
        "bot_id": config.bot_id,
        "is_enterprise_install": False,
    }


# chat


def _blocks(args: Json) -> list[Json] | None:
    blocks = decoded(args, "blocks")
    if blocks is not None and not isinstance(blocks, list):
        raise Refused("invalid_blocks_format")
    return blocks


def _post_message(workspace: Workspace, args: Json) -> Json:
    [wanted] = _needed(args, "channel")
    channel = workspace.conversations.resolve(wanted)
    blocks = _blocks(args)
    check_message(text=args.get("text"), blocks=blocks)
    posted = workspace.post(
        Message(
            ts=workspace.conversations.next_ts(workspace.now()),
            channel=channel,
            user=workspace.config.bot_user,
            text=str(args.get("text") or ""),
            blocks=blocks or [],
            thread_ts=_thread(workspace, channel, args.get("thread_ts")),
            metadata=decoded(args, "metadata"),
        )
    )
    return _posted(workspace, posted)


def _thread(workspace: Workspace, channel: str, thread_ts: str | None) -> str | None:
    """The thread to answer in; Slack refuses one that is not there."""
    if not thread_ts:
        return None
    if thread_ts not in workspace.conversations.messages.get(channel, {}):
        raise Refused("thread_not_found")
    return thread_ts


def _posted(workspace: Workspace, message: Message) -> Json:
    return {
        "channel": message.channel,
        "ts": message.ts,
        "message": workspace.message_payload(message, with_metadata=True),
    }


def _update(workspace: Workspace, args: Json) -> Json:
    channel, ts = _needed(args, "channel", "ts")
    message = workspace.conversations.get(workspace.conversations.resolve(channel), ts)
    if message.user != workspace.config.bot_user or message.only_for:
        raise Refused("cant_update_message")
    blocks = _blocks(args)
    check_update(text=args.get("text"), blocks=blocks)
    rewrite(workspace, message, text=args.get("text"), blocks=blocks)
    if args.get("metadata") is not None:
        message.metadata = decoded(args, "metadata") or None
    workspace.changed(message)
    return {**_posted(workspace, message), "text": message.text}


def rewrite(workspace: Workspace, message: Message, *, text: str | None, blocks: list[Json] | None) -> None:
    """Change a message as Slack does: text without blocks takes the blocks away, and only then it reads “edited”."""
    if blocks is not None:
        message.blocks = with_block_ids(blocks)
    elif text:
        message.blocks = []
        message.edited = {"user": message.user, "ts": f"{workspace.now():.6f}"}
    if text is not None:
        message.text = str(text)


def _post_ephemeral(workspace: Workspace, args: Json) -> Json:
    channel, user = _needed(args, "channel", "user")
    if workspace.config.person(user) is None:
        raise Refused("user_not_in_channel")
    blocks = _blocks(args)
    check_message(text=args.get("text"), blocks=blocks)
    posted = workspace.post(
        Message(
            ts=workspace.conversations.next_ts(workspace.now()),
            channel=workspace.conversations.resolve(channel),
            user=workspace.config.bot_user,
            text=str(args.get("text") or ""),
            blocks=blocks or [],
            thread_ts=args.get("thread_ts"),
            only_for=user,
        )
    )
    return {"message_ts": posted.ts}


def _delete(workspace: Workspace, args: Json) -> Json:
    channel, ts = _needed(args, "channel", "ts")
    channel = workspace.conversations.resolve(channel)
    if workspace.conversations.get(channel, ts).user != workspace.config.bot_user:
        raise Refused("cant_delete_message")
    workspace.delete(channel, ts)
    return {"channel": channel, "ts": ts}


def _permalink(workspace: Workspace, args: Json) -> Json:
    channel, ts = _needed(args, "channel", "message_ts")
    message = workspace.conversations.get(workspace.conversations.resolve(channel), ts)
    return {"channel": message.channel, "permalink": permalink(workspace, message)}


def permalink(workspace: Workspace, message: Message) -> str:
    """The address at which the message is shown."""
    link = f"{workspace.base_url}/archives/{message.channel}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={message.channel}"
    return link


# conversations


def _open(workspace: Workspace, args: Json) -> Json:
    wanted = str(args.get("users") or args.get("channel") or "")
    if not wanted:
        raise Refused("users_list_not_supplied")
    users = wanted.split(",")
    if len(users) > 1:
        raise Refused("method_not_supported_for_channel_type")
    if users[0].startswith(("U", "W")) and workspace.config.person(users[0]) is None:
        raise Refused("user_not_found")
    channel = workspace.conversations.resolve(users[0])
    return {"channel": _channel(workspace, channel) if _flag(args, "return_im") else {"id": channel}}


def _channel(workspace: Workspace, channel: str) -> Json:
    talk = workspace.conversations
    known = workspace.config.channel(channel)
    if known is None:
        return {"id": channel, "is_im": True, "is_channel": False, "is_archived": False, "user": talk.dm_user(channel)}
    return {
        "id": channel,
        "name": known.name,
        "name_normalized": known.name,
        "is_channel": True,
        "is_im": False,
        "is_private": False,
        "is_archived": False,
        "is_member": True,
        "is_general": known.name == "general",
        "num_members": len(workspace.config.people),
        "topic": {"value": known.topic, "creator": "", "last_set": 0},
        "purpose": {"value": known.topic, "creator": "", "last_set": 0},
    }


def _info(workspace: Workspace, args: Json) -> Json:
    [channel] = _needed(args, "channel")
    return {"channel": _channel(workspace, workspace.conversations.resolve(channel))}


def _list(workspace: Workspace, args: Json) -> Json:
    kinds = str(args.get("types") or "public_channel").split(",")
    found = [each.id for each in workspace.config.channels] if "public_channel" in kinds else []
    if "im" in kinds:
        found += [workspace.conversations.dm_of(person.id) for person in workspace.config.people]
    page, meta = _paged(found, args)
    return {"channels": [_channel(workspace, each) for each in page], **meta}


def _members(workspace: Workspace, args: Json) -> Json:
    [channel] = _needed(args, "channel")
    channel = workspace.conversations.resolve(channel)
    other = workspace.conversations.dm_user(channel)
    people = [other] if other else [person.id for person in workspace.config.people]
    page, meta = _paged([*people, workspace.config.bot_user], args)
    return {"members": page, **meta}


def _history(workspace: Workspace, args: Json) -> Json:
    [channel] = _needed(args, "channel")
    messages = workspace.conversations.history(workspace.conversations.resolve(channel))
    page, meta = _paged([each for each in messages[::-1] if _in_range(each, args)], args)
    with_metadata = _flag(args, "include_all_metadata")
    return {"messages": [workspace.message_payload(each, with_metadata=with_metadata) for each in page], **meta}


def _replies(workspace: Workspace, args: Json) -> Json:
    channel, ts = _needed(args, "channel", "ts")
    channel = workspace.conversations.resolve(channel)
    root = workspace.conversations.messages.get(channel, {}).get(ts)
    if root is None:
        raise Refused("thread_not_found")
    thread = workspace.conversations.replies(channel, root.thread_ts or root.ts)
    inside = [each for each in thread if not each.is_reply or _in_range(each, args)]
    page, meta = _paged(inside, args)
    with_metadata = _flag(args, "include_all_metadata")
    return {"messages": [workspace.message_payload(each, with_metadata=with_metadata) for each in page], **meta}


def _in_range(message: Message, args: Json) -> bool:
    oldest, latest = float(args.get("oldest") or 0), float(args.get("latest") or "inf")
    at = float(message.ts)
    return oldest <= at <= latest if _flag(args, "inclusive") else oldest < at < latest


def _paged(rows: list[Any], args: Json) -> tuple[list[Any], Json]:
    start, size = int(args.get("cursor") or 0), int(args.get("limit") or PAGE)
    after = start + size
    has_more = after < len(rows)
    meta = {"has_more": has_more, "response_metadata": {"next_cursor": str(after) if has_more else ""}}
    return rows[start:after], meta


# views


def _views_open(workspace: Workspace, args: Json) -> Json:
    trigger_id, definition = str(args.get("trigger_id") or ""), _view(args)
    view = workspace.views.open(trigger_id=trigger_id, definition=definition, now=workspace.now())
    return _shown(workspace, view)


def _views_push(workspace: Workspace, args: Json) -> Json:
    trigger_id, definition = str(args.get("trigger_id") or ""), _view(args)
    view = workspace.views.push(trigger_id=trigger_id, definition=definition, now=workspace.now())
    return _shown(workspace, view)


def _views_update(workspace: Workspace, args: Json) -> Json:
    view = workspace.views.update(
        view_id=args.get("view_id"),
        external_id=args.get("external_id"),
        definition=_view(args),
        expected_hash=args.get("hash"),
        now=workspace.now(),
    )
    return _shown(workspace, view)


def _views_publish(workspace: Workspace, args: Json) -> Json:
    [user] = _needed(args, "user_id")
    if workspace.config.person(user) is None:
        raise Refused("user_not_found")
    view = workspace.views.publish(
        user=user, definition=_view(args), expected_hash=args.get("hash"), now=workspace.now()
    )
    workspace.tell(Event(kind="home", user=user))
    return {"view": workspace.views.payload(view)}


def _shown(workspace: Workspace, view: View) -> Json:
    workspace.tell(Event(kind="home" if view.definition["type"] == "home" else "views", user=view.user))
    return {"view": workspace.views.payload(view)}


# files


def _files_info(workspace: Workspace, args: Json) -> Json:
    [file_id] = _needed(args, "file")
    return {"file": workspace.file_payload(file_id)}


def _files_list(workspace: Workspace, args: Json) -> Json:
    found = [each.id for each in workspace.files.by_id.values() if args.get("user") in {None, "", each.user}]
    size, page = int(args.get("count") or 100), int(args.get("page") or 1)
    shown = found[(page - 1) * size : page * size]
    paging = {"count": size, "total": len(found), "page": page, "pages": -(-len(found) // size)}
    return {"files": [workspace.file_payload(each) for each in shown], "paging": paging}


def _files_delete(workspace: Workspace, args: Json) -> Json:
    [file_id] = _needed(args, "file")
    file = workspace.files.by_id.get(file_id)
    if file is None:
        raise Refused("file_not_found")
    if file.user != workspace.config.bot_user:
        raise Refused("cant_delete_file")
    workspace.delete_file(file_id)
    return {}


def _upload_url(workspace: Workspace, args: Json) -> Json:
    name, _length = _needed(args, "filename", "length")
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
            thread_ts=_thread(workspace, channel, args.get("thread_ts")),
            files=files,
        )
    )


# users, groups, reactions


def _user(workspace: Workspace, user: str) -> Json:
    person = workspace.config.person(user)
    if person is None:
        raise Refused("user_not_found")
    return {
        "id": person.id,
        "team_id": workspace.config.team_id,
        "name": person.handle,
        "real_name": person.name,
        "deleted": False,
        "is_bot": user == workspace.config.bot_user,
        "is_admin": False,
        "tz": "America/New_York",
        "profile": {"real_name": person.name, "display_name": person.name, "title": person.title},
    }


def _users_info(workspace: Workspace, args: Json) -> Json:
    [user] = _needed(args, "user")
    return {"user": _user(workspace, user)}


def _users_list(workspace: Workspace, args: Json) -> Json:
    page, meta = _paged([person.id for person in workspace.config.people] + [workspace.config.bot_user], args)
    return {"members": [_user(workspace, user) for user in page], **meta}


def _users_conversations(workspace: Workspace, args: Json) -> Json:
    return _list(workspace, args)


def _groups_list(workspace: Workspace, args: Json) -> Json:
    with_users = _flag(args, "include_users")
    rows = [
        {
            "id": group.id,
            "team_id": workspace.config.team_id,
            "is_usergroup": True,
            "handle": group.handle,
            "name": group.name,
            "user_count": len(group.members),
            **({"users": list(group.members)} if with_users else {}),
        }
        for group in workspace.config.groups
    ]
    return {"usergroups": rows}


def _group_users(workspace: Workspace, args: Json) -> Json:
    [wanted] = _needed(args, "usergroup")
    group = workspace.config.group(wanted)
    if group is None:
        raise Refused("no_such_subteam")
    return {"users": list(group.members)}


def _react(workspace: Workspace, args: Json) -> Json:
    channel, name, ts = _needed(args, "channel", "name", "timestamp")
    message = workspace.conversations.get(workspace.conversations.resolve(channel), ts)
    if name in message.reactions:
        raise Refused("already_reacted")
    message.reactions.append(name)
    workspace.changed(message)
    return {}


METHODS: dict[str, Method] = {
    "api.test": _api_test,
    "auth.test": _auth_test,
    "chat.postMessage": _post_message,
    "chat.update": _update,
    "chat.postEphemeral": _post_ephemeral,
    "chat.delete": _delete,
    "chat.getPermalink": _permalink,
    "conversations.open": _open,
    "conversations.info": _info,
    "conversations.list": _list,
    "conversations.members": _members,
    "conversations.history": _history,
    "conversations.replies": _replies,
    "views.open": _views_open,
    "views.push": _views_push,
    "views.update": _views_update,
    "views.publish": _views_publish,
    "files.info": _files_info,
    "files.list": _files_list,
    "files.delete": _files_delete,
    "files.getUploadURLExternal": _upload_url,
    "files.completeUploadExternal": _complete_upload,
    "users.info": _users_info,
    "users.list": _users_list,
    "users.conversations": _users_conversations,
    "usergroups.list": _groups_list,
    "usergroups.users.list": _group_users,
    "reactions.add": _react,
}
