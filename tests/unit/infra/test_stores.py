"""Whatever keeps data is encrypted and lets go of it, or says why not; the page on personal data names every one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pytest

from sop_slack.forgetting import BACKUPS
from tests.builders.template import RESOURCES, ROOT, read
from tests.integration.privacy.test_kept import PAGE, PREFIXES

if TYPE_CHECKING:
    from collections.abc import Callable

DAY: Final = 86_400
NESTED: Final = "AWS::CloudFormation::Stack"
UNTIL_FORGOTTEN: Final = {
    "snapshots": "deleted with its sheet, and built anew without whoever is forgotten",
    "cases": "documents of a case stay as long as the case",
}
"""Prefixes of the bucket that no rule empties, and why."""


def all_resources() -> dict[str, dict[str, Any]]:
    """Return the resources of the template and of the stacks that it holds."""
    nested = [it["Properties"]["TemplateURL"] for it in RESOURCES.values() if it["Type"] == NESTED]
    return RESOURCES | {name: it for path in nested for name, it in read(ROOT / path)["Resources"].items()}


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    return {name: it["Properties"] for name, it in all_resources().items() if it["Type"] == kind}


def is_table(it: dict[str, Any]) -> bool:
    return (
        it["SSESpecification"]["SSEEnabled"] is True
        and it["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
        and it["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    )


def is_bucket(it: dict[str, Any]) -> bool:
    rules = it["LifecycleConfiguration"]["Rules"]
    emptied = {rule["Prefix"].rstrip("/") for rule in rules if "ExpirationInDays" in rule}
    encrypted = it["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]["ServerSideEncryptionByDefault"]
    return (
        encrypted["SSEAlgorithm"] in {"AES256", "aws:kms"}
        and all(it["PublicAccessBlockConfiguration"].values())
        and emptied | set(UNTIL_FORGOTTEN) >= PREFIXES | {"uploads"}
        # An earlier version of what was deleted would be there still.
        and it.get("VersioningConfiguration", {}).get("Status") != "Enabled"
    )


def is_queue(it: dict[str, Any]) -> bool:
    return it["SqsManagedSseEnabled"] is True and 0 < it["MessageRetentionPeriod"] <= 14 * DAY


def is_log(it: dict[str, Any]) -> bool:
    return bool(it["RetentionInDays"])


def holds_no_customer(_: dict[str, Any]) -> bool:
    return True


STORES: Final[dict[str, Callable[[dict[str, Any]], bool]]] = {
    "AWS::DynamoDB::Table": is_table,
    "AWS::S3::Bucket": is_bucket,
    "AWS::SQS::Queue": is_queue,
    "AWS::Logs::LogGroup": is_log,
    # Encrypted by AWS in any case, and by its nature kept.
    "AWS::SecretsManager::Secret": holds_no_customer,
    # An alarm names a metric.
    "AWS::SNS::Topic": holds_no_customer,
}
NO_STORES: Final = re.compile(
    r"AWS::(ApiGatewayV2|CloudWatch|Events|IAM|Lambda|Serverless|S3::BucketPolicy|SQS::QueuePolicy|SNS::TopicPolicy"
    r"|Logs::MetricFilter|CodeDeploy)"
)


def test_every_resource_is_known_to_keep_data_or_not_to() -> None:
    known = [*STORES, NESTED]
    unknown = [n for n, it in all_resources().items() if it["Type"] not in known and not NO_STORES.match(it["Type"])]
    assert unknown == [], "does it keep data? then it belongs into this test and into docs/privacy.md"


@pytest.mark.parametrize("kind", STORES)
def test_every_store_is_encrypted_and_lets_go(kind: str) -> None:
    stores = of_type(kind)
    assert stores
    assert [name for name, it in stores.items() if not STORES[kind](it)] == []


def test_the_page_names_every_store() -> None:
    table = PAGE.partition("## What is kept")[2].partition("## ")[0]
    named = set(re.findall(r"`(\w+)`", table))
    kinds = ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SecretsManager::Secret")
    assert [name for kind in kinds for name in of_type(kind) if name not in named] == []
    assert "Log groups" in table


def test_the_pages_days_are_the_templates() -> None:
    days = {rule["Prefix"]: rule["ExpirationInDays"] for rule in _rules() if "ExpirationInDays" in rule}
    assert f"{days['workbooks/']} days, {days['uploads/']} days" in PAGE
    kept = {name: it["MessageRetentionPeriod"] // DAY for name, it in of_type("AWS::SQS::Queue").items()}
    for row in [line for line in PAGE.splitlines() if line.startswith(("| `DeliverQueue`", "| `DeliverDeadLetters`"))]:
        named = re.findall(r"`(\w+)`", row)
        told = [int(number) for number in re.findall(r"\d+", row)]
        assert {kept[name] for name in named} == set(told)
    assert f"{BACKUPS.days} days" in PAGE


def _rules() -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = of_type("AWS::S3::Bucket")["FilesBucket"]["LifecycleConfiguration"]["Rules"]
    return rules


@pytest.mark.parametrize(
    ("kind", "broken"),
    [
        ("AWS::DynamoDB::Table", {"SSESpecification": {"SSEEnabled": False}}),
        ("AWS::DynamoDB::Table", {"TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": False}}),
        ("AWS::S3::Bucket", {"VersioningConfiguration": {"Status": "Enabled"}}),
        ("AWS::S3::Bucket", {"LifecycleConfiguration": {"Rules": []}}),
        ("AWS::SQS::Queue", {"SqsManagedSseEnabled": False}),
        ("AWS::Logs::LogGroup", {"RetentionInDays": None}),
    ],
)
def test_a_store_that_is_open_or_keeps_for_ever_is_found(kind: str, broken: dict[str, Any]) -> None:
    it = next(iter(of_type(kind).values()))
    assert STORES[kind](it)
    assert not STORES[kind](it | broken)
