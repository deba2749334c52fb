"""The transfers table by its parts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sop_aws.columns import ColumnStore
from sop_aws.jobs import JobStore
from sop_aws.projects import ProjectStore
from sop_aws.sheets import SheetStore
from sop_aws.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient


class TransferStore:
    """Sheets, their projects, the jobs with them, and the columns that admins named, in one table."""

    def __init__(self, client: DynamoDBClient, table: str, *, pause: Callable[[float], None] = time.sleep) -> None:
        """Take the client and the table's name; ``pause`` waits between tries (seconds)."""
        items = Table(client, table, sleep=pause)
        self.projects = ProjectStore(items)
        self.sheets = SheetStore(items, self.projects)
        self.jobs = JobStore(items)
        self.columns = ColumnStore(client, table)
