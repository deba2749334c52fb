"""Outbox to Slack: woken by the deliver queue, by commits and by the sweep."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools.metrics import MetricUnit
from slack_sdk import WebClient

from functions.deliver.auditing import Auditor
from functions.deliver.batch import Batch
from functions.deliver.chat import Chat
from functions.deliver.delivery import Deliverer, Renderers
from functions.deliver.documents import SlackDocuments
from functions.deliver.failures import TokenRefused
from functions.deliver.names import Names
from functions.deliver.reporting import Reporter
from sop_aws import clients
from sop_aws.audit import AuditStore, Trail
from sop_aws.cases import CaseStore
from sop_aws.config import DeliverConfig
from sop_aws.correlation import correlate
from sop_aws.documents import DocumentStore
from sop_aws.logging import fault, make_logger
from sop_aws.metrics import make_metrics
from sop_aws.people import PeopleStore
from sop_aws.procedures import Procedures
from sop_aws.queue import CaseQueue
from sop_aws.secrets import slack_secrets
from sop_aws.settings import SettingsStore
from sop_aws.times import system_clock
from sop_aws.versions import VersionStore
from sop_aws.wake import CaseWake, DeliverQueue
from sop_core.cases.names import named_case, named_event
from sop_slack.cards import case_message
from sop_slack.stories import direct_message, event_message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from sop_aws.deliveries import Delivery
    from sop_http.slack_files import NewFile

SLACK_TIMEOUT: Final = 5
NAME_TIMEOUT: Final = 2
"""A name is a courtesy: a message does not wait for it."""
METRICS: Final = {
    "posted": "DeliveryPosted",
    "waits": "DeliveryWaits",
    "unsure": "DeliveryUnsure",
    "dead": "DeliveryDead",
}

logger = make_logger()
metrics = make_metrics()


@logger.inject_lambda_context(log_event=False, clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Deliver the cases that a batch of wake-ups names; what must come back is in the answer."""

    def seconds_left() -> float:
        return context.get_remaining_time_in_millis() / 1000

    batch = Batch(
        deliver=lambda wake: _deliver(wake, seconds_left),
        hold=lambda receipt, seconds: _queue().hold(receipt, seconds=seconds),
        seconds_left=seconds_left,
        failed=_failed,
    )
    metrics.add_metric(name="WakeUps", unit=MetricUnit.Count, value=len(event["Records"]))
    return batch.handle(event["Records"])


def _deliver(wake: CaseWake, seconds_left: Callable[[], float]) -> None:
    correlate(logger, wake.request)
    try:
        _deliverer().deliver(wake.case, seconds_left=seconds_left)
    except TokenRefused:
        # The secret may have been rotated: the next attempt reads it anew.
        slack_secrets.cache_clear()
        _deliverer.cache_clear()
        logger.warning("token refused")
        raise


def _failed(error: Exception, record: Mapping[str, Any], wake: CaseWake | None) -> None:
    # A message that fails each time is one error: in three minutes its twenty would take back a release that has no
    # part in it. A release that fails does so on messages that were never tried before.
    is_first = record["attributes"].get("ApproximateReceiveCount", "1") == "1"
    log = logger.error if is_first else logger.warning
    correlate(logger, wake.request if wake else None)
    log("wake-up failed", message_id=record["messageId"], case=wake.case if wake else None, **fault(error))
    metrics.add_metric(name="WakeUpFailed", unit=MetricUnit.Count, value=1)


def _report(outcome: str, row: Delivery, reason: str) -> None:
    # Slack's refusal is no error of the function, and takes no release back: an alarm of its own tells of it.
    log = logger.warning if outcome == "dead" else logger.info
    correlate(logger, row.request)  # a case may have rows of several requests
    log(outcome, delivery=row.id, kind=row.kind, channel=row.channel, attempts=row.attempts, reason=reason)
    metrics.add_metric(name=METRICS[outcome], unit=MetricUnit.Count, value=1)


@cache
def _config() -> DeliverConfig:
    return DeliverConfig.from_environment()


@cache
def _queue() -> DeliverQueue:
    return DeliverQueue(clients.sqs(clients.PATIENT), _config().deliver_queue_url)


def renderers(name_of: Callable[[str, str], str]) -> Renderers:
    """Return how cases are drawn, with people called as ``name_of`` has it (an id, and what to say otherwise)."""
    return Renderers(
        card=lambda case: case_message(named_case(case, name_of)),
        line=lambda case, event: event_message(named_case(case, name_of), named_event(event, name_of)),
        direct=lambda case, event: direct_message(named_case(case, name_of), named_event(event, name_of)),
    )


@cache
def _deliverer() -> Deliverer:
    config = _config()
    token = slack_secrets(clients.secrets(clients.PATIENT), config.slack_secret_id).bot_token
    slack = WebClient(token=token, base_url=config.slack_api_url, timeout=SLACK_TIMEOUT, retry_handlers=[])
    database = clients.dynamodb(clients.PATIENT)
    chat = Chat(slack)
    store = DocumentStore(clients.s3(clients.PATIENT), config.files_bucket)
    settings = SettingsStore(database, config.settings_table, clock=system_clock)
    procedures = Procedures(VersionStore(database, config.settings_table), settings.today, system_clock)
    cases = CaseStore(database, config.cases_table)
    asked = WebClient(token=token, base_url=config.slack_api_url, timeout=NAME_TIMEOUT, retry_handlers=[])
    names = Names(asked, PeopleStore(database, config.cases_table, system_clock), system_clock)
    trail = Trail(AuditStore(database, config.cases_table), settings)
    queue = CaseQueue(database, config.cases_table)
    files: dict[str, Callable[[Delivery], NewFile | None]] = {
        "report": Reporter(queue, settings.current, version_of=procedures.of, name_of=names.of).made,
        "audit": Auditor(trail, settings.current, name_of=names.of, outbox=cases.outbox).made,
    }
    return Deliverer(
        cases=cases,
        chat=chat,
        render=renderers(names.of),
        copy=SlackDocuments(slack, token, store).copy,
        make_file=lambda row: files[row.kind](row),
        clock=system_clock,
        report=_report,
    )
