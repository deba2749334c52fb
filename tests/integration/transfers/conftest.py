from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from slack_sdk import WebClient

from functions.import_sheet.jobs import Worker
from functions.import_sheet.kinds import make_kinds
from functions.import_sheet.progress import Progress
from functions.import_sheet.tidying import Tidier
from sop_aws.config import ImportConfig
from sop_aws.snapshots import SnapshotStore
from sop_aws.transfers import TransferStore
from sop_core.times import iso
from sop_core.transfers.records import Job, Sheet
from tests.standin.aws import BOT_TOKEN, Aws, aws
from tests.standin.files import SlackWithFiles, StoredFile, slack_with_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["aws"]

ADMIN = "U0ADMIN01"


@dataclass
class Desk:
    """An import function with its AWS and its Slack; ``now`` and ``ticks`` move only when a test moves them.

    ``beside`` is what is tidied up beside an import.
    """

    aws: Aws
    slack: SlackWithFiles
    now: datetime = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    ticks: float = 0.0
    made: int = 0
    transfers: TransferStore = field(init=False)
    snapshots: SnapshotStore = field(init=False)
    worker: Worker = field(init=False)
    tidier: Tidier = field(init=False)
    beside: Callable[[], object] = bool

    def __post_init__(self) -> None:
        client = WebClient(token=BOT_TOKEN, base_url=self.slack.url, timeout=5)
        self.transfers = TransferStore(self.aws.dynamodb, self.aws.transfers_table, pause=lambda _: None)
        self.snapshots = SnapshotStore(self.aws.s3, "files")
        self.worker = Worker(
            transfers=self.transfers,
            kinds=make_kinds(
                ImportConfig.from_environment(self.aws.environment),
                transfers=self.transfers,
                database=self.aws.dynamodb,
                storage=self.aws.s3,
                slack=client,
                token=BOT_TOKEN,
                tidy=self._tidy,
                clock=lambda: self.now,
            ),
            progress=lambda: Progress(client, ticks=self._tick),
            clock=lambda: self.now,
        )
        self.tidier = Tidier(self.transfers, self.snapshots, lambda: self.now)

    def _tidy(self) -> None:
        self.beside()

    def _tick(self) -> float:
        return self.ticks

    def queue(self, file: StoredFile | bytes | None) -> str:
        """Put a file into Slack and its import into the store, as the upload does; return the import's id."""
        self.made += 1
        import_id, file_id = f"import-{self.made}", f"F{self.made}"
        if file is not None:
            self.slack.files[file_id] = file if isinstance(file, StoredFile) else StoredFile(content=file)
        record = Job(id=import_id, file_id=file_id, user=ADMIN, created_at=iso(self.now))
        self.transfers.jobs.create(record)
        return import_id

    def take(self, file: StoredFile | bytes) -> Job:
        """Import a file to the end."""
        self.now += timedelta(minutes=1)
        return self.worker.run(self.queue(file), seconds_left=600)

    def sheet(self, record: Job) -> Sheet:
        """Return the sheet that an import made or found."""
        sheet = self.transfers.sheets.get(record.sheet or "")
        assert sheet is not None
        return sheet

    def activate(self, record: Job) -> None:
        """Activate what an import made."""
        self.transfers.sheets.activate(record.sheet or "", actor=ADMIN, at=iso(self.now))

    @property
    def told(self) -> str:
        """Everything the last message says, as one text."""
        message = self.slack.messages[-1]
        return f"{message['text']}\n{message['blocks']}"


@pytest.fixture
def desk(aws: Aws) -> Iterator[Desk]:
    with slack_with_files() as slack:
        yield Desk(aws, slack)
