"""The local AWS refuses what a role does not allow: what runs on it runs within the template's roles."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from infra.local.stack import Stack

pytestmark = pytest.mark.stack


def is_swept(stack: Stack) -> bool:
    """Let the function sweep once; it fails unless each of its parts could read and write what it is for."""
    answer = stack.aws.client("lambda").invoke(FunctionName=stack.outputs.sweep_function, Payload=b"{}")
    return "FunctionError" not in answer


def test_a_function_that_loses_its_rights_can_do_nothing_with_them(stack: Stack) -> None:
    iam = stack.aws.client("iam")
    function = stack.aws.client("lambda").get_function_configuration(FunctionName=stack.outputs.sweep_function)
    role = function["Role"].rpartition("/")[2]
    [policy] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    rights = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]

    assert is_swept(stack)
    iam.delete_role_policy(RoleName=role, PolicyName=policy)
    try:
        assert not is_swept(stack)
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(rights))
    assert is_swept(stack)
