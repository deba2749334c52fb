"""``python -m infra.adopt --stack NAME``: a new stack for the tables and the bucket that a deleted one left behind.

CloudFormation imports them under the names that they have, and `sam deploy` then makes everything else around them. The
secret is left alone, since Slack shows its values again. Credentials and region are the AWS command line's.

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
TEN_MINUTES: Final[WaiterConfigTypeDef] = {"Delay": 3, "MaxAttempts": 200}
"""An import takes one or two."""


class Refused(Exception):
    """Nothing was done; the message is one sentence."""


def template_of(kept: Collection[str], text: str) -> str:
    """Return the part of the template that has nothing but these resources: an import may make no others."""
    parts = {part.split(":")[0]: part for part in re.split(r"^(?=[A-Z])", text, flags=re.MULTILINE) if part}
    resources = re.split(r"^(?=  [A-Z])", parts["Resources"], flags=re.MULTILINE)
    wanted = [each for each in resources if each.strip().split(":")[0] in kept]
    names = ("AWSTemplateFormatVersion", "Parameters", "Conditions")
    return "".join([*(parts[name] for name in names), "Resources:\n", *wanted])


def left_behind(stack: str, there: Collection[str], chosen: Collection[str]) -> dict[str, str]:
    """Return the names of what a deleted stack left, by logical id; CloudFormation named them after the stack.

    :raises Refused: if one is not there, or several are and none of them was chosen.
    """
    taken = {}
    for logical in (*TABLES, BUCKET):
        # Not the copies of a restore, which have more behind the name.
        named = re.compile(rf"{re.escape(stack)}-({logical}|{logical.lower()})-[A-Za-z0-9]+")
        names = sorted(name for name in there if named.fullmatch(name))
        wanted = [name for name in names if name in chosen] or names
        if not wanted:
            raise Refused(f"Of the stack {stack} no {logical} is left in this account and region.")
        if len(wanted) > 1:
            raise Refused(f"Which one? {' or '.join(wanted)}: add its name to the command.")
        taken[logical] = wanted[0]
    return taken


def imported(client: CloudFormationClient, stack: str, names: Mapping[str, str]) -> None:
    """Let CloudFormation make a stack of what is there."""
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
    client.get_waiter("change_set_create_complete").wait(
        StackName=stack, ChangeSetName=CHANGE, WaiterConfig=TEN_MINUTES
    )
    client.execute_change_set(StackName=stack, ChangeSetName=CHANGE)
    client.get_waiter("stack_import_complete").wait(StackName=stack, WaiterConfig=TEN_MINUTES)


def main(argv: Sequence[str]) -> int:
    """Import, and say what comes next."""
    parser = argparse.ArgumentParser(prog="python -m infra.adopt", description=__doc__)
    parser.add_argument("--stack", required=True, help="the deleted stack's name, e.g. sop-desk")
    parser.add_argument("names", nargs="*", help="which tables and bucket, where several stacks of that name left some")
    asked = parser.parse_args(argv)
    try:
        with account():
            client = boto3.client("cloudformation", config=PATIENT)
            names = _gone(client, asked.stack, asked.names)
        imported(client, asked.stack, names)
    except (NoSopDesk, Refused) as refused:
        sys.stderr.write(f"{refused}\n")
        return 2
    except (BotoCoreError, ClientError, WaiterError) as error:
        sys.stderr.write(f"What {asked.stack} left behind was not taken over: {error}\n")
        return 1
    sys.stdout.write("".join(f"{logical}: {name}\n" for logical, name in names.items()))
    sys.stdout.write(f"The stack {asked.stack} has them. Deploy it as ever, then store Slack's secrets.\n")
    return 0


def _gone(client: CloudFormationClient, stack: str, chosen: Collection[str]) -> dict[str, str]:
    if found(client, stack):
        raise Refused(f"The stack {stack} is there: deploy it.")
    return left_behind(stack, _everything(), chosen)


def _everything() -> set[str]:
    pages = boto3.client("dynamodb", config=PATIENT).get_paginator("list_tables").paginate()
    tables = {name for page in pages for name in page["TableNames"]}
    return tables | {each["Name"] for each in boto3.client("s3", config=PATIENT).list_buckets()["Buckets"]}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
