"""What each function may do, as the template's roles have it; and which of our functions makes a call to AWS."""

from __future__ import annotations

import sys
import threading
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tests.standin.aws import _template

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from types import FrameType

FUNCTIONS: Final = f"{Path(__file__).parents[2] / 'functions'}/"
QUEUES: Final = {"deliver.fifo": "DeliverQueue", "import": "ImportQueue", "publish": "PublishQueue"}
BUCKETS: Final = {"files": "FilesBucket"}
IN_TRANSACTION: Final = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
}
OBJECTS: Final = {
    "HeadObject": "s3:GetObject",
    "ListObjectsV2": "s3:ListBucket",
    "DeleteObjects": "s3:DeleteObject",
}


class Call(NamedTuple):
    """What a function does: the right that it needs, and on what, named as the template names it."""

    function: str
    action: str
    resource: str


class Right(NamedTuple):
    """What a function may do; the resource may be a pattern."""

    function: str
    action: str
    resource: str

    def covers(self, call: Call) -> bool:
        """Return whether a call is within this right."""
        is_there = fnmatchcase(call.resource, self.resource)
        return (self.function, self.action) == (call.function, call.action) and is_there


@cache
def rights() -> frozenset[Right]:
    """Return every right that the template gives, a function, an action and a resource each."""
    return frozenset(_rights(_template()["Resources"]))


def _rights(resources: Mapping[str, Any]) -> Iterator[Right]:
    for resource in resources.values():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        function = resource["Properties"]["Handler"].split(".")[1]
        role = resources[resource["Properties"]["Role"].removesuffix(".Arn")]["Properties"]
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                for action in _several(statement["Action"]):
                    for place in _several(statement["Resource"]):
                        yield Right(function, action, _named(place))


def _several(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _named(place: str) -> str:
    """Return the logical name behind ``!GetAtt X.Arn`` or ``!Sub ${X.Arn}/…``."""
    return place.replace("${", "").replace(".Arn}", "").replace("}", "").removesuffix(".Arn").removesuffix(".Id")


def caller() -> str | None:
    """Return the function of ours whose code is nearest on the stack, ``None`` for a test's own call.

    A thread that a library made for a function works for what the main thread waits in.
    """
    main = sys._current_frames().get(threading.main_thread().ident or 0)
    return _ours(sys._getframe(1)) or _ours(main)


def _ours(frame: FrameType | None) -> str | None:
    while frame is not None:
        place = frame.f_code.co_filename
        if place.startswith(FUNCTIONS):
            return place.removeprefix(FUNCTIONS).partition("/")[0]
        frame = frame.f_back
    return None


def calls_of(function: str, operation: str, parameters: Mapping[str, Any]) -> set[Call]:
    """Return what a request to AWS needs: one call for each thing that it touches."""
    if operation == "TransactWriteItems":
        writes = [(kind, write[kind]) for write in parameters["TransactItems"] for kind in write]
        return {Call(function, IN_TRANSACTION[kind], each["TableName"]) for kind, each in writes}
    return {Call(function, _action(operation, parameters), place) for place in _places(parameters)}


def _action(operation: str, parameters: Mapping[str, Any]) -> str:
    if "Bucket" in parameters:
        return OBJECTS.get(operation, f"s3:{operation}")
    if "QueueUrl" in parameters:
        return f"sqs:{operation}"
    return f"secretsmanager:{operation}" if "SecretId" in parameters else f"dynamodb:{operation}"


def _places(parameters: Mapping[str, Any]) -> list[str]:
    if "RequestItems" in parameters:
        return list(parameters["RequestItems"])
    if "TableName" in parameters:
        index = parameters.get("IndexName")
        return [f"{parameters['TableName']}/index/{index}" if index else parameters["TableName"]]
    if "Bucket" in parameters:
        bucket, several = BUCKETS[parameters["Bucket"]], parameters.get("Delete", {}).get("Objects", ())
        keys = [each["Key"] for each in several] or [parameters[name] for name in ("Key",) if name in parameters]
        return [f"{bucket}/{key}" for key in keys] or [bucket]
    return [QUEUES[parameters["QueueUrl"].rpartition("/")[2]] if "QueueUrl" in parameters else "SlackSecret"]


def missing(calls: Collection[Call], granted: Collection[Right]) -> list[Call]:
    """Return the calls that no right allows."""
    return sorted(call for call in calls if not any(right.covers(call) for right in granted))


def unused(calls: Collection[Call], granted: Collection[Right]) -> list[Right]:
    """Return the rights that no call needs."""
    return sorted(right for right in granted if not any(right.covers(call) for call in calls))
