"""Slack's Socket Mode, bridged to the app's one address: each envelope becomes the signed request that it stands for.

So the pilot runs the very functions that AWS runs, and knows no second way in.
https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import json
import logging
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlencode

import httpx
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse

from infra.local.workspace.signing import signed_headers

if TYPE_CHECKING:
    from slack_sdk.socket_mode.client import BaseSocketModeClient
    from slack_sdk.socket_mode.request import SocketModeRequest
    from slack_sdk.web import WebClient

FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"
PATIENCE_SECONDS: Final = 10
"""As long as the function may take. Slack itself waits three."""


class Posted(NamedTuple):
    """What Slack would have posted to an app with an address."""

    content_type: str
    body: bytes
    headers: dict[str, str] = {}  # noqa: RUF012 - a named tuple's default, never changed


def as_posted(envelope: SocketModeRequest) -> Posted | None:
    """Return the request that an envelope stands for; None for a kind that the app does not take."""
    match envelope.type:
        case "slash_commands":
            return Posted(FORM, urlencode(envelope.payload).encode())
        case "interactive":
            return Posted(FORM, urlencode({"payload": json.dumps(envelope.payload)}).encode())
        case "events_api":
            again = {"x-slack-retry-num": str(envelope.retry_attempt), "x-slack-retry-reason": envelope.retry_reason}
            headers = {name: value for name, value in again.items() if value} if envelope.retry_attempt else {}
            return Posted(JSON, json.dumps(envelope.payload).encode(), headers)
        case _:
            return None


def as_payload(answer: httpx.Response) -> dict[str, Any] | None:
    """Return an answer's body as an envelope carries it back."""
    if not answer.content:
        return None
    if answer.headers.get("content-type", "").startswith(JSON):
        value = answer.json()
        return value if isinstance(value, dict) and value else None
    return {"text": answer.text}


class Bridge:
    """An open connection to Slack; what comes over it goes to the app, and what the app answers goes back."""

    def __init__(self, web: WebClient, app_token: str, *, url: str, host: str, secret: str) -> None:
        """Prepare it; ``host`` is the app's Host header, ``secret`` what it checks signatures with."""
        self._app = httpx.Client(timeout=PATIENCE_SECONDS, headers={"Host": host}, trust_env=False)
        self._url, self._secret = url, secret
        quiet = logging.getLogger("socket_mode")
        quiet.setLevel(logging.CRITICAL)  # it logs what people typed
        self._socket = SocketModeClient(app_token, logger=quiet, web_client=web)
        self._socket.socket_mode_request_listeners.append(self._take)

    def open(self) -> None:
        """Connect; from then on it reconnects by itself.

        :raises slack_sdk.errors.SlackApiError: if Slack refuses the token.
        """
        self._socket.connect()

    def close(self) -> None:
        """Disconnect, once what is being answered is answered."""
        self._socket.close()
        self._app.close()

    def _take(self, socket: BaseSocketModeClient, envelope: SocketModeRequest) -> None:
        posted = as_posted(envelope)
        if posted is None:
            return
        signed = signed_headers(secret=self._secret, now=time.time(), body=posted.body)
        headers = {"Content-Type": posted.content_type, **signed, **posted.headers}
        try:
            answer = self._app.post(self._url, content=posted.body, headers=headers)
        except httpx.HTTPError:
            return  # unanswered, as when an app's address does not answer: Slack tells the person
        if answer.status_code != HTTPStatus.OK:
            return
        payload = as_payload(answer) if envelope.accepts_response_payload else None
        socket.send_socket_mode_response(SocketModeResponse(envelope.envelope_id, payload))
