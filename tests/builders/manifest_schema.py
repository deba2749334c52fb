"""What Slack takes as an app's manifest: the parts of its published schema (version 2) that this app uses.

Written anew from ``schemas/manifest.schema.2.0.0.json`` of github.com/slackapi/manifest-schema: names, types, lengths,
patterns. As there, what is not named is refused; so is what Slack knows and this app does not use.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(min_length=1, max_length=35)]
Color = Annotated[str, Meta(pattern="^#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?$")]
Address = Annotated[str, Meta(pattern="^https://", max_length=3000)]
"""Slack's schema takes http and longer ones as well; Slack itself calls https only."""
Scope = Annotated[str, Meta(max_length=50)]
Event = Annotated[str, Meta(max_length=50)]


class Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A group of settings with no others."""


class Version(Strict):
    """Which schema it follows."""

    major_version: int


class DisplayInformation(Strict):
    """How the app is shown."""

    name: Name
    description: Annotated[str, Meta(min_length=1, max_length=140)]
    background_color: Color


class AppHome(Strict):
    """The tabs of the app's own place."""

    home_tab_enabled: bool
    messages_tab_enabled: bool
    messages_tab_read_only_enabled: bool


class BotUser(Strict):
    """Who posts."""

    display_name: Annotated[str, Meta(min_length=1, max_length=80)]
    always_online: bool


class SlashCommand(Strict):
    """A command; over Socket Mode it has no address."""

    command: Annotated[str, Meta(pattern="^/", min_length=2, max_length=32)]
    description: Annotated[str, Meta(min_length=1, max_length=2000)]
    should_escape: bool
    usage_hint: Annotated[str, Meta(min_length=1, max_length=1000)] | None = None
    url: Address | None = None


class Features(Strict):
    """What people meet."""

    app_home: AppHome
    bot_user: BotUser
    slash_commands: Annotated[list[SlashCommand], Meta(min_length=1, max_length=50)]


class Scopes(Strict):
    """What the app may do."""

    bot: Annotated[list[Scope], Meta(max_length=255)]


class OAuth(Strict):
    """How it is installed."""

    scopes: Scopes


class Subscriptions(Strict):
    """What it is told."""

    bot_events: Annotated[list[Event], Meta(max_length=100)]
    request_url: Address | None = None


class Interactivity(Strict):
    """Where clicks, submissions and typeahead go."""

    is_enabled: bool
    request_url: Address | None = None
    message_menu_options_url: Address | None = None


class Settings(Strict):
    """How Slack and the app speak."""

    event_subscriptions: Subscriptions
    interactivity: Interactivity
    org_deploy_enabled: bool
    socket_mode_enabled: bool
    token_rotation_enabled: bool


class Manifest(Strict, rename={"metadata": "_metadata"}):
    """A whole manifest."""

    metadata: Version
    display_information: DisplayInformation
    features: Features
    oauth_config: OAuth
    settings: Settings


def checked(manifest: dict[str, Any]) -> Manifest:
    """Return a manifest that Slack would take.

    :raises msgspec.ValidationError: saying what and where, if it would not.
    """
    return msgspec.convert(manifest, Manifest)
