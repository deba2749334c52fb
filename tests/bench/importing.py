"""A workbook of 100,000 rows imported by the deployed function on the local AWS: how long, and how much memory.

What is counted is what Lambda counts: every process of the function together, its reading child too.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Final

from infra.local.sample import write_sample
from infra.local.stack import open_stack
from sop_aws.times import system_clock
from sop_aws.transfers import TransferStore
from sop_aws.wake import ImportQueue
from sop_core.times import iso
from sop_core.transfers.records import FINISHED, Job
from tests.bench.measure import MEGABYTE, Measure, children, resident, workers
from tests.builders.people import ADMIN
from tests.standin.aws import BOT_TOKEN, SIGNING_SECRET
from tests.standin.files import StoredFile, slack_with_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.stack import Stack
    from tests.standin.files import SlackWithFiles

ROWS: Final = 100_000
SECONDS: Final = 300
MEGABYTES: Final = 512
PATIENCE: Final = 850
LOOK: Final = 0.05


def measures() -> Iterator[Measure]:
    """Yield the time from the wake-up to the outcome, and the peak memory of the function."""
    with TemporaryDirectory() as folder, open_stack(Path(folder) / "aws", say=lambda _: None) as stack:
        workbook = write_sample(Path(folder) / "large.xlsx", projects=ROWS).read_bytes()
        with slack_with_files() as slack:
            seconds, megabytes, record = _imported(stack, slack, workbook)
        sheet = TransferStore(stack.aws.client("dynamodb"), stack.outputs.transfers_table).sheets.get(
            record.sheet or ""
        )
    is_whole = sheet is not None and sheet.state == "ready" and sheet.counts.projects == ROWS
    updates = len(slack.called("chat.update"))
    figure = f"{seconds:.0f} s" if is_whole else f"ended {record.state}"
    shown = f"{updates} updates of its message"
    yield Measure(f"import: {ROWS:,} rows", figure, f"< {SECONDS} s", is_whole and seconds < SECONDS, shown)
    yield Measure(f"import: {ROWS:,} rows, memory", f"{megabytes:.0f} MB", f"< {MEGABYTES} MB", megabytes < MEGABYTES)


def _imported(stack: Stack, slack: SlackWithFiles, workbook: bytes) -> tuple[float, float, Job]:
    stack.put_secrets(signing_secret=SIGNING_SECRET, bot_token=BOT_TOKEN)
    stack.point_at_slack(slack.url)
    slack.files["F1"] = StoredFile(content=workbook)
    transfers = TransferStore(stack.aws.client("dynamodb"), stack.outputs.transfers_table)
    record = transfers.jobs.create(Job(id="large", file_id="F1", user=ADMIN, created_at=iso(system_clock())))
    ImportQueue(stack.aws.client("sqs"), stack.outputs.import_queue_url).wake(record.id)
    began, most = perf_counter(), 0
    while record.state not in FINISHED and perf_counter() - began < PATIENCE:
        until = perf_counter() + 1
        while perf_counter() < until:
            most = max(most, _memory_of(stack.outputs.import_sheet_function))
            sleep(LOOK)
        record = transfers.jobs.get(record.id) or record
    return perf_counter() - began, most / MEGABYTE, record


def _memory_of(function: str) -> int:
    running = workers(function)
    return sum(map(resident, running | {child for worker in running for child in children(worker)}))
