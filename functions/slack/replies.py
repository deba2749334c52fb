"""Private answers to the person who acted, in whatever form their request allows."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from sop_http.client import UNANSWERED
from sop_slack import blocks as b
from sop_slack.home import closed_home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from functions.slack.listeners.listener import Request
    from sop_slack.blocks import Message


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


def reply(request: Request, message: Message) -> None:
    """Answer a command with a message that only whoever typed it sees."""
    request.ack(response_type="ephemeral", text=message.text, blocks=list(message.blocks))


def replace(request: Request, message: Message) -> None:
    """Put ``message`` in the place of the one whose button was pressed."""
    place = request.body["container"]
    request.client.chat_update(
        channel=place["channel_id"], ts=place["message_ts"], text=message.text, blocks=list(message.blocks)
    )


def notice(sentence: str, *, close: str = "Back") -> b.Block:
    """Return a modal that says one thing."""
    return b.modal("SOP Desk", [b.section(sentence)], callback_id="notice", close=close)


def _say_in_a_call(request: Request, sentence: str) -> None:
    """Say it in the first way that Slack takes. It is a courtesy: what was refused stays so, said or not."""
    for say in _ways(request, sentence):
        with suppress(*UNANSWERED):
            say()
            return


def _ways(request: Request, sentence: str) -> Iterator[Callable[[], object]]:
    """Yield the ways to tell whoever acted, the nearest to where they look first."""
    body, client, user = request.body, request.client, request.user
    event = body.get("event")
    channel = body.get("channel", {}).get("id")
    if event is not None and event.get("type") != "message":
        yield partial(client.views_publish, user_id=user, view=closed_home(sentence))
        return
    if channel := event["channel"] if event else channel:
        yield partial(client.chat_postEphemeral, channel=channel, user=user, text=sentence)
    if trigger := body.get("trigger_id"):
        # The app was taken out of the channel, or there is none; a modal needs neither, but a click of this moment.
        is_modal = (body.get("view") or {}).get("type") == "modal"
        opening = client.views_push if is_modal else client.views_open
        yield partial(opening, trigger_id=trigger, view=notice(sentence, close="Back" if is_modal else "Close"))
    yield partial(client.chat_postMessage, channel=user, text=sentence)
