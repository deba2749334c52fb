"""What SOP Desk has said of a case in Slack: its card, the lines of its thread, direct messages, files of customers.

Each message is drawn anew from the case as it is stored by then, without its customer. What people wrote themselves
cannot be changed by an app, and is counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from slack_sdk.errors import SlackApiError

from functions.import_sheet.jobs import NotYet
from sop_aws.deliveries import EVENT_TYPE
from sop_core.cases.names import named_case, named_event
from sop_core.times import parse
from sop_http.own_messages import messages
from sop_slack.cards import case_message
from sop_slack.stories import event_message, handled_message

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from slack_sdk import WebClient

    from sop_aws.cases import Card
    from sop_core.cases.case import Case, CaseEvent
    from sop_slack.blocks import Message

FILES: Final = 100
GONE: Final = frozenset({"message_not_found", "thread_not_found", "file_not_found", "file_deleted", "user_not_found"})
REFUSED: Final = frozenset(
    {
        *("channel_not_found", "not_in_channel", "is_archived", "cant_update_message", "edit_window_closed"),
        *("cant_delete_file", "missing_scope", "restricted_action", "users_not_found", "user_disabled"),
    }
)
"""Slack will not do this for the app; a person can."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """How many messages of ours were drawn anew, how many replies are people's own, what Slack refused to change."""

    messages: int = 0
    replies: int = 0
    refused: int = 0


class Traces:
    """Erases a case from what was posted of it."""

    def __init__(self, slack: WebClient, *, name_of: Callable[[str, str], str]) -> None:
        """Take Slack, and what people are called."""
        self._slack = slack
        self._name_of = name_of

    def erase(self, case: Case, events: Sequence[CaseEvent], card: Card | None) -> Told:
        """Draw everything anew that was posted of an erased case; doing it again changes nothing.

        :raises NotYet: if Slack asks to wait.
        """
        named = named_case(case, self._name_of)
        told = {event.version: named_event(event, self._name_of) for event in events}
        found = [self._direct(named, told[max(told)], person) for person in _told_directly(case, events)]
        if card is not None:
            found += [self._draw(card.channel, card.ts, case_message(named)), self._thread(named, told, card)]
        return Told(
            messages=sum(each.messages for each in found),
            replies=sum(each.replies for each in found),
            refused=sum(each.refused for each in found),
        )

    def erase_files(self, titles: Collection[str]) -> int:
        """Delete the files of these titles that the app has sent to anybody; return how many there were."""
        me = self._slack.auth_test()["user_id"]
        files = [file for file in self._files(me) if file.get("title") in titles]
        for file in files:
            self._change("files_delete", file=file["id"])
        return len(files)

    def _files(self, me: str) -> Iterator[dict[str, Any]]:
        page, pages = 1, 1
        while page <= pages:
            answer = self._change("files_list", user=me, count=FILES, page=page) or {}
            yield from answer.get("files", ())
            page, pages = page + 1, int((answer.get("paging") or {}).get("pages") or 1)

    def _thread(self, case: Case, events: dict[int, CaseEvent], card: Card) -> Told:
        found = Told()
        for message in self._posted(card.channel, case, thread=card.ts):
            event = events.get(_version(message, case) or 0)
            if str(message["ts"]) == card.ts:
                continue
            if event is None:
                found = _sum(found, Told(replies=1))
            elif event.note or event.reason or event.documents:
                found = _sum(found, self._draw(card.channel, str(message["ts"]), event_message(case, event)))
        return found

    def _direct(self, case: Case, latest: CaseEvent, person: str) -> Told:
        found = Told()
        opened = self._change("conversations_open", users=person)
        if opened is None:
            return Told(refused=1)
        channel = str(opened["channel"]["id"])
        for message in self._posted(channel, case):
            if _version(message, case) is not None:
                found = _sum(found, self._draw(channel, str(message["ts"]), handled_message(case, latest)))
        return found

    def _posted(self, channel: str, case: Case, *, thread: str | None = None) -> list[Mapping[str, Any]]:
        found = self._try(lambda: list(messages(self._slack, channel, parse(case.opened_at), thread)))
        return found or []

    def _draw(self, channel: str, ts: str, message: Message) -> Told:
        done = self._change("chat_update", channel=channel, ts=ts, text=message.text, blocks=list(message.blocks))
        return Told(messages=1) if done is not None else Told(refused=1)

    def _change(self, method: str, **asked: Any) -> Any:  # noqa: ANN401 - Slack's arguments and answer
        return self._try(lambda: getattr(self._slack, method)(**asked))

    def _try(self, ask: Callable[[], Any]) -> Any:  # noqa: ANN401 - same
        """Return Slack's answer, an empty one where nothing is there any more, ``None`` where it refuses.

        :raises NotYet: if it asks to wait.
        """
        try:
            return ask()
        except SlackApiError as error:
            code = error.response.get("error")
            if code in {"ratelimited", "rate_limited"}:
                raise NotYet from None
            if code in GONE | REFUSED:
                return {} if code in GONE else None
            raise


def _told_directly(case: Case, events: Sequence[CaseEvent]) -> tuple[str, ...]:
    people = [case.owner if event.action == "return" else event.assignee for event in events if _is_direct(event)]
    return tuple(dict.fromkeys(person for person in people if person))


def _is_direct(event: CaseEvent) -> bool:
    return event.action in {"return", "remind"}


def _version(message: Mapping[str, Any], case: Case) -> int | None:
    """Return the version of the case that a message tells of; ``None`` if it is no message of ours about it."""
    metadata = message.get("metadata") or {}
    number, _, rest = str((metadata.get("event_payload") or {}).get("delivery", "")).partition("#")
    if metadata.get("event_type") != EVENT_TYPE or number != case.id:
        return None
    return int(rest.partition("#")[0])


def _sum(one: Told, other: Told) -> Told:
    return Told(
        messages=one.messages + other.messages,
        replies=one.replies + other.replies,
        refused=one.refused + other.refused,
    )
