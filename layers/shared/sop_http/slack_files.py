"""Slack's file hosts: the bot token and our files go there and nowhere else, and never follow a redirect."""

from __future__ import annotations

import urllib.request
from http import HTTPStatus
from http.client import HTTPException
from typing import IO, TYPE_CHECKING, Any, Final, Literal, NamedTuple, NoReturn
from urllib.error import HTTPError
from urllib.parse import urlsplit

from slack_sdk.errors import SlackApiError

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message as Headers
    from http.client import HTTPResponse

    from slack_sdk import WebClient

Why = Literal["gone", "elsewhere", "not_permitted", "too_large"]

SECONDS: Final = 8
"""That the host may be silent: a worker whose time ends first could not say that it had no answer."""
WHY_NO_INFO: Final[dict[str, Why]] = {
    "file_not_found": "gone",
    "file_deleted": "gone",
    "files_disabled": "gone",
    "not_visible": "gone",
    "missing_scope": "not_permitted",
    "no_permission": "not_permitted",
    "access_denied": "not_permitted",
}
"""What ``files.info`` says for good. Slack: https://docs.slack.dev/reference/methods/files.info"""
WHY_NO_CONTENT: Final[dict[int, Why]] = {
    HTTPStatus.NOT_FOUND: "gone",
    HTTPStatus.GONE: "gone",
    HTTPStatus.UNAUTHORIZED: "not_permitted",
    HTTPStatus.FORBIDDEN: "not_permitted",
}
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Headers,
        newurl: str,
    ) -> NoReturn:
        del fp, msg, newurl
        raise HTTPError(req.full_url, code, "redirected", headers, None)


_OPENER: Final = urllib.request.build_opener(_NoRedirects)


class SlackFile(NamedTuple):
    """A file as Slack has it: its name and type are what whoever uploaded it said."""

    name: str
    mimetype: str
    content: bytes


class NewFile(NamedTuple):
    """A file to be shown in Slack: its name, which is its title too, its bytes, and what is said beside it (mrkdwn)."""

    name: str
    content: bytes
    words: str


class NotFetched(Exception):
    """Slack will not hand a file over, however often it is asked: it is gone, only linked, not permitted, too large."""

    def __init__(self, why: Why, *, name: str = "") -> None:
        """Carry why, and the file's name where Slack told it."""
        super().__init__(why)
        self.why = why
        self.name = name


def fetch(slack: WebClient, token: str, file_id: str, *, most: int) -> SlackFile:
    """Return a file of at most ``most`` bytes that somebody gave the app.

    Slack: https://docs.slack.dev/messaging/working-with-files

    :raises NotFetched: if it cannot be had.
    :raises SlackApiError: if Slack does not say where it is, for another reason.
    :raises OSError: if it cannot be had for now.
    """
    info = _info(slack, file_id)
    name, mimetype = str(info.get("name") or ""), str(info.get("mimetype") or "application/octet-stream")
    address = str(info.get("url_private_download") or info.get("url_private") or "")
    if info.get("is_external") or not is_slack(address, api=slack.base_url):
        raise NotFetched("elsewhere", name=name)
    if int(info.get("size") or 0) > most:
        raise NotFetched("too_large", name=name)
    try:
        content, served_as = _content(address, token, most=most)
    except HTTPError as error:
        why = _why_no_content(error.code)
        if why is None:
            raise
        raise NotFetched(why, name=name) from None
    if len(content) > most:
        raise NotFetched("too_large", name=name)
    if "html" in served_as and "html" not in mimetype:
        # Without the permission files:read Slack answers with its login page, or with the way to it.
        raise NotFetched("not_permitted", name=name)
    return SlackFile(name, mimetype, content)


def _info(slack: WebClient, file_id: str) -> dict[str, Any]:
    try:
        info: dict[str, Any] = slack.files_info(file=file_id)["file"]
    except SlackApiError as error:
        why = WHY_NO_INFO.get(str(error.response.get("error")))
        if why is None:
            raise
        raise NotFetched(why) from None
    return info


def _why_no_content(status: int) -> Why | None:
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return "not_permitted"
    return WHY_NO_CONTENT.get(status)


def _content(address: str, token: str, *, most: int) -> tuple[bytes, str]:
    """Return up to ``most`` bytes and one, and their type; raises ``OSError`` where they cannot be had."""
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})  # noqa: S310 - is_slack
    try:
        with _opened(request) as answer:
            return answer.read(most + 1), str(answer.headers.get_content_type())
    except HTTPException as error:
        raise OSError("the answer was cut short") from error


def share(
    slack: WebClient,
    channel: str,
    file: NewFile,
    *,
    thread: str | None = None,
    noted: Callable[[str], object] = lambda _: None,
) -> None:
    """Send a file and show it in a conversation, or in a thread of it.

    Slack: https://docs.slack.dev/messaging/working-with-files

    ``noted`` hears its id before anybody sees it: whoever is cut off in between can look for it
    (:func:`sop_http.own_messages.has_file`).

    :raises OSError: where the bytes cannot be sent.
    """
    place = slack.files_getUploadURLExternal(filename=file.name, length=len(file.content))
    _upload(str(place["upload_url"]), file.content, api=slack.base_url)
    noted(str(place["file_id"]))
    slack.files_completeUploadExternal(
        files=[{"id": place["file_id"], "title": file.name}],
        channel_id=channel,
        thread_ts=thread,
        initial_comment=file.words,
    )


def _upload(address: str, content: bytes, *, api: str) -> None:
    if not is_slack(address, api=api):
        raise OSError("the upload address is not Slack's")
    request = urllib.request.Request(  # noqa: S310 - checked above
        address, data=content, headers={"Content-Type": "application/octet-stream"}, method="POST"
    )
    with _opened(request):
        return


def _opened(request: urllib.request.Request) -> HTTPResponse:
    try:
        answer: HTTPResponse = _OPENER.open(request, timeout=SECONDS)
    except HTTPError as error:
        error.close()  # a refusal is an answer too, on a connection of its own
        raise
    return answer


def is_slack(address: str, *, api: str) -> bool:
    """Tell whether an address is Slack's: its own hosts, or the loopback where the whole Slack is."""
    there, ours = urlsplit(address), urlsplit(api)
    host = there.hostname or ""
    if host in LOOPBACK and ours.hostname in LOOPBACK:
        return there.scheme in {"http", "https"}
    return there.scheme == "https" and (there.netloc == ours.netloc or host.endswith(".slack.com"))
