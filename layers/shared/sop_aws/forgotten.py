"""People who were forgotten, in the transfer sheets: taken out of those that are kept, and not to come back."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from sop_aws.projects import bucket_key, project_key
from sop_aws.table import NEW, ConditionFailed, Table, attributes, text
from sop_core.forgetting import erased_project, mark
from sop_core.transfers.exact import Bucket, bucket_count, buckets

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from mypy_boto3_dynamodb import DynamoDBClient

    from sop_core.transfers.project import Project
    from sop_core.transfers.records import Sheet

PK: Final = "FORGOTTEN"
TURN: Final = {"pk": "FORGETTING", "sk": "TURN"}


class ForgottenStore:
    """Marks of projects whose people are not to be kept again, and what erases them, in the transfers table."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        """Take the client and the name of the transfers table."""
        self._table = Table(client, table)

    def marks(self) -> frozenset[str]:
        """Return the marks of every project whose people were forgotten."""
        return frozenset(text(item, "sk") for item in self._table.query("#pk = :pk", pk=PK))

    def add(self, names: Iterable[str]) -> None:
        """Remember not to keep the people of these projects again; of each only its mark is kept."""
        for name in names:
            self._table.put(attributes(pk=PK, sk=mark(name)))

    def take_turn(self, job: str, *, at: str, until: str) -> bool:
        """Let a job be the only one that forgets a customer, until the time given; ``False`` while another one is.

        Whoever has the turn may take it again, for longer.
        """
        free = f"{NEW} OR #job = :job OR #until <= :now"
        try:
            self._table.put(attributes(**TURN, job=job, until=until), when=free, job=job, now=at)
        except ConditionFailed:
            return False
        return True

    def end_turn(self, job: str, *, at: str) -> None:
        """Let the next job forget its customer."""
        with suppress(ConditionFailed):
            self._table.put(attributes(**TURN, job=job, until=at), when="#job = :job", job=job)

    def erase(self, sheet: Sheet, project: Project) -> None:
        """Take the people out of a project of a sheet, and what they are looked up by. The row expires as it did."""
        erased = erased_project(project)
        count = bucket_count(sheet.counts.projects)
        kept = {form for bucket in buckets((erased,), count).values() for form in bucket}
        for number, known in buckets((project,), count).items():
            cut = partial(_without, forms=known.keys() - kept, key=project.key)
            self._rewrite(*bucket_key(sheet.id, number), cut)
        # The row last: it tells what there was to look up.
        self._rewrite(*project_key(sheet.id, project.key), lambda _: msgspec.json.encode(erased))

    def _rewrite(self, pk: str, sk: str, change: Callable[[str], bytes]) -> None:
        item = self._table.get(pk, sk)
        if item is not None:
            self._table.put(item | attributes(body=change(text(item, "body")).decode()))


def _without(body: str, forms: Collection[str], key: str) -> bytes:
    """Return a bucket in which these forms no longer lead to the project."""
    bucket = msgspec.json.decode(body, type=Bucket)
    left = {form: [each for each in keys if form not in forms or each != key] for form, keys in bucket.items()}
    return msgspec.json.encode({form: keys for form, keys in left.items() if keys})
