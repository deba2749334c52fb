"""Slack's request signature.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import hmac
from hashlib import sha256


def signature(*, secret: str, timestamp: str, body: bytes) -> str:
    """The value of ``X-Slack-Signature``."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, sha256).hexdigest()


def signed_headers(*, secret: str, now: float, body: bytes) -> dict[str, str]:
    """The headers by which the app knows that a request is Slack's."""
    timestamp = str(int(now))
    return {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signature(secret=secret, timestamp=timestamp, body=body),
    }
