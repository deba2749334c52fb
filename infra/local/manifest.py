"""``manifest URL`` or ``manifest --socket-mode``: the Slack app's manifest, ready to paste."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

from infra.local.processes import LocalRunError
from infra.local.stack import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

FILE: Final = ROOT / "infra" / "slack-manifest.yaml"
SOCKET_MODE: Final = "--socket-mode"
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
    if not url.startswith("https://") or not url.endswith("/slack/events"):
        raise LocalRunError(
            "Give the app's address: make manifest URL=https://…/slack/events; for a pilot: make manifest PILOT=yes"
        )
    return _print(manifest(url))


def _print(read: dict[str, Any]) -> int:
    print(yaml.safe_dump(read, sort_keys=False, allow_unicode=True, width=120), end="")
    return 0
