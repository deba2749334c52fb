"""Requests are signed as Slack signs them."""

from __future__ import annotations

from slack_sdk.signature import Clock, SignatureVerifier

from infra.local.workspace.signing import signature, signed_headers

DOCUMENTED_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
    b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)


class Fixed(Clock):
    def now(self) -> float:
        return 1_531_420_618.0


def test_the_documented_example_has_the_documented_signature() -> None:
    signed = signature(secret="8f742231b10e8888abcd99yyyzzz85a5", timestamp="1531420618", body=DOCUMENTED_BODY)
    assert signed == "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


def test_slacks_own_verifier_takes_the_headers_and_refuses_another_body() -> None:
    body = "payload=%7B%22ü%22%3A1%7D".encode()
    headers = signed_headers(secret="secret", now=1_531_420_618.9, body=body)
    verifier = SignatureVerifier("secret", Fixed())
    assert verifier.is_valid_request(body, headers)
    assert not verifier.is_valid_request(body + b"x", headers)
