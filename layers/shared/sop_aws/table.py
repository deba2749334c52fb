"""DynamoDB as the stores use it: conditional writes and transactions whose losers are told apart from the unlucky."""

from __future__ import annotations

import re
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import PutTypeDef, TransactWriteItemTypeDef

    Writes = Sequence[TransactWriteItemTypeDef]

Item = dict[str, Any]
"""An item in DynamoDB's own notation: ``{"pk": {"S": "RUN#1"}}``."""
NEW: Final = "attribute_not_exists(#pk)"
UNCHANGED: Final = "#version = :version"
"""Conditions of a write: there is no such item yet; it is the version that was read."""
ATTEMPTS: Final = 6
FIRST_PAUSE: Final = 0.02
PAUSES: Final = tuple(FIRST_PAUSE * 2**attempt for attempt in range(ATTEMPTS))
PATIENT_PAUSES: Final = tuple(min(2.0, 0.05 * 2**attempt) for attempt in range(12))
"""Seconds before what DynamoDB left of a batch is asked for again; the patient ones are for loading a sheet."""
_CONFLICT: Final = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})


class ConditionFailed(Exception):
    """The item is not (or no longer) as the writer believed."""


class Cancelled(Exception):
    """A transaction wrote nothing because conditions failed; ``failed`` are the places of those writes."""

    def __init__(self, failed: frozenset[int]) -> None:
        """Remember which conditions failed."""
        super().__init__(f"conditions failed at {sorted(failed)}")
        self.failed = failed


class StaleRecord(Exception):
    """The record was changed since it was read."""


class Contended(Exception):
    """Others kept writing the same items; nothing was written and the same request may be repeated."""


def attributes(**values: str | int | bytes | None) -> Item:
    """Build an item from plain values; what is ``None`` is left out."""
    return {name: _attribute(value) for name, value in values.items() if value is not None}


def _attribute(value: str | int | bytes) -> dict[str, Any]:
    if isinstance(value, bytes):
        return {"B": value}
    return {"S": value} if isinstance(value, str) else {"N": str(value)}


def text(item: Item, name: str) -> str:
    """Read a string attribute."""
    return cast("str", item[name]["S"])


class Table:
    """One table, reached through one client."""

    def __init__(self, client: DynamoDBClient, name: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        """Take the client, the table's name, and how to wait between tries."""
        self._client = client
        self._sleep = sleep
        self.name = name

    def get(self, pk: str, sk: str, *, consistent: bool = True) -> Item | None:
        """Read one item, strongly consistent unless said otherwise."""
        key = attributes(pk=pk, sk=sk)
        found = self._client.get_item(TableName=self.name, Key=key, ConsistentRead=consistent)
        return cast("Item | None", found.get("Item"))

    def get_many(
        self,
        keys: Sequence[tuple[str, str]],
        name: str | None = None,
        *,
        consistent: bool = True,
        pauses: Sequence[float] = PAUSES,
    ) -> list[Item]:
        """Read up to 100 items, or one attribute of each, in any order; what is missing is left out.

        :raises Contended: if DynamoDB kept leaving some unread: they may be there.
        """
        if not keys:
            return []
        asked: dict[str, Any] = {"Keys": [attributes(pk=pk, sk=sk) for pk, sk in keys], "ConsistentRead": consistent}
        if name is not None:
            asked |= {"ProjectionExpression": "#name", "ExpressionAttributeNames": {"#name": name}}
        found: list[Item] = []

        def read(wanted: dict[str, Any]) -> Mapping[str, Any]:
            answer = self._client.batch_get_item(RequestItems=wanted)
            found.extend(answer["Responses"].get(self.name, []))
            return answer.get("UnprocessedKeys") or {}

        self._all(read, {self.name: asked}, pauses)
        return found

    def put_many(self, items: Sequence[Item], *, pauses: Sequence[float] = PATIENT_PAUSES) -> None:
        """Write up to 25 items, each whatever was there before.

        :raises Contended: if DynamoDB kept leaving some unwritten.
        """

        def write(wanted: dict[str, Any]) -> Mapping[str, Any]:
            return self._client.batch_write_item(RequestItems=wanted).get("UnprocessedItems") or {}

        if items:
            self._all(write, {self.name: [{"PutRequest": {"Item": item}} for item in items]}, pauses)

    def _all(
        self, ask: Callable[[dict[str, Any]], Mapping[str, Any]], wanted: dict[str, Any], pauses: Sequence[float]
    ) -> None:
        """Ask until DynamoDB has left nothing of a batch."""
        for pause in pauses:
            wanted = dict(ask(wanted))
            if not wanted:
                return
            self._sleep(pause)
        raise Contended

    def write(self, item: Item, *, when: str | None = None, **values: str | int) -> TransactWriteItemTypeDef:
        """Describe a put within a transaction; in ``when``, ``#name`` is an attribute and ``:name`` a value."""
        return {"Put": cast("PutTypeDef", self._request(item, when=when, **values))}

    def _request(self, item: Item, *, when: str | None, **values: str | int) -> dict[str, Any]:
        request: dict[str, Any] = {"TableName": self.name, "Item": item}
        if when is not None:
            request |= {"ConditionExpression": when} | _names(when)
        if values:
            request["ExpressionAttributeValues"] = {f":{n}": _attribute(v) for n, v in values.items()}
        return request

    def put(self, item: Item, *, when: str | None = None, **values: str | int) -> None:
        """Write one item, under the condition ``when`` as for :meth:`write`.

        :raises ConditionFailed: if ``when`` does not hold.
        :raises Contended: if a transaction kept holding the item.
        """
        request = self._request(item, when=when, **values)
        self._patiently(lambda: self._client.put_item(**request), spread=_digest(request))

    def replace(self, item: Item, *, seen: int, also: Writes = ()) -> None:
        """Write an item whose ``version`` was ``seen`` when it was read, in one transaction with the writes ``also``.

        :raises StaleRecord: if it has moved on since.
        :raises Contended: if others kept writing it.
        """
        try:
            if also:
                self.transact([self.write(item, when=UNCHANGED, version=seen), *also])
            else:
                self.put(item, when=UNCHANGED, version=seen)
        except (ConditionFailed, Cancelled) as error:
            # A write whose answer was lost is repeated by the client and then finds itself.
            if self.get(text(item, "pk"), text(item, "sk")) != item:
                raise StaleRecord(text(item, "pk")) from error

    def delete(self, pk: str, sk: str) -> None:
        """Delete one item; one that is not there is no error."""
        key = attributes(pk=pk, sk=sk)
        self._patiently(
            lambda: self._client.delete_item(TableName=self.name, Key=key), spread=_digest({"delete": [pk, sk]})
        )

    def removal(self, pk: str, sk: str) -> TransactWriteItemTypeDef:
        """Describe a deletion within a transaction; of what is not there it is no error."""
        return {"Delete": {"TableName": self.name, "Key": attributes(pk=pk, sk=sk)}}

    def query(self, when: str, *, limit: int | None = None, **query: Any) -> Iterator[Item]:  # noqa: ANN401 - boto3's
        """Yield items in key order, page after page.

        ``query`` may hold ``index``, ``keep`` (a filter), ``only`` (attributes, as ``#body``: of many items to read the
        others costs most of the time), ``start`` (a key to begin after), ``backwards``, and values.
        """
        index, keep, only, start = (query.pop(name, None) for name in ("index", "keep", "only", "start"))
        backwards = query.pop("backwards", False)
        request: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": when,
            "ExpressionAttributeValues": {f":{n}": _attribute(v) for n, v in query.items()},
            # An index cannot be read consistently; the table itself always is.
            **({"IndexName": index} if index else {"ConsistentRead": True}),
            **({"FilterExpression": keep} if keep else {}),
            **({"ProjectionExpression": only} if only else {}),
            **({"Limit": limit} if limit else {}),
            **({"ExclusiveStartKey": start} if start else {}),
            **({"ScanIndexForward": False} if backwards else {}),
            **_names(f"{when} {keep or ''} {only or ''}"),
        }
        yield from self._pages(request, limit)

    def _pages(self, request: dict[str, Any], limit: int | None) -> Iterator[Item]:
        while True:
            page = self._client.query(**request)
            yield from page["Items"]
            if limit is not None or "LastEvaluatedKey" not in page:
                return
            request = request | {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def transact(self, writes: Sequence[TransactWriteItemTypeDef]) -> None:
        """Write all or nothing. The request token follows from the content: a repeat of a success is a success.

        :raises Cancelled: if conditions failed.
        :raises Contended: if others kept writing the same items.
        """
        digest = _digest(writes)
        token = digest[:36]
        self._patiently(
            lambda: self._client.transact_write_items(TransactItems=writes, ClientRequestToken=token),
            spread=digest,
        )

    def _patiently(self, write: Callable[[], object], *, spread: str) -> None:
        for attempt in range(ATTEMPTS):
            try:
                write()
            except ClientError as error:
                _raise_unless_conflict(error)
                # Contenders have different contents, hence different waits; no randomness needed.
                self._sleep(FIRST_PAUSE * 2**attempt * (1 + int(spread[attempt * 4 : attempt * 4 + 4], 16) / 0xFFFF))
            else:
                return
        raise Contended


def _names(expression: str) -> dict[str, dict[str, str]]:
    names = {f"#{name}": name for name in re.findall(r"#(\w+)", expression)}
    return {"ExpressionAttributeNames": names} if names else {}


def _digest(content: object) -> str:
    return sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()


def _raise_unless_conflict(error: ClientError) -> None:
    code = error.response["Error"]["Code"]
    if code == "ConditionalCheckFailedException":
        raise ConditionFailed from error
    if code == "TransactionConflictException":
        return
    if code != "TransactionCanceledException":
        raise error
    reasons = [reason.get("Code", "None") for reason in _reasons(error)]
    failed = frozenset(place for place, reason in enumerate(reasons) if reason == "ConditionalCheckFailed")
    if failed:
        raise Cancelled(failed) from error
    if not _CONFLICT.intersection(reasons):
        raise error


def _reasons(error: ClientError) -> Sequence[Mapping[str, str]]:
    return cast("Sequence[Mapping[str, str]]", error.response.get("CancellationReasons", ()))
