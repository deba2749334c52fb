"""The HTTP request: opened, proven to be Slack's, and made safe for Bolt."""

from __future__ import annotations

import base64
import binascii
import time
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec
from slack_bolt import BoltRequest, BoltResponse
from slack_sdk.signature import SignatureVerifier

from functions.slack.failing import UNAVAILABLE

FORM: Final = "application/x-www-form-urlencoded"
FRESH: Final = 300
"""Seconds for which Slack's signature holds."""
DIGITS: Final = 10
"""Of a time in seconds, until the year 2286."""
BOLTS_OWN: Final = "x-slack-bolt"
"""Headers that Bolt trusts, unsigned, because it sends them to itself."""


class HttpRequest(msgspec.Struct, frozen=True):
    """A request as it came: lower-case headers and the body's text, letter for letter."""

    event: dict[str, Any]
    headers: dict[str, str]
    body: str

    @property
    def form(self) -> dict[str, list[str]]:
        """The fields of a form, or nothing."""
        return parse_qs(self.body) if self.headers.get("content-type", "").startswith(FORM) else {}


def opened(event: dict[str, Any]) -> HttpRequest:
    """Return the request in an event of the HTTP API; a body that is no text is none of Slack's, and becomes empty."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    own = {name: value for name, value in headers.items() if not name.startswith(BOLTS_OWN)}
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        try:
            body = base64.b64decode(body).decode()
        except (binascii.Error, UnicodeDecodeError):
            body = ""
    return HttpRequest(event, own, body)


def is_from_slack(request: HttpRequest, signing_secret: str) -> bool:
    """Return whether Slack signed this body within the last five minutes.

    https://docs.slack.dev/authentication/verifying-requests-from-slack
    """
    try:
        return SignatureVerifier(signing_secret).is_valid_request(request.body, request.headers)
    except (ValueError, OverflowError, TypeError):
        # The library stumbles over a time that is no number, and over a signature or a body that nobody could send.
        return False


def claims_to_be_slack(request: HttpRequest) -> bool:
    """Return whether somebody signed this within the last five minutes, be it Slack or not; a scanner does not."""
    stamp = request.headers.get("x-slack-request-timestamp", "")
    is_fresh = stamp.isdecimal() and len(stamp) <= DIGITS and abs(time.time() - int(stamp)) <= FRESH
    return is_fresh and request.headers.get("x-slack-signature", "").startswith("v0=")


def is_ssl_check(request: HttpRequest) -> bool:
    """Return whether Slack merely asks if anybody is there: it does so unsigned, so nothing else may follow from it."""
    return request.form.get("ssl_check") == ["1"] and set(request.form) <= {"ssl_check", "token"}


def for_bolt(request: HttpRequest) -> BoltRequest:
    """Return the request as Bolt can take it. Bolt's own adapter is not asked: it imports boto3 at each cold start."""
    body = request.body
    if "payload" in body and "payload" not in request.form and request.headers.get("content-type", "").startswith(FORM):
        # Bolt takes any form that says "payload" somewhere for an interaction, and then finds none in it.
        body = body.replace("payload", "%70ayload")
    return BoltRequest(body=body, headers=dict(request.headers))


def for_lambda(response: BoltResponse) -> dict[str, Any]:
    """Return Bolt's answer as the HTTP API takes it."""
    return {"statusCode": response.status, "body": response.body, "headers": response.first_headers()}


def unavailable(request: HttpRequest) -> dict[str, Any]:
    """Return the answer of a function that lacks the secret to tell whose request it is, and so says only that.

    A command gets a sentence. Of anything else Slack itself says that it failed: an answer would close a modal, with
    all that was typed, and an event would not be sent again.
    """
    if "command" not in request.form:
        return {"statusCode": HTTPStatus.SERVICE_UNAVAILABLE, "body": ""}
    body = msgspec.json.encode({"response_type": "ephemeral", "text": UNAVAILABLE}).decode()
    return {"statusCode": HTTPStatus.OK, "headers": {"content-type": "application/json"}, "body": body}
