"""The bodies that Slack sends to an app, built from the workspace's state. Nothing is sent here."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infra.local.workspace.conversations import Message
    from infra.local.workspace.errors import Json
    from infra.local.workspace.state import Workspace
    from infra.local.workspace.views import View

VERIFICATION_TOKEN = "local-verification-token"  # noqa: S105  deprecated by Slack; apps check the signature


def slash_command(workspace: Workspace, *, user: str, channel: str, command: str, text: str) -> dict[str, str]:
    """The form of a slash command."""
    config = workspace.config
    person = config.person(user)
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": config.team_id,
        "team_domain": config.team_domain,
        "channel_id": channel,
        "channel_name": workspace.conversations.name_of(channel),
        "user_id": user,
        "user_name": person.handle if person else user,
        "command": command,
        "text": text,
        "api_app_id": config.app_id,
        "is_enterprise_install": "false",
        "response_url": workspace.hook(channel=channel, user=user),
        "trigger_id": workspace.views.trigger(user=user, now=workspace.now()),
    }


def interaction(workspace: Workspace, kind: str, *, user: str) -> Json:
    """What every interaction carries."""
    config = workspace.config
    person = config.person(user)
    name = person.handle if person else user
    return {
        "type": kind,
        "team": {"id": config.team_id, "domain": config.team_domain},
        "user": {"id": user, "username": name, "name": name, "team_id": config.team_id},
        "api_app_id": config.app_id,
        "token": VERIFICATION_TOKEN,
        "enterprise": None,
        "is_enterprise_install": False,
    }


def view_action(workspace: Workspace, view: View, *, action: Json, values: Json) -> Json:
    """``block_actions`` from a modal or a home tab."""
    is_modal = view.definition["type"] == "modal"
    trigger = workspace.views.trigger(user=view.user, now=workspace.now(), view=view.id if is_modal else None)
    return {
        **interaction(workspace, "block_actions", user=view.user),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": trigger,
        "view": workspace.views.payload(view, values=values),
        "actions": [action],
    }


def message_action(workspace: Workspace, message: Message, *, user: str, action: Json, values: Json) -> Json:
    """``block_actions`` from a message; an ephemeral message is not sent along, as in Slack."""
    is_ephemeral = message.only_for is not None
    payload = {
        **interaction(workspace, "block_actions", user=user),
        "container": message_container(message),
        "trigger_id": workspace.views.trigger(user=user, now=workspace.now()),
        "channel": {"id": message.channel, "name": workspace.conversations.name_of(message.channel)},
        "state": {"values": values},
        "response_url": workspace.hook(
            channel=message.channel, user=user, message_ts=message.ts, is_ephemeral=is_ephemeral
        ),
        "actions": [action],
    }
    if not is_ephemeral:
        payload["message"] = workspace.message_payload(message)
    return payload


def message_container(message: Message) -> Json:
    """Where in a conversation an interaction happened."""
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": message.only_for is not None,
    }
    return container | ({"thread_ts": message.thread_ts} if message.thread_ts else {})


def submission(workspace: Workspace, view: View, *, values: Json) -> Json:
    """``view_submission``."""
    return {
        **interaction(workspace, "view_submission", user=view.user),
        "trigger_id": workspace.views.trigger(user=view.user, now=workspace.now(), view=view.id),
        "view": workspace.views.payload(view, values=values),
        "response_urls": [],
    }


def closed(workspace: Workspace, view: View, *, is_cleared: bool) -> Json:
    """``view_closed``."""
    return {
        **interaction(workspace, "view_closed", user=view.user),
        "view": workspace.views.payload(view),
        "is_cleared": is_cleared,
    }


def suggestion(workspace: Workspace, *, user: str, block_id: str, action_id: str, value: str, where: Json) -> Json:
    """``block_suggestion``; ``where`` is the container and, for a view, the view."""
    return {
        **interaction(workspace, "block_suggestion", user=user),
        "action_id": action_id,
        "block_id": block_id,
        "value": value,
        **where,
    }


def event(workspace: Workspace, inner: Json) -> Json:
    """The envelope of an event."""
    config = workspace.config
    now = workspace.now()
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": config.team_id,
        "api_app_id": config.app_id,
        "event": {**inner, "event_ts": f"{now:.6f}"},
        "type": "event_callback",
        "event_id": f"Ev{secrets.token_hex(5).upper()}",
        "event_time": int(now),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": config.team_id,
                "user_id": config.bot_user,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
    }


def home_opened(workspace: Workspace, *, user: str, tab: str) -> Json:
    """The ``app_home_opened`` event."""
    home = workspace.views.homes.get(user)
    shown: dict[str, Any] = {"view": workspace.views.payload(home)} if home and tab == "home" else {}
    channel = workspace.conversations.dm_of(user)
    return {"type": "app_home_opened", "user": user, "channel": channel, "tab": tab, **shown}


def direct_message(workspace: Workspace, message: Message) -> Json:
    """The ``message.im`` event; with files it has the subtype ``file_share``.

    https://docs.slack.dev/reference/events/message/file_share
    """
    shared = {"subtype": "file_share", "upload": False, "display_as_bot": False} if message.files else {}
    return {
        **workspace.message_payload(message),
        **shared,
        "channel": message.channel,
        "channel_type": "im",
    }


def file_shared(file: str, *, user: str, channel: str) -> Json:
    """The ``file_shared`` event: only the file's id; ``files.info`` tells the rest.

    https://docs.slack.dev/reference/events/file_shared
    """
    return {"type": "file_shared", "file_id": file, "user_id": user, "file": {"id": file}, "channel_id": channel}
