"""What a person is told when a request failed: what happened, and what to do now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from slack_sdk.errors import SlackApiError

from sop_http.client import is_token_refused

if TYPE_CHECKING:
    from collections.abc import Mapping

TOO_LATE: Final = frozenset({"expired_trigger_id", "exchanged_trigger_id", "trigger_expired"})
"""Slack opens a window within three seconds of a click, and once."""
BUSY: Final = frozenset({"ratelimited", "rate_limited"})
KEPT: Final = "what was saved already is kept and nothing is doubled"
UNAVAILABLE: Final = "SOP Desk cannot start at the moment. Nothing was changed: try again in a minute."


def sentence(error: Exception, body: Mapping[str, Any], *, reference: str) -> str:
    """Return the sentence for whoever sent the request; ``reference`` finds it in the log."""
    code = str(error.response.get("error")) if isinstance(error, SlackApiError) else ""
    command = body.get("command")
    if code in TOO_LATE:
        again = f"Type `{command}` again" if command else "Do it once more"
        return f"That took too long, so no window could open. {again}: {KEPT}."
    if code in BUSY:
        return f"Slack asks SOP Desk to slow down. Wait a moment and try again: {KEPT}."
    if is_token_refused(error):
        return (
            f"Slack does not let SOP Desk in at the moment, and {KEPT}. "
            f"Try again in a minute; if it stays so, tell whoever looks after SOP Desk. (Reference {reference})"
        )
    return f"That did not work. Try again: {KEPT}. (Reference {reference})"
