"""A procedure published from Slack: uploaded, proven, compared, activated, gone back from; and what is refused."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from functions.publish import app as publish_app
from infra.local.workspace import limits
from sop_aws import clients
from sop_core.procedures import reading
from sop_slack import procedures as told
from tests.builders.people import ADMIN, AGENT, TOM
from tests.standin.faults import AwsFault, AwsFaults
from tests.standin.functions import cold_start
from tests.standin.person import Context
from tests.standin.slack import Fault

if TYPE_CHECKING:
    from tests.integration.slack.conftest import Desk
    from tests.standin.person import Person


SHIPPED = (reading.HERE / "infinity.yaml").read_text(encoding="utf-8")
QUESTION = "How did they reach us?"
ASKED_ANEW = "Where did they write or call?"
SECOND = SHIPPED.replace('version: "1"', 'version: "2"').replace(QUESTION, ASKED_ANEW)

NEW_WORDS = "May I have your full name, please?"
CITING = SECOND.replace(
    "        cites: [{id: INF-2, span: D1-26}]\n",
    f'        say: ["{NEW_WORDS}"]\n        cites: [{{id: INF-2, span: D1-26}}, {{id: INF-2, span: D1-27}}]\n',
)
BROUGHT = f"""
spans:
  - id: D1-27
    document: D1
    line: 27
    text: 'Ask: “{NEW_WORDS}”'
    cited_by: [INF-2]
"""


def uploaded(desk: Desk, text: str | bytes, sources: str | None = None, name: str = "infinity.yaml") -> dict[str, Any]:
    """Upload as an admin does, and let the function work; return the message that the admin sees."""
    hand_in(desk, text, sources, name)
    work(desk)
    return message(desk)


def hand_in(desk: Desk, text: str | bytes, sources: str | None = None, name: str = "infinity.yaml") -> None:
    admin = desk.person(ADMIN)
    admin.command("/sop-admin", "publish")
    limits.check_view(admin.view)
    desk.slack.stored["FPROC"] = (name, text if isinstance(text, bytes) else text.encode())
    values = {told.FILE: {"file": {"type": "file_input", "files": [{"id": "FPROC"}]}}}
    if sources is not None:
        desk.slack.stored["FSRC"] = ("spans.yaml", sources.encode())
        values[told.SOURCES] = {"file": {"type": "file_input", "files": [{"id": "FSRC"}]}}
    answer = admin.interact({"type": "view_submission", "view": admin._view() | {"state": {"values": values}}})
    assert "on its way" in answer


def work(desk: Desk, *, tries: int = 1) -> list[str]:
    """Let the publish function take what is in its queue, as Lambda would; return what comes back."""
    records = [
        {
            "messageId": "m1",
            "body": json.dumps(each["Body"]),
            "attributes": {"ApproximateReceiveCount": str(tries)},
        }
        for each in desk.aws.received("PUBLISH_QUEUE_URL")
    ]
    assert records
    answer = publish_app.handler({"Records": records}, Context())
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def message(desk: Desk) -> dict[str, Any]:
    shown = desk.slack.messages[-1]
    blocks = shown["blocks"] if isinstance(shown["blocks"], list) else json.loads(shown["blocks"])
    limits.check_message(text=shown["text"], blocks=blocks)
    return {**shown, "blocks": blocks}


def words(shown: dict[str, Any]) -> str:
    return json.dumps(shown, ensure_ascii=False)


def asked(agent: Person) -> str:
    return json.dumps(agent.view, ensure_ascii=False)


def begun(desk: Desk) -> Person:
    agent = desk.person(AGENT)
    agent.command("/infinity")
    return agent


def listed(desk: Desk, who: str = ADMIN) -> Person:
    admin = desk.person(who)
    admin.command("/sop-admin", "versions")
    limits.check_view(admin.view)
    return admin


def switch(admin: Person, value: str) -> None:
    """Press "Switch to this…" of a version in the list."""
    rows = [block["accessory"] for block in admin.view["blocks"] if "accessory" in block]
    button = next(each for each in rows if each["value"] == value)
    press_in(admin, button)


def press_in(admin: Person, button: dict[str, Any]) -> None:
    press = {"type": "button", "action_id": told.SWITCH, "value": button["value"], "action_ts": "1.0"}
    admin.interact({"type": "block_actions", "view": admin._view(), "container": {"type": "view"}, "actions": [press]})
    admin.view = admin.slack.views[admin.view["id"]]
    limits.check_view(admin.view)


def test_an_upload_is_proven_compared_activated_and_gone_back_from(desk: Desk) -> None:
    early = begun(desk)
    shown = uploaded(desk, SECOND)
    assert "ready to activate" in shown["text"]
    assert "5,760 combinations" in words(shown)
    assert "No combination of answers changes its outcome" in words(shown)
    assert QUESTION in asked(begun(desk))

    desk.person(ADMIN).press(shown, told.ACTIVATE)
    assert "is activated" in message(desk)["text"]
    cold_start()
    late = begun(desk)
    assert ASKED_ANEW in asked(late)

    # A run in progress finishes on the version it began with.
    early.click("answer:channel:phone")
    assert ASKED_ANEW not in asked(early)
    late.click("answer:channel:phone")
    versions = {run.procedure_version for run in desk.runs()}
    assert versions == {"1", "2"}

    admin = listed(desk)
    assert "Version 2" in asked(admin)
    switch(admin, "infinity||1")
    assert "New runs get it within a minute" in asked(admin)
    cold_start()
    assert QUESTION in asked(begun(desk))
    late.click("answer:caller_type", "homeowner")
    assert ASKED_ANEW in asked(late)
    assert QUESTION in asked(early)
    assert "version 2 → as shipped" in asked(listed(desk))


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault(method="download", status=302), "infinity.yaml, line 1: Slack served a login page"),
        (Fault(method="download", status=404), "infinity.yaml, line 1: it is not there any more"),
        (Fault(method="files.info", error="file_deleted"), "The uploaded file, line 1: it is not there any more"),
        (Fault(method="files.info", error="missing_scope"), "needs the permission files:read"),
    ],
    ids=str,
)
def test_a_file_that_slack_does_not_hand_over_is_refused_with_the_cause(desk: Desk, fault: Fault, says: str) -> None:
    desk.slack.faults.append(fault)
    assert says in words(uploaded(desk, SECOND))


def test_the_changed_ways_are_shown_in_words_and_all_of_them_in_a_file(desk: Desk) -> None:
    shown = uploaded(desk, re.sub(r"do: \[([A-Z][^\]{}\"]+)\]", r"do: [\1 now]", SECOND))
    assert "ready to activate" in shown["text"]
    assert "groups of combinations change" in words(shown)
    assert "has other things to do" in words(shown)
    content = next(body for name, body in desk.slack.stored.values() if name.startswith("Changes of infinity"))
    assert content.decode().count("When ") > told.SHOWN


def test_a_version_of_a_later_date_is_activated_for_that_day(desk: Desk) -> None:
    shown = uploaded(desk, SECOND.replace("effective: 2026-11-21", "effective: 2999-01-01"))
    assert "agents get it from 1 January 2999 on" in words(shown)

    desk.person(ADMIN).press(shown, told.ACTIVATE)
    assert "from 1 January 2999 on" in words(message(desk))
    cold_start()
    assert QUESTION in asked(begun(desk))
    assert "Activated for 1 January 2999" in asked(listed(desk))


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        (SECOND.replace("title: Infinity communications", "title: Infinity: communications"), ["line 6", "not YAML"]),
        (SECOND.replace("audience:", "audiance:"), ["line 9", "unknown field `audiance`"]),
        (b"\xff\xd8\xff a picture", ["line 1", "not UTF-8 text"]),
        (SHIPPED.replace(QUESTION, ASKED_ANEW), ["line 7", "version 1 is another content already"]),
    ],
)
def test_a_bad_file_is_refused_with_file_line_and_reason_and_agents_keep_what_they_have(
    desk: Desk, text: str | bytes, reasons: list[str]
) -> None:
    shown = uploaded(desk, text)
    assert "was not published" in shown["text"]
    for reason in ["infinity.yaml", *reasons]:
        assert reason in words(shown)
    assert QUESTION in asked(begun(desk))
    assert "Version 2" not in asked(listed(desk))


def test_many_faults_come_as_a_file_too(desk: Desk) -> None:
    uploaded(desk, SECOND.replace("go: ", "go: nowhere_"))
    (sent,) = desk.slack.called("files.completeUploadExternal")
    assert told.FAULTS_FILE in json.dumps(sent)
    content = next(body for name, body in desk.slack.stored.values() if name == told.FAULTS_FILE)
    assert content.decode().count("there is no node") > told.SHOWN


def test_a_new_script_comes_with_the_passage_it_is_quoted_from_in_a_second_file(desk: Desk) -> None:
    hand_in(desk, CITING, BROUGHT)
    (received,) = desk.aws.received("PUBLISH_QUEUE_URL")
    assert (received["Body"]["file"], received["Body"]["sources"]) == ("FPROC", "FSRC")
    work(desk)
    shown = message(desk)
    assert "ready to activate" in shown["text"]
    assert "5,760 combinations" in words(shown)

    desk.person(ADMIN).press(shown, told.ACTIVATE)
    cold_start()
    agent = begun(desk)
    agent.click("answer:channel:phone")
    agent.click("answer:caller_type", "homeowner")
    assert NEW_WORDS in asked(agent)


@pytest.mark.parametrize(
    ("sources", "reason"),
    [(None, "D1-27"), (BROUGHT.replace("full name", "whole name"), "letter for letter")],
)
def test_new_words_without_a_passage_that_holds_them_are_refused(desk: Desk, sources: str | None, reason: str) -> None:
    shown = uploaded(desk, CITING, sources)
    assert "was not published" in shown["text"]
    assert reason in words(shown)
    assert "Version 2" not in asked(listed(desk))


def test_what_agents_have_already_changes_nothing(desk: Desk) -> None:
    assert "have already" in uploaded(desk, SHIPPED)["text"]


def test_of_two_admins_one_wins_and_the_other_sees_the_new_state(desk: Desk) -> None:
    desk.settings(roles={"admin": [ADMIN, TOM]})
    shown = uploaded(desk, SECOND)
    other = listed(desk, TOM)
    desk.person(ADMIN).press(shown, told.ACTIVATE)

    third = uploaded(desk, SECOND.replace('version: "2"', 'version: "3"'))
    digest = next(
        e["value"] for b in shown["blocks"] for e in b.get("elements", ()) if e.get("action_id") == told.ACTIVATE
    )
    switch(other, digest)
    assert "Somebody else switched a version meanwhile" in asked(other)

    switch(listed(desk, TOM), "infinity||1")
    desk.person(ADMIN).press(third, told.ACTIVATE)
    assert "Another version was activated in the meantime" in message(desk)["text"]
    desk.person(ADMIN).press(message(desk), told.ACTIVATE)
    assert "version 3, is activated" in message(desk)["text"]


def test_a_discarded_version_is_gone_from_the_list_and_cannot_be_activated(desk: Desk) -> None:
    shown = uploaded(desk, SECOND)
    desk.person(ADMIN).press(shown, told.DISCARD)
    assert "was discarded" in message(desk)["text"]
    assert "Version 2" not in asked(listed(desk))
    desk.person(ADMIN).press(shown, told.ACTIVATE)
    assert "no longer applies" in message(desk)["text"]


def test_an_upload_handed_over_twice_is_told_once(desk: Desk) -> None:
    hand_in(desk, SECOND)
    (received,) = desk.aws.received("PUBLISH_QUEUE_URL")
    record = {"messageId": "m1", "body": json.dumps(received["Body"]), "attributes": {"ApproximateReceiveCount": "1"}}
    for _ in range(2):
        assert publish_app.handler({"Records": [record]}, Context()) == {"batchItemFailures": []}
    assert len(desk.slack.called("chat.postMessage")) == 1


def test_a_failure_of_ours_is_told_at_the_last_try(desk: Desk) -> None:
    hand_in(desk, SECOND)
    desk.slack.faults.append(Fault(method="files.info", error="internal_error"))
    assert work(desk, tries=3) == ["m1"]
    assert "for a reason of ours" in message(desk)["text"]


class Killed(BaseException):
    """Lambda ends the function: no code of it runs any more."""


@pytest.mark.filterwarnings("ignore:No application metrics")
def test_an_upload_whose_every_try_lambda_ended_is_told_to_its_admin(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(desk, SECOND)
    with monkeypatch.context() as patched:
        patched.setattr("functions.publish.publishing.examine", lambda *_, **__: _die())
        for tries in (1, 2, 3):
            with pytest.raises(Killed):
                work(desk, tries=tries)
    assert "for a reason of ours" not in message(desk)["text"]
    assert work(desk, tries=4) == ["m1"], "it goes to the dead letters"
    assert "for a reason of ours" in message(desk)["text"]
    # Replayed once it is mended, it goes on in the same message.
    assert work(desk, tries=1) == []
    assert "ready to activate" in message(desk)["text"]
    assert len(desk.slack.called("chat.postMessage")) == 1


def _die() -> None:
    raise Killed


@pytest.mark.parametrize(
    "fault",
    [
        Fault(method="chat.postMessage", hangs_up=True, done=True),
        Fault(method="chat.postMessage", hangs_up=True),
        Fault(method="chat.postMessage", status=500, done=True),
        Fault(method="chat.postMessage", status=500),
    ],
    ids=["posted, no answer", "no answer", "posted, 500", "500"],
)
def test_a_first_message_whose_fate_is_unknown_is_looked_for(desk: Desk, fault: Fault) -> None:
    hand_in(desk, SECOND)
    desk.slack.faults.append(fault)
    assert work(desk) == ["m1"]
    assert work(desk, tries=2) == []
    (shown,) = desk.slack.messages
    assert "ready to activate" in shown["text"]


def test_an_upload_that_cannot_be_handed_over_is_told_at_once_and_again_it_goes_through(
    desk: Desk, aws_faults: AwsFaults
) -> None:
    """The message is the whole job: there is nothing that a sweep would have to find."""
    aws_faults.on(clients.sqs())
    aws_faults.add(AwsFault(operation="SendMessage", code="InternalError", status=500, times=2))
    admin = desk.person(ADMIN)
    admin.command("/sop-admin", "publish")
    desk.slack.stored["FPROC"] = ("infinity.yaml", SECOND.encode())
    values = {told.FILE: {"file": {"type": "file_input", "files": [{"id": "FPROC"}]}}}
    submission = {"type": "view_submission", "view": admin._view() | {"state": {"values": values}}}
    assert "That did not work. Try again" in admin.interact(submission)
    assert "on its way" in admin.interact(submission)
    assert work(desk) == []


def test_an_upload_without_a_file_is_asked_for_one(desk: Desk) -> None:
    admin = desk.person(ADMIN)
    admin.command("/sop-admin", "publish")
    answer = admin.interact({"type": "view_submission", "view": admin._view() | {"state": {"values": {}}}})
    assert "Choose the procedure's file first." in answer
    assert desk.aws.received("PUBLISH_QUEUE_URL") == []


def test_a_run_whose_version_cannot_be_had_is_told_to_try_again_and_gets_no_other_words(desk: Desk) -> None:
    desk.person(ADMIN).press(uploaded(desk, SECOND), told.ACTIVATE)
    cold_start()
    agent = begun(desk)
    (digest,) = {run.procedure_digest for run in desk.runs()}
    key = {"pk": {"S": f"PROCEDURE#{digest}"}, "sk": {"S": "COMPILED"}}
    desk.aws.dynamodb.delete_item(TableName=desk.aws.settings_table, Key=key)
    cold_start()
    before = asked(agent)
    agent.click("answer:channel:phone")

    assert "That did not work. Try again" in json.dumps([desk.slack.called("views.push"), desk.slack.views])
    assert before == json.dumps(desk.slack.views[json.loads(before)["id"]], ensure_ascii=False)


def test_a_release_that_ships_other_words_under_a_span_that_was_brought_holds_no_upload_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = uploaded(desk, SECOND)
    desk.person(ADMIN).press(shown, told.ACTIVATE)
    shipped, lines = reading.find_sources()
    renamed = tuple(msgspec.structs.replace(each, title=f"{each.title}, anew") for each in shipped.documents)
    later = msgspec.structs.replace(shipped, documents=renamed)
    monkeypatch.setattr(reading, "find_sources", lambda: (later, lines))

    assert "ready to activate" in uploaded(desk, SECOND.replace('version: "2"', 'version: "3"'))["text"]


def test_the_audit_has_who_uploaded_and_who_switched(desk: Desk) -> None:
    shown = uploaded(desk, SECOND)
    desk.person(ADMIN).press(shown, told.ACTIVATE)
    admin = desk.person(ADMIN)
    admin.command("/sop-admin", "audit")
    assert "as shipped → 2" in asked(admin)


def test_no_word_of_a_file_is_logged(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    uploaded(desk, "procedure: [Marked-Word")
    uploaded(desk, SECOND + "\nmarked_key: Marked-Word")
    assert "arked" not in "".join(capsys.readouterr())
