"""Every minute: whatever was left behind is woken again."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from aws_lambda_powertools.metrics import MetricUnit

from functions.sweep.clockwork import count, replan, send_reminders
from functions.sweep.left_behind import sweep_deliveries, sweep_imports
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
from sop_core.transfers.records import days_too_old

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext

CASES: Final = {"CasesOpen": "open", "CasesClaimed": "claimed", "CasesReturned": "returned"}

Counted: TypeAlias = "Mapping[str, float]"
"""What a part of the sweep found, by the names of the metrics."""

logger = make_logger()
metrics = make_metrics()


class SweepIncomplete(Exception):
    """Part of the sweep failed; the next minute tries again, and an alarm tells if that goes on."""


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
        "Sheet": _sheet,
    }
    done = [_swept(name, sweep) for name, sweep in parts.items()]
    metrics.add_metric(name="SweepFailed", unit=MetricUnit.Count, value=done.count(False))
    if not all(done):
        raise SweepIncomplete


def _swept(name: str, sweep: Callable[[], Counted]) -> bool:
    try:
        counted = sweep()
    except Exception as error:  # noqa: BLE001 - the boundary of this function
        logger.error("sweep failed", part=name, **fault(error))  # noqa: TRY400 - the error's text stays out of the log
        return False
    for metric, value in counted.items():
        unit = MetricUnit.Seconds if metric.endswith("Seconds") else MetricUnit.Count
        metrics.add_metric(name=metric, unit=unit, value=value)
    return True


def _deliveries() -> Counted:
    found = sweep_deliveries(_cases().outbox, _deliver_queue(), now=system_clock())
    return {"DeliveriesWoken": found.woken, "DeliveriesOldestSeconds": found.oldest_seconds}


def _imports() -> Counted:
    queue = ImportQueue(clients.sqs(clients.PATIENT), _config().import_queue_url)
    found = sweep_imports(_transfers(), queue, now=system_clock())
    return {"ImportsWoken": found.woken, "ImportsOldestSeconds": found.oldest_seconds}


def _reminders() -> Counted:
    sent = send_reminders(_cases(), _case_queue(), _deliver_queue(), _settings().current(), now=system_clock())
    return {"RemindersSent": sent}


def _plans() -> Counted:
    live = tuple(_case_queue().live())
    numbers = count(_case_queue(), live, now=system_clock())
    replan(_cases(), live, _deliver_queue(), _settings().current().calendar, now=system_clock())
    states = {metric: numbers.states.get(state, 0) for metric, state in CASES.items()}
    return {**states, "CasesOverdue": numbers.overdue}


def _versions() -> Counted:
    _keep_shipped()
    return {}


def _sheet() -> Counted:
    active = _transfers().sheets.active()
    if active is None:
        return {}
    fresh_for = _settings().current().sheet_freshness_days
    return {"SheetDaysTooOld": days_too_old(active, fresh_for=fresh_for, now=system_clock())}


@cache
def _keep_shipped() -> None:
    # Once a container: a release brings new containers, and its procedures with them.
    store = VersionStore(clients.dynamodb(clients.PATIENT), _config().settings_table)
    Procedures(store, _settings().today, system_clock).keep_shipped()


def _cases() -> CaseStore:
    return CaseStore(clients.dynamodb(clients.PATIENT), _config().cases_table)


def _transfers() -> TransferStore:
    return TransferStore(clients.dynamodb(clients.PATIENT), _config().transfers_table)


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
