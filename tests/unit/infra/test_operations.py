"""Alarms and the dashboard watch what is really emitted, tell somebody, and say what is to be done."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from sop_aws import clients
from tests.builders.template import RESOURCES, ROOT, TEMPLATE
from tests.standin.logs import written_by
from tests.unit.docs.pages import anchors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


RUNBOOKS: Final = "docs/runbooks.md"
OWN: Final = "SopDesk/Environment"
AWS_METRICS: Final = {
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
    "AWS/ApiGateway": ({"Count", "4xx", "5xx", "Latency"}, {"ApiId", "Stage"}),
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    "AWS/Lambda": ({"Errors", "Throttles", "Duration"}, {"FunctionName"}),
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    "AWS/SQS": ({"ApproximateNumberOfMessagesVisible"}, {"QueueName"}),
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
    "AWS/DynamoDB": ({"ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"}, {"TableName"}),
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
    "AWS/Logs": ({"IncomingBytes"}, {"LogGroupName"}),
}
LOGS: Final = {"api": "ApiLogs", "import-sheet": "ImportSheetLogs"} | {
    name: f"{name.capitalize()}Logs" for name in ("slack", "deliver", "publish", "sweep")
}
"""The last part of a log group's name, and the parameter that it is handed over as."""


class Short(yaml.SafeLoader):
    """Reads the template of operations: a parameter's name stands for its value."""


Short.add_multi_constructor("!", lambda _, __, node: re.sub(r"\$\{(?:AWS::)?(\w+)\}", r"\1", str(node.value)))
OPERATIONS: Final[dict[str, Any]] = yaml.load((ROOT / "infra/operations.yaml").read_text(), Short)  # noqa: S506 - safe
HANDED_OVER: Final[dict[str, str]] = RESOURCES["Operations"]["Properties"]["Parameters"]


def properties(resources: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each["Properties"] for each in resources.values() if each["Type"] == kind]


ALARMS: Final = {
    alarm["AlarmName"].removeprefix("sop-desk-Environment-"): alarm
    for resources in (RESOURCES, OPERATIONS["Resources"])
    for alarm in properties(resources, "AWS::CloudWatch::Alarm")
}
FILTERS: Final = [
    each
    for resources in (RESOURCES, OPERATIONS["Resources"])
    for each in properties(resources, "AWS::Logs::MetricFilter")
]
(_board,) = properties(OPERATIONS["Resources"], "AWS::CloudWatch::Dashboard")
DASHBOARD: Final[list[dict[str, Any]]] = json.loads(_board["DashboardBody"])["widgets"]
Metric = tuple[str, str, frozenset[tuple[str, str]]]
"""Namespace, name and dimensions."""


def watched() -> set[Metric]:
    """What alarms watch."""
    return {
        (each["Namespace"], each["MetricName"], frozenset((d["Name"], d["Value"]) for d in each.get("Dimensions", ())))
        for each in ALARMS.values()
    }


def drawn() -> Iterator[Metric]:
    """What the dashboard draws."""
    for widget in DASHBOARD:
        for line in widget["properties"].get("metrics", ()):
            namespace, name, *rest = [part for part in line if isinstance(part, str)]
            yield namespace, name, frozenset(zip(rest[::2], rest[1::2], strict=True))


@cache
def emitted() -> frozenset[Metric]:
    """What the functions count: the metrics named in each handler's module, and the lines that filters count."""
    found = {(OWN, each["MetricTransformations"][0]["MetricName"], frozenset[tuple[str, str]]()) for each in FILTERS}
    for path in (ROOT / "functions").glob("*/app.py"):
        if "make_metrics" in path.read_text():
            names = {text for text in constants(path.read_text()) if re.fullmatch(r"([A-Z][a-z]+){2,}", text)}
            service = frozenset({("service", path.parent.name)})
            found |= {(OWN, name, service) for name in names - {"ApproximateReceiveCount"}}
    return frozenset(found)


def constants(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_what_is_watched_is_emitted() -> None:
    """No alarm and no graph waits for a metric that nobody writes, with dimensions that nobody gives it."""
    for namespace, name, dimensions in watched() | set(drawn()):
        if namespace == OWN:
            assert (namespace, name, dimensions) in emitted()
        else:
            names, keys = AWS_METRICS[namespace]
            assert name in names
            assert {key for key, _ in dimensions} == keys
            assert {value for _, value in dimensions} <= {"$default"} | set(HANDED_OVER)


def test_what_is_emitted_is_shown() -> None:
    """Every metric of ours, each of which costs money, is on the dashboard; alarms draw from the same."""
    assert {each for each in drawn() if each[0] == OWN} == emitted()
    assert watched() <= set(drawn())


def test_what_is_emitted_is_counted_in_the_costs() -> None:
    """The page of costs says how many alarms and metrics there are."""
    alarms, metrics = re.findall(r"(\d+)\s(?:alarms|metrics of our own)", (ROOT / "docs/scale.md").read_text())

    assert (int(alarms), int(metrics)) == (len(ALARMS), len(emitted()))


def test_services_are_called_as_they_count() -> None:
    """The dimension is the name that each function is given for its metrics."""
    services = {name: p["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] for name, p in _functions()}

    assert services == {name: p["Handler"].split(".")[1] for name, p in _functions()}
    assert TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"] == OWN


def _functions() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, each in RESOURCES.items():
        if each["Type"] == "AWS::Serverless::Function":
            yield name, each["Properties"]


@pytest.mark.parametrize("each", FILTERS, ids=lambda each: f"{each['LogGroupName']}: {each['FilterPattern']}")
def test_counted_lines_are_written(each: dict[str, Any]) -> None:
    """A filter counts lines that a function of its group writes, in exactly these words."""
    group = each["LogGroupName"]
    found = re.fullmatch(r'\{ \$\.(\w+) = "([^"]+)" \}', each["FilterPattern"])
    if found is None:
        assert each["FilterPattern"] == '?ERROR ?"Task timed out" ?"Runtime exited"'
    elif found[1] == "status":
        assert group == "ApiLogs"
        assert (
            f'"{found[1]}":"$context.{found[1]}"'
            in RESOURCES["HttpApiStage"]["Properties"]["AccessLogSettings"]["Format"]
        )
    else:
        folder = next(path for path in (ROOT / "functions").iterdir() if _group_of(path.name) == group)
        sources = [*folder.glob("*.py"), ROOT / "layers/shared/sop_aws/clients.py"]
        assert found[1] == "message"
        assert any(f'logger.warning("{found[2]}"' in path.read_text() for path in sources)


def _group_of(function: str) -> str:
    return f"{function.title().replace('_', '')}Logs"


def test_everything_is_handed_over() -> None:
    """The template hands over what operations takes, and everything that is taken is used."""
    text = (ROOT / "infra/operations.yaml").read_text().split("Resources:")[1]

    assert set(HANDED_OVER) == set(OPERATIONS["Parameters"])
    assert {name for name in HANDED_OVER if not re.search(rf"!Ref {name}\b|\$\{{{name}\}}", text)} == set()
    renamed = {"ApiId": "HttpApi", "ApiLogs": "HttpApiLogs"}
    for name, value in HANDED_OVER.items():
        assert value.removesuffix(".QueueName") == renamed.get(name, name)
        assert value.endswith(".QueueName") == name.endswith(("Queue", "DeadLetters"))


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_a_nested_stack_may_be_deployed(environment: str) -> None:
    """A template with a transform and a nested stack wants to be told that both may do what they do.

    AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
    """
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())[environment]["deploy"]["parameters"]

    assert config["capabilities"] == ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]


def test_what_is_counted_is_logged_at_every_level() -> None:
    """No level may be chosen at which the lines are not written that alarms and the dashboard are made of."""
    assert TEMPLATE["Parameters"]["LogLevel"]["AllowedValues"] == ["DEBUG", "INFO"]


def test_starts_from_a_snapshot_are_starts() -> None:
    """Lambda reports no init duration for them; the line is one as AWS writes it.

    AWS: https://docs.aws.amazon.com/lambda/latest/dg/snapstart-monitoring.html
    """
    (query,) = (each["properties"]["query"] for each in DASHBOARD if each["properties"]["title"].startswith("Starts"))
    pattern = re.search(r"parse @message /(.+?)/ \|", query)
    line = "REPORT RequestId: 1\tDuration: 9.00 ms\tRestore Duration: 512.34 ms\tBilled Restore Duration: 70 ms"
    assert pattern
    found = re.search(pattern[1].replace("?<", "?P<"), line)
    assert found
    assert found["restored"] == "512.34"
    assert "ispresent(restored)" in query


def test_dead_letters() -> None:
    """Every dead-letter queue has an alarm, which one message is enough for; the sweep's metric tells of its own."""
    queues = {name for name, each in RESOURCES.items() if each["Type"] == "AWS::SQS::Queue"}
    alarms = [each for each in ALARMS.values() if each["Namespace"] == "AWS/SQS"]

    dead = {name for name in queues if name.endswith("DeadLetters")} - {"SweepDeadLetters"}
    assert {alarm["Dimensions"][0]["Value"] for alarm in alarms} == dead
    assert {(each["ComparisonOperator"], each["Threshold"]) for each in alarms} == {("GreaterThanThreshold", 0)}


def test_silence_of_the_sweep_is_no_silence_of_the_alarm() -> None:
    """The sweep says every minute that it ran; nothing said is as bad as a failure, and nowhere else."""
    breaching = {name for name, each in ALARMS.items() if each["TreatMissingData"] == "breaching"}

    assert breaching == {"sweep"}
    assert ALARMS["sweep"]["Period"] == 60
    assert RESOURCES["SweepSchedule"]["Properties"]["ScheduleExpression"] == "rate(1 minute)"


def test_slack_waits_three_seconds() -> None:
    """The alarm goes off before Slack gives up, after what the function may wait for Slack itself is over."""
    from functions.slack.budget import SECONDS  # noqa: PLC0415 - the one test that needs it

    assert ALARMS["slow-answers"]["ExtendedStatistic"] == "p99"
    assert 3000 > ALARMS["slow-answers"]["Threshold"] >= SECONDS * 1000


@pytest.mark.parametrize("name", ALARMS)
def test_somebody_is_told(name: str) -> None:
    """Every alarm tells the topic, also that it is over (unless that brings nothing back), and where its runbook is."""
    alarm = ALARMS[name]

    assert alarm["AlarmActions"] == ["AlarmTopic"]
    assert alarm.get("OKActions", []) == ([] if name == "dead-deliveries" else ["AlarmTopic"])
    assert alarm["AlarmDescription"].endswith(f"Runbook: {RUNBOOKS}#{name}")
    assert len(alarm["AlarmDescription"]) <= 1024


def sections() -> dict[str, str]:
    """The runbooks by their headings, without the two about the page itself."""
    parts = re.split(r"^## (.+)\n", (ROOT / RUNBOOKS).read_text(), flags=re.MULTILINE)[1:]
    return {name: text for name, text in zip(parts[::2], parts[1::2], strict=True) if name != "How to look"}


def test_a_runbook_for_each_alarm() -> None:
    """Every alarm has its runbook and every runbook its alarm; it says what it means, where to look and what to do."""
    assert set(sections()) == set(ALARMS)
    assert set(ALARMS) <= set(anchors(RUNBOOKS))
    for name, text in sections().items():
        assert re.findall(r"^\*\*(\w+)", text, re.MULTILINE) == ["Means", "Look", "Do", "Worry"], name


def test_queries_ask_for_what_is_logged() -> None:
    """A message that a runbook or a graph looks for is written by some function, in these words."""
    asked = (ROOT / RUNBOOKS).read_text() + json.dumps(DASHBOARD).replace("\\'", "'")
    found = re.findall(r'message (?:=|in) (\[[^]]*\]|"[^"]+"|\'[^\']+\')', asked)
    messages = {text for each in found for text in re.findall(r"[\"']([^\"']+)[\"']", each)}
    written = {text for path in ROOT.glob("[fl]*/**/*.py") for text in constants(path.read_text())}

    assert {"request", "case", "dead", "sweep failed"} <= messages <= written


def test_dashboard() -> None:
    """Graphs stand side by side in CloudWatch's 24 columns, each named, and the first shows every alarm."""
    taken: set[tuple[int, int]] = set()
    for widget in DASHBOARD:
        here = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not here & taken
        assert max(x for x, _ in here) < 24
        taken |= here
    titles = [widget["properties"]["title"] for widget in DASHBOARD]
    shown = [each.rpartition("alarm:sop-desk-Environment-")[2] for each in DASHBOARD[0]["properties"]["alarms"]]

    assert len(set(titles)) == len(DASHBOARD)
    assert sorted(shown) == sorted(ALARMS)
    assert {widget["properties"].get("region", "Region") for widget in DASHBOARD} == {"Region"}


@pytest.mark.parametrize(
    "widget", [each for each in DASHBOARD if each["type"] == "log"], ids=lambda w: w["properties"]["title"]
)
def test_dashboard_reads_our_logs(widget: dict[str, Any]) -> None:
    """A graph made of logs reads a group that the template makes."""
    found = re.match(r"SOURCE '/sop-desk/Environment/([\w-]+)' \| ", widget["properties"]["query"])

    assert found is not None
    name = HANDED_OVER[LOGS[found[1]]]
    assert RESOURCES[name]["Properties"]["LogGroupName"] == f"/sop-desk/Environment/{found[1]}"


@pytest.mark.parametrize(
    "answer",
    [
        {"Error": {"Code": "ThrottlingException"}},
        {"Error": {"Code": "ProvisionedThroughputExceededException"}},
        {
            "Error": {"Code": "TransactionCanceledException"},
            "CancellationReasons": [{"Code": "None"}, {"Code": "ThrottlingError"}],
        },
    ],
    ids=lambda answer: answer["Error"]["Code"],
)
def test_throttling_is_logged(answer: dict[str, Any]) -> None:
    """What AWS says when we ask too much becomes a line with the call, and nothing of what was asked."""
    with written_by(clients.logger) as lines:
        received(answer)

    (line,) = lines
    assert (line["level"], line["message"], line["call"]) == ("WARNING", "throttled by AWS", "dynamodb.PutItem")


def received(answer: dict[str, Any] | None) -> None:
    """Let a session hear an answer of AWS, as botocore tells it after each try."""
    told: dict[str, Any] = {"response_dict": {}, "parsed_response": answer, "context": {}, "exception": None}
    clients._session().get_component("event_emitter").emit("response-received.dynamodb.PutItem", **told)


def test_other_answers_are_not_logged() -> None:
    """An answer, a refusal and a broken connection are none of it."""
    with written_by(clients.logger) as lines:
        for answer in ({}, {"Error": {"Code": "ConditionalCheckFailedException"}}, None):
            received(answer)

    assert lines == []
