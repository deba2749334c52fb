"""Private answers to the person who acted, in whatever form their request allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slack_sdk.errors import SlackApiError, SlackClientError

from sop_slack import blocks as b
from sop_slack.home import closed_home

if TYPE_CHECKING:
    from functions.slack.listeners.listener import Request


def tell(request: Request, sentence: str) -> None:
    """Acknowledge the request and say ``sentence`` to whoever sent it, and to nobody else.

    A command is answered in place, a submission in a modal on top (what was typed stays below), a click in the
    channel or, in a modal, on top of it. Typeahead can only be answered with no options.
    """
    match request.body.get("type"):
        case "block_suggestion":
            request.ack(options=[])
        case "view_submission":
            request.ack({"response_action": "push", "view": notice(sentence)})
        case "view_closed":
            request.ack()
        case "event_callback" | "block_actions":
            request.ack()
            _say_in_a_call(request, sentence)
        case _:
            request.ack(response_type="ephemeral", text=sentence)


def notice(sentence: str, *, close: str = "Back") -> b.Block:
    """Return a modal that says one thing."""
    return b.modal("SOP Desk", [b.section(sentence)], callback_id="notice", close=close)


def _say_in_a_call(request: Request, sentence: str) -> None:
    body = request.body
    try:
        if body.get("event", {}).get("type") == "message":
            request.client.chat_postEphemeral(channel=body["event"]["channel"], user=request.user, text=sentence)
        elif "event" in body:
            request.client.views_publish(user_id=request.user, view=closed_home(sentence))
        elif channel := body.get("channel", {}).get("id"):
            _say_in_channel(request, channel, sentence)
        else:
            request.client.views_push(trigger_id=body["trigger_id"], view=notice(sentence))
    except (SlackClientError, OSError):
        # The sentence is a courtesy: what was refused stays refused whether or not it could be said.
        return


def _say_in_channel(request: Request, channel: str, sentence: str) -> None:
    try:
        request.client.chat_postEphemeral(channel=channel, user=request.user, text=sentence)
    except SlackApiError:
        # The app was taken out of the channel, or the channel is archived; a modal needs neither.
        request.client.views_open(trigger_id=request.body["trigger_id"], view=notice(sentence, close="Close"))
