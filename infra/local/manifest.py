"""``manifest URL`` or ``manifest --socket-mode``: the Slack app's manifest, ready to paste."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import yaml

from infra.local.processes import LocalRunError
from infra.local.stack import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

FILE: Final = ROOT / "infra" / "slack-manifest.yaml"
SOCKET_MODE: Final = "--socket-mode"
USAGE: Final = "make manifest URL=https://…/slack/events. For a pilot: make manifest PILOT=yes"
PLACEHOLDER: Final = "https://example.invalid/slack/events"


def manifest(url: str) -> dict[str, Any]:
    """Return the manifest with every address of the app set to ``url``."""
    read: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8").replace(PLACEHOLDER, url))
    return read


def for_socket_mode() -> dict[str, Any]:
    """Return the manifest of a pilot, which has no address: everything comes over a socket (``make pilot``)."""
    read = manifest(PLACEHOLDER)
    settings = read["settings"] | {"socket_mode_enabled": True, "interactivity": {"is_enabled": True}}
    settings["event_subscriptions"] = {"bot_events": read["settings"]["event_subscriptions"]["bot_events"]}
    commands = [
        {name: value for name, value in command.items() if name != "url"}
        for command in read["features"]["slash_commands"]
    ]
    return {**read, "features": {**read["features"], "slash_commands": commands}, "settings": settings}


def main(argv: Sequence[str]) -> int:
    """Print it.

    :raises LocalRunError: if the address is none that Slack would take.
    """
    url = argv[0] if argv else ""
    if url == SOCKET_MODE:
        return _print(for_socket_mode())
    if fault := _fault(url):
        raise LocalRunError(f"{fault} It is the output SlackEventsUrl of the deployed stack: {USAGE}")
    return _print(manifest(url))


def _fault(url: str) -> str:
    """Return why Slack, or the app behind it, would not take the address, in a sentence; or nothing."""
    if not url:
        return "Give the app's address."
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return "That is no address."
    if parts.scheme != "https":
        return "Slack calls https addresses only."
    if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host) or parts.username or re.search(r"\s", url):
        return "The address names no host that Slack could call."
    if not parts.path.endswith("/slack/events") or parts.query or parts.fragment:
        return "The address ends with /slack/events."
    return ""


def _print(read: dict[str, Any]) -> int:
    print(yaml.safe_dump(read, sort_keys=False, allow_unicode=True, width=120), end="")
    return 0
