"""AWS in this process: moto, made atomic and held to AWS's limits, with the resources of the repository's template.

moto applies concurrent writes without isolation: two callers can win one conditional put. One lock around its DynamoDB
handler makes each request, a transaction too, happen at once or not at all. The limits that moto does not know are
checked on the client: a request that AWS would refuse fails the test.

A test module that wants it imports the fixtures::

    from tests.standin.aws import aws  # noqa: F401
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

import boto3
import pytest
import yaml
from moto import mock_aws
from moto.dynamodb.responses import DynamoHandler

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

TEMPLATE: Final = Path(__file__).parents[2] / "template.yaml"
REGION: Final = "us-east-1"
SIGNING_SECRET: Final = "stand-in signing secret"
BOT_TOKEN: Final = "xoxb-stand-in"

WRITES_IN_TRANSACTION: Final = 100
WRITES_IN_BATCH: Final = 25
READS_IN_BATCH: Final = 100
ITEM_BYTES: Final = 400 * 1024
REQUEST_BYTES: Final = 4 * 1024 * 1024
NUMBER_DIGITS: Final = 38


@dataclass(frozen=True, kw_only=True)
class Aws:
    """Clients, and the names of what the template made."""

    dynamodb: DynamoDBClient
    sqs: SQSClient
    s3: S3Client
    secrets: SecretsManagerClient
    environment: Mapping[str, str]

    @property
    def cases_table(self) -> str:
        return self.environment["CASES_TABLE"]

    @property
    def transfers_table(self) -> str:
        return self.environment["TRANSFERS_TABLE"]

    @property
    def settings_table(self) -> str:
        return self.environment["SETTINGS_TABLE"]

    @property
    def files_bucket(self) -> str:
        return self.environment["FILES_BUCKET"]

    def received(self, queue: str) -> list[dict[str, Any]]:
        """Take what is in a queue (``DELIVER_QUEUE_URL``…), each message with its body decoded."""
        answer = self.sqs.receive_message(
            QueueUrl=self.environment[queue], MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        )
        return [{**message, "Body": json.loads(message["Body"])} for message in answer.get("Messages", [])]

    def records(self, queue: str) -> list[dict[str, Any]]:
        """Take what is in a queue as its trigger gives it to a function.

        Lambda: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
        """
        return [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": json.dumps(message["Body"]),
                "attributes": message.get("Attributes", {}),
            }
            for message in self.received(queue)
        ]

    def delete(self, queue: str, record: Mapping[str, Any]) -> None:
        """Delete a taken message, as its trigger does once the function is done with it."""
        self.sqs.delete_message(QueueUrl=self.environment[queue], ReceiptHandle=record["receiptHandle"])


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """The atomic stand-in; the environment is that of a function, so that handlers run on it too."""
    with aws_of_functions(monkeypatch) as made:
        yield made


@contextmanager
def aws_of_functions(patches: pytest.MonkeyPatch) -> Iterator[Aws]:
    """Run the atomic stand-in, and have the environment tell of it as a function's does."""
    with atomic_aws() as made:
        patches.setenv("AWS_DEFAULT_REGION", REGION)
        for name, value in made.environment.items():
            patches.setenv(name, value)
        yield made


@contextmanager
def atomic_aws() -> Iterator[Aws]:
    """Run the stand-in: isolated requests, AWS's limits, the template's resources."""
    with plain_aws() as made, _one_at_a_time():
        refuse_beyond_limits(made.dynamodb)
        yield made


@contextmanager
def plain_aws() -> Iterator[Aws]:
    """Run moto as it is: enough where one thread writes."""
    with mock_aws():
        yield create(_session().client)


@cache
def _session() -> boto3.Session:
    return boto3.Session("stand-in", "stand-in", region_name=REGION)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    lock = threading.RLock()
    call_action: Callable[[DynamoHandler], Any] = DynamoHandler.call_action

    def alone(handler: DynamoHandler) -> Any:
        with lock:
            return call_action(handler)

    with patch.object(DynamoHandler, "call_action", alone):
        yield


def create(client: Callable[..., Any]) -> Aws:
    """Create the template's tables, bucket, queues and secret with clients made by ``client``."""
    dynamodb, sqs, s3, secrets = (client(name) for name in ("dynamodb", "sqs", "s3", "secretsmanager"))
    for name in ("CasesTable", "TransfersTable", "SettingsTable"):
        dynamodb.create_table(TableName=name, **table_definition(name))
    s3.create_bucket(Bucket="files")
    fifo = {"FifoQueue": "true", "VisibilityTimeout": "0"}
    deliver = sqs.create_queue(QueueName="deliver.fifo", Attributes=fifo)["QueueUrl"]
    imports = sqs.create_queue(QueueName="import", Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
    publish = sqs.create_queue(QueueName="publish", Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
    secret = json.dumps({"signing_secret": SIGNING_SECRET, "bot_token": BOT_TOKEN})
    secrets.create_secret(Name="slack", SecretString=secret)
    environment = {
        "ENVIRONMENT": "test",
        "CASES_TABLE": "CasesTable",
        "TRANSFERS_TABLE": "TransfersTable",
        "SETTINGS_TABLE": "SettingsTable",
        "FILES_BUCKET": "files",
        "DELIVER_QUEUE_URL": deliver,
        "IMPORT_QUEUE_URL": imports,
        "PUBLISH_QUEUE_URL": publish,
        "SLACK_SECRET_ID": "slack",
    }
    return Aws(dynamodb=dynamodb, sqs=sqs, s3=s3, secrets=secrets, environment=environment)


def table_definition(logical_id: str) -> dict[str, Any]:
    """Return what the template says of a table, as far as ``CreateTable`` takes it."""
    properties = _template()["Resources"][logical_id]["Properties"]
    taken = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    return {name: properties[name] for name in taken if name in properties}


@cache
def _template() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(TEMPLATE.read_text(), Loader=_TemplateLoader)  # noqa: S506 - a safe loader
    return loaded


class _TemplateLoader(yaml.SafeLoader):
    """Reads ``!Ref`` and its kin as what stands behind them."""


def _intrinsic(loader: yaml.SafeLoader, _tag: str, node: yaml.Node) -> object:
    match node:
        case yaml.SequenceNode():
            return loader.construct_sequence(node)
        case yaml.MappingNode():
            return loader.construct_mapping(node)
        case _:
            return node.value


_TemplateLoader.add_multi_constructor("!", _intrinsic)


def refuse_beyond_limits(client: DynamoDBClient) -> None:
    """Let every request of the client that AWS would refuse fail with an ``AssertionError``."""
    client.meta.events.register("before-parameter-build.dynamodb", _check)


def _check(params: Mapping[str, Any], **_: object) -> None:
    writes = params.get("TransactItems", ())
    assert len(writes) <= WRITES_IN_TRANSACTION, "a transaction holds at most 100 writes"
    _check_batches(params.get("RequestItems", {}))
    items = list(_items(params))
    for item in items:
        assert _size(item) <= ITEM_BYTES, "an item holds at most 400 KB"
        _check_numbers(item)
    assert sum(map(_size, items)) <= REQUEST_BYTES, "a request holds at most 4 MB"
    _check_filter(params)


def _check_batches(tables: Mapping[str, Any]) -> None:
    writes = sum(len(entries) for entries in tables.values() if isinstance(entries, Sequence))
    reads = sum(len(entry["Keys"]) for entry in tables.values() if isinstance(entry, Mapping))
    assert writes <= WRITES_IN_BATCH, "a batch holds at most 25 writes"
    assert reads <= READS_IN_BATCH, "a batch reads at most 100 items"


def _items(params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "Item" in params:
        yield params["Item"]
    for write in params.get("TransactItems", ()):
        if "Put" in write:
            yield write["Put"]["Item"]
    for entries in params.get("RequestItems", {}).values():
        if isinstance(entries, Sequence):
            yield from (entry["PutRequest"]["Item"] for entry in entries if "PutRequest" in entry)


def _size(item: Mapping[str, Any]) -> int:
    written = ((name, json.dumps(value, ensure_ascii=False, default=bytes.hex)) for name, value in item.items())
    return sum(len(name.encode()) + len(value.encode()) for name, value in written)


def _check_numbers(item: Mapping[str, Any]) -> None:
    numbers = [value["N"] for value in item.values() if "N" in value]
    for number in numbers:
        assert sum(map(str.isdigit, number)) <= NUMBER_DIGITS, "a number has at most 38 digits"


def _check_filter(params: Mapping[str, Any]) -> None:
    names = {f"#{name}" for name in ("pk", "sk")} | {"pk", "sk"}
    used = params.get("FilterExpression", "").replace("(", " ").replace(")", " ").replace(",", " ").split()
    assert not names.intersection(used), "a filter cannot look at the key"
