"""The Slack app's manifest fits the app."""

from __future__ import annotations

from typing import Any, Final

import pytest
import yaml

from functions.slack.listeners import LISTENERS
from infra.local import manifest
from infra.local.processes import LocalRunError

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


@pytest.mark.parametrize("url", ["", "http://desk.example.com/slack/events", "https://desk.example.com"])
def test_no_address(url: str) -> None:
    """An address that Slack would not take is refused."""
    with pytest.raises(LocalRunError, match="slack/events"):
        manifest.main([url])


def test_limits() -> None:
    """Names and descriptions are as short as Slack wants them."""
    read = manifest.manifest(URL)

    assert len(read["display_information"]["name"]) <= 35
    assert len(read["display_information"]["description"]) <= 140
    assert all(len(each["command"]) <= 32 for each in read["features"]["slash_commands"])


def test_every_command_and_event_has_a_listener_and_every_listener_is_announced() -> None:
    read = manifest.manifest(URL)
    commands = {each["command"] for each in read["features"]["slash_commands"]}
    events = set(read["settings"]["event_subscriptions"]["bot_events"])
    assert commands == {str(each.name) for each in LISTENERS if each.kind == "command"}
    heard = [each.name for each in LISTENERS if each.kind == "event"]
    types = {name["type"] if isinstance(name, dict) else str(name) for name in heard}
    assert {event.partition(".")[0] for event in events} == types
