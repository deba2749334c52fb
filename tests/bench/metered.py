"""The app's functions in this process on the local AWS, each invocation metered: calls, units, waits, own time, log."""

from __future__ import annotations

import io
import re
import time
from collections import Counter, defaultdict
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

from botocore.httpsession import URLLib3Session
from slack_sdk.web import base_client

from functions.deliver.app import logger as of_deliver
from functions.slack.app import logger as of_slack
from functions.sweep.app import logger as of_sweep
from sop_aws import clients

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from cProfile import Profile

UNIT: Final = 1024
READ_UNIT: Final = 4096
LOGGERS: Final = (of_slack, of_deliver, of_sweep)
HASH_KEY: Final = re.compile(r"^#?\w+ = (:\w+)")


@dataclass
class Used:
    """What one invocation used. Seconds; DynamoDB's units by where they fell (table or index, and kind of key)."""

    function: str
    kind: str
    processor: float = 0
    wall: float = 0
    aws_wait: float = 0
    slack_wait: float = 0
    log_bytes: int = 0
    aws: Counter[str] = field(default_factory=Counter)
    slack: Counter[str] = field(default_factory=Counter)
    read: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    write: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    @property
    def own(self) -> float:
        """Return the seconds that were not spent waiting for AWS or Slack, by the clock."""
        return self.wall - self.aws_wait - self.slack_wait


@dataclass
class Meter:
    """Meters what runs through :meth:`invoke`; one at a time."""

    used: list[Used] = field(default_factory=list)
    profile: Profile | None = None
    _now: Used = field(default_factory=lambda: Used("", ""))

    def invoke(self, function: str, kind: str, work: Callable[[], Any]) -> Any:
        """Run one invocation and keep what it used."""
        self._now = Used(function, kind)
        self.used.append(self._now)
        log = io.StringIO()
        for each in LOGGERS:
            each.registered_handler.setStream(log)  # type: ignore[attr-defined]  # a stream's
        with redirect_stdout(log):
            processor, wall = time.thread_time(), time.perf_counter()
            answer = self.profile.runcall(work) if self.profile else work()
            self._now.processor, self._now.wall = time.thread_time() - processor, time.perf_counter() - wall
        self._now.log_bytes = len(log.getvalue().encode())
        self._now = Used("", "")
        return answer

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Listen to the clients that are made from here on."""
        events = clients._session().get_component("event_emitter")
        events.register("provide-client-params.*.*", self._asked)
        events.register("after-call.dynamodb.*", self._answered)
        send: Callable[..., Any] = URLLib3Session.send
        urlopen: Callable[..., Any] = base_client.urlopen  # type: ignore[attr-defined]  # where the client finds it

        def sent(session: URLLib3Session, request: Any) -> Any:
            began = time.perf_counter()
            try:
                return send(session, request)
            finally:
                self._now.aws_wait += time.perf_counter() - began

        def opened(request: Any, *given: Any, **more: Any) -> Any:
            began = time.perf_counter()
            self._now.slack[request.full_url.rpartition("/")[2]] += 1
            try:
                return urlopen(request, *given, **more)
            finally:
                self._now.slack_wait += time.perf_counter() - began

        with patch.object(URLLib3Session, "send", sent), patch.object(base_client, "urlopen", opened):
            yield

    def _asked(self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> dict[str, Any] | None:
        service = model.service_model.service_name
        self._now.aws[f"{service}.{model.name}"] += 1
        if service != "dynamodb":
            return None
        context["asked"] = params
        for key, size in _written(model.name, params):
            self._now.write[key] += (2 if model.name == "TransactWriteItems" else 1) * ceil(size / UNIT)
        return {**params, "ReturnConsumedCapacity": "INDEXES"}

    def _answered(self, parsed: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        asked = context["asked"]
        if model.name in {"GetItem", "Query", "BatchGetItem"}:
            self._now.read[_read_at(model.name, asked)] += _read_units(model.name, asked, parsed)
            return
        consumed = parsed.get("ConsumedCapacity") or []
        for each in consumed if isinstance(consumed, list) else [consumed]:
            for index, arm in (each.get("GlobalSecondaryIndexes") or {}).items():
                self._now.write[f"index {index}"] += arm["CapacityUnits"]


def _read_units(operation: str, asked: dict[str, Any], parsed: dict[str, Any]) -> float:
    """Return the units of a read by the sizes of what it gave; what is not there costs as much as what is small.

    The local AWS counts the writes of indexes as AWS does, and every page of a query as one unit.
    """
    if operation == "BatchGetItem":
        [(table, wanted)] = asked["RequestItems"].items()
        items = parsed["Responses"].get(table, [])
        units = sum(ceil(size_of(item) / READ_UNIT) for item in items) + len(wanted["Keys"]) - len(items)
        return units if wanted.get("ConsistentRead") else units / 2
    items = parsed.get("Items") or ([parsed["Item"]] if "Item" in parsed else [])
    units = max(1, ceil(sum(map(size_of, items)) / READ_UNIT))
    return units if asked.get("ConsistentRead") else units / 2


def _written(operation: str, params: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield kind of key and size of each item that a call writes."""
    if operation == "PutItem":
        items = [params["Item"]]
    elif operation == "TransactWriteItems":
        items = [each["Put"]["Item"] for each in params["TransactItems"]]
    else:
        items = []
    yield from ((kind_of(item["pk"]["S"]), size_of(item)) for item in items)


def _read_at(operation: str, asked: dict[str, Any]) -> str:
    """Return where a read fell: the kind of key, or the index and the kind of its key."""
    if operation == "GetItem":
        return kind_of(asked["Key"]["pk"]["S"])
    if operation == "BatchGetItem":
        [wanted] = asked["RequestItems"].values()
        return kind_of(wanted["Keys"][0]["pk"]["S"])
    [name] = HASH_KEY.findall(asked["KeyConditionExpression"])[:1]
    key = kind_of(asked["ExpressionAttributeValues"][name]["S"])
    return f"index {asked['IndexName']} {key}" if "IndexName" in asked else key


def kind_of(key: str) -> str:
    """Return a key without what is one item's own: ``CASE#*``, ``SHEET#*#*``, ``OVERVIEW``."""
    kind, *own = key.split("#")
    return "#".join([kind, *("*" for _ in own)])


def size_of(item: dict[str, Any]) -> int:
    """Return the bytes that DynamoDB counts for an item of strings, numbers and bytes.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: dict[str, Any]) -> int:
    [(kind, held)] = value.items()
    return len(held) // 2 + 2 if kind == "N" else len(held if isinstance(held, bytes) else held.encode())
