"""Every minute: whatever was left behind is woken again."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.metrics import MetricUnit

from functions.sweep.clockwork import count, replan, send_reminders
from functions.sweep.left_behind import Found, sweep_deliveries, sweep_imports
from sop_aws import clients
from sop_aws.cases import CaseStore
from sop_aws.config import SweepConfig
from sop_aws.correlation import correlate
from sop_aws.logging import fault, make_logger
from sop_aws.metrics import make_metrics
from sop_aws.procedures import Procedures
from sop_aws.queue import CaseQueue
from sop_aws.settings import SettingsStore
from sop_aws.times import system_clock
from sop_aws.transfers import TransferStore
from sop_aws.versions import VersionStore
from sop_aws.wake import DeliverQueue, ImportQueue

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = make_logger()
metrics = make_metrics()


class SweepIncomplete(Exception):
    """Part of the sweep failed; the next minute tries again, and the function's error alarm tells."""


@logger.inject_lambda_context(log_event=False, clear_state=True)
@metrics.log_metrics
def handler(_event: dict[str, Any], context: LambdaContext) -> None:
    """Wake what is pending, remind of what is due, count; a failure of one part keeps no other from being done."""
    correlate(logger, context.aws_request_id)
    parts = {
        "Deliveries": _deliveries,
        "Imports": _imports,
        "Reminders": _reminders,
        "Plans": _plans,
        "Versions": _versions,
    }
    done = [_swept(name, sweep) for name, sweep in parts.items()]
    metrics.add_metric(name="SweepFailed", unit=MetricUnit.Count, value=done.count(False))
    if not all(done):
        raise SweepIncomplete


def _swept(name: str, sweep: Callable[[], Found]) -> bool:
    try:
        found = sweep()
    except Exception as error:  # noqa: BLE001 - the boundary of this function
        logger.error("sweep failed", part=name, **fault(error))  # noqa: TRY400 - the error's text stays out of the log
        return False
    metrics.add_metric(name=f"{name}Woken", unit=MetricUnit.Count, value=found.woken)
    metrics.add_metric(name=f"{name}OldestSeconds", unit=MetricUnit.Seconds, value=found.oldest_seconds)
    return True


def _deliveries() -> Found:
    return sweep_deliveries(_cases(), _deliver_queue(), now=system_clock())


def _imports() -> Found:
    queue = ImportQueue(clients.sqs(clients.PATIENT), _config().import_queue_url)
    transfers = TransferStore(clients.dynamodb(clients.PATIENT), _config().transfers_table)
    return sweep_imports(transfers, queue, now=system_clock())


def _reminders() -> Found:
    return send_reminders(_cases(), _case_queue(), _deliver_queue(), _settings().current(), now=system_clock())


def _plans() -> Found:
    live = tuple(_case_queue().live())
    count(_case_queue(), live, now=system_clock())
    return replan(_cases(), live, _deliver_queue(), _settings().current().calendar, now=system_clock())


def _versions() -> Found:
    _keep_shipped()
    return Found(woken=0, oldest_seconds=0.0)


@cache
def _keep_shipped() -> None:
    # Once a container: a release brings new containers, and its procedures with them.
    store = VersionStore(clients.dynamodb(clients.PATIENT), _config().settings_table)
    Procedures(store, _settings().today, system_clock).keep_shipped()


def _cases() -> CaseStore:
    return CaseStore(clients.dynamodb(clients.PATIENT), _config().cases_table)


def _case_queue() -> CaseQueue:
    return CaseQueue(clients.dynamodb(clients.PATIENT), _config().cases_table)


def _deliver_queue() -> DeliverQueue:
    return DeliverQueue(clients.sqs(clients.PATIENT), _config().deliver_queue_url)


@cache
def _settings() -> SettingsStore:
    return SettingsStore(clients.dynamodb(clients.PATIENT), _config().settings_table, clock=system_clock)


@cache
def _config() -> SweepConfig:
    return SweepConfig.from_environment()
