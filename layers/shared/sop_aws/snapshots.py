"""Search snapshots in S3: written once per sheet, loaded once per sheet and container."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from sop_aws.objects import keys_under
from sop_core.transfers.records import SnapshotRef

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from sop_core.transfers.matching import Index
    from sop_core.transfers.records import ActiveSheet, Sheet


class SnapshotUnavailable(Exception):
    """The snapshot cannot be had, or is not the one that was written; nothing may be concluded from its absence."""


class SnapshotStore:
    """The snapshots of one bucket. Holds the indexes of two sheets: an activation leaves calls theirs."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket
        self._held: dict[str, Index] = {}
        self._loading = threading.Lock()

    def put(self, sheet: str, snapshot: bytes, *, beside: bool = False) -> SnapshotRef:
        """Store a sheet's snapshot and return what to remember of it; ``beside`` the one that is still searched."""
        digest = hashlib.sha256(snapshot).hexdigest()
        name = f"{digest[:16]}.bin" if beside else "bin"
        ref = SnapshotRef(key=f"{_prefix(sheet)}{name}", sha256=digest, size=len(snapshot))
        self._client.put_object(Bucket=self._bucket, Key=ref.key, Body=snapshot)
        return ref

    def index(self, sheet: ActiveSheet | Sheet) -> Index:
        """Return the search index of a sheet; raises :class:`SnapshotUnavailable`."""
        if sheet.snapshot is None:
            raise SnapshotUnavailable("the sheet has no search snapshot")
        digest = sheet.snapshot.sha256
        found = self._held.get(digest)
        if found is None:
            # One at a time: the pilot's ten threads would each unpack the same hundreds of megabytes.
            with self._loading:
                found = self._held.get(digest)
                if found is None:
                    found = self._load(sheet.snapshot)
                    self._held = {**dict(list(self._held.items())[-1:]), digest: found}
        return found

    def _load(self, ref: SnapshotRef) -> Index:
        from sop_core.transfers.matching import Index  # noqa: PLC0415  (numpy costs a cold start that no search needs)

        try:
            body = self._client.get_object(Bucket=self._bucket, Key=ref.key)["Body"].read()
        except (ClientError, BotoCoreError) as error:
            raise SnapshotUnavailable("the search snapshot cannot be read") from error
        if hashlib.sha256(body).hexdigest() != ref.sha256:
            raise SnapshotUnavailable("the search snapshot is not the one that was written")
        try:
            return Index.load(body)
        except ValueError as error:
            # Written by another release: the sheet has to be imported again.
            raise SnapshotUnavailable("the search snapshot is of another form") from error

    def delete(self, sheet: str, *, but: str | None = None) -> None:
        """Delete the snapshots of a sheet, all ``but`` one key; deleting them twice is one deletion."""
        for key in keys_under(self._client, self._bucket, _prefix(sheet)):
            if key != but:
                self._client.delete_object(Bucket=self._bucket, Key=key)


def _prefix(sheet: str) -> str:
    return f"snapshots/{sheet}."
