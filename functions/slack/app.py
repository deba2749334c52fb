"""The slack function: Bolt behind the HTTP API. Everything Slack sends arrives here, signed."""

from __future__ import annotations

import logging
import time
from functools import cache
from http import HTTPStatus
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any, Final

from slack_bolt import Ack, App, BoltResponse
from slack_bolt.adapter.aws_lambda import SlackRequestHandler
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from functions.slack.access import Access, Groups
from functions.slack.listeners import register
from functions.slack.listeners.listener import Request
from functions.slack.replies import tell
from functions.slack.services import Services
from sop_aws import clients
from sop_aws.cases import CaseStore
from sop_aws.config import SlackConfig
from sop_aws.logging import fault, make_logger
from sop_aws.runs import RunStore
from sop_aws.secrets import slack_secrets
from sop_aws.settings import SettingsStore
from sop_aws.snapshots import SnapshotStore
from sop_aws.times import system_clock
from sop_aws.transfers import TransferStore
from sop_aws.wake import DeliverQueue, ImportQueue

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from sop_aws.secrets import SlackSecrets

ACK_PATH_SECONDS: Final = 2
"""Slack waits three seconds for the answer, so a call back to Slack on the way must give up before."""

logger = make_logger()


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of the HTTP API (payload format 2.0)."""
    logger.set_correlation_id(context.aws_request_id)
    try:
        answer: dict[str, Any] = _bolt().handle(_from_outside(event), context)  # type: ignore[no-untyped-call]  # Bolt's
    except JSONDecodeError:
        # Bolt reads the payload before it checks the signature; Slack never sends one that is no JSON.
        return {"statusCode": HTTPStatus.UNAUTHORIZED, "body": ""}
    return answer


def _from_outside(event: dict[str, Any]) -> dict[str, Any]:
    """Return the event without what only Bolt itself may send: ``x-slack-bolt-*`` headers are trusted and unsigned."""
    headers = {
        name: value
        for name, value in (event.get("headers") or {}).items()
        if not name.lower().startswith("x-slack-bolt")
    }
    return {**event, "headers": headers, "isBase64Encoded": event.get("isBase64Encoded", False)}


@cache
def _bolt() -> SlackRequestHandler:
    config = SlackConfig.from_environment()
    secrets = slack_secrets(clients.secrets(), config.slack_secret_id)
    return SlackRequestHandler(create_app(config, secrets))


def create_app(config: SlackConfig, secrets: SlackSecrets) -> App:
    """Return the Bolt app with every listener registered; it makes no call until a request needs one."""
    app = App(
        signing_secret=secrets.signing_secret,
        authorize=_authorize(secrets.bot_token),
        client=_client(config),
        process_before_response=True,
        logger=logging.getLogger("slack_bolt"),
    )
    app.use(_one_line_a_request)
    app.error(_say_that_it_failed)
    register(app, _services(config, _client(config, secrets.bot_token)))
    return app


def _client(config: SlackConfig, token: str | None = None) -> WebClient:
    return WebClient(token=token, base_url=config.slack_api_url, timeout=ACK_PATH_SECONDS)


def _services(config: SlackConfig, client: WebClient) -> Services:
    database = clients.dynamodb()
    settings = SettingsStore(database, config.settings_table, clock=system_clock).current
    return Services(
        runs=RunStore(database, config.cases_table),
        cases=CaseStore(database, config.cases_table),
        transfers=TransferStore(database, config.transfers_table),
        snapshots=SnapshotStore(clients.s3(), config.files_bucket),
        settings=settings,
        access=Access(settings, Groups(client, time.monotonic)),
        deliver=DeliverQueue(clients.sqs(), config.deliver_queue_url),
        imports=ImportQueue(clients.sqs(), config.import_queue_url),
        now=system_clock,
    )


def _authorize(bot_token: str) -> Callable[..., AuthorizeResult]:
    # One workspace, one token: asking Slack who we are (auth.test) would cost every cold start a call.
    def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=bot_token)

    return authorize


def _one_line_a_request(
    body: dict[str, Any],
    next: Callable[[], BoltResponse],  # noqa: A002 - Bolt's name
) -> BoltResponse:
    started = time.monotonic()
    response = next()
    took = round((time.monotonic() - started) * 1000, 1)
    logger.info("request", extra={"kind": body.get("type", "command"), "what": _name(body), "ms": took})
    return response


def _name(body: dict[str, Any]) -> str:
    """Return what the request is called by us: a command, an action id or a callback id; never what somebody typed."""
    actions = body.get("actions") or [{}]
    return str(
        body.get("command")
        or body.get("event", {}).get("type")
        or actions[0].get("action_id")
        or body.get("action_id")
        or body.get("view", {}).get("callback_id", "")
    )


def _say_that_it_failed(error: Exception, body: dict[str, Any], client: WebClient) -> BoltResponse | None:
    # The one boundary of this function: the log gets the error's kind and place, the person a sentence and a reference.
    reference = (logger.get_correlation_id() or "")[:8]
    logger.error("failed", extra={"what": _name(body), **fault(error)})
    ack = Ack()  # type: ignore[no-untyped-call]  # Bolt's own
    tell(
        Request(body=body, ack=ack, client=client),
        f"That did not work. Try again: what was saved already is kept and nothing is doubled. (Reference {reference})",
    )
    return ack.response
