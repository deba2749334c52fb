"""``python -m infra.local.workspace --app-url http://127.0.0.1:3000/slack/events --port 4700``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import yaml

from infra.local.workspace.config import WorkspaceConfig, cast_from, declared_by
from infra.local.workspace.server import serve

PEOPLE = Path(__file__).parents[1] / "people.yaml"
MANIFEST = Path(__file__).parents[2] / "slack-manifest.yaml"


def main() -> None:
    """Serve a workspace for the app at ``--app-url``."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.local.workspace", description="A small local Slack workspace."
    )
    parser.add_argument("--app-url", required=True, help="where the app takes Slack's requests")
    parser.add_argument("--app-host-header", help="the Host header the app is known by")
    parser.add_argument("--port", type=int, default=4700)
    parser.add_argument("--signing-secret", default="local-signing-secret")
    parser.add_argument("--bot-token", default="xoxb-local")
    parser.add_argument("--people", type=Path, default=PEOPLE)
    parser.add_argument("--state-file", type=Path)
    asked = parser.parse_args()
    manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8")) if MANIFEST.is_file() else {}
    known: dict[str, Any] = cast_from(asked.people) | (declared_by(manifest) if manifest else {})
    config = WorkspaceConfig(
        app_url=asked.app_url,
        app_host_header=asked.app_host_header,
        signing_secret=asked.signing_secret,
        bot_token=asked.bot_token,
        state_file=asked.state_file,
        **known,
    )
    serve(config, port=asked.port, ready=lambda url: print(f"ready {url}", flush=True))


if __name__ == "__main__":
    main()
