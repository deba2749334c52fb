"""A deployed stack is found by its name."""

from __future__ import annotations

from typing import Any, Final

import boto3
import msgspec
import pytest
from botocore.stub import Stubber

from infra.deployed import NotSopDesk, outputs

START: Final = "2027-01-15T08:00:00Z"


class Wanted(msgspec.Struct, frozen=True, rename="pascal"):
    cases_table: str
    deliver_queue_url: str


def outputs_of(described: dict[str, Any]) -> Wanted:
    client = boto3.client("cloudformation", region_name="us-east-1")
    stack = {"StackName": "desk", "StackStatus": "CREATE_COMPLETE", "CreationTime": START, **described}
    with Stubber(client) as stubbed:
        stubbed.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": "desk"})
        return outputs("desk", Wanted, client)


def test_outputs() -> None:
    """The stack's name is enough to find its table and its queue."""
    named = {"CasesTable": "cases", "DeliverQueueUrl": "https://queue", "ApiId": "api"}
    described = [{"OutputKey": name, "OutputValue": value} for name, value in named.items()]

    assert outputs_of({"Outputs": described}) == Wanted(cases_table="cases", deliver_queue_url="https://queue")


@pytest.mark.parametrize("described", [{}, {"Outputs": [{"OutputKey": "Bucket", "OutputValue": "pages"}]}])
def test_another_stack(described: dict[str, Any]) -> None:
    """A stack of something else is known for what it is."""
    with pytest.raises(NotSopDesk, match="no CasesTable and DeliverQueueUrl"):
        outputs_of(described)
