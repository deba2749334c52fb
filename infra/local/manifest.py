"""``manifest URL``: the Slack app's manifest, ready to paste."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

from infra.local.processes import LocalRunError
from infra.local.stack import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

FILE: Final = ROOT / "infra" / "slack-manifest.yaml"
PLACEHOLDER: Final = "https://example.invalid/slack/events"


def manifest(url: str) -> dict[str, Any]:
    """Return the manifest with every address of the app set to ``url``."""
    read: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8").replace(PLACEHOLDER, url))
    return read


def main(argv: Sequence[str]) -> int:
    """Print it.

    :raises LocalRunError: if the address is none that Slack would take.
    """
    url = argv[0] if argv else ""
    if not url.startswith("https://") or not url.endswith("/slack/events"):
        raise LocalRunError("Give the app's address: make manifest URL=https://…/slack/events")
    print(yaml.safe_dump(manifest(url), sort_keys=False, allow_unicode=True, width=120), end="")
    return 0
