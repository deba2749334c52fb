"""The projects of the transfer sheets, in DynamoDB, and what finds one exactly where there is no search snapshot."""

from __future__ import annotations

import zlib
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from sop_aws.table import PATIENT_PAUSES, attributes, text
from sop_core.transfers.exact import Bucket, bucket_count, bucket_of, buckets, readings
from sop_core.transfers.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sop_aws.table import Item, Table
    from sop_core.transfers.records import Sheet

SHARDS: Final = 16
BATCH: Final = 25
FETCH: Final = 100
WRITERS: Final = 8

T = TypeVar("T")


class ProjectStore:
    """The projects of each sheet by their keys, in shards; a sheet is not changed once it is loaded."""

    def __init__(self, table: Table) -> None:
        """Take the transfers table."""
        self._table = table

    def get(self, sheet: str, key: str) -> Project | None:
        """Return one project of a sheet."""
        item = self._table.get(*project_key(sheet, key), consistent=False)
        return _project(item) if item else None

    def get_many(self, sheet: str, keys: Sequence[str]) -> tuple[Project, ...]:
        """Return the projects of these keys in the order asked; keys that are not there are left out.

        :raises sop_aws.table.Contended: if DynamoDB kept leaving some unread.
        """
        found: dict[str, Project] = {}
        for some in _chunks(dict.fromkeys(keys), FETCH):
            wanted = [project_key(sheet, key) for key in some]
            items = self._table.get_many(wanted, consistent=False, pauses=PATIENT_PAUSES)
            found |= {project.key: project for project in map(_project, items)}
        return tuple(found[key] for key in keys if key in found)

    def all(self, sheet: str) -> Iterator[Project]:
        """Yield every project of a sheet, shard by shard."""
        for shard in range(SHARDS):
            yield from map(_project, self._table.query("#pk = :pk", pk=f"SHEET#{sheet}#{shard}"))

    def put(
        self,
        sheet: str,
        projects: Iterable[Project],
        *,
        progress: Callable[[int], None] | None = None,
        expires_at: int | None = None,
    ) -> int:
        """Write projects in batches, several at a time, and return how many; writing them again changes nothing.

        ``progress`` hears how many are stored so far.
        """
        written = 0
        batches = _chunks((_project_item(sheet, project, expires_at) for project in projects), BATCH)
        with ThreadPoolExecutor(WRITERS) as pool:
            # A window of batches at a time, so that a large sheet's items are not all held at once.
            for window in _chunks(batches, WRITERS):
                for count in pool.map(self._write, window):
                    written += count
                if progress:
                    progress(written)
        return written

    def put_exact(self, sheet: str, projects: Sequence[Project], *, expires_at: int | None = None) -> None:
        """Write what the look-up without a search snapshot needs; writing it again changes nothing."""
        made = buckets(projects, bucket_count(len(projects)))
        items = (_bucket_item(sheet, number, bucket, expires_at) for number, bucket in made.items())
        with ThreadPoolExecutor(WRITERS) as pool:
            for window in _chunks(_chunks(items, BATCH), WRITERS):
                list(pool.map(self._write, window))

    def exact(self, sheet: Sheet, asked: str, limit: int) -> tuple[Project, ...]:
        """Return the projects that the sheet knows by exactly this id, name, address, phone or e-mail."""
        count = bucket_count(sheet.counts.projects)
        keys: list[str] = []
        for form in readings(asked):
            item = self._table.get(*bucket_key(sheet.id, bucket_of(form, count)), consistent=False)
            bucket = msgspec.json.decode(text(item, "body"), type=Bucket) if item else {}
            keys += bucket.get(form, [])
        return self.get_many(sheet.id, list(dict.fromkeys(keys))[:limit])

    def _write(self, items: list[Item]) -> int:
        self._table.put_many(items)
        return len(items)


def project_key(sheet: str, key: str) -> tuple[str, str]:
    """Return the key of a project of a sheet."""
    shard = zlib.crc32(key.encode()) % SHARDS
    return f"SHEET#{sheet}#{shard}", f"PROJECT#{key}"


def bucket_key(sheet: str, number: int) -> tuple[str, str]:
    """Return the key of a bucket of the exact look-up."""
    return f"SHEET#{sheet}#EXACT", f"BUCKET#{number:05}"


def _bucket_item(sheet: str, number: int, bucket: Bucket, expires_at: int | None) -> Item:
    pk, sk = bucket_key(sheet, number)
    return attributes(pk=pk, sk=sk, body=msgspec.json.encode(bucket).decode(), expires_at=expires_at)


def _project_item(sheet: str, project: Project, expires_at: int | None) -> Item:
    pk, sk = project_key(sheet, project.key)
    return attributes(pk=pk, sk=sk, body=msgspec.json.encode(project).decode(), expires_at=expires_at)


def _project(item: Item) -> Project:
    return msgspec.json.decode(text(item, "body"), type=Project)


def _chunks(values: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(values)
    while chunk := list(islice(source, size)):
        yield chunk
