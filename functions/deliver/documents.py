"""Documents that people attached to a case, copied out of Slack into the private bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from functions.deliver.failures import Refused, translated
from sop_http.slack_files import NotFetched, fetch

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from sop_aws.documents import DocumentStore
    from sop_core.cases.case import Document
    from sop_http.slack_files import Why

MOST_BYTES: Final = 10 * 1024 * 1024
REFUSED: Final[dict[Why, str]] = {
    "gone": "file_not_found",
    "elsewhere": "file_elsewhere",
    "not_permitted": "missing_scope",
    "too_large": "file_too_large",
}
"""The words of :data:`sop_slack.undelivered.WHY`."""


class SlackDocuments:
    """Files in Slack, and where they are kept."""

    def __init__(self, slack: WebClient, token: str, store: DocumentStore) -> None:
        """Take Slack, the bot token that its file store asks for, and the store."""
        self._slack = slack
        self._token = token
        self._store = store

    def copy(self, document: Document) -> None:
        """Keep a document, unless it is kept already.

        :raises Refused: if Slack will never hand it over.
        :raises Unsure: if it may next time.
        """
        if self._store.has(document.key):
            return
        try:
            with translated():
                file = fetch(self._slack, self._token, document.id, most=MOST_BYTES)
        except NotFetched as error:
            raise Refused(REFUSED[error.why]) from None
        self._store.put(document.key, file.content, kind=file.mimetype)
