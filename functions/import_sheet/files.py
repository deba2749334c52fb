"""Where the workbook comes from: Slack's file store, or a place in the bucket; and where it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.error import HTTPError

import msgspec
from botocore.exceptions import ClientError
from slack_sdk.errors import SlackApiError

from functions.import_sheet.container import MAX_FILE, MEGABYTE
from sop_aws.objects import delete_under
from sop_core.transfers.sheet import SheetError
from sop_http.slack_files import download, is_slack

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from slack_sdk import WebClient

    from sop_core.transfers.records import ImportRecord

GONE: Final = frozenset({"file_not_found", "file_deleted", "files_disabled", "not_visible"})


class DownloadFailed(Exception):
    """Slack did not hand the file over this time; another attempt may have it."""


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
            raise SheetError("file_gone", "The uploaded file is not there any more.") from error
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
        :raises DownloadFailed: if it cannot be had for now.
        """
        info = self._info(file_id)
        if int(info.get("size") or 0) > MAX_FILE:
            raise SheetError("too_large", f"The file is larger than {MAX_FILE // MEGABYTE} MB.")
        address = str(info.get("url_private_download") or info.get("url_private") or "")
        if info.get("is_external") or not is_slack(address, api=self._slack.base_url):
            raise SheetError(
                "file_elsewhere", "The file is only linked in Slack. Download it and upload the workbook itself."
            )
        content, kind = self._download(address)
        if "html" in kind and "html" not in str(info.get("mimetype", "")):
            raise SheetError(
                "login_page",
                "Slack served a login page in place of the file. SOP Desk needs the permission files:read; "
                "ask whoever installed the app.",
            )
        return Upload(str(info.get("name") or "workbook.xlsx"), content)

    def _info(self, file_id: str) -> dict[str, Any]:
        try:
            answer = self._slack.files_info(file=file_id)
        except SlackApiError as error:
            if error.response.get("error") not in GONE:
                raise
            raise SheetError("file_gone", "The uploaded file is not there any more.") from error
        info: dict[str, Any] = answer["file"]
        return info

    def _download(self, address: str) -> tuple[bytes, str]:
        try:
            return download(address, self._token, most=MAX_FILE)
        except OSError as error:
            status = error.code if isinstance(error, HTTPError) else 0
            raise DownloadFailed(f"status {status}") from error


def fetch(record: ImportRecord, slack: SlackFiles, bucket: Workbooks) -> Upload:
    """Return the workbook of an import."""
    if record.source_key is None:
        return slack.fetch(record.file_id)
    upload = bucket.at(record.source_key)
    return msgspec.structs.replace(upload, name=record.file_name or upload.name)
