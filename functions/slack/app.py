"""The slack function: Bolt behind the HTTP API. Everything Slack sends arrives here, signed."""

from __future__ import annotations

import gc

gc.disable()  # what is imported is no garbage, and looking for some in it was a fifth of a cold start

import logging
import re
import time
from contextvars import ContextVar
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from slack_bolt import Ack, App, BoltContext, BoltResponse
from slack_bolt.authorization import AuthorizeResult

from functions.slack.access import Access, Groups
from functions.slack.budget import PromptClient, begin, was_token_refused
from functions.slack.failing import sentence
from functions.slack.http import (
    claims_to_be_slack,
    for_bolt,
    for_lambda,
    is_from_slack,
    is_ssl_check,
    opened,
    unavailable,
)
from functions.slack.listeners import register
from functions.slack.listeners.listener import Request
from functions.slack.replies import tell
from functions.slack.services import Services
from sop_aws import clients
from sop_aws.audit import AuditStore
from sop_aws.cases import CaseStore
from sop_aws.config import SlackConfig
from sop_aws.correlation import correlate, current
from sop_aws.documents import DocumentStore
from sop_aws.logging import fault, make_logger
from sop_aws.people import PeopleStore
from sop_aws.procedures import Procedures
from sop_aws.queue import CaseQueue
from sop_aws.runs import RunStore
from sop_aws.secrets import Rotation, SecretUnreadable, slack_secrets
from sop_aws.settings import SettingsStore
from sop_aws.snapshots import SnapshotStore
from sop_aws.times import system_clock
from sop_aws.transfers import TransferStore
from sop_aws.versions import VersionStore
from sop_aws.wake import DeliverQueue, ImportQueue, PublishQueue

gc.freeze()
gc.enable()

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from slack_sdk import WebClient

    from functions.slack.http import HttpRequest
    from sop_aws.secrets import SlackSecrets

NAME: Final = re.compile(r"[\w:./-]{0,150}", re.ASCII)

logger = make_logger()
_request: ContextVar[dict[str, str]] = ContextVar("request")
"""What the request at hand is called by us, for its one line in the log."""


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of the HTTP API (payload format 2.0)."""
    begin()
    correlate(logger, context.aws_request_id)
    started = time.monotonic()
    request = opened(event)
    try:
        secrets = _secrets()
    except (BotoCoreError, ClientError, SecretUnreadable) as error:
        logger.error("no secrets", extra=fault(error))  # noqa: TRY400 - the error's text stays out of the log
        return unavailable(request)
    if is_ssl_check(request):
        # Answered here, with Bolt merely made ready: what is a form to us may be JSON to Bolt, and it is not signed.
        _bolt()
        return {"statusCode": HTTPStatus.OK, "body": ""}
    # Bolt reads a body before it checks the signature, and trips over what Slack would never send.
    if not _is_proven(request, secrets):
        return {"statusCode": HTTPStatus.UNAUTHORIZED, "body": ""}
    _request.set({})
    answer = _answered(_bolt(), request)
    if was_token_refused():
        # The secret may have been rotated: the next request reads it anew.
        logger.warning("token refused")
        if _rotation().may_look():
            _forget_secrets()
    took = round((time.monotonic() - started) * 1000, 1)
    logger.info("request", extra={**_request.get({}), "status": answer["statusCode"], "ms": took})
    return answer


def _answered(bolt: App, request: HttpRequest) -> dict[str, Any]:
    try:
        return for_lambda(bolt.dispatch(for_bolt(request)))
    except Exception as error:  # noqa: BLE001 - what a listener raises is answered before: this is no request of Slack's
        logger.error("unreadable", extra=fault(error))  # noqa: TRY400 - the error's text may quote the body
        return {"statusCode": HTTPStatus.BAD_REQUEST, "body": ""}


def _is_proven(request: HttpRequest, secrets: SlackSecrets) -> bool:
    if is_from_slack(request, secrets.signing_secret):
        return True
    if not claims_to_be_slack(request):
        return False
    if _take_up_rotation() and is_from_slack(request, _secrets().signing_secret):
        return True
    logger.warning("signature refused")
    return False


def _take_up_rotation() -> bool:
    """Work with the secrets as they are stored now; return whether they are others than before."""
    try:
        if not _rotation().happened():
            return False
    except (BotoCoreError, ClientError, SecretUnreadable) as error:
        logger.error("no secrets", extra=fault(error))  # noqa: TRY400 - same
        return False
    _forget_secrets()
    return True


def _forget_secrets() -> None:
    slack_secrets.cache_clear()
    _bolt.cache_clear()


@cache
def _rotation() -> Rotation:
    return Rotation(clients.secrets(), _config().slack_secret_id, time.monotonic)


@cache
def _bolt() -> App:
    return create_app(_config(), _secrets())


@cache
def _config() -> SlackConfig:
    return SlackConfig.from_environment()


def _secrets() -> SlackSecrets:
    return slack_secrets(clients.secrets(), _config().slack_secret_id)


def create_app(config: SlackConfig, secrets: SlackSecrets) -> App:
    """Return the Bolt app with every listener registered; it makes no call until a request needs one."""
    app = App(
        name="sop-desk",  # else Bolt looks for the caller's file through every loaded module, on the first request
        request_verification_enabled=False,  # done before Bolt sees the request
        authorize=_authorize(secrets.bot_token),
        client=PromptClient(token=None, base_url=config.slack_api_url),
        process_before_response=True,
        logger=logging.getLogger("slack_bolt"),
    )
    app.use(_ask_in_time)
    app.use(_note_what_it_is)
    app.error(_say_that_it_failed)
    register(app, _services(config, PromptClient(token=secrets.bot_token, base_url=config.slack_api_url)))
    return app


def _services(config: SlackConfig, client: WebClient) -> Services:
    database, files, queues = clients.dynamodb(), clients.later(clients.s3), clients.later(clients.sqs)
    store = SettingsStore(database, config.settings_table, clock=system_clock)
    versions = VersionStore(database, config.settings_table)
    return Services(
        audit=AuditStore(database, config.cases_table),
        runs=RunStore(database, config.cases_table),
        cases=CaseStore(database, config.cases_table),
        queue=CaseQueue(database, config.cases_table),
        people=PeopleStore(database, config.cases_table, system_clock),
        documents=DocumentStore(files, config.files_bucket),
        transfers=TransferStore(database, config.transfers_table),
        snapshots=SnapshotStore(files, config.files_bucket),
        procedures=Procedures(versions, store.today, system_clock),
        versions=versions,
        settings=store.current,
        settings_store=store,
        access=Access(store.current, Groups(client, time.monotonic)),
        deliver=DeliverQueue(queues, config.deliver_queue_url),
        imports=ImportQueue(queues, config.import_queue_url),
        publications=PublishQueue(queues, config.publish_queue_url),
        now=system_clock,
    )


def _authorize(bot_token: str) -> Callable[..., AuthorizeResult]:
    # One workspace, one token: asking Slack who we are (auth.test) would cost every cold start a call.
    def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=bot_token)

    return authorize


def _ask_in_time(context: BoltContext, next: Callable[[], BoltResponse]) -> BoltResponse:  # noqa: A002 - Bolt's name
    # Bolt makes a plain client for each request.
    made = context.client
    context["client"] = PromptClient(token=made.token, base_url=made.base_url)
    return next()


def _note_what_it_is(body: dict[str, Any], next: Callable[[], BoltResponse]) -> BoltResponse:  # noqa: A002 - Bolt's name
    _request.set({"kind": body.get("type", "command"), "what": _name(body)})
    return next()


def _name(body: dict[str, Any]) -> str:
    """Return what the request is called by us: a command, an action id or a callback id; never what somebody typed."""
    actions = body.get("actions") or [{}]
    name = (
        body.get("command")
        or body.get("event", {}).get("type")
        or actions[0].get("action_id")
        or body.get("action_id")
        or body.get("view", {}).get("callback_id", "")
    )
    return name if isinstance(name, str) and NAME.fullmatch(name) else "none of ours"


def _say_that_it_failed(error: Exception, body: dict[str, Any], client: WebClient) -> BoltResponse | None:
    # The one boundary of this function: the log gets the error's kind and place, the person a sentence and a reference.
    reference = (current() or "")[:8]
    logger.error("failed", extra={"what": _name(body), **fault(error)})
    ack = Ack()  # type: ignore[no-untyped-call]  # Bolt's own
    tell(
        Request(body=body, ack=ack, client=client),
        sentence(error, body, reference=reference),
    )
    return ack.response
