"""Documents that people attached to a case, copied out of Slack into the private bucket."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.error import HTTPError

from functions.deliver.failures import Refused, Unsure, translated
from sop_http.slack_files import download, is_slack

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from sop_aws.documents import DocumentStore
    from sop_core.cases.case import Document

MOST_BYTES: Final = 10 * 1024 * 1024
GONE: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


class SlackDocuments:
    """Files in Slack, and where they are kept."""

    def __init__(self, slack: WebClient, token: str, store: DocumentStore) -> None:
        """Take Slack, the bot token that its file store asks for, and the store."""
        self._slack = slack
        self._token = token
        self._store = store

    def copy(self, document: Document) -> None:
        """Keep a document; again is no harm.

        :raises Refused: if Slack will never hand it over.
        :raises Unsure: if it may next time.
        """
        with translated():
            info = self._slack.files_info(file=document.id)["file"]
        address = str(info.get("url_private_download") or info.get("url_private") or "")
        if info.get("is_external") or not is_slack(address, api=self._slack.base_url):
            raise Refused("file_elsewhere")
        content, kind = self._download(address)
        if len(content) > MOST_BYTES:
            raise Refused("file_too_large")
        if kind == "text/html" and "html" not in str(info.get("mimetype", "")):
            # Without the permission files:read Slack answers with its login page.
            raise Refused("missing_scope")
        self._store.put(document.key, content, kind=str(info.get("mimetype") or "application/octet-stream"))

    def _download(self, address: str) -> tuple[bytes, str]:
        try:
            return download(address, self._token, most=MOST_BYTES)
        except HTTPError as error:
            raise (Refused("file_not_found") if error.code in GONE else Unsure()) from error
        except OSError as error:
            raise Unsure from error
