"""A deployed stack, found by its name: what its outputs say. Credentials and region are the AWS command line's."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import boto3
import msgspec

from sop_aws.clients import PATIENT

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

T = TypeVar("T", bound=msgspec.Struct)


class NotSopDesk(Exception):
    """The stack is something else; the message is one sentence."""


def outputs(stack: str, wanted: type[T], cloudformation: CloudFormationClient | None = None) -> T:
    """Return the outputs that ``wanted`` has fields for (``slack_secret_id`` is ``SlackSecretId``).

    :raises NotSopDesk: if it lacks one of them.
    """
    client = cloudformation or boto3.client("cloudformation", config=PATIENT)
    (described,) = client.describe_stacks(StackName=stack)["Stacks"]
    found = {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", ())}
    try:
        return msgspec.convert(found, wanted)
    except msgspec.ValidationError as lacking:
        names = " and ".join(field.encode_name for field in msgspec.structs.fields(wanted))
        raise NotSopDesk(f"The stack {stack} is not a SOP Desk: its outputs name no {names}.") from lacking
