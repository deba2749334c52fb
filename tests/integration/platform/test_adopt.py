"""What a deleted stack left behind is taken over by a new one, by the command that an operator types."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from infra.adopt import BUCKET, NOT_YET, TABLES, TEMPLATE, template_of
from infra.local.aws import CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.stack import Stack

pytestmark = pytest.mark.stack

ROOT: Final = Path(__file__).parents[3]
GONE: Final = "sop-gone"
OTHER: Final = "sop-other"
SOON: Final = {"Delay": 1, "MaxAttempts": 60}


@pytest.fixture
def left(stack: Stack) -> Iterator[dict[str, str]]:
    """The names of the tables and the bucket of a stack that was deleted, by logical id; a table has an item."""
    formation, database = stack.aws.client("cloudformation"), stack.aws.client("dynamodb")
    formation.create_stack(
        StackName=GONE,
        TemplateBody=template_of({*TABLES, BUCKET}, TEMPLATE.read_text(encoding="utf-8")),
        Parameters=[{"ParameterKey": "DeletionProtection", "ParameterValue": "false"}],
    )
    formation.get_waiter("stack_create_complete").wait(StackName=GONE, WaiterConfig=SOON)
    names = names_of(formation)
    database.put_item(TableName=names["CasesTable"], Item={"pk": {"S": "CASE#1"}, "sk": {"S": "CASE"}})
    delete(formation)
    yield names
    delete(formation)
    if bucket := names.pop(BUCKET, None):
        stack.aws.client("s3").delete_bucket(Bucket=bucket)
    for table in names.values():
        database.delete_table(TableName=table)


def names_of(formation: Any) -> dict[str, str]:
    there = formation.describe_stack_resources(StackName=GONE)["StackResources"]
    return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in there}


def delete(formation: Any, name: str = GONE) -> None:
    formation.delete_stack(StackName=name)
    formation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=SOON)


def adopt(stack: Stack) -> tuple[int, str, str]:
    environment = {"PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": stack.aws.endpoint, **CREDENTIALS}
    command = [sys.executable, "-m", "infra.adopt", "--stack", GONE]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_adopt(stack: Stack, left: dict[str, str]) -> None:
    """The new stack has the old tables and bucket with what is in them; once it is there, nothing is taken over."""
    formation, database = stack.aws.client("cloudformation"), stack.aws.client("dynamodb")

    status, said, told = adopt(stack)

    assert (status, told) == (0, "")
    assert set(said.splitlines()[:-1]) == {f"{logical}: {name}" for logical, name in left.items()}
    assert names_of(formation) == left
    assert database.scan(TableName=left["CasesTable"])["Count"] == 1
    assert adopt(stack) == (2, "", f"The stack {GONE} is there (IMPORT_COMPLETE). Deploy it.\n")


def test_a_try_that_failed(stack: Stack, left: dict[str, str]) -> None:
    """It says why in CloudFormation's words and is in nobody's way: the next one takes over what is left by then."""
    formation = stack.aws.client("cloudformation")
    import_cases(formation, left["CasesTable"])

    status, said, told = adopt(stack)

    assert (status, said) == (1, "")
    assert told.startswith(f"What {GONE} left behind was not taken over: {left['CasesTable']} already exists in stack")
    assert formation.describe_stacks(StackName=GONE)["Stacks"][0]["StackStatus"] == NOT_YET

    delete(formation, OTHER)
    stack.aws.client("s3").delete_bucket(Bucket=left.pop(BUCKET))
    status, said, told = adopt(stack)

    assert (status, told) == (0, "")
    assert f"{BUCKET}: none is left, the deployment makes an empty one\n" in said
    assert names_of(formation) == left


def import_cases(formation: Any, table: str) -> None:
    """Let somebody else's stack have the table."""
    formation.create_change_set(
        StackName=OTHER,
        ChangeSetName="theirs",
        ChangeSetType="IMPORT",
        TemplateBody=template_of({"CasesTable"}, TEMPLATE.read_text(encoding="utf-8")),
        ResourcesToImport=[
            {
                "ResourceType": "AWS::DynamoDB::Table",
                "LogicalResourceId": "CasesTable",
                "ResourceIdentifier": {"TableName": table},
            }
        ],
    )
    named = {"StackName": OTHER, "WaiterConfig": SOON}
    formation.get_waiter("change_set_create_complete").wait(ChangeSetName="theirs", **named)
    formation.execute_change_set(StackName=OTHER, ChangeSetName="theirs")
    formation.get_waiter("stack_import_complete").wait(**named)
