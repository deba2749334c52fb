"""AWS clients: one session a container, a client per service and patience, explicit timeouts everywhere."""

from __future__ import annotations

from functools import cache
from typing import Any, Final, Protocol

import boto3
from botocore.config import Config

FAST: Final = Config(
    connect_timeout=0.5,
    read_timeout=1.5,
    retries={"mode": "standard", "total_max_attempts": 2},
    tcp_keepalive=True,
)
"""For whoever has three seconds to answer Slack: rather a clear failure than a late success."""

PATIENT: Final = Config(
    connect_timeout=2,
    read_timeout=15,
    retries={"mode": "standard", "total_max_attempts": 6},
    tcp_keepalive=True,
)
"""For workers, whose queue keeps the message meanwhile."""


class DynamoDB(Protocol):
    """The part of the DynamoDB client that the stores use."""

    def get_item(self, **kwargs: object) -> dict[str, Any]: ...  # noqa: D102 - boto3 documents these
    def put_item(self, **kwargs: object) -> dict[str, Any]: ...  # noqa: D102
    def query(self, **kwargs: object) -> dict[str, Any]: ...  # noqa: D102
    def transact_write_items(self, **kwargs: object) -> dict[str, Any]: ...  # noqa: D102


class Sqs(Protocol):
    """The part of the SQS client that the queues use."""

    def send_message(self, **kwargs: object) -> dict[str, Any]: ...  # noqa: D102 - boto3 documents these
    def change_message_visibility(self, **kwargs: object) -> dict[str, Any]: ...  # noqa: D102


class SecretsManager(Protocol):
    """The part of the Secrets Manager client that is used."""

    def get_secret_value(self, **kwargs: object) -> dict[str, Any]: ...  # noqa: D102 - boto3 documents it


@cache
def _session() -> boto3.Session:
    return boto3.Session()


@cache
def dynamodb(profile: Config = FAST) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
    """The DynamoDB client of this container."""
    return _session().client("dynamodb", config=profile)


@cache
def sqs(profile: Config = FAST) -> Any:  # noqa: ANN401 - as above
    """The SQS client of this container."""
    return _session().client("sqs", config=profile)


@cache
def s3(profile: Config = FAST) -> Any:  # noqa: ANN401 - as above
    """The S3 client of this container."""
    return _session().client("s3", config=profile)


@cache
def secrets(profile: Config = FAST) -> Any:  # noqa: ANN401 - as above
    """The Secrets Manager client of this container."""
    return _session().client("secretsmanager", config=profile)
