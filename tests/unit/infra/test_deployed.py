"""A deployed stack is found by its name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import boto3
import msgspec
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from infra.deployed import NoSopDesk, outputs

if TYPE_CHECKING:
    from pathlib import Path

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
    with pytest.raises(NoSopDesk, match="no CasesTable and DeliverQueueUrl"):
        outputs_of(described)


def refused(code: str) -> Wanted:
    client = boto3.client("cloudformation", region_name="eu-west-1")
    with Stubber(client) as stubbed:
        stubbed.add_client_error("describe_stacks", code, "Stack with id desk does not exist", 400)
        return outputs("desk", Wanted, client)


def test_no_stack() -> None:
    """A name that AWS does not know is told with where it was looked for; another refusal of AWS's is its own."""
    with pytest.raises(NoSopDesk, match="There is no stack desk in eu-west-1 of this AWS account"):
        refused("ValidationError")
    with pytest.raises(ClientError, match="AccessDenied"):
        refused("AccessDenied")


def test_no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What AWS's tools were not told is named with the variables that tell it."""
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with pytest.raises(NoSopDesk, match="AWS_DEFAULT_REGION"):
        outputs("desk", Wanted)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with pytest.raises(NoSopDesk, match="AWS_ACCESS_KEY_ID"):
        outputs("desk", Wanted)
