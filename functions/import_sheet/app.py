"""Jobs with the transfer sheets and the customers in them: woken by the import queue, by uploads and by the sweep."""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aws_lambda_powertools.metrics import MetricUnit

from functions.import_sheet.jobs import Worker
from functions.import_sheet.kinds import make_kinds
from functions.import_sheet.progress import Progress
from functions.import_sheet.tidying import Tidier
from sop_aws import clients
from sop_aws.config import ImportConfig
from sop_aws.correlation import correlate
from sop_aws.jobs import JobBusy, JobOver, UnknownJob
from sop_aws.logging import fault, make_logger
from sop_aws.metrics import make_metrics
from sop_aws.secrets import slack_secrets
from sop_aws.snapshots import SnapshotStore
from sop_aws.times import system_clock
from sop_aws.transfers import TransferStore
from sop_aws.wake import ImportWake
from sop_http.client import is_token_refused, patient_client

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext

METRICS: Final = {
    "ready": "ImportReady",
    "repeated": "ImportRepeated",
    "refused": "ImportRefused",
    "failed": "ImportFailed",
    "sent": "WorkbookSent",
    "forgotten": "CustomerForgotten",
    "running": "ForgettingWaits",
}

logger = make_logger()
metrics = make_metrics()


@logger.inject_lambda_context(log_event=False, clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Carry out the imports that a batch of wake-ups names; what must come back is in the answer."""
    returned = [record["messageId"] for record in event["Records"] if not _is_done(record, context)]
    return {"batchItemFailures": [{"itemIdentifier": message} for message in returned]}


def _is_done(record: Mapping[str, Any], context: LambdaContext) -> bool:
    try:
        wake = msgspec.json.decode(record["body"], type=ImportWake)
        correlate(logger, wake.request)
        _carry_out(wake.import_id, context)
    except UnknownJob:
        logger.warning("a wake-up names no import", message_id=record["messageId"])
        _count("ImportUnknown")
    except JobOver:
        # Slack was told and it was counted then: two wake-ups have met, or one came back late.
        _count("ImportOver")
    except JobBusy:
        _count("ImportBusy")
        return False
    except Exception as error:  # noqa: BLE001 - the boundary of this function: one bad message fails alone
        _forget_refused_token(error)
        logger.error("import failed", message_id=record["messageId"], **fault(error))  # noqa: TRY400 - its text may quote a customer
        _count("ImportAttemptFailed")
        return False
    return True


def _carry_out(import_id: str, context: LambdaContext) -> None:
    record = _worker().run(import_id, seconds_left=context.get_remaining_time_in_millis() / 1000)
    logger.info(
        "import ended", import_id=import_id, state=record.state, kind=record.error_kind, attempts=record.attempts
    )
    _count(METRICS[record.state])


def _count(name: str) -> None:
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)


def _tidy(tidier: Tidier) -> None:
    try:
        retired = tidier.tidy()
    except Exception as error:  # noqa: BLE001 - the sheet is ready and told; the next import tidies again
        logger.error("tidying failed", **fault(error))  # noqa: TRY400 - same
        return
    if retired:
        logger.info("sheets expire", sheets=list(retired))


def _forget_refused_token(error: Exception) -> None:
    if is_token_refused(error):
        # The secret may have been rotated: the next attempt reads it anew.
        slack_secrets.cache_clear()
        _worker.cache_clear()
        logger.warning("token refused")


@cache
def _worker() -> Worker:
    config = ImportConfig.from_environment()
    token = slack_secrets(clients.secrets(clients.PATIENT), config.slack_secret_id).bot_token
    slack = patient_client(token, api=config.slack_api_url)
    storage, database = clients.s3(clients.PATIENT), clients.dynamodb(clients.PATIENT)
    transfers = TransferStore(database, config.transfers_table)
    tidier = Tidier(transfers, SnapshotStore(storage, config.files_bucket), system_clock)
    return Worker(
        transfers=transfers,
        kinds=make_kinds(
            config,
            transfers=transfers,
            database=database,
            storage=storage,
            slack=slack,
            token=token,
            tidy=lambda: _tidy(tidier),
            clock=system_clock,
        ),
        progress=lambda: Progress(slack, ticks=time.monotonic),
        clock=system_clock,
    )
