"""Every function has what it needs and nothing more; nothing asynchronous is lost; data is kept and private."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest
import yaml
from aws_lambda_powertools.metrics import MetricUnit

from functions.deliver.app import METRICS
from functions.deliver.batch import TRY_AGAIN
from sop_aws.config import Config, DeliverConfig, ImportConfig, PublishConfig, SlackConfig, SweepConfig
from sop_aws.metrics import make_metrics

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[3]
CONFIGS: Final[dict[str, type[Config]]] = {
    "SlackFunction": SlackConfig,
    "DeliverFunction": DeliverConfig,
    "ImportSheetFunction": ImportConfig,
    "PublishFunction": PublishConfig,
    "SweepFunction": SweepConfig,
}
ALLOWED: Final = {
    "SlackRole": {
        "CasesTable": {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem"},
        "CasesTable/index/by_project": {"dynamodb:Query"},
        "CasesTable/index/queue": {"dynamodb:Query"},
        "CasesTable/index/by_owner": {"dynamodb:Query"},
        "CasesTable/index/pending": {"dynamodb:Query"},
        "CasesTable/index/by_day": {"dynamodb:Query"},
        "TransfersTable": {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem"},
        "SettingsTable": {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"},
        "FilesBucket/snapshots/*": {"s3:GetObject"},
        "FilesBucket/cases/*": {"s3:GetObject"},
        "DeliverQueue": {"sqs:SendMessage"},
        "ImportQueue": {"sqs:SendMessage"},
        "PublishQueue": {"sqs:SendMessage"},
        "SlackSecret": {"secretsmanager:GetSecretValue"},
        "SlackLogs": {"logs:CreateLogStream", "logs:PutLogEvents"},
    },
    "DeliverRole": {
        "CasesTable": {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"},
        "CasesTable/index/by_day": {"dynamodb:Query"},
        "SettingsTable": {"dynamodb:GetItem", "dynamodb:Query"},
        "FilesBucket/cases/*": {"s3:PutObject"},
        "DeliverQueue": {
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ChangeMessageVisibility",
        },
        "SlackSecret": {"secretsmanager:GetSecretValue"},
        "DeliverLogs": {"logs:CreateLogStream", "logs:PutLogEvents"},
    },
    "ImportSheetRole": {
        "TransfersTable": {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:BatchWriteItem"},
        "FilesBucket/workbooks/*": {"s3:GetObject", "s3:PutObject"},
        "FilesBucket/snapshots/*": {"s3:DeleteObject", "s3:PutObject"},
        "FilesBucket/uploads/*": {"s3:GetObject"},
        "ImportQueue": {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
        "SlackSecret": {"secretsmanager:GetSecretValue"},
        "ImportSheetLogs": {"logs:CreateLogStream", "logs:PutLogEvents"},
    },
    "PublishRole": {
        "SettingsTable": {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"},
        "PublishQueue": {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
        "SlackSecret": {"secretsmanager:GetSecretValue"},
        "PublishLogs": {"logs:CreateLogStream", "logs:PutLogEvents"},
    },
    "SweepRole": {
        "CasesTable/index/pending": {"dynamodb:Query"},
        "CasesTable/index/due": {"dynamodb:Query"},
        "CasesTable/index/by_day": {"dynamodb:Query"},
        "CasesTable": {"dynamodb:GetItem", "dynamodb:PutItem"},
        "SettingsTable": {"dynamodb:GetItem", "dynamodb:PutItem"},
        "TransfersTable/index/pending": {"dynamodb:Query"},
        "DeliverQueue": {"sqs:SendMessage"},
        "ImportQueue": {"sqs:SendMessage"},
        "SweepLogs": {"logs:CreateLogStream", "logs:PutLogEvents"},
    },
}


class Template(yaml.SafeLoader):
    """Reads ``!Ref X``, ``!GetAtt X.Arn`` (or ``.Id``) and ``!Sub ${X.Arn}/…`` as the text behind them."""


def _text(loader: yaml.SafeLoader, _tag: str, node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        return (
            node.value.replace("${", "").replace(".Arn}", "").replace("}", "").removesuffix(".Arn").removesuffix(".Id")
        )
    return loader.construct_sequence(node) if isinstance(node, yaml.SequenceNode) else None


Template.add_multi_constructor("!", _text)
RESOURCES: Final[dict[str, Any]] = yaml.load((ROOT / "template.yaml").read_text(), Template)["Resources"]  # noqa: S506 - safe
FUNCTIONS: Final = [name for name, each in RESOURCES.items() if each["Type"] == "AWS::Serverless::Function"]


def of_type(kind: str) -> dict[str, Any]:
    return {name: each["Properties"] for name, each in RESOURCES.items() if each["Type"] == kind}


def statements(role: str) -> Iterator[tuple[set[str], str]]:
    for policy in RESOURCES[role]["Properties"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            for resource in _list(statement["Resource"]):
                yield set(_list(statement["Action"])), resource


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def test_functions() -> None:
    """The functions are those whose configuration is known, and each one's handler is in the tree."""
    assert set(CONFIGS) == set(FUNCTIONS)
    for name in FUNCTIONS:
        module = RESOURCES[name]["Properties"]["Handler"].removesuffix(".handler")
        assert (ROOT / f"{module.replace('.', '/')}.py").is_file()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_environment(name: str) -> None:
    """A function's environment is what its configuration reads, not one variable more."""
    variables = set(RESOURCES[name]["Properties"]["Environment"]["Variables"]) - {"POWERTOOLS_SERVICE_NAME"}
    read = {field.name.upper() for field in msgspec.structs.fields(CONFIGS[name])}

    assert read - {"ENVIRONMENT"} == variables


@pytest.mark.parametrize("role", ALLOWED)
def test_least_privilege(role: str) -> None:
    """A role allows exactly the calls that its function makes, on exactly the resources that it makes them on."""
    allowed: dict[str, set[str]] = {}
    for actions, resource in statements(role):
        allowed.setdefault(resource, set()).update(actions)

    assert allowed == ALLOWED[role]


def test_roles() -> None:
    """Every function has a role of its own, and no role but those exists."""
    roles = [RESOURCES[name]["Properties"]["Role"] for name in FUNCTIONS]

    assert len(set(roles)) == len(FUNCTIONS)
    assert set(roles) == set(of_type("AWS::IAM::Role")) == set(ALLOWED)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_logs(name: str) -> None:
    """A function logs to a group of its own, which forgets after a while."""
    group = RESOURCES[name]["Properties"]["LoggingConfig"]["LogGroup"]

    assert group == name.replace("Function", "Logs")
    assert RESOURCES[group]["Properties"]["RetentionInDays"] == "LogRetentionDays"


def test_no_message_is_lost() -> None:
    """A queue that a function reads has a dead-letter queue of its kind, where messages stay the longest."""
    queues = of_type("AWS::SQS::Queue")
    for trigger in of_type("AWS::Lambda::EventSourceMapping").values():
        queue = queues[trigger["EventSourceArn"]]
        dead = queues[queue["RedrivePolicy"]["deadLetterTargetArn"]]
        assert dead.get("FifoQueue") == queue.get("FifoQueue")
        assert dead["MessageRetentionPeriod"] == 14 * 24 * 3600
        assert trigger["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_message_is_not_handed_out_twice_at_once() -> None:
    """A message stays hidden for as long as its function may run."""
    for trigger in of_type("AWS::Lambda::EventSourceMapping").values():
        queue = RESOURCES[trigger["EventSourceArn"]]["Properties"]
        assert queue["VisibilityTimeout"] > RESOURCES[trigger["FunctionName"]]["Properties"]["Timeout"]


def test_waiting_for_slack_is_no_failure() -> None:
    """A wake-up outlives many of Slack's 429s, yet one that fails every time is a dead letter within minutes."""
    tries = RESOURCES["DeliverQueue"]["Properties"]["RedrivePolicy"]["maxReceiveCount"]

    assert tries >= 20
    assert tries * TRY_AGAIN <= 5 * 60


def test_dead_deliveries_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The alarm looks where the deliver function counts them: the same namespace, name and dimensions."""
    alarm = RESOURCES["DeadDeliveriesAlarm"]["Properties"]
    variables = RESOURCES["DeliverFunction"]["Properties"]["Environment"]["Variables"]
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", variables["POWERTOOLS_SERVICE_NAME"])
    metrics = make_metrics()
    metrics.add_metric(name=METRICS["dead"], unit=MetricUnit.Count, value=1)
    line = metrics.serialize_metric_set()
    metrics.clear_metrics()

    (counted,) = line["_aws"]["CloudWatchMetrics"]
    dimensions = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
    assert alarm["Namespace"] == counted["Namespace"]
    assert [alarm["MetricName"]] == [metric["Name"] for metric in counted["Metrics"]]
    assert counted["Dimensions"] == [list(dimensions)]
    assert dimensions.items() <= line.items()


def test_dead_letters_are_told() -> None:
    """Every dead-letter queue has an alarm, which one message is enough for."""
    alarms = [each for each in of_type("AWS::CloudWatch::Alarm").values() if each["Namespace"] == "AWS/SQS"]
    dead = {
        queue["RedrivePolicy"]["deadLetterTargetArn"]
        for queue in of_type("AWS::SQS::Queue").values()
        if "RedrivePolicy" in queue
    }

    assert {alarm["Dimensions"][0]["Value"] for alarm in alarms} == {f"{name}.QueueName" for name in dead}
    assert {(alarm["ComparisonOperator"], alarm["Threshold"]) for alarm in alarms} == {("GreaterThanThreshold", 0)}


def test_whoever_is_told() -> None:
    """Every alarm tells the one topic; without an address there is none, and the alarms still stand."""
    alarms = of_type("AWS::CloudWatch::Alarm").values()

    assert all(alarm["AlarmActions"] == ["SomebodyIsTold", ["AlarmTopic"], "AWS::NoValue"] for alarm in alarms)
    assert RESOURCES["AlarmTopic"]["Condition"] == "SomebodyIsTold"


@pytest.mark.parametrize("name", of_type("AWS::DynamoDB::Table"))
def test_tables(name: str) -> None:
    """A table can be restored, is encrypted, and survives its stack."""
    table = RESOURCES[name]["Properties"]

    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
    assert table["SSESpecification"]["SSEEnabled"]
    assert table["DeletionProtectionEnabled"]
    assert RESOURCES[name]["DeletionPolicy"] == RESOURCES[name]["UpdateReplacePolicy"] == "Retain"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_bucket() -> None:
    """The bucket is private and encrypted, answers over TLS only, and lets uploads expire."""
    bucket = RESOURCES["FilesBucket"]["Properties"]
    (denied,) = RESOURCES["FilesBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    expiring = {rule["Prefix"] for rule in bucket["LifecycleConfiguration"]["Rules"] if "ExpirationInDays" in rule}

    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert "BucketEncryption" in bucket
    assert denied["Effect"] == "Deny"
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert expiring == {"workbooks/", "uploads/"}


def test_the_active_sheet_keeps_its_snapshot() -> None:
    """Snapshots do not expire by age: the active sheet's may be the oldest."""
    rules = RESOURCES["FilesBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]

    assert not any("snapshots/".startswith(rule.get("Prefix", "-")) for rule in rules)


def test_one_way_in() -> None:
    """The API has one route, which only it may use to call the slack function."""
    (route,) = of_type("AWS::ApiGatewayV2::Route").values()
    permission = RESOURCES["HttpApiPermission"]["Properties"]

    assert route["RouteKey"] == "POST /slack/events"
    assert permission["SourceArn"].endswith("/$default/POST/slack/events")
