"""Whoever watches a day: what Slack was told, what the log got, which calls each function made, who else was let in."""

from __future__ import annotations

import io
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch
from urllib.parse import parse_qs, urlencode

from botocore.client import BaseClient

from functions.slack.listeners import LISTENERS
from tests.builders.people import AGENT, TRAINED
from tests.standin.functions import FUNCTIONS
from tests.standin.logs import written_to
from tests.standin.person import TRIGGERS, signed
from tests.standin.policies import Call, caller, calls_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.standin.office import Office
    from tests.standin.person import Json

Interaction = tuple[str, str]
"""Bolt's kind of a request, and the listener's name for it."""
TYPES: Final = {
    "block_actions": "action",
    "view_submission": "view_submission",
    "view_closed": "view_closed",
    "block_suggestion": "options",
}
OFTEN_ENOUGH: Final = 2
READS: Final = ("Get", "BatchGet", "Query")
REFUSALS: Final = frozenset({"chat.postEphemeral", "views.push", "views.open", "views.publish"})


@dataclass
class Watch:
    """What was seen of a day. ``intruders`` are interactions that somebody else sent and that did something."""

    calls: set[Call] = field(default_factory=set)
    writes: list[str] = field(default_factory=list)
    answers: list[Json] = field(default_factory=list)
    bodies: list[tuple[str, str]] = field(default_factory=list)
    log: io.StringIO = field(default_factory=io.StringIO)
    tried: dict[Interaction, int] = field(default_factory=dict)
    intruders: list[tuple[Interaction, str]] = field(default_factory=list)


@contextmanager
def watched(office: Office, *, spared: Mapping[str, str], tried: bool = True) -> Iterator[Watch]:
    """Watch the office. Before an interaction arrives, somebody else sends the same, but for the ``spared`` names.

    Unless ``tried``, nobody does.
    """
    watch = Watch()
    office.send = _sent(office, watch, spared if tried else None)
    loggers = [function.logger for function in FUNCTIONS.values()]
    with _calls_seen(watch), written_to(watch.log, *loggers):
        yield watch


@contextmanager
def _calls_seen(watch: Watch) -> Iterator[None]:
    # botocore's own; its types do not tell of them.
    to_aws: Any = BaseClient._make_api_call  # type: ignore[attr-defined]
    to_link: Any = BaseClient._emit_api_params  # type: ignore[attr-defined]

    def called(client: BaseClient, operation: str, parameters: Json) -> Any:
        if function := caller():
            watch.calls |= calls_of(function, operation, parameters)
            watch.writes += [] if operation.startswith(READS) else [operation]
        return to_aws(client, operation, parameters)

    def linked(client: BaseClient, api_params: Json, operation_model: Any, context: Json) -> Any:
        # A link that is signed for somebody to follow needs the same right as the call.
        if (function := caller()) and context.get("is_presign_request"):
            watch.calls |= calls_of(function, operation_model.name, api_params)
        return to_link(client, api_params, operation_model, context)

    with patch.object(BaseClient, "_make_api_call", called), patch.object(BaseClient, "_emit_api_params", linked):
        yield


def _sent(office: Office, watch: Watch, spared: Mapping[str, str] | None) -> Any:
    send = office.send

    def sent(body: str, headers: Mapping[str, str]) -> tuple[int, str]:
        payload = parse_qs(body).get("payload")
        if payload and spared is not None:
            _somebody_else(office, watch, send, json.loads(payload[0]), spared)
        watch.bodies.append((body, headers["content-type"]))
        status, answer = send(body, headers)
        if answer.startswith("{"):
            watch.answers.append(json.loads(answer))
        return status, answer

    return sent


def _somebody_else(office: Office, watch: Watch, send: Any, payload: Json, spared: Mapping[str, str]) -> None:
    what = asked(payload)
    if what[1] in spared or watch.tried.get(what, 0) >= OFTEN_ENOUGH:
        return
    watch.tried[what] = watch.tried.get(what, 0) + 1
    other = AGENT if payload["user"]["id"] == TRAINED else TRAINED
    views, seen, written = dict(office.slack.views), len(office.slack.calls), len(watch.writes)
    forged = {**payload, "user": {**payload["user"], "id": other}, "trigger_id": f"else.{next(TRIGGERS)}"}
    body = urlencode({"payload": json.dumps(forged)})
    status, _ = send(body, signed(body, office.person(other).secret))
    told = {method for method, _ in office.slack.calls[seen:]} - REFUSALS
    changed = [name for name, view in views.items() if office.slack.views[name] != view]
    office.slack.views = views
    wrote = watch.writes[written:]
    if status != 200 or told or changed or wrote:
        watch.intruders.append((what, f"status {status}, told {sorted(told)}, drew {changed}, wrote {wrote}"))


def asked(payload: Json) -> Interaction:
    """Return the listener that an interaction is for: the first of its kind that takes its name."""
    kind = TYPES[payload["type"]]
    name = {
        "action": lambda: payload["actions"][0]["action_id"],
        "options": lambda: payload["action_id"],
        "view_submission": lambda: payload["view"]["callback_id"],
        "view_closed": lambda: payload["view"]["callback_id"],
    }[kind]()
    for listener in LISTENERS:
        wanted = listener.name
        is_it = wanted == name if isinstance(wanted, str) else isinstance(wanted, re.Pattern) and wanted.search(name)
        if listener.kind == kind and is_it:
            return kind, wanted if isinstance(wanted, str) else wanted.pattern  # type: ignore[union-attr]  # no event
    raise LookupError(f"nobody listens to {name}")
