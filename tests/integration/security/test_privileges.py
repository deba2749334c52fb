"""Each function may do what it does, and nothing else: the calls of a whole day held against the template's roles."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

import pytest

from tests.standin.policies import Call, Right, missing, rights, unused

if TYPE_CHECKING:
    from tests.integration.security.conftest import Day

OF_LAMBDA: Final = {
    ("logs:CreateLogStream", "*Logs"): "Lambda writes the function's log under its role",
    ("logs:PutLogEvents", "*Logs"): "the same",
    ("sqs:ReceiveMessage", "*Queue"): "the trigger takes messages under the function's role",
    ("sqs:DeleteMessage", "*Queue"): "and deletes what was done",
    ("sqs:GetQueueAttributes", "*Queue"): "and looks how many wait",
    ("sqs:SendMessage", "SweepDeadLetters"): "and sends there what it could not hand to the function",
}
"""Rights that a function's code never uses: AWS uses them in its name."""


@pytest.fixture(scope="module")
def granted() -> frozenset[Right]:
    return frozenset(right for right in rights() if not any(_is_of_lambda(right, *each) for each in OF_LAMBDA))


def _is_of_lambda(right: Right, action: str, resource: str) -> bool:
    return right.action == action and fnmatchcase(right.resource, resource)


def test_no_function_makes_a_call_that_its_role_does_not_allow(day: Day) -> None:
    assert missing(day.watch.calls, rights()) == []


def test_no_role_allows_what_its_function_never_does(day: Day, granted: frozenset[Right]) -> None:
    assert unused(day.watch.calls, granted) == []


def test_a_right_too_many_and_a_right_too_few_are_both_seen(day: Day, granted: frozenset[Right]) -> None:
    """Each right in turn is taken away, and one that nobody uses is given."""
    for right in granted:
        assert missing(day.watch.calls, granted - {right}), right
    more = Right("sweep", "dynamodb:DeleteItem", "CasesTable")
    assert unused(day.watch.calls, granted | {more}) == [more]


def test_every_function_worked(day: Day) -> None:
    assert {call.function for call in day.watch.calls} == {right.function for right in rights()}


@pytest.mark.parametrize(
    ("call", "is_covered"),
    [
        (Call("slack", "s3:GetObject", "FilesBucket/cases/SOP-1/F1"), True),
        (Call("slack", "s3:GetObject", "FilesBucket/workbooks/1.xlsx"), False),
        (Call("slack", "s3:PutObject", "FilesBucket/cases/SOP-1/F1"), False),
        (Call("slack", "dynamodb:Query", "CasesTable/index/queue"), True),
        (Call("slack", "dynamodb:Query", "CasesTable/index/due"), False),
        (Call("publish", "dynamodb:Query", "CasesTable"), False),
    ],
)
def test_rights_are_read_from_the_template_as_aws_reads_them(call: Call, *, is_covered: bool) -> None:
    assert any(right.covers(call) for right in rights()) == is_covered
