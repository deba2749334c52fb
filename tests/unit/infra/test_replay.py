"""Dead deliveries of a deployed stack are revived from a checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import boto3
import msgspec
import pytest
from botocore.stub import Stubber

from infra import replay

ROOT: Final = Path(__file__).parents[3]
START: Final = "2027-01-15T08:00:00Z"


def outputs_of(described: dict[str, Any]) -> replay.Outputs:
    client = boto3.client("cloudformation", region_name="us-east-1")
    stack = {"StackName": "desk", "StackStatus": "CREATE_COMPLETE", "CreationTime": START, **described}
    with Stubber(client) as stubbed:
        stubbed.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": "desk"})
        return replay.outputs(client, "desk")


def test_where_the_dead_are() -> None:
    """The stack's name is enough to find its table and its queue."""
    named = {"CasesTable": "cases", "DeliverQueueUrl": "https://queue", "ApiId": "api"}
    described = [{"OutputKey": name, "OutputValue": value} for name, value in named.items()]

    assert outputs_of({"Outputs": described}) == replay.Outputs(cases_table="cases", deliver_queue_url="https://queue")


@pytest.mark.parametrize("described", [{}, {"Outputs": [{"OutputKey": "Bucket", "OutputValue": "pages"}]}])
def test_another_stack(described: dict[str, Any]) -> None:
    """A stack of something else is known for what it is."""
    with pytest.raises(msgspec.ValidationError):
        outputs_of(described)


def test_from_a_checkout(tmp_path: Path) -> None:
    """Nothing but the checkout is needed to start it; what AWS's tools lack is said in one line."""
    bare = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "AWS_EC2_METADATA_DISABLED": "true"}
    command = [sys.executable, "-m", "infra.replay", "--stack", "desk"]
    done = subprocess.run(command, cwd=ROOT, env=bare, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line == "The dead deliveries of desk could not all be revived: You must specify a region."
