"""An agent's way through `/infinity`, by signed requests to the Lambda handler."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from sop_aws.snapshots import SnapshotStore
from sop_core import procedures
from sop_core.guidance import Translation
from sop_slack.cards import case_message
from tests.builders.cases import NASTY
from tests.builders.people import AGENT, BACK_OFFICE, TRAINED
from tests.builders.sheets import LISTED, NOT_TRANSFERRED, ORIGINAL
from tests.standin.functions import cold_start

if TYPE_CHECKING:
    from sop_core.guidance import Step
    from sop_core.transfers.matching import Index
    from sop_core.transfers.records import SnapshotRef
    from tests.integration.slack.conftest import Desk
    from tests.standin.person import Person

REASON = "Panels dark since Monday"


def begin(desk: Desk, user: str = AGENT, text: str = "jane do") -> Person:
    desk.sheet()
    agent = desk.person(user)
    agent.command("/infinity", text)
    return agent


def as_homeowner(agent: Person, channel: str = "phone") -> None:
    agent.click("project_choose", "INF-100001")
    agent.click(f"answer:channel:{channel}")
    agent.click("answer:caller_type", "homeowner")
    agent.click("answer:authenticated:yes")


def to_the_callback(agent: Person) -> None:
    as_homeowner(agent)
    agent.click("answer:transfer_answered:no")


def test_the_command_opens_a_modal_with_the_best_matches_to_choose_from(desk: Desk) -> None:
    agent = begin(desk)
    radio = next(
        e for b in agent.view["blocks"] for e in b.get("elements", ()) if e.get("action_id") == "project_choose"
    )
    assert {"INF-100001", "INF-100002"} <= {option["value"] for option in radio["options"]}


def test_only_what_fits_is_offered_where_something_does(desk: Desk) -> None:
    desk.sheet()
    agent = desk.person(AGENT)
    agent.command("/infinity", "otto nagel")
    assert "INF-100003" in json.dumps(agent.view)
    assert "INF-100001" not in json.dumps(agent.view)


def test_the_bare_command_opens_a_modal_with_the_search(desk: Desk) -> None:
    agent = begin(desk, text="")
    assert '"project_search"' in json.dumps(agent.view)


def test_the_search_answers_as_one_types_and_its_option_can_be_chosen(desk: Desk) -> None:
    agent = begin(desk, text="")
    options = agent.suggest("project_search", "otto nag")
    assert options[0]["value"] == "INF-100003"
    agent.choose_suggested("project_search", options[0])
    assert "Otto Nagel" in json.dumps(agent.view)


def test_what_the_sheet_and_the_groups_know_is_not_asked(desk: Desk) -> None:
    agent = begin(desk)
    as_homeowner(agent)
    asked = json.dumps(agent.view)
    assert "answer:transfer_answered:yes" in asked
    assert "From your Slack groups" in asked


def test_a_trained_agent_is_told_to_handle_it_and_that_the_sop_does_not_say_so(desk: Desk) -> None:
    agent = begin(desk, user=TRAINED)
    as_homeowner(agent)
    shown = json.dumps(agent.view)
    assert "Handle the workout plan yourself" in shown
    assert "Not in the SOP: check with your lead" in shown
    assert agent.view["submit"]["text"] == "Finish"


def expect_to_be_asked_for_the_installer(agent: Person) -> None:
    """A partner who asks for the payment of a transferred job is answered by who has it."""
    agent.click("answer:channel:phone")
    agent.click("answer:caller_type", "dealer_partner")
    agent.click("answer:authenticated:yes")
    agent.click("answer:topic", "transferred_job_payment")
    assert "Who has the project now?" in json.dumps(agent.view)


def test_an_installer_the_sheet_cannot_tell_is_asked_of_the_agent(desk: Desk) -> None:
    agent = begin(desk, text="bo chen")
    agent.click("project_choose", "INF-100005")
    expect_to_be_asked_for_the_installer(agent)


@pytest.mark.parametrize(
    ("typed", "key", "told"),
    [
        ("otto nagel", "INF-100003", "Stayed with its original IP: Sun Harbor Energy LLC"),
        ("ana lima", "INF-100004", "Cancelled: nobody has it now. It was with Sun Co"),
    ],
)
def test_who_has_the_panels_is_said_on_the_screen_in_the_case_and_in_its_notes(
    desk: Desk, typed: str, key: str, told: str
) -> None:
    desk.sheet(projects=(ORIGINAL, replace(NOT_TRANSFERRED, transferred_to="Sun Co", status="Cancelled")))
    agent = desk.person(AGENT)
    agent.command("/infinity", typed)
    agent.click("project_choose", key)
    assert told in json.dumps(agent.view)
    agent.click("answer:channel:phone")
    agent.click("answer:caller_type", "dealer_partner")
    agent.click("answer:authenticated:yes")
    agent.click("answer:topic", "other")
    ended = agent.submit(caller_name="Pat", callback_number="267 555 0100", reason_of_call=REASON)
    assert told in json.dumps(ended["view"])
    [case] = desk.all_cases()
    assert told in json.dumps(case_message(case).blocks)


def test_m3_is_asked_beside_what_the_sheet_says_of_the_milestone_and_of_which_day(desk: Desk) -> None:
    desk.sheet(projects=(replace(LISTED, milestone="M1"),), uploaded_at="2025-01-02T15:00:00Z")
    agent = desk.person(AGENT)
    agent.command("/servicing", "jane doe")
    agent.click("project_choose", LISTED.key)
    agent.click("answer:channel:phone")
    agent.click("answer:destination:account_servicing")
    assert "The transfer sheet of Jan 02, 2025 says *M1*." in json.dumps(agent.view)
    agent.click("answer:m3_approved:yes")
    assert "You said that M3 is approved. The transfer sheet of Jan 02, 2025 says *M1*" in json.dumps(agent.view)


def test_rows_that_contradict_each_other_prove_the_project_and_not_its_installer(desk: Desk) -> None:
    one = replace(LISTED, key="INF-100001#2", conflict=True)
    desk.sheet(projects=(one, replace(one, key="INF-100001#3", row=3, installer="unlisted", transferred_to="Sun Co")))
    agent = desk.person(AGENT)
    agent.command("/infinity", "jane do")
    assert "in conflict" in json.dumps(agent.view, ensure_ascii=False)
    agent.click("project_choose", "INF-100001#2")
    assert "more than once, with different content" in json.dumps(agent.view)
    expect_to_be_asked_for_the_installer(agent)


def test_no_answer_opens_the_case_and_shows_the_second_script_and_the_disposition(desk: Desk) -> None:
    agent = begin(desk)
    to_the_callback(agent)
    assert fields(agent)["callback_number"] == "(267) 555-0185"
    result = agent.submit(reason_of_call=REASON)
    assert result["response_action"] == "update"
    shown = json.dumps(result["view"], ensure_ascii=False)
    assert "One of our Infinity Team specialists will return your call" in shown
    assert "Workout Plan Status" in shown
    [case] = desk.all_cases()
    assert case.id in shown
    assert (case.type, case.subtype, case.description) == ("Installer Complaints", "Workout Plan", "Infinity Callbacks")
    assert case.tagged == {"Jonathan Lezama": "U0JLEZAMA", "elijah carr": "U0ECARR01"}
    assert case.notes["reason_of_call"] == REASON
    assert case.owner == AGENT


def test_the_card_is_not_posted_by_the_slack_function_but_waits_in_the_outbox(desk: Desk) -> None:
    agent = begin(desk)
    to_the_callback(agent)
    agent.submit(reason_of_call=REASON)
    [case] = desk.all_cases()
    assert desk.slack.called("chat.postMessage") == []
    assert [row.kind for row in desk.cases.outbox.pending(case.id)] == ["card"]
    [woken] = [message["Body"] for message in desk.aws.received("DELIVER_QUEUE_URL")]
    assert (woken["case"], sorted(woken)) == (case.id, ["case", "request"]), (
        "a wake-up says which case, and whose request it was"
    )


def test_submitting_twice_opens_one_case(desk: Desk) -> None:
    agent = begin(desk)
    to_the_callback(agent)
    agent.submit(reason_of_call=REASON)
    assert agent.repeat() == 200
    assert len(desk.all_cases()) == 1


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"reason_of_call": "  "}, "reason_of_call"),
        ({"reason_of_call": REASON, "callback_number": "call me"}, "callback_number"),
    ],
)
def test_what_is_missing_is_told_beside_its_field_and_opens_nothing(
    desk: Desk, typed: dict[str, str], field: str
) -> None:
    agent = begin(desk)
    to_the_callback(agent)
    result = agent.submit(**typed)
    assert result["response_action"] == "errors"
    assert [name.split(":")[1] for name in result["errors"]] == [field]
    assert desk.all_cases() == []


def test_a_changed_answer_drops_what_no_longer_applies_and_keeps_the_rest(desk: Desk) -> None:
    agent = begin(desk)
    to_the_callback(agent)
    agent.click("answer_menu:channel", "email")
    assert "Do not reply to the email" in json.dumps(agent.view)
    agent.click("answer_menu:channel", "phone")
    shown = json.dumps(agent.view)
    assert "Jane Doe" in shown
    assert "answer:authenticated:yes" in shown


def asks_whether_authenticated(agent: Person) -> bool:
    return "answer:authenticated:yes" in json.dumps(agent.view)


def test_another_caller_or_another_project_is_authenticated_anew(desk: Desk) -> None:
    agent = begin(desk)
    as_homeowner(agent)
    assert not asks_whether_authenticated(agent)
    agent.click("answer_menu:caller_type", "infinity_employee")
    assert asks_whether_authenticated(agent), "somebody else"
    agent.click("answer:authenticated:yes")
    agent.click("project_change")
    assert asks_whether_authenticated(agent), "the project was taken back"
    agent.click("answer:authenticated:yes")
    agent.choose_suggested("project_search", agent.suggest("project_search", "otto nag")[0])
    assert not asks_whether_authenticated(agent), "the first project that was chosen since"
    assert "Otto Nagel" in json.dumps(agent.view)


def test_a_project_chosen_over_another_asks_for_the_authentication_again(desk: Desk) -> None:
    agent = begin(desk)
    stale = dict(agent.view)
    as_homeowner(agent)
    agent.view = stale
    agent.click("project_choose", "INF-100002")
    assert asks_whether_authenticated(agent)
    agent.click("answer:authenticated:yes")
    agent.view = stale
    agent.click("answer:project:not_found")
    shown = json.dumps(agent.view)
    assert asks_whether_authenticated(agent)
    assert "John Doe" not in shown
    assert "Jane Doe" not in shown


def test_whoever_was_authenticated_stays_so_when_their_project_is_found(desk: Desk) -> None:
    agent = begin(desk)
    agent.click("answer:channel:phone")
    agent.click("answer:caller_type", "homeowner")
    agent.click("answer:authenticated:yes")
    agent.click("project_choose", "INF-100001")
    assert "answer:transfer_answered:yes" in json.dumps(agent.view)


def test_a_replayed_answer_does_not_undo_a_later_one(desk: Desk) -> None:
    agent = begin(desk)
    agent.click("answer:channel:phone")
    first = agent.sent[-1]
    agent.click("answer_menu:channel", "chat")
    assert agent.send(*first)[0] == 200
    agent.click("answer:caller_type", "homeowner")
    chosen = next(
        b["accessory"]["initial_option"]["value"] for b in agent.view["blocks"] if b.get("block_id") == "fact:channel"
    )
    assert chosen == "chat"


def test_two_quick_clicks_both_count(desk: Desk) -> None:
    agent = begin(desk)
    stale = dict(agent.view)
    agent.click("answer:channel:phone")
    agent.view = stale
    agent.click("project_choose", "INF-100001")
    shown = json.dumps(agent.view)
    assert "Jane Doe" in shown
    assert "fact:channel" in shown


def test_one_persons_run_cannot_be_driven_by_another(desk: Desk) -> None:
    agent = begin(desk)
    other = desk.person(TRAINED)
    other.view = dict(agent.view)
    other.click("answer:channel:phone")
    assert "belongs to someone else" in json.dumps(list(desk.slack.views.values())[-1])
    assert other.suggest("project_search", "jane") == []


def test_without_a_sheet_the_agent_is_told_and_not_found_cannot_be_concluded(desk: Desk) -> None:
    agent = desk.person(AGENT)
    agent.command("/infinity", "jane do")
    shown = json.dumps(agent.view)
    assert "There is no transfer sheet" in shown
    assert "answer:project:not_found" not in shown
    assert "answer:project:cannot_tell" in shown


def test_a_sheet_past_its_freshness_proves_no_absence(desk: Desk) -> None:
    desk.sheet(uploaded_at="2026-01-02T08:00:00Z")
    agent = desk.person(AGENT)
    agent.command("/infinity", "nobody at all")
    shown = json.dumps(agent.view)
    assert "days old" in shown
    assert "answer:project:not_found" not in shown


@pytest.mark.parametrize("text", ["jane do", ""])
def test_a_sheet_that_cannot_be_searched_proves_no_absence(desk: Desk, text: str) -> None:
    desk.sheet()
    desk.aws.s3.delete_object(Bucket="files", Key="snapshots/s1.bin")
    agent = desk.person(AGENT)
    agent.command("/infinity", text)
    if not text:
        assert agent.suggest("project_search", "jane") == []
        agent.click("answer:project:not_found")
    shown = json.dumps(agent.view)
    assert "cannot be searched right now" in shown
    assert "answer:project:not_found" not in shown
    assert "looks like" not in shown
    assert agent.suggest("project_search", "INF-100001")[0]["value"] == "INF-100001"


@pytest.mark.parametrize("text", ["doe, JANE", "71 Curry St.", "(267) 555-0185", "inf 100001"])
def test_without_the_search_snapshot_what_is_exact_is_found_and_said_to_be_exact(desk: Desk, text: str) -> None:
    desk.sheet()
    desk.aws.s3.delete_object(Bucket="files", Key="snapshots/s1.bin")
    agent = desk.person(AGENT)
    agent.command("/infinity", text)
    shown = json.dumps(agent.view)
    assert "Exact matches only" in shown
    assert "cannot be searched right now" in shown
    assert "answer:project:not_found" not in shown
    agent.click("project_choose", "INF-100001")
    assert "LGCY Installation Services" in json.dumps(agent.view)


def test_how_the_installer_is_reached_is_shown_where_the_settings_know(desk: Desk) -> None:
    desk.settings(installers={"LGCY Installation Services, LLC": "(800) 555-0104"})
    agent = begin(desk)
    agent.click("project_choose", "INF-100001")
    assert "Installer's contact: (800) 555-0104" in json.dumps(agent.view)


def test_a_run_is_resumed_from_sop_after_a_dropped_call(desk: Desk) -> None:
    agent = begin(desk)
    as_homeowner(agent)
    again = desk.person(AGENT)
    again.command("/sop")
    listed = json.dumps(again.view)
    assert "Where you left off" in listed
    assert "Escalated customer" in listed
    again.click("run_resume")
    shown = json.dumps(again.view)
    assert "Jane Doe" in shown
    assert "answer:transfer_answered:yes" in shown


def test_what_was_left_off_says_whom_it_is_about_and_what_it_waits_for(desk: Desk) -> None:
    agent = begin(desk)
    as_homeowner(agent)
    other = desk.person(AGENT)
    other.command("/infinity", "otto nag")
    other.click("answer:channel:phone")
    again = desk.person(AGENT)
    again.command("/sop")
    listed = [block["text"]["text"] for block in again.view["blocks"] if block.get("block_id", "").startswith("run:")]
    assert sorted(listed) == [
        "Infinity communications · INF-100001 · Jane Doe\njust now · waiting for: Did the specialist team answer?",
        "Infinity communications · otto nag\njust now · waiting for: Who is it?",
    ]


def test_what_is_not_needed_any_more_is_discarded(desk: Desk) -> None:
    agent = begin(desk)
    as_homeowner(agent)
    again = desk.person(AGENT)
    again.command("/sop")
    again.click("run_discard")
    assert "Where you left off" not in json.dumps(again.view)
    agent.click("answer:transfer_answered:yes")
    assert "answer:transfer_answered:yes" in json.dumps(agent.view), "given up, the run takes no answer"


def test_a_run_that_is_finished_can_be_looked_at_from_sop_the_same_day(desk: Desk) -> None:
    agent = begin(desk)
    as_homeowner(agent)
    agent.click("answer:transfer_answered:yes")
    assert agent.submit()["response_action"] == "update"
    again = desk.person(AGENT)
    again.command("/sop")
    shown = json.dumps(again.view)
    assert "Finished today" in shown
    assert "just now \\u00b7 Workout Plan Status" in shown
    again.click("run_resume")
    notes = json.dumps(again.view, ensure_ascii=False)
    assert "Said: “Thanks so much for that information." in notes
    assert "Transfer to 1-877-425-5201: Answered" in notes


def test_an_open_case_of_the_project_is_shown_and_stays_the_back_offices_to_confirm(desk: Desk) -> None:
    agent = begin(desk)
    to_the_callback(agent)
    agent.submit(reason_of_call=REASON)
    [case] = desk.all_cases()
    nina = desk.person(BACK_OFFICE)
    nina.command("/documents", "jane do")
    nina.click("project_choose", "INF-100001")
    shown = json.dumps(nina.view)
    assert case.id in shown
    assert "case_details" in shown
    nina.click("answer_menu:case_found", "no")
    assert nina.view["submit"]["text"] == "Open case"


def test_the_project_can_be_chosen_until_the_case_is_open(desk: Desk) -> None:
    desk.sheet()
    agent = desk.person(AGENT)
    agent.command("/escalate")
    agent.click("answer:customer_asked:no")
    agent.pick("qualifiers", "fraud")
    agent.click("answer_none:concerns")
    assert agent.view["submit"]["text"] == "Open case"
    agent.choose_suggested("project_search", agent.suggest("project_search", "otto nag")[0])
    assert fields(agent)["caller_name"] == "Otto Nagel"


def test_the_modal_is_there_before_the_sheet_is_searched(desk: Desk) -> None:
    desk.sheet()
    desk.aws.s3.delete_object(Bucket="files", Key="snapshots/s1.bin")
    agent = desk.person(AGENT)
    agent.command("/infinity", "jane do")
    assert [name for name, _ in desk.slack.calls] == ["views.open", "views.update"]
    first = json.dumps(desk.slack.called("views.open")[0]["view"])
    assert "Searching the transfer sheet" in first
    assert "project_search" in first


def test_the_sheets_search_is_loaded_once_the_modal_is_there(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.sheet()
    cold_start()
    shown_at_load: list[int] = []
    load = SnapshotStore._load

    def noted(store: SnapshotStore, ref: SnapshotRef) -> Index:
        shown_at_load.append(len(desk.slack.called("views.open")))
        return load(store, ref)

    monkeypatch.setattr(SnapshotStore, "_load", noted)
    desk.person(AGENT).command("/infinity", "jane do")
    assert shown_at_load == [1]


def test_a_form_that_was_overtaken_opens_nothing_and_shows_what_holds_now(desk: Desk) -> None:
    agent = begin(desk, user=TRAINED)
    as_homeowner(agent)
    stale = dict(agent.view)
    assert stale["submit"]["text"] == "Finish"
    agent.click("project_change")
    agent.click("answer:authenticated:yes")
    agent.click("answer:project:cannot_tell")
    agent.view = stale
    result = agent.submit()
    assert result["response_action"] == "update"
    assert result["view"]["submit"]["text"] == "Open case"
    assert desk.all_cases() == []


def test_training_that_slack_does_not_tell_is_asked_of_the_agent(desk: Desk) -> None:
    desk.settings(roles={"workout_plan_trained": ["S0TRAINED"]})
    agent = begin(desk)
    as_homeowner(agent)
    assert "Are you workout plan trained?" in json.dumps(agent.view)
    assert "answer:workout_plan_trained:yes" in json.dumps(agent.view)


def test_a_run_keeps_the_sheet_it_began_with(desk: Desk) -> None:
    agent = begin(desk)
    desk.sheet("s2", projects=())
    agent.click("project_choose", "INF-100001")
    assert "Jane Doe" in json.dumps(agent.view)


def test_an_open_case_of_the_same_project_is_shown_before_another_is_opened(desk: Desk) -> None:
    first = begin(desk)
    to_the_callback(first)
    first.submit(reason_of_call=REASON)
    [case] = desk.all_cases()
    second = desk.person(AGENT)
    second.command("/infinity", "jane do")
    to_the_callback(second)
    assert "already has an open case" in json.dumps(second.view)
    assert case.id in json.dumps(second.view)


def test_text_that_looks_like_markup_is_kept_as_typed(desk: Desk) -> None:
    agent = begin(desk, text=NASTY)
    assert "<!channel>" in json.dumps(agent.view)
    agent = desk.person(AGENT)
    agent.command("/infinity", "jane do")
    to_the_callback(agent)
    agent.submit(reason_of_call=NASTY)
    [case] = desk.all_cases()
    assert case.notes["reason_of_call"] == NASTY


def test_without_a_resolution_channel_no_case_is_promised(desk: Desk) -> None:
    agent = begin(desk)
    to_the_callback(agent)
    desk.forget_settings()
    desk.settings(roles={"agent": [AGENT]})
    result = agent.submit(reason_of_call=REASON)
    assert result["response_action"] == "push"
    assert "no resolution channel is set" in json.dumps(result)
    assert desk.all_cases() == []


def test_closing_the_modal_loses_nothing(desk: Desk) -> None:
    agent = begin(desk)
    agent.interact({"type": "view_closed", "view": agent._view(), "is_cleared": False})


def test_a_guest_is_told_which_role_is_needed_and_nothing_is_opened(desk: Desk) -> None:
    guest = desk.person("U0GUEST01")
    assert "*agent*" in guest.command("/infinity", "jane do")
    assert desk.slack.calls == []


def test_a_role_may_be_a_user_group(desk: Desk) -> None:
    desk.slack.groups["S0AGENTS1"] = ["U0GUEST01"]
    desk.settings(roles={"agent": ["S0AGENTS1"]})
    guest = desk.person("U0GUEST01")
    guest.command("/infinity")
    assert guest.view["title"]["text"] == "Infinity communications"


def fields(agent: Person) -> dict[str, str | None]:
    """Return what stands in the fields in front, by their names."""
    inputs = [block["element"] for block in agent.view["blocks"] if block["type"] == "input"]
    return {element["action_id"]: element.get("initial_value") for element in inputs}


def test_the_language_of_a_script_is_chosen_for_the_whole_run(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def in_spanish(step: Step) -> Step:
        held = tuple(Translation(words, "es", f"¡{words}!", "Ana Ruiz", "2026-01-01") for words in step.say)
        return step._replace(translations=held)

    shipped = procedures.load("infinity")
    stages = tuple(stage._replace(steps=tuple(map(in_spanish, stage.steps))) for stage in shipped.stages)
    known = shipped._replace(stages=stages)
    monkeypatch.setattr(procedures, "load", lambda name: known if name == "infinity" else shipped)
    agent = begin(desk)
    as_homeowner(agent)
    assert "¡Thanks so much" not in json.dumps(agent.view, ensure_ascii=False)
    agent.click("language:es")
    assert "¡Thanks so much" in json.dumps(agent.view, ensure_ascii=False)
    agent.click("answer:transfer_answered:no")
    agent.submit(reason_of_call=REASON)
    shown = json.dumps(agent.view, ensure_ascii=False)
    assert "¡One of our Infinity Team specialists" in shown
    assert "In Spanish: “¡Thanks so much" in shown
