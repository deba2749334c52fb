"""``python -m infra.adopt --stack NAME``: a new stack for the tables and the bucket that a deleted one left behind.

CloudFormation imports them under the names that they have, and `sam deploy` then makes everything else around them. The
secret is left alone, since Slack shows its values again. A try that failed can be repeated. Credentials and region are
the AWS command line's.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-new-stack.html
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from infra.deployed import NoSopDesk, account, found
from sop_aws.clients import PATIENT

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ResourceToImportTypeDef, WaiterConfigTypeDef

TEMPLATE: Final = Path(__file__).parents[1] / "template.yaml"
TABLES: Final = ("CasesTable", "TransfersTable", "SettingsTable")
BUCKET: Final = "FilesBucket"
CHANGE: Final = "adopt"
NOT_YET: Final = "REVIEW_IN_PROGRESS"
"""The state of a stack that has nothing but a change set: a try before this one went no further.

`sam deploy` takes it as new, and would make empty tables.
"""
WHAT_FIRST: Final = (
    # Not of an update that was taken back, after which the app goes on as it was.
    (
        r"(IMPORT_)?ROLLBACK_(COMPLETE|FAILED)|CREATE_FAILED|DELETE_FAILED",
        "Delete it first (aws cloudformation delete-stack --stack-name {stack}); its tables and its bucket stay.",
    ),
    (r".*_IN_PROGRESS", "Let CloudFormation finish first."),
    (r".*", "Deploy it."),
)
"""What is to be done about a stack that is there, by its state."""
TEN_MINUTES: Final[WaiterConfigTypeDef] = {"Delay": 3, "MaxAttempts": 200}
"""An import takes one or two."""


class Refused(Exception):
    """Nothing was done; the message says why, and what to do."""


class Failed(Exception):
    """CloudFormation did not import; the message is its reason."""


def template_of(kept: Collection[str], text: str) -> str:
    """Return the part of the template that has nothing but these resources: an import may make no others."""
    parts = {part.split(":")[0]: part for part in re.split(r"^(?=[A-Z])", text, flags=re.MULTILINE) if part}
    resources = re.split(r"^(?=  [A-Z])", parts["Resources"], flags=re.MULTILINE)
    wanted = [each for each in resources if each.strip().split(":")[0] in kept]
    names = ("AWSTemplateFormatVersion", "Parameters", "Conditions")
    # AWS asks for Retain where an import may be reverted; RetainExceptOnCreate, which the deployment afterwards sets
    # again, does not keep everything that a stack has only just got.
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import-revert.html
    kept_always = [each.replace("DeletionPolicy: RetainExceptOnCreate", "DeletionPolicy: Retain") for each in wanted]
    return "".join([*(parts[name] for name in names), "Resources:\n", *kept_always])


def refused_for(stack: str, status: str) -> str | None:
    """Return why nothing is taken over while there is a stack of that name, in one of CloudFormation's states."""
    if status == NOT_YET:
        return None
    first = next(what for pattern, what in WHAT_FIRST if re.fullmatch(pattern, status))
    return f"The stack {stack} is there ({status}). {first.format(stack=stack)}"


def left_behind(stack: str, there: Collection[str], chosen: Collection[str]) -> dict[str, str]:
    """Return the names of what a deleted stack left, by logical id; CloudFormation named them after the stack.

    :raises Refused: if no table is left, or there are several of one and none of them was chosen.
    """
    taken = {}
    for logical in (*TABLES, BUCKET):
        # Not the copies of a restore, which have more behind the name. A bucket's name has no capitals.
        prefix = f"{stack}-{logical}-"
        named = re.compile(re.escape(prefix.lower() if logical == BUCKET else prefix) + "[A-Za-z0-9]+")
        names = sorted(name for name in there if named.fullmatch(name))
        wanted = [name for name in names if name in chosen] or names
        if len(wanted) > 1:
            raise Refused(f"Which one? {' or '.join(wanted)}: add its name to the command.")
        if wanted:
            taken[logical] = wanted[0]
    if not set(TABLES) & set(taken):
        raise Refused(f"Of the stack {stack} no table is left in this account and region.")
    return taken


def imported(client: CloudFormationClient, stack: str, names: Mapping[str, str], *, tried: bool) -> None:
    """Let CloudFormation make a stack of what is there. A try before this one (``tried``) left its change set behind.

    :raises Failed: if CloudFormation cannot; the message is its reason.
    """
    if tried:
        client.delete_change_set(StackName=stack, ChangeSetName=CHANGE)
    wanted: list[ResourceToImportTypeDef] = [
        {
            "ResourceType": "AWS::S3::Bucket" if logical == BUCKET else "AWS::DynamoDB::Table",
            "LogicalResourceId": logical,
            "ResourceIdentifier": {"BucketName" if logical == BUCKET else "TableName": name},
        }
        for logical, name in names.items()
    ]
    client.create_change_set(
        StackName=stack,
        ChangeSetName=CHANGE,
        ChangeSetType="IMPORT",
        TemplateBody=template_of(names, TEMPLATE.read_text(encoding="utf-8")),
        ResourcesToImport=wanted,
    )
    try:
        client.get_waiter("change_set_create_complete").wait(
            StackName=stack, ChangeSetName=CHANGE, WaiterConfig=TEN_MINUTES
        )
        client.execute_change_set(StackName=stack, ChangeSetName=CHANGE)
        client.get_waiter("stack_import_complete").wait(StackName=stack, WaiterConfig=TEN_MINUTES)
    except WaiterError as error:
        raise Failed(_reason(client, stack, error)) from error


def _reason(client: CloudFormationClient, stack: str, error: WaiterError) -> str:
    # The last answer describes the change set, which says why, or the stack, whose events do.
    if said := error.last_response.get("StatusReason"):
        return str(said)
    events = client.describe_stack_events(StackName=stack)["StackEvents"]
    failed = [each for each in events if each.get("ResourceStatus") == "IMPORT_FAILED"]
    return "; ".join(f"{each['LogicalResourceId']}: {each['ResourceStatusReason']}" for each in failed) or str(error)


def main(argv: Sequence[str]) -> int:
    """Import, and say what comes next."""
    parser = argparse.ArgumentParser(prog="python -m infra.adopt", description=__doc__)
    parser.add_argument("--stack", required=True, help="the deleted stack's name, e.g. sop-desk")
    parser.add_argument("names", nargs="*", help="which tables and bucket, where several stacks of that name left some")
    asked = parser.parse_args(argv)
    try:
        with account():
            client = boto3.client("cloudformation", config=PATIENT)
            tried = _was_tried(client, asked.stack)
        names = left_behind(asked.stack, _everything(), asked.names)
        imported(client, asked.stack, names, tried=tried)
    except (NoSopDesk, Refused) as refused:
        sys.stderr.write(f"{refused}\n")
        return 2
    except (BotoCoreError, ClientError, Failed) as error:
        sys.stderr.write(f"What {asked.stack} left behind was not taken over: {error}\n")
        return 1
    sys.stdout.write("".join(f"{logical}: {name}\n" for logical, name in names.items()))
    for logical in (*TABLES, BUCKET):
        if logical not in names:
            sys.stdout.write(f"{logical}: none is left, the deployment makes an empty one\n")
    sys.stdout.write(f"The stack {asked.stack} has them. Deploy it as ever, then store Slack's secrets.\n")
    return 0


def _was_tried(client: CloudFormationClient, stack: str) -> bool:
    there = found(client, stack)
    if there is not None and (why := refused_for(stack, there["StackStatus"])):
        raise Refused(why)
    return there is not None


def _everything() -> set[str]:
    pages = boto3.client("dynamodb", config=PATIENT).get_paginator("list_tables").paginate()
    tables = {name for page in pages for name in page["TableNames"]}
    return tables | {each["Name"] for each in boto3.client("s3", config=PATIENT).list_buckets()["Buckets"]}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
