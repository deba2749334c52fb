"""Documents of cases: kept privately in the bucket, and handed out by links that are good for a few minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from sop_aws.objects import delete_under

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LINK_SECONDS: Final = 900


class DocumentStore:
    """The documents in one bucket, under ``cases/``."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        """Take the client and the bucket's name."""
        self._client = client
        self._bucket = bucket

    def put(self, key: str, content: bytes, *, kind: str) -> None:
        """Keep a document; the same again changes nothing."""
        # Never shown by a browser under our bucket's name: an uploaded page must not become one of ours.
        self._client.put_object(
            Bucket=self._bucket, Key=key, Body=content, ContentType=kind, ContentDisposition="attachment"
        )

    def has(self, key: str) -> bool:
        """Tell whether a document is kept."""
        try:
            self._client.head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            # S3 says "forbidden" of what is not there to whoever may not list the bucket.
            if error.response["Error"]["Code"] not in {"404", "403"}:
                raise
            return False
        return True

    def delete(self, case_id: str) -> int:
        """Delete every document of a case; return how many there were."""
        return delete_under(self._client, self._bucket, f"cases/{case_id}/")

    def link(self, key: str) -> str:
        """Return an address that serves the document for a quarter of an hour; nothing of the customer is in it."""
        return self._client.generate_presigned_url(
            "get_object", Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=LINK_SECONDS
        )
