"""Every function has what it needs and nothing more; nothing asynchronous is lost; data is kept and private."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest

from functions.deliver.batch import TRY_AGAIN
from functions.deliver.delivery import LEASE
from sop_aws.config import Config, DeliverConfig, ImportConfig, PublishConfig, SlackConfig, SweepConfig
from tests.builders.template import FUNCTIONS, RESOURCES, ROOT, TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        "FilesBucket/cases/*": {"s3:GetObject", "s3:PutObject"},
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
        "TransfersTable/index/pending": {"dynamodb:Query"},
        "CasesTable": {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem"},
        "CasesTable/index/by_day": {"dynamodb:Query"},
        "CasesTable/index/by_project": {"dynamodb:Query"},
        "FilesBucket": {"s3:ListBucket"},
        "FilesBucket/workbooks/*": {"s3:GetObject", "s3:PutObject", "s3:DeleteObject"},
        "FilesBucket/snapshots/*": {"s3:DeleteObject", "s3:PutObject"},
        "FilesBucket/uploads/*": {"s3:GetObject", "s3:DeleteObject"},
        "FilesBucket/cases/*": {"s3:DeleteObject"},
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
        "TransfersTable": {"dynamodb:GetItem"},
        "TransfersTable/index/pending": {"dynamodb:Query"},
        "DeliverQueue": {"sqs:SendMessage"},
        "ImportQueue": {"sqs:SendMessage"},
        "SweepDeadLetters": {"sqs:SendMessage"},
        "SweepLogs": {"logs:CreateLogStream", "logs:PutLogEvents"},
    },
}


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
        function = trigger["FunctionName"].removesuffix(".Alias")
        assert queue["VisibilityTimeout"] > RESOURCES[function]["Properties"]["Timeout"]


def test_a_held_row_is_held_for_as_long_as_deliver_may_run_and_no_longer_than_its_message() -> None:
    seconds = RESOURCES["DeliverFunction"]["Properties"]["Timeout"]
    assert seconds < LEASE.total_seconds() < RESOURCES["DeliverQueue"]["Properties"]["VisibilityTimeout"]


def test_waiting_for_slack_is_no_failure() -> None:
    """A wake-up outlives many of Slack's 429s, yet one that fails every time is a dead letter within minutes."""
    tries = RESOURCES["DeliverQueue"]["Properties"]["RedrivePolicy"]["maxReceiveCount"]

    assert tries >= 20
    assert tries * TRY_AGAIN <= 5 * 60


def test_a_minute_without_its_sweep_is_told() -> None:
    """A minute whose sweep could not be called, or failed, ends in its dead letters at once and is not tried again."""
    (target,) = RESOURCES["SweepSchedule"]["Properties"]["Targets"]
    failed = RESOURCES["SweepFunction"]["Properties"]["EventInvokeConfig"]

    assert target["DeadLetterConfig"] == {"Arn": "SweepDeadLetters"}
    assert failed["DestinationConfig"]["OnFailure"] == {"Type": "SQS", "Destination": "SweepDeadLetters"}
    assert target["RetryPolicy"]["MaximumRetryAttempts"] == failed["MaximumRetryAttempts"] == 0


def test_queues() -> None:
    """Every queue is encrypted, and takes and gives messages over TLS only."""
    queues = of_type("AWS::SQS::Queue")
    refused: list[str] = []
    for policy in of_type("AWS::SQS::QueuePolicy").values():
        statement = policy["PolicyDocument"]["Statement"][0]
        assert statement["Effect"] == "Deny"
        assert statement["Principal"] == statement["Resource"] == "*"
        assert set(statement["Action"]) == {"sqs:SendMessage", "sqs:ReceiveMessage"}
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        refused += policy["Queues"]

    assert all(queue["SqsManagedSseEnabled"] for queue in queues.values())
    assert sorted(refused) == sorted(queues)


def test_only_the_release_is_called() -> None:
    """Whatever calls a function calls the alias of its release, which alone is shifted gradually and taken back."""
    callers = {
        "HttpApiIntegration": "IntegrationUri",
        "HttpApiPermission": "FunctionName",
        "DeliverTrigger": "FunctionName",
        "ImportSheetTrigger": "FunctionName",
        "PublishTrigger": "FunctionName",
        "SweepPermission": "FunctionName",
    }
    called = {RESOURCES[name]["Properties"][key] for name, key in callers.items()}
    kinds = {"AWS::Lambda::Permission", "AWS::Lambda::EventSourceMapping", "AWS::ApiGatewayV2::Integration"}

    assert called == {f"{name}.Alias" for name in FUNCTIONS}
    assert RESOURCES["SweepSchedule"]["Properties"]["Targets"][0]["Arn"] == "SweepFunction.Alias"
    assert set(callers) == {name for name, each in RESOURCES.items() if each["Type"] in kinds}


def test_a_bad_release_is_noticed() -> None:
    """Errors of every function, also those that it cannot tell itself, make the alarm that takes a release back."""
    alarm = RESOURCES["ReleaseAlarm"]["Properties"]
    counted = of_type("AWS::Logs::MetricFilter")

    assert TEMPLATE["Globals"]["Function"]["DeploymentPreference"]["Alarms"] == ["ReleaseAlarm"]
    assert {each["LogGroupName"] for each in counted.values()} == {
        name.replace("Function", "Logs") for name in FUNCTIONS
    }
    for each in counted.values():
        assert each["FilterPattern"] == '?ERROR ?"Task timed out" ?"Runtime exited"'
        (written,) = each["MetricTransformations"]
        assert (written["MetricNamespace"], written["MetricName"]) == (alarm["Namespace"], alarm["MetricName"])


def test_concurrency() -> None:
    """A function that reads a queue has room for as many calls as its trigger makes."""
    for trigger in of_type("AWS::Lambda::EventSourceMapping").values():
        function = RESOURCES[trigger["FunctionName"].removesuffix(".Alias")]["Properties"]
        condition, reserved, otherwise = function["ReservedConcurrentExecutions"]
        assert (condition, otherwise) == ("ConcurrencyIsReserved", "AWS::NoValue")
        assert reserved >= trigger["ScalingConfig"]["MaximumConcurrency"]


def test_python() -> None:
    """What `make build` builds for is what the template deploys, unless both are told otherwise."""
    built = re.search(r"^RUNTIME \?= (.+)$", (ROOT / "infra/build.mk").read_text(), re.MULTILINE)

    assert built
    assert TEMPLATE["Parameters"]["Runtime"]["Default"] == f"python{built[1]}"


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_what_is_built_is_what_runs(environment: str) -> None:
    """An environment names what it is built for: a parameter that it does not name keeps the value of last time."""
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())[environment]["deploy"]["parameters"]
    given = dict(each.split("=", 1) for each in config["parameter_overrides"])

    assert {name: given.get(name) for name in ("Runtime", "Architecture")} == {
        name: TEMPLATE["Parameters"][name]["Default"] for name in ("Runtime", "Architecture")
    }


CHANGES: Final = {
    "nothing": ("Description: SOP Desk", "Description: The same SOP Desk"),
    "functions": ("CodeUri: functions", "CodeUri: changed"),
    "shared": ("ContentUri: layers/shared", "ContentUri: layers/changed"),
    "packages": ("ContentUri: layers/dependencies", "ContentUri: layers/changed"),
    "setting": ("ENVIRONMENT: !Ref Environment", "ENVIRONMENT: changed"),
}


@pytest.fixture(scope="module")
def translated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What CloudFormation makes of the template in each environment, and in dev with each of the changes."""
    folder = tmp_path_factory.mktemp("translated")
    text = (ROOT / "template.yaml").read_text()
    for name, (part, changed) in CHANGES.items():
        assert part in text
        (folder / f"{name}.yaml").write_text(text.replace(part, changed))
    translate = [ROOT / ".tools/sam/bin/python", ROOT / "infra/translate.py", folder]
    copies = [folder / f"{name}.yaml" for name in CHANGES]
    subprocess.run([*translate, "dev", ROOT / "template.yaml", *copies], check=True, timeout=120)
    subprocess.run([*translate, "prod", ROOT / "template.yaml"], check=True, timeout=120)
    return {file.stem: json.loads(file.read_text())["Resources"] for file in folder.glob("*.json")}


def releases(resources: dict[str, Any]) -> set[str]:
    return {name for name, each in resources.items() if each["Type"] == "AWS::Lambda::Version"}


def test_what_is_a_release(translated: dict[str, dict[str, Any]]) -> None:
    """New code, a new layer and another setting are each a new version of every function, and nothing else is."""
    before = releases(translated["template-dev"])

    assert len(before) == len(FUNCTIONS)
    assert releases(translated["nothing-dev"]) == before
    for name in CHANGES.keys() - {"nothing"}:
        assert len(releases(translated[f"{name}-dev"]) - before) == len(FUNCTIONS), name


def parameters_of(value: Any) -> set[str]:
    """The template's parameters that a translated value depends on."""
    match value:
        case {"Ref": str(name)} if name in TEMPLATE["Parameters"]:
            return {name}
        case {"Fn::Sub": str(text)}:
            return set(re.findall(r"\$\{(\w+)\}", text)) & set(TEMPLATE["Parameters"])
        case {"Fn::If": [condition, *others]}:
            return {TEMPLATE["Conditions"][condition][0]} | parameters_of(others)
        case dict():
            return parameters_of(list(value.values()))
        case list():
            return set().union(*map(parameters_of, value))
        case _:
            return set()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_parameter_is_a_release(translated: dict[str, dict[str, Any]], name: str) -> None:
    """A changed parameter makes a version of the functions that it changes, and of no other: Lambda refuses that.

    SAM looks at the parameters' names only (https://github.com/aws/serverless-application-model/issues/3820); another
    description replaces a version (AWS::Lambda::Version). The version before is kept, as after any release: going back
    in a hurry points at it.
    """
    resources = translated["template-prod"]
    (version,) = (resources[each] for each in releases(resources) if each.startswith(f"{name}Version"))
    function = resources[name]["Properties"]
    versioned = parameters_of([each for key, each in function.items() if key != "ReservedConcurrentExecutions"])

    assert {"Runtime", "Architecture", "LogLevel"} <= versioned
    assert parameters_of(version["Properties"]["Description"]) == versioned
    assert (version["DeletionPolicy"], version["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_environments(translated: dict[str, dict[str, Any]]) -> None:
    """Releases are shifted gradually in prod and at once in dev."""
    dev, prod = ({each["Type"] for each in translated[f"template-{name}"].values()} for name in ("dev", "prod"))

    assert prod - dev == {"AWS::CodeDeploy::Application", "AWS::CodeDeploy::DeploymentGroup"}


@pytest.mark.parametrize("name", of_type("AWS::DynamoDB::Table"))
def test_tables(name: str) -> None:
    """A table can be restored, is encrypted, and is not deleted by accident."""
    table = RESOURCES[name]["Properties"]

    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
    assert table["SSESpecification"]["SSEEnabled"]
    assert table["DeletionProtectionEnabled"] == ["TablesAreProtected", True, False]
    assert TEMPLATE["Parameters"]["DeletionProtection"]["Default"] == "true"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_what_is_kept() -> None:
    """Data survives its stack, unless the deployment that was to make the stack failed: then there is none yet."""
    kept = {
        name: (each["DeletionPolicy"], each["UpdateReplacePolicy"])
        for name, each in RESOURCES.items()
        if "DeletionPolicy" in each
    }

    assert kept.keys() == {*of_type("AWS::DynamoDB::Table"), "FilesBucket", "SlackSecret"}
    assert set(kept.values()) == {("RetainExceptOnCreate", "Retain")}


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
