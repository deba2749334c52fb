"""One version's whole life on the deployed template: uploaded, proven, activated, run, and gone back from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from infra.local.workspace import limits
from sop_core.procedures import reading
from sop_slack import procedures as told
from tests.builders.deployed import put_people
from tests.builders.people import ADMIN, BACK_OFFICE
from tests.standin.aws import SIGNING_SECRET
from tests.standin.person import Person
from tests.standin.slack import Slack, slack_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from infra.local.stack import Stack

pytestmark = pytest.mark.stack

SHIPPED = (reading.HERE / "supporting_documents.yaml").read_text(encoding="utf-8")
TITLE, RENAMED = "title: Supporting documents", "title: Documents, anew"
SECOND = SHIPPED.replace(TITLE, RENAMED).replace('version: "1"', 'version: "2"')


class Deployed:
    """The deployed app and the Slack it talks to."""

    def __init__(self, stack: Stack, slack: Slack) -> None:
        self.stack, self.slack = stack, slack
        self._http = httpx.Client(timeout=60, headers={"host": stack.api_host})
        self._hosts = ["127.0.0.1", "localhost"]

    def person(self, user: str) -> Person:
        return Person(user=user, slack=self.slack, send=self.send, secret=SIGNING_SECRET)

    def send(self, body: str, headers: Mapping[str, str]) -> tuple[int, str]:
        answer = self._http.post(self.stack.api_url, content=body.encode(), headers=dict(headers))
        return answer.status_code, answer.text

    def half_a_minute_later(self) -> None:
        """New containers, so that nothing is remembered: what was switched is in effect."""
        self._hosts.reverse()
        port = self.slack.url.rpartition(":")[2]
        self.stack.point_at_slack(f"http://{self._hosts[0]}:{port}")

    def begun(self) -> Person:
        agent = self.person(BACK_OFFICE)
        agent.command("/documents")
        return agent

    def publish(self, name: str, text: str) -> None:
        admin = self.person(ADMIN)
        admin.command("/sop-admin", "publish")
        self.slack.stored["FPROC"] = (name, text.encode())
        values = {told.FILE: {"file": {"type": "file_input", "files": [{"id": "FPROC"}]}}}
        admin.interact({"type": "view_submission", "view": admin._view() | {"state": {"values": values}}})

    def message(self, words: str) -> dict[str, Any]:
        """Return the message that the admin sees once it says ``words``."""
        self.slack.wait_until(lambda: any(words in each["text"] for each in self.slack.messages), seconds=60)
        shown = next(each for each in reversed(self.slack.messages) if words in each["text"])
        blocks = shown["blocks"] if isinstance(shown["blocks"], list) else json.loads(shown["blocks"])
        limits.check_message(text=shown["text"], blocks=blocks)
        return {**shown, "blocks": blocks}

    def close(self) -> None:
        self._http.close()


@pytest.fixture(scope="module")
def deployed(stack: Stack) -> Iterator[Deployed]:
    with slack_server() as slack:
        stack.point_at_slack(slack.url)
        put_people(stack)
        stack.warm_up()
        app = Deployed(stack, slack)
        yield app
        app.close()


def title(person: Person) -> str:
    return str(person.view["title"]["text"])


def test_a_version_is_published_run_and_gone_back_from(deployed: Deployed) -> None:
    early = deployed.begun()
    before = title(early)

    deployed.publish("supporting_documents.yaml", SECOND)
    shown = deployed.message("ready to activate")
    assert "Proven" in json.dumps(shown)
    deployed.person(ADMIN).press(shown, told.ACTIVATE)
    deployed.message("version 2, is activated")
    deployed.half_a_minute_later()

    late = deployed.begun()
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
    deployed.half_a_minute_later()

    assert title(deployed.begun()) == before
    late.click("answer:case_found:yes")
    assert title(late) == "Documents, anew"


def test_a_bad_file_is_refused_with_its_line_and_changes_nothing(deployed: Deployed) -> None:
    deployed.publish("broken.yaml", SECOND.replace("audience:", "audiance:"))
    shown = json.dumps(deployed.message("was not published"))

    assert "broken.yaml, line" in shown
    assert "unknown field `audiance`" in shown
    assert deployed.stack.aws.client("sqs").get_queue_attributes(
        QueueUrl=deployed.stack.outputs.publish_queue_url, AttributeNames=["ApproximateNumberOfMessages"]
    )["Attributes"] == {"ApproximateNumberOfMessages": "0"}
