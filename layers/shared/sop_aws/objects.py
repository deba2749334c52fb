"""What is in the bucket: keys by prefix."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client


def keys_under(client: S3Client, bucket: str, prefix: str) -> Iterator[str]:
    """Yield the keys that begin with ``prefix``, read a page at a time."""
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from [each["Key"] for each in page.get("Contents", ())]


def delete_under(client: S3Client, bucket: str, prefix: str) -> int:
    """Delete every object whose key begins with ``prefix``; return how many there were."""
    keys = list(keys_under(client, bucket, prefix))
    for key in keys:
        client.delete_object(Bucket=bucket, Key=key)
    return len(keys)
