"""``pilot``: the app for a real Slack workspace over Socket Mode, on a local AWS: no AWS account, no public address."""

from __future__ import annotations

import os
import secrets
import threading
from typing import TYPE_CHECKING, Any, Final

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import WebClient

from infra.local import command, seed
from infra.local.manifest import for_socket_mode
from infra.local.processes import LocalRunError, stop_on_signals, stop_with_parent
from infra.local.socket_mode import Bridge
from infra.local.stack import LOCAL, open_stack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TOKENS: Final = {
    "SLACK_BOT_TOKEN": ("xoxb-", "the app's page → OAuth & Permissions → Bot User OAuth Token"),
    "SLACK_APP_TOKEN": (
        "xapp-",
        "the app's page → Basic Information → App-Level Tokens, with the scope connections:write",
    ),
}
HOW_TO_BEGIN: Final = """\
Create the app at https://api.slack.com/apps from the manifest that `make manifest PILOT=yes` prints, and install it.
Then: SLACK_BOT_TOKEN=xoxb-… SLACK_APP_TOKEN=xapp-… make pilot SETTINGS=people.yaml"""
NOBODY_YET: Final = (
    "Nobody has a role yet. Give SETTINGS=people.yaml with the ids of people or groups (Slack: profile → ⋮ → "
    "Copy member ID), at least `roles: {admin: [U…]}`; infra/local/people.yaml is an example."
)
READY: Final = """
SOP Desk answers in {team} (Ctrl-C stops it)

What a pilot cannot do:
  - It answers only while this runs; Slack tells people "the app did not respond" otherwise, and reminders wait.
  - Cases and sheets are kept in {folder}, on this machine, unencrypted, and only when it is stopped with Ctrl-C:
    after a crash or a power cut everything since the start is gone. There is no backup, and a new version of the code
    begins with nothing. Use invented customers.
  - No alarms, no dashboard, no rolling back of a release; one machine's speed.
"""

_say: Final = command.telling("pilot")


def main(argv: Sequence[str]) -> int:
    """Start everything, connect to Slack, say what it cannot do, and answer until stopped."""
    options = command.options("pilot", __doc__).parse_args(argv)
    bot_token, app_token = _tokens(os.environ)
    stop_on_signals()
    stop_with_parent()
    web = WebClient(bot_token, base_url=options.slack_api_url.rstrip("/") + "/")
    team = _checked(web)
    folder = (options.state or LOCAL / "pilot").resolve()
    signing_secret = secrets.token_hex(16)
    with open_stack(folder, say=_say) as stack:
        stack.put_secrets(signing_secret=signing_secret, bot_token=bot_token)
        stack.point_at_slack(web.base_url)
        if stack.is_new and not options.settings:
            raise LocalRunError(NOBODY_YET)
        seed.give(stack, settings=options.settings, sheet=options.sheet, say=_say)
        _say("warming the functions up")
        stack.warm_up()
        bridge = Bridge(web, app_token, url=stack.api_url, host=stack.api_host, secret=signing_secret)
        try:
            _connect(bridge)
            stack.aws.keep = True
            print(READY.format(team=team, folder=folder), flush=True)
            threading.Event().wait()
        finally:
            bridge.close()
    return 0


def _tokens(environment: Mapping[str, str]) -> list[str]:
    for name, (prefix, where) in TOKENS.items():
        if not environment.get(name, "").startswith(prefix):
            raise LocalRunError(f"Set {name} in the environment ({prefix}…: {where}).\n{HOW_TO_BEGIN}")
    return [environment[name] for name in TOKENS]


def _checked(web: WebClient) -> str:
    """Return the workspace's name; warn of permissions that the installed app does not have."""
    try:
        answer = web.auth_test()
    except SlackApiError as error:
        raise LocalRunError(f"Slack refuses SLACK_BOT_TOKEN: {error.response['error']}.") from error
    except (SlackClientError, OSError) as error:
        raise LocalRunError("Slack cannot be reached; is there a network?") from error
    headers: dict[str, Any] = {name.lower(): value for name, value in (answer.headers or {}).items()}
    missing = set(for_socket_mode()["oauth_config"]["scopes"]["bot"]) - set(
        headers.get("x-oauth-scopes", "").split(",")
    )
    if "x-oauth-scopes" in headers and missing:
        _say(f"the installed app lacks {', '.join(sorted(missing))}: paste the manifest again and reinstall it")
    return str(answer.get("team", "Slack"))


def _connect(bridge: Bridge) -> None:
    try:
        bridge.open()
    except SlackApiError as error:
        why = error.response["error"]
        raise LocalRunError(
            f"Slack refuses SLACK_APP_TOKEN: {why}. Is Socket Mode on, and has the token connections:write?"
        ) from error
    except (SlackClientError, OSError) as error:
        raise LocalRunError("Slack's socket cannot be reached; is there a network?") from error
