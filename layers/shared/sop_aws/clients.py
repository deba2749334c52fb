"""AWS clients: one session a container, a client per service and patience, explicit timeouts everywhere."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

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


@cache
def _session() -> boto3.Session:
    return boto3.Session()


@cache
def dynamodb(profile: Config = FAST) -> DynamoDBClient:
    """The DynamoDB client of this container."""
    return _session().client("dynamodb", config=profile)


@cache
def sqs(profile: Config = FAST) -> SQSClient:
    """The SQS client of this container."""
    return _session().client("sqs", config=profile)


@cache
def s3(profile: Config = FAST) -> S3Client:
    """The S3 client of this container."""
    return _session().client("s3", config=profile)


@cache
def secrets(profile: Config = FAST) -> SecretsManagerClient:
    """The Secrets Manager client of this container."""
    return _session().client("secretsmanager", config=profile)
