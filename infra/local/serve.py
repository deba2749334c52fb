"""``serve``: the app on a local AWS, for any Slack or Slack stand-in."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Final

from infra.local import command, seed
from infra.local.gateway import create_gateway
from infra.local.processes import LOOPBACK, LocalRunError, reserve, stop_on_signals, stop_with_parent
from infra.local.stack import LOCAL, open_stack
from infra.local.web import serve

if TYPE_CHECKING:
    from collections.abc import Sequence

_say: Final = command.telling("serve")


def main(argv: Sequence[str]) -> int:
    """Start everything, print the one line that says so, and serve until stopped."""
    parser = command.options("serve", __doc__)
    parser.add_argument("--port", type=int, default=3000)
    options = parser.parse_args(argv)
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
            seed.give(stack, settings=options.settings, sheet=options.sheet, say=_say)
            _say("warming the functions up")
            stack.warm_up()
            stack.aws.keep = options.state is not None
            ready = f"ready http://{LOOPBACK}:{port}/slack/events"
            serve(create_gateway(stack), bound, announce=lambda: print(ready, flush=True))
    finally:
        if not options.state:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


def _required(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise LocalRunError(f"Set {name} in the environment: Slack shows it among the app's credentials.")
    return value
