"""Slack's file hosts: the bot token and our files go there and nowhere else, and never follow a redirect."""

from __future__ import annotations

import urllib.request
from http.client import HTTPException
from typing import IO, TYPE_CHECKING, Final, NoReturn
from urllib.error import HTTPError
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from email.message import Message as Headers
    from http.client import HTTPResponse

SECONDS: Final = 30
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


def download(address: str, token: str, *, most: int) -> tuple[bytes, str]:
    """Return the content (up to ``most`` bytes and one) and its type; raises ``OSError`` where it cannot be had."""
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})  # noqa: S310 - is_slack
    try:
        with _opened(request) as answer:
            return answer.read(most + 1), str(answer.headers.get_content_type())
    except HTTPException as error:
        raise OSError("the answer was cut short") from error


def upload(address: str, content: bytes, *, api: str) -> None:
    """Send a file to the address that Slack gave for it; raises ``OSError`` where that fails."""
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
