"""An uploaded procedure file becomes a version: handed over by the publish queue."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aws_lambda_powertools.metrics import MetricUnit

from functions.publish.publishing import Publisher
from sop_aws import clients
from sop_aws.config import PublishConfig
from sop_aws.correlation import correlate
from sop_aws.logging import fault, make_logger
from sop_aws.metrics import make_metrics
from sop_aws.secrets import slack_secrets
from sop_aws.settings import SettingsStore
from sop_aws.times import system_clock
from sop_aws.versions import VersionStore
from sop_aws.wake import Publication
from sop_http.client import is_token_refused, patient_client

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from functions.publish.publishing import Outcome

TRIES: Final = 3
"""As often as an upload is tried. The queue hands a message out once more, so that somebody is told even where every
try was ended by Lambda before it could say so."""
METRICS: Final = {
    "ready": "PublishReady",
    "repeated": "PublishRepeated",
    "refused": "PublishRefused",
    "known": "PublishKnown",
}

logger = make_logger()
metrics = make_metrics()


class TriedEnough(Exception):
    """Every try failed, or was ended by Lambda: the message goes to the dead letters, from which it can be replayed."""


@logger.inject_lambda_context(log_event=False, clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Examine the uploads of a batch; what must come back is in the answer."""
    returned = [record["messageId"] for record in event["Records"] if not _is_done(record)]
    return {"batchItemFailures": [{"itemIdentifier": message} for message in returned]}


def _is_done(record: Mapping[str, Any]) -> bool:
    job = None
    tries = int(record.get("attributes", {}).get("ApproximateReceiveCount", "1"))
    try:
        job = msgspec.json.decode(record["body"], type=Publication)
        correlate(logger, job.request)
        outcome = _run(job, tries)
    except Exception as error:  # noqa: BLE001 - the boundary of this function: one bad message fails alone
        _forget_refused_token(error)
        logger.error("publishing failed", message_id=record["messageId"], **fault(error))  # noqa: TRY400 - its text may quote a file
        _count("PublishAttemptFailed")
        if job and tries >= TRIES:
            _give_up(job)
        return False
    logger.info("publishing ended", publication=job.id, outcome=outcome)
    _count(METRICS[outcome])
    return True


def _run(job: Publication, tries: int) -> Outcome:
    if tries > TRIES:
        raise TriedEnough
    return _publisher().run(job)


def _give_up(job: Publication) -> None:
    try:
        _publisher().give_up(job)
    except Exception as error:  # noqa: BLE001 - same: the message goes to the dead letters, whose alarm tells
        logger.error("nobody could be told", publication=job.id, **fault(error))  # noqa: TRY400 - same


def _count(name: str) -> None:
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)


def _forget_refused_token(error: Exception) -> None:
    if is_token_refused(error):
        # The secret may have been rotated: the next attempt reads it anew.
        slack_secrets.cache_clear()
        _publisher.cache_clear()
        logger.warning("token refused")


@cache
def _publisher() -> Publisher:
    config = PublishConfig.from_environment()
    token = slack_secrets(clients.secrets(clients.PATIENT), config.slack_secret_id).bot_token
    slack = patient_client(token, api=config.slack_api_url)
    database = clients.dynamodb(clients.PATIENT)
    return Publisher(
        versions=VersionStore(database, config.settings_table),
        slack=slack,
        token=token,
        today=SettingsStore(database, config.settings_table, clock=system_clock).today,
        clock=system_clock,
    )
