"""A deployed stack, found by its name: what its outputs say. Credentials and region are the AWS command line's."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import boto3
import msgspec
from botocore.exceptions import ClientError, NoCredentialsError, NoRegionError

from sop_aws.clients import PATIENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

T = TypeVar("T", bound=msgspec.Struct)


class NoSopDesk(Exception):
    """There is none of that name, or no way to it; the message is one sentence that says what to do."""


def outputs(stack: str, wanted: type[T], cloudformation: CloudFormationClient | None = None) -> T:
    """Return the outputs that ``wanted`` has fields for (``slack_secret_id`` is ``SlackSecretId``).

    :raises NoSopDesk: if there is no such stack, it lacks one of them, or AWS's tools were not told which account.
    """
    with account():
        client = cloudformation or boto3.client("cloudformation", config=PATIENT)
        described = found(client, stack)
    if described is None:
        raise NoSopDesk(
            f"There is no stack {stack} in {client.meta.region_name} of this AWS account."
            " `sam deploy` printed its name and region."
        )
    said = {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", ())}
    try:
        return msgspec.convert(said, wanted)
    except msgspec.ValidationError as lacking:
        names = " and ".join(field.encode_name for field in msgspec.structs.fields(wanted))
        raise NoSopDesk(f"The stack {stack} is not a SOP Desk: its outputs name no {names}.") from lacking


def found(client: CloudFormationClient, stack: str) -> StackTypeDef | None:
    """Return the stack of that name, if there is one."""
    try:
        (described,) = client.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return None
    return described


@contextmanager
def account() -> Iterator[None]:
    """Say what to do where AWS's tools were not told which account.

    :raises NoSopDesk: if they know no region, or no credentials.
    """
    try:
        yield
    except NoRegionError as error:
        raise NoSopDesk(
            "No AWS region is set: AWS_DEFAULT_REGION, or AWS_PROFILE with a profile that has one."
        ) from error
    except NoCredentialsError as error:
        raise NoSopDesk(
            "No AWS credentials were found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        ) from error
