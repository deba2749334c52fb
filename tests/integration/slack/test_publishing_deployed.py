"""One version's whole life on the deployed template: uploaded, proven, activated, run, and gone back from."""

from __future__ import annotations

import json
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pytest

from infra.local.workspace import limits
from sop_core.procedures import reading
from sop_slack import procedures as told
from tests.builders.deployed import Deployed, deployed_app
from tests.builders.people import ADMIN, BACK_OFFICE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from infra.local.stack import Stack
    from tests.standin.person import Person

pytestmark = pytest.mark.stack

SHIPPED = (reading.HERE / "supporting_documents.yaml").read_text(encoding="utf-8")
TITLE, RENAMED = "title: Supporting documents", "title: Documents, anew"
SECOND = SHIPPED.replace(TITLE, RENAMED).replace('version: "1"', 'version: "2"')


@pytest.fixture(scope="module")
def deployed(stack: Stack) -> Iterator[Deployed]:
    with deployed_app(stack) as app:
        yield app


@pytest.fixture
def half_a_minute_later(deployed: Deployed) -> Callable[[], None]:
    """New containers, so that nothing is remembered: what was switched is in effect."""
    port = deployed.slack.url.rpartition(":")[2]
    hosts = cycle(["localhost", "127.0.0.1"])
    return lambda: deployed.stack.point_at_slack(f"http://{next(hosts)}:{port}")


def begun(deployed: Deployed) -> Person:
    agent = deployed.person(BACK_OFFICE)
    agent.command("/documents")
    return agent


def publish(deployed: Deployed, name: str, text: str) -> None:
    admin = deployed.person(ADMIN)
    admin.command("/sop-admin", "publish")
    deployed.slack.stored["FPROC"] = (name, text.encode())
    values = {told.FILE: {"file": {"type": "file_input", "files": [{"id": "FPROC"}]}}}
    admin.interact({"type": "view_submission", "view": admin._view() | {"state": {"values": values}}})


def message(deployed: Deployed, words: str) -> dict[str, Any]:
    """Return the message that the admin sees once it says ``words``."""
    shown = deployed.said(words)[-1]
    limits.check_message(text=shown["text"], blocks=shown["blocks"])
    return shown


def title(person: Person) -> str:
    return str(person.view["title"]["text"])


def test_a_version_is_published_run_and_gone_back_from(
    deployed: Deployed, half_a_minute_later: Callable[[], None]
) -> None:
    early = begun(deployed)
    before = title(early)

    publish(deployed, "supporting_documents.yaml", SECOND)
    shown = message(deployed, "ready to activate")
    assert "Proven" in json.dumps(shown)
    deployed.person(ADMIN).press(shown, told.ACTIVATE)
    message(deployed, "version 2, is activated")
    half_a_minute_later()

    late = begun(deployed)
    assert title(late) == "Documents, anew"
    early.click("answer:case_found:yes")
    assert title(early) == before

    admin = deployed.person(ADMIN)
    admin.command("/sop-admin", "versions")
    limits.check_view(admin.view)
    rows = [block["accessory"] for block in admin.view["blocks"] if "accessory" in block]
    back = next(each for each in rows if each["value"] == "supporting_documents||1")
    press = {"type": "button", "action_id": back["action_id"], "value": back["value"], "action_ts": "1.0"}
    admin.interact({"type": "block_actions", "view": admin._view(), "container": {"type": "view"}, "actions": [press]})
    half_a_minute_later()

    assert title(begun(deployed)) == before
    late.click("answer:case_found:yes")
    assert title(late) == "Documents, anew"


def test_a_bad_file_is_refused_with_its_line_and_changes_nothing(deployed: Deployed) -> None:
    publish(deployed, "broken.yaml", SECOND.replace("audience:", "audiance:"))
    shown = json.dumps(message(deployed, "was not published"))

    assert "broken.yaml, line" in shown
    assert "unknown field `audiance`" in shown
    assert deployed.stack.aws.client("sqs").get_queue_attributes(
        QueueUrl=deployed.stack.outputs.publish_queue_url, AttributeNames=["ApproximateNumberOfMessages"]
    )["Attributes"] == {"ApproximateNumberOfMessages": "0"}
