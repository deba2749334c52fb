"""Everything people do to a case: by role and state, once each, and told what the case is now if they came late."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest

from infra.local.workspace import limits
from sop_aws.deliveries import outbox
from sop_aws.runs import RunStore
from sop_slack.cards import case_message
from sop_slack.stories import direct_message, event_message
from tests.builders.desk import a_run, an_opened_case
from tests.builders.people import AGENT, LEAD, PRIYA, TOM, TRAINED
from tests.integration.slack.test_audit import trail
from tests.integration.slack.test_cases import an_open_case, card, now, told
from tests.integration.slack.test_infinity_run import REASON, begin, to_the_callback

if TYPE_CHECKING:
    from sop_core.cases.case import Case, CaseEvent
    from tests.integration.slack.conftest import Desk
    from tests.standin.person import Person

FILE = {"id": "F0ROOF", "name": "roof.jpg", "mimetype": "image/jpeg", "size": 1234}


@pytest.fixture
def case(desk: Desk) -> Case:
    desk.settings(roles={"lead": [LEAD], "back_office": ["U0BACK001"]})
    return an_open_case(desk)


@pytest.fixture
def priya(desk: Desk) -> Person:
    return desk.person(PRIYA, "priya.nair")


def last_event(desk: Desk) -> CaseEvent:
    return desk.cases.events(now(desk).id)[-1]


def rows(desk: Desk) -> list[tuple[str, str]]:
    """What Slack is still to be told about the latest version."""
    case = now(desk)
    return [(row.kind, row.channel) for row in desk.cases.outbox.pending(case.id) if row.version == case.version]


def claimed(desk: Desk, priya: Person) -> Case:
    priya.press(card(now(desk)), "case_claim")
    return now(desk)


def returned(desk: Desk, priya: Person) -> Case:
    priya.press(card(claimed(desk, priya)), "case_return")
    priya.submit(why="Which of the two projects?")
    return now(desk)


def test_assign_gives_the_case_to_someone_else_with_a_reason(desk: Desk, case: Case, priya: Person) -> None:
    priya.press(card(case), "case_assign")
    limits.check_view(priya.view)
    assert priya.submit(assignee={"selected_user": TOM}, why="He knows the installer.") == {}
    assert (now(desk).state, now(desk).assignee) == ("claimed", TOM)
    line = event_message(now(desk), last_event(desk))
    assert line.text.startswith(f"<@{TOM}> ")
    assert "He knows the installer" in line.text
    assert PRIYA not in line.text


def test_only_those_who_handle_cases_are_assigned_one(desk: Desk, case: Case, priya: Person) -> None:
    priya.press(card(case), "case_assign")
    refused = priya.submit(assignee={"selected_user": AGENT}, why=" ")
    assert set(refused["errors"]) == {"assignee", "why"}
    assert now(desk).version == 1


def test_a_returned_case_tells_its_owner_who_sends_it_again(desk: Desk, case: Case, priya: Person) -> None:
    again = returned(desk, priya)
    assert (again.state, again.returned_reason) == ("returned", "Which of the two projects?")
    assert rows(desk) == [("card", "C0RESOLUT"), ("thread", "C0RESOLUT"), ("dm", AGENT)]
    message = direct_message(again, last_event(desk))
    limits.check_message(text=message.text, blocks=list(message.blocks))
    owner = desk.person(AGENT)
    owner.press({"channel": "D1", "ts": "1.1", "blocks": list(message.blocks)}, "case_resend")
    assert "Which of the two projects?" in str(owner.view), "what is asked stands above the answer"
    assert owner.submit(note="The one in Austin.") == {}
    assert last_event(desk).note == "The one in Austin."
    assert (now(desk).state, now(desk).assignee) == ("open", None)
    [handled] = desk.slack.called("chat.update")
    assert (handled["channel"], handled["ts"]) == ("D1", "1.1")
    assert "open now. maya.torres sent the case again." in handled["text"]
    assert [pause[0] for pause in now(desk).pauses] == [again.paused_at]


def test_a_returned_case_is_voided_by_its_owner_with_the_closed_reason_of_the_sop(
    desk: Desk, case: Case, priya: Person
) -> None:
    returned(desk, priya)
    owner = desk.person(AGENT)
    owner.press(card(now(desk)), "case_void")
    assert owner.submit(note="Opened for the wrong project.") == {}
    assert (now(desk).state, now(desk).closed_reason) == ("voided", "Case Voided")


@pytest.mark.parametrize("action", ["resend", "void"])
def test_another_agent_does_not_answer_a_returned_case_and_is_told_who_can(
    desk: Desk, case: Case, priya: Person, action: str
) -> None:
    returned(desk, priya)
    desk.person(TRAINED).press(card(now(desk)), f"case_{action}")
    assert now(desk).state == "returned"
    assert told(desk)[-1] == "Only maya.torres, who opened this case, or a lead can do that."


@pytest.mark.parametrize(("action", "state"), [("resend", "open"), ("void", "voided")])
def test_a_lead_answers_a_returned_case_whose_owner_is_absent(
    desk: Desk, case: Case, priya: Person, action: str, state: str
) -> None:
    returned(desk, priya)
    lead = desk.person(LEAD, "leah.stone")
    lead.press(card(now(desk)), f"case_{action}")
    assert lead.submit(note="She is on leave; it is the one in Austin.") == {}
    assert (now(desk).state, last_event(desk).actor) == (state, LEAD)


def test_the_owner_withdraws_a_case_opened_by_mistake_from_the_screen_that_says_it_is_open(desk: Desk) -> None:
    agent = begin(desk)
    to_the_callback(agent)
    agent.submit(reason_of_call=REASON)
    agent.click("case_withdraw")
    agent.view = list(desk.slack.views.values())[-1]
    assert agent.submit(note="") == {}
    assert now(desk).state == "voided"
    assert last_event(desk).action == "withdraw"


def test_another_agent_does_not_withdraw_it(desk: Desk, case: Case) -> None:
    desk.person(TRAINED).choose_more(card(case), "withdraw")
    assert now(desk).state == "open"
    assert told(desk)[-1] == "Only maya.torres, who opened this case, can do that."


def test_who_has_not_the_role_is_told_which_it_takes(desk: Desk, case: Case, priya: Person) -> None:
    claimed(desk, priya)
    desk.person(TRAINED).choose_more(card(now(desk)), "assign")
    assert told(desk)[-1].startswith("This needs the role *resolution specialist or lead*")


def test_asking_for_an_update_calls_owner_and_assignee_and_starts_the_promise(
    desk: Desk, case: Case, priya: Person
) -> None:
    claimed(desk, priya)
    caller = desk.person(TRAINED, "sam.okafor")
    caller.choose_more(card(now(desk)), "ask_update")
    assert caller.submit(note="Called for the third time.") == {}
    line = event_message(now(desk), last_event(desk))
    assert line.text.startswith(f"<@{AGENT}> <@{PRIYA}> ")
    assert now(desk).promised_from == last_event(desk).at
    assert (
        "Update promised by" in json.dumps(case_message(now(desk)).blocks) or now(desk).opened_at == last_event(desk).at
    )


def test_a_case_that_is_acted_on_in_the_middle_of_a_call_leads_back_to_the_call(desk: Desk, case: Case) -> None:
    """Its details say what was done; below them the call is as it was, with what was typed."""
    agent = begin(desk)
    to_the_callback(agent)
    call = agent.view["id"]
    agent.click("case_details", reason_of_call="Half a sente")
    agent.click("case_ask_update")
    agent.submit()

    assert agent.view["title"]["text"] == "Case"
    assert "You asked for an update." in json.dumps(agent.view["blocks"][0])
    assert last_event(desk).action == "ask_update"
    agent.close()
    assert agent.view["id"] == call
    assert agent.view["title"]["text"] == "Infinity communications"


def test_a_note_goes_to_the_thread_once_and_makes_no_click_late(desk: Desk, case: Case, priya: Person) -> None:
    agent = desk.person(AGENT)
    agent.choose_more(card(case), "note")
    assert agent.submit(note="She prefers mornings. <!channel>") == {}
    agent.repeat()
    assert now(desk).version == 2
    assert rows(desk) == [("thread", "C0RESOLUT")]
    assert "<!channel>" not in event_message(now(desk), last_event(desk)).text
    priya.press(card(case), "case_claim")
    assert (now(desk).state, told(desk)) == ("claimed", [])


def test_documents_are_listed_on_the_case_and_told_in_the_thread(desk: Desk, case: Case) -> None:
    back_office = desk.person("U0BACK001", "bo")
    back_office.choose_more(card(case), "attach")
    assert back_office.submit(documents={"files": [FILE]}, note="From her email.") == {}
    assert [(each.name, each.key) for each in now(desk).documents] == [("roof.jpg", f"cases/{case.id}/F0ROOF")]
    assert [kind for kind, _ in rows(desk)] == ["documents", "card", "thread"]
    line = event_message(now(desk), last_event(desk))
    assert line.text.startswith(f"<@{AGENT}> ")
    assert "roof.jpg" in json.dumps(line.blocks)
    assert "roof.jpg" not in line.text


def test_nothing_is_attached_without_a_file(desk: Desk, case: Case) -> None:
    agent = desk.person(AGENT)
    agent.choose_more(card(case), "attach")
    assert agent.submit(documents={"files": []})["errors"] == {"documents": "Choose a file first."}


def test_a_case_with_confirmations_is_closed_only_with_both(desk: Desk, priya: Person) -> None:
    asked = ("Contact was made", "The process is complete")
    run = RunStore(desk.aws.dynamodb, desk.aws.cases_table).create(a_run())
    case, event = an_opened_case()
    case = msgspec.structs.replace(case, confirmations=asked)
    desk.cases.open(case, event, outbox(case, "card", at=event.at), run)
    claimed(desk, priya)
    priya.press(card(now(desk)), "case_close")
    boxes = next(block["element"]["options"] for block in priya.view["blocks"] if block.get("block_id") == "confirmed")
    half = priya.submit(reason="Contacted and resolved", confirmed={"selected_options": boxes[:1]})
    assert set(half["errors"]) == {"confirmed"}
    assert priya.submit(reason="Contacted and resolved", confirmed={"selected_options": boxes}) == {}
    assert (now(desk).state, now(desk).confirmed) == ("closed", asked)


def test_the_details_show_history_and_salesforce_fields_and_take_its_number(
    desk: Desk, case: Case, priya: Person
) -> None:
    claimed(desk, priya)
    priya.press(card(now(desk)), "case_details")
    limits.check_view(priya.view)
    shown = json.dumps(priya.view, ensure_ascii=False)
    for needed in (
        "Case Type", "Installer Complaints", "Subtype", "Workout Plan", "Case Description", "Infinity Callbacks: ",
        "Case Feed", "@Jonathan Lezama @elijah carr", "Case Assignment", "maya.torres opened the case.",
        "priya.nair claimed the case.",
    ):  # fmt: skip
        assert needed in shown
    saved = priya.submit(number="00123456")
    assert saved["response_action"] == "update"
    assert now(desk).salesforce == "00123456"
    assert "00123456" in json.dumps(case_message(now(desk)).blocks)
    seen = [entry.actor for entry in trail(desk) if (entry.kind, entry.subject) == ("view", case.id)]
    assert seen == [PRIYA]


def test_acting_in_the_details_draws_them_anew(desk: Desk, case: Case, priya: Person) -> None:
    priya.press(card(case), "case_details")
    priya.click("case_claim")
    assert "claimed by" in json.dumps(priya.view)
    priya.click("case_return")
    assert now(desk).state == "claimed"


def test_an_agent_sees_the_details_and_changes_only_what_is_theirs(desk: Desk, case: Case) -> None:
    other = desk.person(TRAINED)
    other.press(card(case), "case_details")
    buttons = [e["action_id"] for block in other.view["blocks"] for e in block.get("elements", ()) if "action_id" in e]
    assert buttons == ["case_ask_update", "case_note", "case_attach"]
    assert "submit" not in other.view
