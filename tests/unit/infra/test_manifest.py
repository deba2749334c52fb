"""The Slack app's manifest fits the app."""

from __future__ import annotations

import ast
from typing import Any, Final

import msgspec
import pytest
import yaml
from slack_sdk import WebClient

from functions.slack.listeners import LISTENERS
from infra.local import manifest
from infra.local.processes import LocalRunError
from tests.builders.manifest_schema import AppHome, Interactivity, checked
from tests.builders.template import ROOT

URL: Final = "https://desk.example.com/slack/events"


def addresses(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*(addresses(each) for each in value.values()))
    if isinstance(value, list):
        return set().union(*(addresses(each) for each in value))
    return {value} if isinstance(value, str) and value.startswith("https://") else set()


def test_every_address() -> None:
    """Commands, buttons, typeahead and events all come to the one address that was given."""
    assert addresses(manifest.manifest(URL)) == {URL}


def test_ready_to_paste(capsys: pytest.CaptureFixture[str]) -> None:
    """What is printed reads back as the same manifest."""
    assert manifest.main([URL]) == 0
    assert yaml.safe_load(capsys.readouterr().out) == manifest.manifest(URL)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "Give the app's address."),
        ("http://desk.example.com/slack/events", "Slack calls https addresses only."),
        ("desk.example.com/slack/events", "Slack calls https addresses only."),
        ("https://desk.example.com", "The address ends with /slack/events."),
        ("https://desk.example.com/slack/events/", "The address ends with /slack/events."),
        ("https://desk.example.com/slack/events?a=b", "The address ends with /slack/events."),
        ("https://localhost/slack/events", "The address names no host that Slack could call."),
        ("https:///slack/events", "The address names no host that Slack could call."),
        ("https://me@desk.example.com/slack/events", "The address names no host that Slack could call."),
        ("https://desk example.com/slack/events", "The address names no host that Slack could call."),
        ("https://<SlackEventsUrl>/slack/events", "The address names no host that Slack could call."),
        ("https://[desk/slack/events", "That is no address."),
    ],
)
def test_no_address(url: str, sentence: str) -> None:
    """An address that Slack or the app would not take is refused with the reason, and with where the right one is."""
    with pytest.raises(LocalRunError) as told:
        manifest.main([url])

    assert str(told.value).startswith(
        f"{sentence} It is the output SlackEventsUrl of the deployed stack: make manifest URL="
    )


@pytest.mark.parametrize("url", [URL, "https://a1b2c3.execute-api.us-east-1.amazonaws.com/slack/events"])
def test_schema(url: str) -> None:
    """The manifest is what Slack's schema takes, with an address everywhere."""
    read = checked(manifest.manifest(url))

    assert {command.url for command in read.features.slash_commands} == {url}
    assert read.settings.interactivity == Interactivity(is_enabled=True, request_url=url, message_menu_options_url=url)
    assert read.settings.event_subscriptions.request_url == url


def test_schema_of_a_pilot() -> None:
    """So is a pilot's, with no address anywhere."""
    assert checked(manifest.for_socket_mode()).settings.socket_mode_enabled
    assert addresses(manifest.for_socket_mode()) == set()


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("display_information.name", "S" * 36, "length <= 35"),
        ("display_information.description", "", "length >= 1"),
        ("display_information.background_color", "purple", "matching regex"),
        ("features.slash_commands.0.command", "infinity", "matching regex"),
        ("features.slash_commands.0.command", "/" + "i" * 32, "length <= 32"),
        ("features.slash_commands.0.url", "http://desk.example.com", "matching regex"),
        ("features.slash_commands.0.typo", "x", "unknown field `typo`"),
        ("features.shortcuts", [], "unknown field `shortcuts`"),
        ("settings.interactivity.is_enabled", "yes", "Expected `bool`"),
        ("oauth_config.scopes.bot", "chat:write", "Expected `array`"),
    ],
)
def test_schema_refuses(path: str, value: object, told: str) -> None:
    """What Slack would refuse, the check refuses too: wrong values, and names that Slack does not know."""
    read = manifest.manifest(URL)
    *way, last = path.split(".")
    group: Any = read
    for step in way:
        group = group[int(step)] if step.isdigit() else group[step]
    group[last] = value

    with pytest.raises(msgspec.ValidationError, match=told):
        checked(read)


HISTORY: Final = {"channels:history", "groups:history", "im:history"}
"""Of the kinds of conversation that the app posts in: channels, private channels, messages to one person."""
SCOPES: Final[dict[str, set[str]]] = {
    "auth_test": set(),
    "chat_postEphemeral": {"chat:write"},
    "chat_postMessage": {"chat:write"},
    "chat_update": {"chat:write"},
    "conversations_history": HISTORY,
    "conversations_open": {"im:write"},  # with one person
    "conversations_replies": HISTORY,
    "files_completeUploadExternal": {"files:write"},
    "files_getUploadURLExternal": {"files:write"},
    "files_info": {"files:read"},  # and to fetch what it names
    "usergroups_list": {"usergroups:read"},
    "usergroups_users_list": {"usergroups:read"},
    "users_info": {"users:read"},
    "views_open": set(),
    "views_publish": set(),
    "views_push": set(),
    "views_update": set(),
}
"""Method of Slack's Web API, as its client calls it → the bot scopes that its page asks for."""
EVENT_SCOPES: Final[dict[str, set[str]]] = {"app_home_opened": set(), "message.im": {"im:history"}}


def methods_called() -> set[str]:
    """Every method of Slack's client that is named in what runs on Lambda."""
    known = {name for name in dir(WebClient) if "_" in name and not name.startswith("_")} - {"api_call"}
    files = [file for folder in ("functions", "layers/shared") for file in (ROOT / folder).rglob("*.py")]
    named = {
        node.attr for file in files for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Attribute)
    }
    return named & known


def test_scopes() -> None:
    """The app asks for the scopes of what it calls and is told, and for no other."""
    read = checked(manifest.manifest(URL))
    events = read.settings.event_subscriptions.bot_events

    assert methods_called() == SCOPES.keys(), "the table knows every method that is called, and no other"
    assert set(events) == EVENT_SCOPES.keys()
    needed = set().union(*SCOPES.values(), *EVENT_SCOPES.values())
    assert sorted(read.oauth_config.scopes.bot) == sorted(needed | {"commands"})


def test_what_it_hears_is_switched_on() -> None:
    """Clicks, forms and typeahead have listeners and are switched on; the Home tab and messages to the app too."""
    read = checked(manifest.manifest(URL))
    kinds = {listener.kind for listener in LISTENERS}

    assert {"action", "view_submission", "options"} <= kinds
    assert read.settings.interactivity.is_enabled
    assert read.features.app_home == AppHome(
        home_tab_enabled=True, messages_tab_enabled=True, messages_tab_read_only_enabled=False
    )


def test_every_command_and_event_has_a_listener_and_every_listener_is_announced() -> None:
    read = manifest.manifest(URL)
    commands = {each["command"] for each in read["features"]["slash_commands"]}
    events = set(read["settings"]["event_subscriptions"]["bot_events"])
    assert commands == {str(each.name) for each in LISTENERS if each.kind == "command"}
    heard = [each.name for each in LISTENERS if each.kind == "event"]
    types = {name["type"] if isinstance(name, dict) else str(name) for name in heard}
    assert {event.partition(".")[0] for event in events} == types
