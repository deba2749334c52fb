"""AWS clients: one session a container, a client per service and patience, explicit timeouts everywhere.

They are botocore's own, as boto3 would give them: its import alone costs a cold start 0.1 s for what nobody here uses.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from botocore.config import Config
from botocore.session import Session, get_session

from sop_aws.logging import make_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

T = TypeVar("T")

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

LINKS: Final = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
"""Left to itself, botocore signs links with the old signature, which newer regions refuse, and for S3's host in
us-east-1, which sends a request for a new bucket elsewhere on to a host that the link is not signed for.

S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
"""

THROTTLED: Final = frozenset(
    {
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "SlowDown",
        "Throttling",
        "ThrottlingError",
        "ThrottlingException",
    }
)
"""How services say that we ask too much; of a transaction, the reasons for which it was cancelled."""

logger = make_logger()


@cache
def _session() -> Session:
    session = get_session()
    session.register("response-received", _tell_if_throttled)
    return session


def _tell_if_throttled(**heard: Any) -> None:  # noqa: ANN401 - botocore's own signature
    # Each try: what the next one makes up for is seen here and nowhere else.
    answer: Mapping[str, Any] = heard["parsed_response"] or {}
    codes = {answer.get("Error", {}).get("Code"), *(each.get("Code") for each in answer.get("CancellationReasons", ()))}
    if codes & THROTTLED:
        logger.warning("throttled by AWS", extra={"call": heard["event_name"].removeprefix("response-received.")})


class _Later:
    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the client has
        return getattr(self._make(), name)


def later(make: Callable[[], T]) -> T:
    """Return a client that is made when it is first used, for whoever may not need it."""
    return cast("T", _Later(make))


@cache
def dynamodb(profile: Config = FAST) -> DynamoDBClient:
    """The DynamoDB client of this container."""
    return cast("DynamoDBClient", _session().create_client("dynamodb", config=profile))


@cache
def sqs(profile: Config = FAST) -> SQSClient:
    """The SQS client of this container."""
    return cast("SQSClient", _session().create_client("sqs", config=profile))


@cache
def s3(profile: Config = FAST) -> S3Client:
    """The S3 client of this container."""
    return cast("S3Client", _session().create_client("s3", config=profile.merge(LINKS)))


@cache
def secrets(profile: Config = FAST) -> SecretsManagerClient:
    """The Secrets Manager client of this container."""
    return cast("SecretsManagerClient", _session().create_client("secretsmanager", config=profile))
