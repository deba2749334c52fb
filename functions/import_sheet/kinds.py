"""Which kinds of jobs there are, each made of the stores of one deployment, and Slack."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from functions.import_sheet.files import SlackFiles, Workbooks
from functions.import_sheet.forgetting import make_forgetter
from functions.import_sheet.importing import Importer
from functions.import_sheet.sending import Sender, Sending, export, template
from sop_aws.forgotten import ForgottenStore
from sop_aws.snapshots import SnapshotStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from slack_sdk import WebClient

    from functions.import_sheet.jobs import Kind
    from sop_aws.config import ImportConfig
    from sop_aws.times import Clock
    from sop_aws.transfers import TransferStore
    from sop_core.transfers.records import JobKind


def make_kinds(
    config: ImportConfig,
    *,
    transfers: TransferStore,
    database: DynamoDBClient,
    storage: S3Client,
    slack: WebClient,
    token: str,
    tidy: Callable[[], object],
    clock: Clock,
) -> dict[JobKind, Kind]:
    """Return what carries out each kind of job. ``tidy`` is done beside an import."""
    sender = Sender(slack)
    return {
        "import": Importer(
            transfers=transfers,
            snapshots=SnapshotStore(storage, config.files_bucket),
            workbooks=Workbooks(storage, config.files_bucket),
            forgotten=ForgottenStore(database, config.transfers_table),
            files=SlackFiles(slack, token),
            sender=sender,
            tidy=tidy,
        ),
        "template": Sending(sender=sender, make=template),
        "export": Sending(sender=sender, make=partial(export, transfers)),
        "forget": make_forgetter(config, database=database, storage=storage, slack=slack, clock=clock),
    }
