"""What a person does in the workspace, sent to the app, and what the app's answer does in turn."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Any

import msgspec

from infra.local.workspace import payloads
from infra.local.workspace.config import SLACKBOT
from infra.local.workspace.conversations import Message
from infra.local.workspace.elements_check import OPTIONS, groups_faults, options_faults
from infra.local.workspace.errors import Json, Refused
from infra.local.workspace.fields import Lookup, Typed, action, faults, find, remembered, state_values
from infra.local.workspace.files import MESSAGE_FILES
from infra.local.workspace.limits import check_message
from infra.local.workspace.problems import Problems
from infra.local.workspace.response_urls import respond
from infra.local.workspace.state import Event, Workspace

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from infra.local.workspace.transport import Answer, Transport
    from infra.local.workspace.views import View

TROUBLE = "We had some trouble connecting. Try again?"
NOT_A_COMMAND = "{} is not a valid command. In Slack, a message that starts with “/” is read as a command."
IN_THREAD = "{} is not supported in threads. Sorry!"
FAILED = "{} failed with the error “{}”."


class Submitted(msgspec.Struct, frozen=True, kw_only=True):
    """What the person who pressed the button is told: faults beside fields, or one sentence."""

    errors: dict[str, str] = {}
    problem: str | None = None


class Dispatcher:
    """The way from a person to the app."""

    def __init__(self, workspace: Workspace, transport: Transport) -> None:
        self._workspace = workspace
        self._transport = transport
        self._background: set[asyncio.Task[None]] = set()

    async def say(
        self, *, user: str, channel: str, text: str, thread_ts: str | None, files: list[str] | None = None
    ) -> None:
        """Post what a person typed and attached, or run it when it is a command, which takes no files.

        Raises:
            Refused: too many files, or one that ``user`` did not upload.
        """
        if text.startswith("/") and not text.startswith("//"):
            await self._command(user=user, channel=channel, typed=text, thread_ts=thread_ts)
            return
        attached = files or []
        self._check_attached(user, text, attached)
        self._workspace.files.share(attached, channel=channel)
        message = self._workspace.post(
            Message(
                ts=self._workspace.conversations.next_ts(self._workspace.now()),
                channel=channel,
                user=user,
                text=self._composed(text),
                thread_ts=thread_ts,
                client_msg_id=secrets.token_hex(8),
                files=attached,
            )
        )
        for file in attached:
            self.send_event("file_shared", payloads.file_shared(file, user=user, channel=channel))
        if self._workspace.conversations.dm_user(channel):
            self.send_event("message.im", payloads.direct_message(self._workspace, message))

    def opened(self, *, user: str, tab: str) -> None:
        """Tell the app that its home was opened."""
        self.send_event("app_home_opened", payloads.home_opened(self._workspace, user=user, tab=tab))

    async def act_in_view(
        self, view: View, *, block_id: str, action_id: str, chosen: list[str], typed: Typed
    ) -> str | None:
        """A button or a dispatching field of a modal or home tab; returns what went wrong."""
        found = find(view.blocks, block_id, action_id)
        if found is None:
            return "This field is no longer there."
        lookup = self._lookup(view.id)
        payload = payloads.view_action(
            self._workspace,
            view,
            action=action(*found, chosen=chosen, lookup=lookup, now=self._workspace.now()),
            values=state_values(view.blocks, typed, lookup),
        )
        return _trouble(await self._transport.payload(f"block_actions {action_id}", payload))

    async def act_in_message(
        self, message: Message, *, user: str, block_id: str, action_id: str, chosen: list[str], typed: Typed
    ) -> str | None:
        """A button or select of a message; returns what went wrong."""
        found = find(message.blocks, block_id, action_id)
        if found is None:
            return "This message has changed. Look again."
        lookup = self._lookup(message.ts)
        payload = payloads.message_action(
            self._workspace,
            message,
            user=user,
            action=action(*found, chosen=chosen, lookup=lookup, now=self._workspace.now()),
            values=state_values(message.blocks, typed, lookup),
        )
        return _trouble(await self._transport.payload(f"block_actions {action_id}", payload))

    async def suggest(self, *, user: str, scope: str, block_id: str, action_id: str, value: str, where: Json) -> Json:
        """Ask the app for options. An answer that is late, too long or faulty is an empty one, as in Slack."""
        payload = payloads.suggestion(
            self._workspace, user=user, block_id=block_id, action_id=action_id, value=value, where=where
        )
        answer = await self._transport.payload("block_suggestion", payload)
        options = (answer.json() if answer.is_ack else None) or {}
        if not _are_options(options):
            return {"options": []}
        offered = self._workspace.offered.setdefault(scope, {}).setdefault((block_id, action_id), {})
        offered.update(remembered(options))
        return options

    async def submit(self, view: View, *, typed: Typed) -> Submitted:
        """Submit a modal: Slack's own checks first, then the app's answer."""
        values = state_values(view.blocks, typed, self._lookup(view.id))
        found = faults(view.blocks, values)
        if found:
            return Submitted(errors=found)
        payload = payloads.submission(self._workspace, view, values=values)
        answer = await self._transport.payload("view_submission", payload)
        if not answer.is_ack:
            return Submitted(problem=TROUBLE)
        try:
            outcome = self._follow(view, answer)
        except Refused as refusal:
            self._refused(f"response_action → {refusal.error}", refusal)
            return Submitted(problem=TROUBLE)
        self._workspace.tell(Event(kind="views", user=view.user))
        return outcome

    async def close(self, view: View, *, clears: bool) -> None:
        """Close a modal, or with ``clears`` the whole stack, and tell the app where it asked to be told."""
        clears = clears or bool(view.definition["clear_on_close"])
        if clears:
            gone = self._workspace.views.clear(view.user)
        else:
            self._workspace.views.close(view)
            gone = [view]
        self._workspace.tell(Event(kind="views", user=view.user))
        for each in gone:
            if each.definition["notify_on_close"]:
                await self._transport.payload("view_closed", payloads.closed(self._workspace, each, is_cleared=clears))

    async def verify_url(self) -> None:
        """The handshake that Slack does when a request address is set: it also warms the app up."""
        challenge = secrets.token_hex(8)
        envelope = {"token": payloads.VERIFICATION_TOKEN, "challenge": challenge, "type": "url_verification"}
        await self._transport.event("url_verification", envelope, retry={})

    def send_event(self, label: str, inner: Json) -> None:
        """Send an event in the background; when it is not taken, again at once, after one and five minutes."""
        if label not in self._workspace.config.events:
            return
        self.spawn(self._deliver(label, payloads.event(self._workspace, inner)))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the request at hand."""
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def stop(self) -> None:
        """Give up what is still going on beside the requests."""
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)

    async def _deliver(self, label: str, envelope: Json) -> None:
        answer = await self._transport.event(label, envelope, retry={})
        for number, seconds in enumerate(self._workspace.config.event_retry_seconds, start=1):
            if answer.is_ack or "x-slack-no-retry" in answer.headers:
                return
            await asyncio.sleep(seconds)
            reason = {"timeout": "http_timeout", "unreachable": "connection_failed"}.get(answer.outcome, "http_error")
            retry = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}
            answer = await self._transport.event(f"{label} · retry {number}", envelope, retry=retry)

    async def _command(self, *, user: str, channel: str, typed: str, thread_ts: str | None) -> None:
        command, _, text = typed.partition(" ")
        command = command.strip()
        if thread_ts:
            self._slackbot(user, channel, IN_THREAD.format(command), thread_ts)
            return
        if command not in {each.name for each in self._workspace.config.commands}:
            self._slackbot(user, channel, NOT_A_COMMAND.format(command))
            return
        fields = payloads.slash_command(self._workspace, user=user, channel=channel, command=command, text=text.strip())
        answer = await self._transport.form(command, fields)
        if not answer.is_ack:
            self._slackbot(user, channel, FAILED.format(command, answer.error))
        elif answer.body:
            self._answered(user, channel, command, answer)

    def _answered(self, user: str, channel: str, command: str, answer: Answer) -> None:
        """An ack's body is a message: private, unless it says otherwise."""
        body = answer.json() or {"text": answer.body}
        try:
            check_message(text=body.get("text"), blocks=body.get("blocks"))
        except Refused as refusal:
            self._refused(f"{command} answer → {refusal.error}", refusal)
            self._slackbot(user, channel, FAILED.format(command, refusal.error))
            return
        respond(self._workspace, body, channel=channel, user=user)

    def _refused(self, label: str, refusal: Refused) -> None:
        line = self._workspace.note(label=label, is_inbound=True)
        self._workspace.noted(line, status=refusal.error, is_ok=False, answer="\n".join(refusal.messages))

    def _slackbot(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> None:
        self._workspace.post(
            Message(
                ts=self._workspace.conversations.next_ts(self._workspace.now()),
                channel=channel,
                user=SLACKBOT,
                text=text,
                only_for=user,
                thread_ts=thread_ts,
            )
        )

    def _check_attached(self, user: str, text: str, files: list[str]) -> None:
        if not text and not files:
            raise Refused("no_text")
        if len(files) > MESSAGE_FILES:
            raise Refused("too_many_files")
        if any(self._workspace.files.get(file).user != user for file in files):
            raise Refused("file_not_found")

    def _composed(self, text: str) -> str:
        """Typed text as Slack's composer sends it: escaped, with names turned into mentions."""
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        for person in self._workspace.config.people:
            text = text.replace(f"@{person.name}", f"<@{person.id}>")
        for everyone in ("here", "channel", "everyone"):
            text = text.replace(f"@{everyone}", f"<!{everyone}>")
        return text

    def _follow(self, view: View, answer: Answer) -> Submitted:
        """Do what the answer to a submission says."""
        body = answer.json() or {}
        if not answer.body:
            self._close_if_open(view)
            return Submitted()
        match body.get("response_action"):
            case "errors":
                return _errors(view, body.get("errors") or {})
            case "update":
                self._workspace.views.update(
                    view_id=view.id, definition=body["view"], expected_hash=None, now=self._workspace.now()
                )
            case "push":
                stack = self._workspace.views.stacks[view.user]
                self._workspace.views.push_on(stack, definition=body["view"], now=self._workspace.now())
            case "clear":
                self._workspace.views.clear(view.user)
            case _:
                raise Refused("invalid_response_action")
        return Submitted()

    def _close_if_open(self, view: View) -> None:
        if view in self._workspace.views.stacks.get(view.user, []):
            self._workspace.views.close(view)

    def _lookup(self, scope: str) -> Lookup:
        return Lookup(offered=self._workspace.offered.get(scope, {}), file=self._workspace.file_payload)


def _errors(view: View, errors: dict[str, str]) -> Submitted:
    """Errors must name input blocks; anything else is the app's fault."""
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not errors or not set(errors) <= inputs:
        raise Refused("invalid_error_keys", tuple(sorted(set(errors) - inputs)))
    return Submitted(errors=errors)


def _trouble(answer: Answer) -> str | None:
    match answer.outcome:
        case "timeout":
            return "The app did not answer in time."
        case "unreachable":
            return "The app could not be reached."
        case "answered":
            return None if answer.is_ack else f"The app refused this ({answer.status})."


def _are_options(body: Json) -> bool:
    problems = Problems("/options")
    if body.get("option_groups"):
        groups_faults(body["option_groups"], problems)
    elif body.get("options"):
        options_faults(body["options"], limit=OPTIONS, at=problems)
    else:
        return False
    return not problems.found
