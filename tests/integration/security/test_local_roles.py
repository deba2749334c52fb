"""The local AWS refuses what a role does not allow: what runs on it runs within the template's roles."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from infra.local.stack import Stack

pytestmark = pytest.mark.stack


def swept(stack: Stack) -> Any:
    """Return what is wrong with a minute's sweep, if anything."""
    answer = stack.aws.client("lambda").invoke(FunctionName=stack.outputs.sweep_function, Payload=b"{}")
    return answer.get("FunctionError") and json.loads(answer["Payload"].read()).get("errorType")


def test_a_function_that_loses_its_rights_can_do_nothing_with_them(stack: Stack) -> None:
    iam = stack.aws.client("iam")
    function = stack.aws.client("lambda").get_function_configuration(FunctionName=stack.outputs.sweep_function)
    role = function["Role"].rpartition("/")[2]
    [policy] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    rights = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]

    assert swept(stack) is None
    iam.delete_role_policy(RoleName=role, PolicyName=policy)
    try:
        assert swept(stack) == "SweepIncomplete"
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(rights))
    assert swept(stack) is None
