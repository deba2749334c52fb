"""Where the workbook comes from: Slack's file store, or a place in the bucket; and where it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from botocore.exceptions import ClientError

from functions.import_sheet.container import MAX_FILE, MEGABYTE
from sop_aws.objects import delete_under
from sop_core.transfers.sheet import SheetError
from sop_http import slack_files

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from slack_sdk import WebClient

    from sop_core.transfers.records import Job

FILE_GONE: Final = ("file_gone", "The uploaded file is not there any more.")
LOGIN_PAGE: Final = (
    "Slack served a login page in place of the file. SOP Desk needs the permission files:read; "
    "ask whoever installed the app."
)
REFUSED: Final[dict[slack_files.Why, tuple[str, str]]] = {
    "gone": FILE_GONE,
    "elsewhere": ("file_elsewhere", "The file is only linked in Slack. Download it and upload the workbook itself."),
    "not_permitted": ("login_page", LOGIN_PAGE),
    "too_large": ("too_large", f"The file is larger than {MAX_FILE // MEGABYTE} MB."),
}


class Upload(msgspec.Struct, frozen=True):
    """A workbook as it was uploaded; the name is shown and never used as a path."""

    name: str
    content: bytes


class Workbooks:
    """The workbooks of one bucket, by sheet id."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        """Take the client and the bucket's name."""
        self._client = client
        self._bucket = bucket

    def put(self, sheet: str, upload: Upload) -> None:
        """Keep the workbook of a sheet."""
        self._client.put_object(Bucket=self._bucket, Key=f"workbooks/{sheet}.xlsx", Body=upload.content)

    def delete_all(self) -> None:
        """Delete every workbook that is kept, and every one that was put by to be read."""
        for prefix in ("workbooks/", "uploads/"):
            delete_under(self._client, self._bucket, prefix)

    def at(self, key: str) -> Upload:
        """Return the workbook that an operator put into the bucket; raises :class:`SheetError` where there is none."""
        # "Denied" where an operator named a key outside the folders that this function may read.
        try:
            content = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read(MAX_FILE + 1)
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"NoSuchKey", "AccessDenied", "404", "403"}:
                raise
            raise SheetError(*FILE_GONE) from error
        return Upload(key.rpartition("/")[2], content)


class SlackFiles:
    """Files that people gave the app in Slack."""

    def __init__(self, slack: WebClient, token: str) -> None:
        """Take Slack and the bot token that the file store asks for."""
        self._slack = slack
        self._token = token

    def fetch(self, file_id: str) -> Upload:
        """Return a file's name and content.

        :raises SheetError: if it cannot be had.
        :raises OSError: if it cannot be had for now.
        """
        try:
            file = slack_files.fetch(self._slack, self._token, file_id, most=MAX_FILE)
        except slack_files.NotFetched as error:
            raise SheetError(*REFUSED[error.why]) from None
        return Upload(file.name or "workbook.xlsx", file.content)


def fetch(record: Job, slack: SlackFiles, bucket: Workbooks) -> Upload:
    """Return the workbook of an import."""
    if record.source_key is None:
        return slack.fetch(record.file_id)
    upload = bucket.at(record.source_key)
    return msgspec.structs.replace(upload, name=record.file_name or upload.name)
