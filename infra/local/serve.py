"""``serve``: the app on a local AWS, for any Slack or Slack stand-in."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from infra.local import seed
from infra.local.gateway import create_gateway
from infra.local.processes import LOOPBACK, LocalRunError, reserve, stop_on_signals, stop_with_parent
from infra.local.stack import LOCAL, open_stack
from infra.local.web import serve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.local.stack import Stack


def main(argv: Sequence[str]) -> int:
    """Start everything, print the one line that says so, and serve until stopped."""
    options = _options(argv)
    secrets = [_required(name) for name in ("SLACK_SIGNING_SECRET", "SLACK_BOT_TOKEN")]
    stop_on_signals()
    stop_with_parent()
    bound = reserve(options.port)
    port = bound.getsockname()[1]
    folder = options.state or LOCAL / f"serve-{port}"
    try:
        if not options.state:
            shutil.rmtree(folder, ignore_errors=True)
        with open_stack(folder.resolve(), say=_say) as stack:
            stack.put_secrets(signing_secret=secrets[0], bot_token=secrets[1])
            stack.point_at_slack(options.slack_api_url.rstrip("/") + "/")
            _seed(stack, options)
            _say("warming the functions up")
            stack.warm_up()
            stack.aws.keep = options.state is not None
            ready = f"ready http://{LOOPBACK}:{port}/slack/events"
            serve(create_gateway(stack), bound, announce=lambda: print(ready, flush=True))
    finally:
        if not options.state:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


def _seed(stack: Stack, options: argparse.Namespace) -> None:
    if options.settings:
        seed.put_settings(stack, options.settings)
    if options.sheet:
        _say(f"importing {options.sheet.name}")
        _say(f"{seed.import_and_activate(stack, options.sheet):,} projects are active")


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.local serve", description=__doc__)
    parser.add_argument("--port", type=int, default=3000)
    parser.add_argument("--slack-api-url", default=os.environ.get("SLACK_API_URL") or "https://slack.com/api/")
    parser.add_argument("--settings", type=Path, help="a people.yaml")
    parser.add_argument("--sheet", type=Path, help="a transfer workbook, imported and activated")
    parser.add_argument("--state", type=Path, help="keep the state in this folder, and start from it")
    return parser.parse_args(argv)


def _required(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise LocalRunError(f"Set {name} in the environment: Slack shows it among the app's credentials.")
    return value


def _say(stage: str) -> None:
    print(f"serve: {stage}", file=sys.stderr, flush=True)
