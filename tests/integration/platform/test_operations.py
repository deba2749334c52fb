"""Alarms, the dashboard and one correlation id, on the deployed template."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from infra.local.stack import RELEASED
from tests.builders.deployed import Deployed, deployed_app
from tests.builders.people import AGENT
from tests.unit.infra.test_operations import ALARMS, DASHBOARD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from infra.local.stack import Stack

pytestmark = pytest.mark.stack

NAMED = "sop-desk-local-"
GROUP = "/sop-desk/local/"
OWN = "SopDesk/local"


@pytest.fixture(scope="module")
def app(stack: Stack) -> Iterator[Deployed]:
    with deployed_app(stack, sheet="operations") as running:
        yield running


@pytest.fixture(scope="module")
def alarms(stack: Stack) -> dict[str, dict[str, Any]]:
    """Every deployed alarm, by its section of the runbooks."""
    return {each["AlarmName"].removeprefix(NAMED): each for each in described(stack)}


def described(stack: Stack) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack.aws.client("cloudwatch").describe_alarms(MaxRecords=100)["MetricAlarms"]
    return found


def logged(stack: Stack, function: str) -> list[dict[str, Any]]:
    """The lines of a function's log that are JSON."""
    logs = stack.aws.client("logs")
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=GROUP + function)
    messages = (event["message"] for page in pages for event in page["events"])
    return [json.loads(message) for message in messages if message.startswith("{")]


def dead_letters(stack: Stack, url: str) -> str:
    """The name of the queue to which a queue's dead letters really go."""
    answer = stack.aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
    return str(json.loads(answer["Attributes"]["RedrivePolicy"])["deadLetterTargetArn"].rpartition(":")[2])


def eventually(look: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """What is written to a log a moment after it happened."""
    ends = time.monotonic() + 30
    while not (found := look()) and time.monotonic() < ends:
        time.sleep(0.2)
    return found


def test_alarms(stack: Stack, alarms: dict[str, dict[str, Any]]) -> None:
    """Every alarm of both templates is deployed, watches what really exists, and tells the one topic."""
    outputs = stack.outputs
    (topic,) = stack.aws.client("sns").list_topics()["Topics"]
    queues = {url.rpartition("/")[2] for url in stack.aws.client("sqs").list_queues()["QueueUrls"]}
    dimensions = [each for alarm in alarms.values() for each in alarm["Dimensions"]]

    assert set(alarms) == set(ALARMS)
    assert {action for alarm in alarms.values() for action in alarm["AlarmActions"]} == {topic["TopicArn"]}
    assert {each["Value"] for each in dimensions if each["Name"] == "QueueName"} <= queues
    assert {each["Value"] for each in dimensions if each["Name"] == "ApiId"} == {stack.outputs.api_id}
    assert {each["Value"] for each in dimensions if each["Name"] == "FunctionName"} == {stack.outputs.slack_function}
    assert {each["Namespace"] for each in alarms.values() if not each["Namespace"].startswith("AWS/")} == {OWN}
    for name, url in (
        ("deliver", outputs.deliver_queue_url),
        ("import", outputs.import_queue_url),
        ("publish", outputs.publish_queue_url),
    ):
        (watched,) = alarms[f"{name}-dead-letters"]["Dimensions"]
        assert watched["Value"] == dead_letters(stack, url)


@pytest.mark.parametrize("metric", sorted({each["MetricName"] for each in ALARMS.values()}))
def test_alarm_goes_off(stack: Stack, alarms: dict[str, dict[str, Any]], metric: str) -> None:
    """What reaches the threshold is an alarm, and what lies just beneath it is none."""
    # The local AWS judges a metric over all its dimensions together, and within the period over all that was counted.
    alarm = next(each for each in alarms.values() if each["MetricName"] == metric)
    quiet = alarm["Threshold"] - (alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold")
    loud = 1 if alarm.get("Statistic") == "Sum" else alarm["Threshold"] + 1
    steps = [(quiet, "OK"), (loud, "ALARM")]
    for value, state in reversed(steps) if alarm.get("Statistic") == "Minimum" else steps:
        counted = {"MetricName": metric, "Dimensions": alarm["Dimensions"], "Value": value}
        stack.aws.client("cloudwatch").put_metric_data(Namespace=alarm["Namespace"], MetricData=[counted])
        assert {each["StateValue"] for each in described(stack) if each["MetricName"] == metric} == {state}


@pytest.mark.usefixtures("app")
def test_metrics_of_the_sweep(stack: Stack) -> None:
    """The deployed sweep counts in the namespace and under the service that its alarms watch, all that they watch."""
    stack.aws.client("lambda").invoke(FunctionName=stack.outputs.sweep_function, Qualifier=RELEASED, Payload=b"{}")
    line = next(line for line in reversed(logged(stack, "sweep")) if "SweepFailed" in line)
    (counted,) = line["_aws"]["CloudWatchMetrics"]
    watched = {
        each["MetricName"]
        for each in ALARMS.values()
        if {"Name": "service", "Value": "sweep"} in each.get("Dimensions", ())
    }

    assert (counted["Namespace"], counted["Dimensions"], line["service"]) == (OWN, [["service"]], "sweep")
    assert watched <= {metric["Name"] for metric in counted["Metrics"]}
    assert line["SheetDaysTooOld"] == [0]


def test_dashboard(stack: Stack) -> None:
    """The dashboard is deployed, whole, with the names of what was deployed."""
    body = stack.aws.client("cloudwatch").get_dashboard(DashboardName="sop-desk-local")["DashboardBody"]
    widgets = json.loads(body)["widgets"]

    assert [each["properties"]["title"] for each in widgets] == [each["properties"]["title"] for each in DASHBOARD]
    assert "${" not in body
    assert stack.outputs.cases_table in body
    assert f"alarm:{NAMED}errors" in body


def test_one_id_from_the_request_to_the_card(stack: Stack, app: Deployed) -> None:
    """What the slack function logs of the request that opened a case, and deliver of its card, is found by one id."""
    agent = app.person(AGENT)
    agent.command("/infinity", "INF-100001")
    agent.click("project_choose", "INF-100001")
    agent.click("answer:channel:phone")
    agent.click("answer:caller_type", "homeowner")
    agent.click("answer:authenticated:yes")
    agent.click("answer:transfer_answered:no")
    agent.submit(reason_of_call="Panels dark since Monday")
    opened = next(line for line in reversed(logged(stack, "slack")) if line["message"] == "case")
    case, request = opened["case"], opened["correlation_id"]
    app.said(case)

    (line,) = eventually(lambda: [each for each in logged(stack, "deliver") if each.get("correlation_id") == request])
    assert (line["message"], line["kind"]) == ("posted", "card")
    assert line["delivery"].startswith(f"{case}#")
    assert [each["message"] for each in logged(stack, "slack") if each["correlation_id"] == request] == [
        "case",
        "request",
    ]
