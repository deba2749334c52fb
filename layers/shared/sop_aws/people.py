"""What people are called: display names that ``deliver`` learned from Slack, for those who may not wait for Slack."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sop_aws.table import Table, attributes, text
from sop_core.cases.words import words
from sop_core.times import iso, parse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from sop_aws.times import Clock

KEPT: Final = timedelta(days=90)
"""A name that nobody has needed for so long is forgotten."""
FRESH: Final = timedelta(days=1)
CACHED: Final = timedelta(minutes=10)
ASKED_AGAIN: Final = timedelta(minutes=1)
"""After so long a name that was not known is looked for again."""
MOST: Final = 1000


class PeopleStore:
    """Names by Slack user id, in the cases table; a bounded number of them is remembered by the container."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        """Take the client, the name of the cases table and the clock."""
        self._table = Table(client, table)
        self._clock = clock
        self._known: dict[str, tuple[datetime, str | None]] = {}

    def name(self, user: str) -> str | None:
        """Return what a user was last known to be called, ``None`` where nobody has asked Slack yet."""
        now = self._clock()
        known = self._known.get(user)
        if known is not None and now - known[0] < (CACHED if known[1] else ASKED_AGAIN):
            return known[1]
        item = self._table.get(f"PERSON#{user}", "NAME")
        name = None if item is None else text(item, "name")
        self._remember(user, name)
        return name

    def name_of(self, user: str, otherwise: str) -> str:
        """Return what a user is called, ``otherwise`` where nobody knows."""
        return self.name(user) or otherwise

    def fresh(self, user: str) -> str | None:
        """Return the name of a user if it was learned within a day."""
        item = self._table.get(f"PERSON#{user}", "NAME")
        if item is None or self._clock() - parse(text(item, "at")) >= FRESH:
            return None
        return text(item, "name")

    def learn(self, user: str, name: str) -> None:
        """Keep what Slack says a user is called."""
        now = self._clock()
        expires_at = int((now + KEPT).timestamp())
        # First, so that a worker that dies here learns the name again: who is known is found by name.
        self._table.put(attributes(pk="PEOPLE", sk=user, name=name, expires_at=expires_at))
        self._table.put(attributes(pk=f"PERSON#{user}", sk="NAME", name=name, at=iso(now), expires_at=expires_at))
        self._remember(user, name)

    def called(self, wanted: Sequence[str]) -> dict[str, str]:
        """Return the users in whose name each of these words begins a word, with their names, in their order."""
        if not wanted:
            return {}
        items = self._table.query("#pk = :pk", pk="PEOPLE")
        named = {text(item, "sk"): text(item, "name") for item in items}
        found = {user: name for user, name in named.items() if _begins(words(name), wanted)}
        return dict(sorted(found.items(), key=lambda each: each[1].casefold()))

    def _remember(self, user: str, name: str | None) -> None:
        self._known.pop(user, None)
        if len(self._known) >= MOST:
            del self._known[next(iter(self._known))]
        self._known[user] = (self._clock(), name)


def _begins(name: Sequence[str], wanted: Sequence[str]) -> bool:
    return all(any(word.startswith(each) for word in name) for each in wanted)
