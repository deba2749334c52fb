"""A person in Slack: what they type and click becomes the signed requests that Slack would send.

``send`` delivers a request: in process to the Lambda handler (:func:`to_handler`) or over HTTP to a deployed one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from aws_lambda_powertools.utilities.typing import LambdaContext

if TYPE_CHECKING:
    from tests.standin.slack import Slack

Json = dict[str, Any]
Send = Callable[[str, Mapping[str, str]], tuple[int, str]]
"""Takes a body and its headers; returns status and answer."""

TEAM: Final = {"id": "T0SOLAR01", "domain": "solar-support"}
TRIGGERS: Final = itertools.count(1)


def signed(body: str, secret: str, *, at: int | None = None) -> dict[str, str]:
    """Return the headers that Slack sends with ``body``. https://docs.slack.dev/authentication/verifying-requests-from-slack"""
    stamp = str(int(time.time()) if at is None else at)
    digest = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": f"v0={digest}",
    }


def to_handler(handler: Callable[[Json, Any], Json]) -> Send:
    """Return a way to hand requests to a Lambda handler as the HTTP API would (payload format 2.0)."""

    def send(body: str, headers: Mapping[str, str]) -> tuple[int, str]:
        answer = handler(http_event(body, headers), Context())
        return int(answer["statusCode"]), str(answer.get("body", ""))

    return send


def http_event(body: str, headers: Mapping[str, str]) -> Json:
    """Return the event that the HTTP API hands to the function."""
    return {
        "version": "2.0",
        "routeKey": "POST /slack/events",
        "rawPath": "/slack/events",
        "rawQueryString": "",
        "headers": dict(headers),
        "requestContext": {"http": {"method": "POST", "path": "/slack/events"}},
        # API Gateway encodes every form.
        "body": base64.b64encode(body.encode()).decode(),
        "isBase64Encoded": True,
    }


class Context(LambdaContext):
    """What Lambda tells a handler of its invocation, as far as a function, Bolt and powertools read it."""

    _aws_request_id = "11111111-2222-3333-4444-555555555555"
    _function_name = "function"
    _memory_limit_in_mb = 512
    _invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:function"

    def __init__(self, *, seconds: float = 900) -> None:  # a test that is about time says how much there is
        self._ends = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:  # type: ignore[override]  # powertools has it without the instance
        return max(0, int((self._ends - time.monotonic()) * 1000))


@dataclass
class Person:
    """One user of the workspace.

    ``view`` is the modal in front of them, ``behind`` are the ids of those that it was pushed over, ``told`` is the
    last command's private answer.
    """

    user: str
    slack: Slack
    send: Send
    secret: str
    name: str = "maya.torres"
    view: Json = field(default_factory=dict)
    behind: tuple[str, ...] = ()
    told: Json = field(default_factory=dict)
    sent: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def command(self, command: str, text: str = "") -> str:
        """Type a slash command; return what Slack would show privately, if anything."""
        trigger = self._trigger()
        body = urlencode(
            {
                "command": command,
                "text": text,
                "user_id": self.user,
                "user_name": self.name,
                "team_id": TEAM["id"],
                "channel_id": "C0SUPPORT",
                "trigger_id": trigger,
                "response_url": "http://127.0.0.1:9/none",
            }
        )
        answer = self._post(body)
        self.view, self.behind = self._opened(trigger, {}), ()
        self.told = json.loads(answer) if answer.startswith("{") else {"text": answer}
        return str(self.told.get("text", ""))

    def click(self, action_id: str, value: str | None = None, **typed: str | Json) -> None:
        """Press a button, choose a radio button or an option of the modal in front, with what stands in its fields."""
        element, trigger = self._element(action_id, value), self._trigger()
        view = self._view() | {"state": {"values": self._values(typed)}}
        acts = {"type": "block_actions", "container": {"type": "view"}, "actions": [element]}
        self.interact({**acts, "view": view, "trigger_id": trigger})
        if trigger in self.slack.opened:
            self.behind += (self.view["id"],)
            self.view = self._opened(trigger, self.view)
        else:
            self.view = self.slack.views.get(self.view["id"], self.view)

    def close(self) -> None:
        """Close the modal in front; the one that it was pushed over is there again, as it is by now."""
        *behind, below = self.behind
        self.behind, self.view = tuple(behind), self.slack.views[below]

    def pick(self, fact: str, *values: str) -> None:
        """Choose several answers of a question, then "Continue"; no value at all presses it with nothing chosen."""
        menu = self._element(f"pick:{fact}", None)
        chosen = {**menu, "selected_options": [{"value": value} for value in values]}
        button = self._element(f"answer_picked:{fact}", None)
        view = self._view() | {"state": {"values": {f"pick:{fact}": {f"pick:{fact}": chosen}}}}
        self.interact({"type": "block_actions", "view": view, "container": {"type": "view"}, "actions": [button]})
        self.view = self.slack.views.get(self.view["id"], self.view)

    def press(self, message: Json, action_id: str) -> None:
        """Press a button of a message."""
        buttons = [e for block in message["blocks"] for e in (*block.get("elements", ()), block.get("accessory", {}))]
        button = next(element for element in buttons if element.get("action_id") == action_id)
        self._acts(pressed(message, button) | {"response_url": f"{self.slack.url.removesuffix('api/')}hooks/1"})

    def choose_more(self, message: Json, action: str) -> None:
        """Choose from the overflow menu of a message."""
        menu = next(e for block in message["blocks"] for e in block.get("elements", ()) if e["type"] == "overflow")
        value = next(option["value"] for option in menu["options"] if option["value"].startswith(f"{action}|"))
        self._acts(pressed(message, menu, value))

    def _acts(self, payload: Json) -> None:
        trigger = self._trigger()
        self.interact(payload | {"trigger_id": trigger})
        if trigger in self.slack.opened:
            self.view, self.behind = self._opened(trigger, self.view), ()

    def _opened(self, trigger: str, otherwise: Json) -> Json:
        opened = self.slack.opened.get(trigger)
        return otherwise if opened is None else self.slack.views[opened]

    def suggest(self, action_id: str, typed: str) -> list[Json]:
        """Type into a typeahead of the modal in front; return its options."""
        answer = self.interact(
            {"type": "block_suggestion", "view": self._view(), "action_id": action_id, "value": typed}
        )
        options: list[Json] = json.loads(answer)["options"]
        return options

    def choose_suggested(self, action_id: str, option: Json) -> None:
        """Choose an option that the typeahead offered."""
        action = {"type": "external_select", "action_id": action_id, "selected_option": option, "block_id": "search"}
        self.interact(
            {"type": "block_actions", "view": self._view(), "container": {"type": "view"}, "actions": [action]}
        )
        self.view = self.slack.views[self.view["id"]]

    def submit(self, **typed: str | Json) -> Json:
        """Submit the modal in front with what was typed in each field (or an element's whole state)."""
        view = self._view() | {"state": {"values": self._values(typed)}}
        answer = self.interact({"type": "view_submission", "view": view})
        result: Json = json.loads(answer) if answer else {}
        if result.get("response_action") in ("update", "push"):
            self.view = {**result["view"], "id": self.view["id"], "hash": "updated"}
        elif not result and self.behind:
            self.close()
        return result

    def open_home(self) -> Json:
        """Open the app's Home tab; return what it shows."""
        event = {"type": "app_home_opened", "user": self.user, "tab": "home", "channel": "D1"}
        body = json.dumps({"type": "event_callback", "team_id": TEAM["id"], "api_app_id": "A0SOPDESK", "event": event})
        headers = signed(body, self.secret) | {"content-type": "application/json"}
        assert self.send(body, headers)[0] == 200
        return self.slack.homes[self.user]

    def repeat(self) -> int:
        """Send the last request once more, letter for letter; return the status."""
        return self.send(*self.sent[-1])[0]

    def interact(self, payload: Json) -> str:
        """Send an interaction as this person; return the app's answer."""
        payload = {
            "user": {"id": self.user, "username": self.name, "name": self.name, "team_id": TEAM["id"]},
            "team": TEAM,
            "api_app_id": "A0SOPDESK",
            "trigger_id": self._trigger(),
            **payload,
        }
        return self._post(urlencode({"payload": json.dumps(payload)}))

    def _post(self, body: str) -> str:
        headers = signed(body, self.secret)
        self.sent.append((body, headers))
        status, answer = self.send(body, headers)
        assert status == 200, f"the app answered {status}"
        return answer

    def _view(self) -> Json:
        pile = (*self.behind, self.view["id"])
        places = {"root_view_id": pile[0], "previous_view_id": pile[-2] if self.behind else None}
        return self.view | {"team_id": TEAM["id"], "state": {"values": {}}, "type": "modal", **places}

    def _values(self, typed: Mapping[str, str | Json]) -> Json:
        return {
            block["block_id"]: {element["action_id"]: _state(element, typed.get(element["action_id"]))}
            for block in self.view["blocks"]
            if block["type"] == "input"
            for element in [block["element"]]
        }

    def _element(self, action_id: str, value: str | None) -> Json:
        for block in self.view["blocks"]:
            for element in [*block.get("elements", ()), *([block["accessory"]] if "accessory" in block else ())]:
                if element.get("action_id") == action_id:
                    return _acted(element, value) | {"block_id": block.get("block_id", "")}
        raise LookupError(f"no {action_id} in the modal")

    def _trigger(self) -> str:
        return f"{time.time_ns()}.{next(TRIGGERS)}.trigger"


def pressed(message: Json, button: Json, value: str | None = None) -> Json:
    """Return the payload of a button of a message being pressed."""
    return {
        "type": "block_actions",
        "channel": {"id": message["channel"]},
        "message": {"ts": message["ts"]},
        "container": {"type": "message", "channel_id": message["channel"], "message_ts": message["ts"]},
        "response_url": "http://127.0.0.1:9/none",
        "actions": [_acted(button, value)],
    }


def _acted(element: Json, value: str | None) -> Json:
    action = {"type": element["type"], "action_id": element["action_id"], "action_ts": f"{time.time():.6f}"}
    if element["type"] == "button":
        return action | {"value": element["value"]}
    if value is None:
        return action
    option = next(option for option in element["options"] if option["value"] == value)
    return action | {"selected_option": option}


def _state(element: Json, typed: str | Json | None) -> Json:
    if isinstance(typed, dict):
        return {"type": element["type"], **typed}
    if element["type"] == "plain_text_input":
        return {"type": element["type"], "value": element.get("initial_value") if typed is None else typed}
    chosen = next((option for option in element.get("options", ()) if option["value"] == typed), None)
    return {"type": element["type"], "selected_option": chosen}
