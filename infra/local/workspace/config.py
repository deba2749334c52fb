"""What a workspace is made of: its people, channels, groups, commands, and the app that it talks to."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec
import yaml

if TYPE_CHECKING:
    from pathlib import Path

Clock = Callable[[], float]
SLACKBOT = "USLACKBOT"


class Person(msgspec.Struct, frozen=True):
    """Someone who can be acted as. ``title`` is what the switcher shows beside the name."""

    id: str
    name: str
    title: str = ""

    @property
    def handle(self) -> str:
        """The user name as Slack sends it (``maya.torres``)."""
        return ".".join(self.name.lower().split())


class Channel(msgspec.Struct, frozen=True):
    """A public channel that everyone is in."""

    id: str
    name: str
    topic: str = ""


class Group(msgspec.Struct, frozen=True):
    """A user group, mentioned as ``<!subteam^ID>``."""

    id: str
    handle: str
    name: str
    members: tuple[str, ...] = ()


class Command(msgspec.Struct, frozen=True):
    """A slash command of the app, with the hints that the composer shows."""

    name: str
    usage: str = ""
    description: str = ""


DEFAULT_PEOPLE = (
    Person("U0AGENT01", "Maya Torres", "Agent"),
    Person("U0AGENT02", "Sam Okafor", "Agent, workout-plan trained"),
    Person("U0SPEC001", "Priya Nair", "Resolution specialist"),
    Person("U0SPEC002", "Tom Becker", "Resolution specialist"),
    Person("U0ADMIN01", "Dana Whitfield", "Admin"),
    Person("U0LEAD001", "Rosa Lind", "Lead"),
    Person("U0JLEZAMA", "Jonathan Lezama"),
    Person("U0ECARR01", "elijah carr"),
    Person("U0GUEST01", "Lee Park", "Guest"),
)
DEFAULT_CHANNELS = (
    Channel("C0GENERAL", "general", "For everyone"),
    Channel("C0SUPPORT", "homeowner-support", "Calls, chats and emails from homeowners"),
    Channel("C0RESOLUT", "resolution-team", "Cases that someone else must act on"),
)
DEFAULT_COMMANDS = (
    Command("/infinity", "[name, address or project]", "Handle an Infinity call, chat or email"),
    Command("/transfers", "[upload · status · history]", "The Infinity transfer sheet"),
)


class WorkspaceConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Everything ``create_app`` needs. ``app_host_header`` names the app where many share an address."""

    app_url: str
    app_host_header: str | None = None
    signing_secret: str = "local-signing-secret"  # noqa: S105  a stand-in on loopback, not a secret
    bot_token: str = "xoxb-local"  # noqa: S105  likewise
    team_id: str = "T0SOLAR01"
    team_name: str = "Solar Support"
    app_id: str = "A0SOPDESK"
    app_name: str = "SOP Desk"
    bot_id: str = "B0SOPDESK"
    bot_user: str = "U0SOPDESK"
    people: tuple[Person, ...] = DEFAULT_PEOPLE
    channels: tuple[Channel, ...] = DEFAULT_CHANNELS
    groups: tuple[Group, ...] = ()
    commands: tuple[Command, ...] = DEFAULT_COMMANDS
    events: tuple[str, ...] = ("app_home_opened", "message.im")
    is_dm_read_only: bool = False
    state_file: Path | None = None
    public_url: str | None = None
    ack_seconds: float = 3.0
    event_retry_seconds: tuple[float, ...] = (0.0, 60.0, 300.0)
    clock: Clock = time.time
    verify_url_on_start: bool = True

    @property
    def team_domain(self) -> str:
        """The team's name as it would stand in an address."""
        return "-".join(self.team_name.lower().split())

    def person(self, user: str) -> Person | None:
        """The person with this id, the app's own user and Slackbot included."""
        if user in {self.bot_user, SLACKBOT}:
            return Person(user, self.app_name if user == self.bot_user else "Slackbot")
        return next((person for person in self.people if person.id == user), None)

    def channel(self, channel: str) -> Channel | None:
        """The public channel with this id."""
        return next((each for each in self.channels if each.id == channel), None)

    def group(self, group: str) -> Group | None:
        """The user group with this id."""
        return next((each for each in self.groups if each.id == group), None)


def cast_of(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """The ``people``, ``channels`` and ``groups`` that a people file has under ``workspace:``."""
    workspace = mapping.get("workspace") or {}
    kinds: dict[str, type] = {"people": Person, "channels": Channel, "groups": Group}
    return {
        key: tuple(msgspec.convert(row, kind) for row in _rows(workspace[key]))
        for key, kind in kinds.items()
        if workspace.get(key)
    }


def cast_from(path: Path) -> dict[str, Any]:
    """The same, read from a YAML file; nothing when there is no such file."""
    if not path.is_file():
        return {}
    return cast_of(yaml.safe_load(path.read_text(encoding="utf-8")) or {})


def commands_of(manifest: Mapping[str, Any]) -> tuple[Command, ...]:
    """The slash commands of a Slack app manifest."""
    declared = (manifest.get("features") or {}).get("slash_commands") or ()
    return tuple(Command(each["command"], each.get("usage_hint", ""), each.get("description", "")) for each in declared)


def declared_by(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What a Slack app manifest says about the app: its commands, its events, and whether it can be written to."""
    features, settings = manifest.get("features") or {}, manifest.get("settings") or {}
    return {
        "commands": commands_of(manifest),
        "events": tuple((settings.get("event_subscriptions") or {}).get("bot_events") or ()),
        "is_dm_read_only": bool((features.get("app_home") or {}).get("messages_tab_read_only_enabled")),
    }


def _rows(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401  decoded YAML
    """Rows as a list, or as a mapping from id to name or to the other fields."""
    if isinstance(value, list):
        return value
    return [{"id": key, **(row if isinstance(row, dict) else {"name": row})} for key, row in value.items()]
