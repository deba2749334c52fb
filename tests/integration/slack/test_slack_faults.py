"""Slack misbehaves while somebody waits for an answer: what was done stands once, and the person reads what to do.

``docs/reliability.md`` says the same in words.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest

from functions.slack import app
from functions.slack.failing import UNAVAILABLE
from sop_aws import clients
from tests.builders.people import ADMIN, AGENT, PRIYA
from tests.integration.slack.test_cases import an_open_case, card, now, told
from tests.integration.slack.test_infinity_run import REASON, begin
from tests.standin.aws import BOT_TOKEN, SIGNING_SECRET
from tests.standin.faults import AwsFault
from tests.standin.functions import cold_start
from tests.standin.person import signed, to_handler
from tests.standin.slack import Fault

if TYPE_CHECKING:
    from tests.integration.slack.conftest import Desk
    from tests.standin.faults import AwsFaults
    from tests.standin.person import Person

ANY: Final = "of the call"
TOO_LATE: Final = "That took too long"
FAILED: Final = "That did not work. Try again"
FAULTS: Final = {
    "expired_trigger_id": (Fault(method=ANY, error="expired_trigger_id"), TOO_LATE),
    "exchanged_trigger_id": (Fault(method=ANY, error="exchanged_trigger_id"), TOO_LATE),
    "429": (Fault(method=ANY, status=429, error="ratelimited", retry_after=30), "slow down"),
    "500": (Fault(method=ANY, status=500), FAILED),
    "502 with a page": (Fault(method=ANY, status=502, page=True), FAILED),
    "cut off": (Fault(method=ANY, hangs_up=True), FAILED),
    "token_revoked": (Fault(method=ANY, error="token_revoked"), "does not let SOP Desk in"),
}
COMMANDS: Final = {
    "/infinity": (AGENT, ""),
    "/sop": (AGENT, ""),
    "/transfers": (ADMIN, "upload"),
    "/sop-admin": (ADMIN, "publish"),
}


@pytest.mark.parametrize(("fault", "sentence"), FAULTS.values(), ids=FAULTS.keys())
def test_a_command_whose_window_does_not_open_says_so_in_its_place(desk: Desk, fault: Fault, sentence: str) -> None:
    for command, (user, text) in COMMANDS.items() if sentence == TOO_LATE else [("/infinity", (AGENT, ""))]:
        person = desk.person(user)
        desk.slack.faults.append(replace(fault, method="views.open"))
        said = person.command(command, text)
        assert sentence in said
        assert sentence != TOO_LATE or f"Type `{command}` again" in said
        person.command(command, text)
        assert person.view, "typed again, it opens"


@pytest.mark.parametrize(("fault", "sentence"), FAULTS.values(), ids=FAULTS.keys())
def test_a_card_whose_form_does_not_open_says_so_to_whoever_pressed(desk: Desk, fault: Fault, sentence: str) -> None:
    case = an_open_case(desk)
    priya = desk.person(PRIYA, "priya.nair")
    priya.press(card(case), "case_claim")
    desk.slack.faults.append(replace(fault, method="views.open"))
    priya.press(card(now(desk)), "case_close")
    assert sentence in told(desk)[-1]
    assert now(desk).state == "claimed"


def resume_from_home(desk: Desk, agent: Person, run: str) -> None:
    view = {"id": "VHOME", "hash": "1", "type": "home", "private_metadata": "", "state": {"values": {}}}
    press = {"type": "button", "action_id": "run_resume", "value": run, "action_ts": "1.0"}
    agent.interact({"type": "block_actions", "view": view, "container": {"type": "view"}, "actions": [press]})


@pytest.mark.parametrize("error", ["expired_trigger_id", "exchanged_trigger_id"])
def test_where_no_window_can_open_at_all_the_sentence_comes_as_a_direct_message(desk: Desk, error: str) -> None:
    """A button of the Home tab, and one of a modal: there is no channel to say it in, and the trigger is spent."""
    agent = begin(desk)
    run = json.loads(agent.view["private_metadata"])["run"]
    desk.slack.faults.extend([Fault(method="views.open", error=error)] * 2)
    resume_from_home(desk, agent, run)
    [message] = desk.slack.messages
    assert message["channel"] == AGENT
    assert TOO_LATE in message["text"]
    assert "Do it once more" in message["text"]


def test_where_the_app_is_not_in_the_channel_the_sentence_comes_in_a_window(desk: Desk) -> None:
    case = an_open_case(desk)
    priya = desk.person(PRIYA, "priya.nair")
    priya.press(card(case), "case_claim")
    desk.slack.faults.append(Fault(method="chat.postEphemeral", error="channel_not_found"))
    priya.press(card(case), "case_claim")
    assert "claimed" in json.dumps(priya.view)


@pytest.mark.parametrize(("fault", "sentence"), FAULTS.values(), ids=FAULTS.keys())
def test_an_answer_whose_redraw_fails_is_saved_and_said_on_top(desk: Desk, fault: Fault, sentence: str) -> None:
    agent = begin(desk)
    agent.click("project_choose", "INF-100001")
    desk.slack.faults.append(replace(fault, method="views.update"))
    agent.click("answer:channel:phone")
    assert sentence in json.dumps(agent.view)
    agent.close()
    # The same click again, as the sentence asks for: it is the answer already, and the window is drawn.
    agent.click("answer:channel:phone")
    assert "answer:caller_type" in json.dumps(agent.view)


@pytest.mark.parametrize("error", ["hash_conflict", "not_found"])
def test_a_window_that_moved_on_or_was_closed_is_no_failure(desk: Desk, error: str) -> None:
    agent = begin(desk)
    agent.click("project_choose", "INF-100001")
    desk.slack.faults.append(Fault(method="views.update", error=error))
    agent.click("answer:channel:phone")
    assert desk.slack.called("views.push") == []
    agent.command("/sop")
    assert "waiting for" in json.dumps(agent.view)


@pytest.mark.parametrize(("fault", "sentence"), FAULTS.values(), ids=FAULTS.keys())
def test_a_home_tab_that_is_not_taken_says_so_and_the_event_is_over(desk: Desk, fault: Fault, sentence: str) -> None:
    person = desk.person(PRIYA)
    desk.slack.faults.append(replace(fault, method="views.publish"))
    assert sentence in json.dumps(person.open_home())
    assert "Unclaimed" in json.dumps(person.open_home())


@pytest.mark.parametrize("fault", [{"status": 500}, {"hangs_up": True}, {"error": "message_not_found"}], ids=str)
def test_what_was_done_to_a_case_is_not_called_failed_for_want_of_a_redraw(desk: Desk, fault: dict[str, Any]) -> None:
    """The direct message that asked for it is drawn as a courtesy."""
    case = an_open_case(desk)
    desk.slack.faults.append(Fault(method="chat.update", **fault))
    desk.person(PRIYA, "priya.nair").press({**card(case), "channel": "D0PRIYA"}, "case_claim")
    assert not desk.slack.faults
    assert now(desk).state == "claimed"
    assert told(desk) == []


class TestUsersAndGroups:
    @pytest.mark.parametrize(
        "fault",
        [
            Fault(method="usergroups.users.list", status=429, error="ratelimited", retry_after=30),
            Fault(method="usergroups.users.list", status=500),
            Fault(method="usergroups.users.list", hangs_up=True),
            Fault(method="usergroups.users.list", error="token_revoked"),
        ],
        ids=["429", "500", "cut off", "token_revoked"],
    )
    def test_nobody_is_told_that_they_lack_a_role_of_which_slack_does_not_tell(self, desk: Desk, fault: Fault) -> None:
        desk.slack.groups["S0AGENTS"] = [AGENT]
        desk.settings(roles={"agent": ["S0AGENTS"]})
        desk.slack.faults.append(fault)
        agent = desk.person(AGENT)
        assert "Slack did not say whether you are in the group" in agent.command("/infinity")
        cold_start()
        agent.command("/infinity")
        assert agent.view

    def test_what_slack_told_lately_holds_while_it_is_away(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        desk.slack.groups["S0AGENTS"] = [AGENT]
        desk.settings(roles={"agent": ["S0AGENTS"]})
        agent = desk.person(AGENT)
        agent.command("/infinity")
        monkeypatch.setattr("functions.slack.access.GROUP_SECONDS", 0.0)
        desk.slack.faults.append(Fault(method="usergroups.users.list", status=500))
        agent.command("/infinity")
        assert agent.view


class TestToken:
    def test_a_rotated_token_is_read_anew_by_a_warm_container(self, desk: Desk) -> None:
        agent = desk.person(AGENT)
        desk.slack.faults.append(Fault(method="views.open", error="token_revoked"))
        assert "does not let SOP Desk in" in agent.command("/infinity")
        rotated = msgspec.json.encode({"signing_secret": SIGNING_SECRET, "bot_token": "xoxb-rotated"}).decode()
        desk.aws.secrets.put_secret_value(SecretId="slack", SecretString=rotated)
        agent.command("/infinity")
        assert agent.view
        assert desk.slack.tokens == {BOT_TOKEN, "xoxb-rotated"}

    @pytest.mark.parametrize("code", ["ResourceNotFoundException", "InternalServiceError", "ThrottlingException"])
    def test_without_its_secret_it_says_so_and_starts_once_it_has_it(
        self, desk: Desk, aws_faults: AwsFaults, code: str
    ) -> None:
        """Nothing can be proven, so nothing is done; what is no command Slack itself calls failed, or sends again."""
        agent = begin(desk)
        cold_start()
        aws_faults.on(clients.secrets())
        aws_faults.add(AwsFault(operation="GetSecretValue", code=code, times=9))
        assert agent.command("/infinity") == UNAVAILABLE
        body = "payload=%7B%22type%22%3A%22block_actions%22%7D"
        status, answer = to_handler(app.handler)(body, signed(body, SIGNING_SECRET))
        assert (status, answer) == (503, "")

        aws_faults.end()
        agent.command("/infinity")
        assert agent.view

    def test_a_secret_that_is_no_secret_is_not_quoted(self, desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
        desk.aws.secrets.put_secret_value(SecretId="slack", SecretString="marked words")
        cold_start()
        assert desk.person(AGENT).command("/infinity") == UNAVAILABLE
        assert "marked words" not in "".join(capsys.readouterr())


class TestSlacksOwnRequests:
    def test_an_event_told_again_is_the_same_event(self, desk: Desk) -> None:
        """Slack repeats an event that it takes for lost: at once, after one minute and after five."""
        event = {
            "type": "message",
            "subtype": "file_share",
            "channel_type": "im",
            "channel": "D1",
            "user": ADMIN,
            "files": [{"id": "F1"}],
        }
        body = json.dumps({"type": "event_callback", "team_id": "T0SOLAR01", "api_app_id": "A", "event": event})
        for retry in (
            {},
            {"x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout"},
            {"x-slack-retry-num": "2"},
        ):
            headers = signed(body, SIGNING_SECRET) | {"content-type": "application/json"} | retry
            assert to_handler(app.handler)(body, headers)[0] == 200
        assert len(desk.transfers.jobs.due("2999-01-01T00:00:00Z")) == 1

    def test_commands_clicks_and_submissions_that_come_twice_count_once(self, desk: Desk) -> None:
        """Slack does not repeat them; what stands between it and us may."""
        agent = begin(desk)
        agent.repeat()
        for action, value in (("project_choose", "INF-100001"), ("answer:channel:phone", None)):
            agent.click(action, value)
            agent.repeat()
        agent.click("answer:caller_type", "homeowner")
        agent.click("answer:authenticated:yes")
        agent.click("answer:transfer_answered:no")
        agent.submit(reason_of_call=REASON)
        agent.repeat()
        [case] = desk.all_cases()
        priya = desk.person(PRIYA, "priya.nair")
        priya.press(card(case), "case_claim")
        priya.repeat()
        assert [event.action for event in desk.cases.events(case.id)] == ["open", "claim"]
        assert len(desk.runs()) == 1

    def test_an_older_click_that_arrives_after_a_newer_one_undoes_nothing(self, desk: Desk) -> None:
        """Both were made on the same screen: the first waited for a cold function, the second met a warm one."""
        agent = begin(desk)
        agent.click("project_choose", "INF-100001")
        before = dict(agent.view)
        older = click_on(agent, before, "answer:channel:phone", at=1000.0)
        newer = click_on(agent, before, "answer:channel:email", at=1001.0)
        agent.interact(newer)
        agent.interact(older)
        assert facts(desk)["channel"] == "email"
        assert "answer:caller_type" in json.dumps(desk.slack.views[before["id"]]), "and it shows what is stored"
        # A click on what is shown now is no late one, whatever its time.
        agent.view = desk.slack.views[before["id"]]
        agent.interact(click_on(agent, agent.view, "answer:caller_type", at=999.0, value="homeowner"))
        assert facts(desk)["caller_type"] == "homeowner"

    def test_an_older_click_of_a_card_is_told_what_the_case_is_now(self, desk: Desk) -> None:
        case = an_open_case(desk)
        priya = desk.person(PRIYA, "priya.nair")
        priya.press(card(case), "case_claim")
        priya.press(card(case), "case_claim")
        assert "claimed" in told(desk)[-1]
        assert len(desk.cases.events(case.id)) == 2


def click_on(agent: Person, view: dict[str, Any], action_id: str, *, at: float, value: str = "") -> dict[str, Any]:
    """Return the click on a button of a view, made at a time."""
    agent.view = view
    element = agent._element(action_id, value or None)
    return {
        "type": "block_actions",
        "view": agent._view(),
        "container": {"type": "view"},
        "actions": [{**element, "action_ts": f"{at:.6f}"}],
    }


def facts(desk: Desk) -> dict[str, Any]:
    [run] = desk.runs()
    return dict(run.facts)
