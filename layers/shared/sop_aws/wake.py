"""Wake-ups: a message says only that there is work, and the stores know which. An upload to publish is whole.

Each carries the correlation id of the request behind it (``request``), so a worker's log has it whatever happens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class CaseWake(msgspec.Struct, frozen=True, omit_defaults=True):
    """The case whose outbox has something to deliver."""

    case: str
    request: str | None = None


class ImportWake(msgspec.Struct, frozen=True, omit_defaults=True, rename={"import_id": "import"}):
    """The import that waits."""

    import_id: str
    request: str | None = None


class Publication(msgspec.Struct, frozen=True, omit_defaults=True):
    """A procedure file that was uploaded, with the file of what it newly cites; ids are Slack's. All of the job."""

    id: str
    user: str
    file: str
    sources: str | None
    at: str
    request: str | None = None


class DeliverQueue:
    """Wakes ``deliver``. One group a channel: the channel is Slack's unit of rate limit."""

    def __init__(self, client: SQSClient, url: str) -> None:
        """Take the client and the queue's address."""
        self._client = client
        self._url = url

    def wake(self, case_id: str, channel: str, dedup: str, *, request: str | None = None) -> None:
        """Ask for the delivery of a case's pending rows; a repeat of ``dedup`` within five minutes does nothing."""
        self._client.send_message(
            QueueUrl=self._url,
            MessageBody=msgspec.json.encode(CaseWake(case_id, request)).decode(),
            MessageGroupId=channel,
            MessageDeduplicationId=dedup,
        )

    def hold(self, receipt: str, *, seconds: int) -> None:
        """Let a message that was received come back after ``seconds``; its group waits behind it."""
        self._client.change_message_visibility(QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=seconds)


class ImportQueue:
    """Wakes ``import_sheet``."""

    def __init__(self, client: SQSClient, url: str) -> None:
        """Take the client and the queue's address."""
        self._client = client
        self._url = url

    def wake(self, import_id: str, *, request: str | None = None) -> None:
        """Ask for an import to be taken up."""
        body = msgspec.json.encode(ImportWake(import_id, request)).decode()
        self._client.send_message(QueueUrl=self._url, MessageBody=body)


class PublishQueue:
    """Hands uploads to ``publish``. The message is the job: who uploaded sees at once if it cannot be sent."""

    def __init__(self, client: SQSClient, url: str) -> None:
        """Take the client and the queue's address."""
        self._client = client
        self._url = url

    def put(self, job: Publication) -> None:
        """Ask for an upload to be examined."""
        self._client.send_message(QueueUrl=self._url, MessageBody=msgspec.json.encode(job).decode())
