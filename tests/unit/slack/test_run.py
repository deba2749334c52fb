"""The run's modal holds what the guidance says, in every combination of answers, within Slack's limits."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from infra.local.workspace import limits
from sop_core import procedures
from sop_core.guidance import Translation, guidance, render
from sop_core.settings import Settings
from sop_core.story import story
from sop_slack.blocks import OPTION_TEXT
from sop_slack.run import RunScreen, Sheet, project_option, run_modal
from tests.builders.cases import NASTY, a_case, a_project

FIRST_SCRIPT = (
    "Thanks so much for that information. Let me transfer you over to our Infinity specialist team "
    "for the most up-to-date information."
)


SPECIALIST = "Customer Support Resolution Specialist"


def a_screen(facts: dict[str, Any], procedure: str = "infinity", **changed: Any) -> RunScreen:
    loaded = procedures.load(procedure)
    known: dict[str, Any] = {
        "title": loaded.title,
        "metadata": '{"run":"r","version":1}',
        "guidance": render(guidance(loaded, facts), Settings.default()),
        "sources": {},
        "sheet": Sheet(),
    }
    return RunScreen(**known | changed)


def an_end(facts: dict[str, Any], procedure: str = "infinity", **changed: Any) -> RunScreen:
    """Return the screen of a run that was finished."""
    screen = a_screen(facts, procedure)
    turns = story(procedures.load(procedure), screen.guidance, {"workout_plan_trained": "groups"})
    return a_screen(facts, procedure, ended_at="2026-11-20T15:05:00Z", zone="America/New_York", story=turns, **changed)


def a_homeowner(*, channel: str = "phone", trained: str = "no") -> dict[str, Any]:
    """Return the facts of an authenticated homeowner whose project is in the sheet."""
    return {
        "channel": channel,
        "caller_type": "homeowner",
        "authenticated": "yes",
        "project": "found",
        "workout_plan_trained": trained,
    }


def test_the_words_to_say_stand_alone_and_letter_for_letter() -> None:
    facts = a_homeowner()
    modal = run_modal(a_screen(facts))
    quoted = [
        block
        for block in modal["blocks"]
        if block["type"] == "rich_text" and block["elements"][0]["type"] == "rich_text_quote"
    ]
    assert [block["elements"][0]["elements"][0]["text"] for block in quoted] == [FIRST_SCRIPT]


def test_the_number_to_call_stands_in_a_block_of_its_own_and_two_buttons_ask_whether_they_answered() -> None:
    """What lies behind stands below them: nobody scrolls past old answers to what is to be said now."""
    facts = a_homeowner()
    shown = run_modal(a_screen(facts))["blocks"]
    assert _preformatted(shown) == ["1-877-425-5201"]
    asked = next(place for place, block in enumerate(shown) if block.get("block_id") == "ask:transfer_answered")
    assert [element["text"]["text"] for element in shown[asked]["elements"]] == ["Answered", "No answer"]
    changeable = [place for place, block in enumerate(shown) if block.get("block_id", "").startswith("fact:")]
    assert changeable
    assert min(changeable) > asked


def test_a_line_that_nobody_has_set_is_no_block_to_copy_but_says_who_sets_it() -> None:
    facts = {
        "channel": "phone",
        "destination": "account_servicing",
        "m3_approved": "yes",
        "homeowner_verified": "yes",
        "language": "english",
    }
    screen = a_screen(facts, "account_servicing", asks_project=False, without_number=frozenset({"Account Servicing"}))
    modal = run_modal(screen)
    assert _preformatted(modal["blocks"]) == []
    assert "*Account Servicing* \\u00b7 no number is set; an admin sets it" in json.dumps(modal)


def test_another_projects_fields_are_filled_in_anew() -> None:
    facts = a_homeowner(channel="chat")
    ids = [
        {
            block["block_id"]
            for block in run_modal(a_screen(facts, project=project))["blocks"]
            if block["type"] == "input"
        }
        for project in (a_project(key="INF-1"), a_project(key="INF-2"))
    ]
    assert ids[0] & ids[1] == {"note:reason_of_call"}


def test_an_inferred_step_says_that_the_sop_does_not_say_it() -> None:
    facts = a_homeowner(trained="yes")
    assert "Not in the SOP: check with your lead" in json.dumps(run_modal(a_screen(facts)))


def test_without_a_sheet_to_ask_none_of_these_is_not_offered() -> None:
    modal = json.dumps(run_modal(a_screen({}, sheet=Sheet(warning="There is no transfer sheet."))), ensure_ascii=False)
    assert "None of these" not in modal
    assert "Cannot tell" in modal
    assert "There is no transfer sheet." in modal


def test_the_best_matches_are_choices_with_none_of_these_beside_them() -> None:
    matches = tuple(a_project(key=str(n)) for n in range(8))
    modal = run_modal(a_screen({}, query="jane do", matches=matches))
    radios = [
        element
        for block in modal["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
        if element["type"] == "radio_buttons"
    ]
    assert [len(radio["options"]) for radio in radios][:1] == [8]
    assert "None of these" in json.dumps(modal)


def test_matches_that_are_merely_similar_are_not_called_the_best() -> None:
    shown = json.dumps(run_modal(a_screen({}, query="jan dough", matches=(a_project(),), are_weak=True)))
    assert "Only similar:" in shown
    assert "Best matches" not in shown


def test_what_tells_namesakes_apart_is_never_cut_by_why_they_are_offered() -> None:
    street, city, key = "26345 North Saint Bartholomew Parkway Apt 102", "Mount Hamilton", "INF-100001"
    project = a_project(homeowner="Maximiliana Featherstonehaugh-Villanueva", address=street, city=city, conflict=True)
    option = project_option(project, "name sounds like maximiliana, house number differs: 26354 / 26345, no “phoenix”")
    assert option["text"]["text"] == f"Maximilian… · {street}, {city}"
    assert option["description"]["text"].startswith(f"{key} · ⚠️ in conflict · LGCY Installation Services, LLC · name")
    assert max(len(option["text"]["text"]), len(option["description"]["text"])) == OPTION_TEXT


@pytest.mark.parametrize("milestone", ["M1", "M3", "M3 approved"])
def test_the_sheets_milestone_stands_beside_the_question_for_m3_and_proves_nothing(milestone: str) -> None:
    facts = {"channel": "phone", "destination": "account_servicing"}
    known = {"asks_project": False, "project": a_project(milestone=milestone), "sheet": Sheet(dated="Nov 22, 2026")}
    shown = run_modal(a_screen(facts, "account_servicing", **known))["blocks"]
    asked = next(place for place, block in enumerate(shown) if block.get("block_id") == "ask:m3_approved")
    said = f"The transfer sheet of Nov 22, 2026 says *{milestone}*. That does not prove whether M3 is approved."
    assert said in json.dumps(shown[asked - 1])
    assert [element["value"] for element in shown[asked]["elements"]] == ["yes", "no"]


@pytest.mark.parametrize(
    ("milestone", "conflict", "answer", "is_doubted"),
    [("M1", False, "yes", True), ("M3", False, "yes", False), ("M1", False, "no", False), ("M1", True, "yes", False)],
)
def test_an_approval_that_the_sheet_speaks_against_is_taken_with_a_remark(
    milestone: str, *, conflict: bool, answer: str, is_doubted: bool
) -> None:
    facts = {"channel": "phone", "destination": "account_servicing", "m3_approved": answer}
    project = a_project(milestone=milestone, conflict=conflict)
    shown = json.dumps(run_modal(a_screen(facts, "account_servicing", asks_project=False, project=project))["blocks"])
    assert ("You said that M3 is approved" in shown) == is_doubted


def test_a_callback_is_prefilled_and_the_case_is_offered_to_be_opened() -> None:
    facts = a_homeowner(channel="chat")
    modal = run_modal(a_screen(facts, notes={"callback_number": "(267) 555-0185"}))
    fields = {
        block["block_id"]: block["element"].get("initial_value")
        for block in modal["blocks"]
        if block["type"] == "input"
    }
    assert modal["submit"]["text"] == "Open case"
    assert fields == {
        "note:caller_name": None,
        "note:property_address": None,
        "note:reason_of_call": None,
        "note:callback_number": "(267) 555-0185",
    }


def test_the_second_script_and_the_disposition_wait_until_the_case_is_open() -> None:
    facts = a_homeowner(channel="chat")
    script = "One of our Infinity Team specialists will return your call"
    assert script not in json.dumps(run_modal(a_screen(facts)))
    opened = run_modal(an_end(facts, case=a_case()))
    assert script in json.dumps(opened)
    assert {"SOP-7K3M9QPD", "Workout Plan Status"} <= set(_preformatted(opened["blocks"]))
    assert "submit" not in opened


def test_the_end_lists_what_was_said_tried_and_filed_in_order_ready_to_copy() -> None:
    facts = a_homeowner() | {"transfer_answered": "no"}
    shown = run_modal(an_end(facts, case=a_case(), project=a_project()))["blocks"]
    notes, fields = _preformatted(shown)[-2:]
    assert notes.splitlines() == [
        "Infinity communications · Nov 20, 2026, 10:05 EST",
        "Project: INF-100001 · Jane Doe · 71 Curry Street · With LGCY Installation Services, LLC",
        "How did they reach us? Phone",
        "Who is it? Homeowner",
        "Are they authenticated? Authenticated",
        f"Said: “{FIRST_SCRIPT}”",
        "Transfer to 1-877-425-5201: No answer",
        f"Case SOP-7K3M9QPD: Installer Complaints, Workout Plan, assigned to {SPECIALIST}, due Nov 23, 2026, 17:00 EST",
        "Reason of call: Panels dark",
        "Number to call back: (267) 555-0185",
        "Said: “One of our Infinity Team specialists will return your call with the most up-to-date information.”",
        "Disposition: Workout Plan Status",
    ]
    assert "Case Description: Infinity Callbacks: Panels dark" in fields


WAITING: dict[str, Any] = {
    "customer_asked": "yes",
    "qualifiers": ["legal_counsel"],
    "existing_case": "yes",
    "case_updated": "no",
}
"""An escalation whose case owner is tagged: contact within 48 business hours is promised."""
BY = {"48_business_hours": "2026-11-24T22:00:00Z"}


def test_what_is_promised_stands_with_its_date_and_time() -> None:
    shown = json.dumps(run_modal(a_screen(WAITING, "escalation", due=BY)), ensure_ascii=False)
    moment = "<!date^1795557600^{date_short_pretty} at {time}|2026-11-24 22:00 UTC>"
    assert "the case owner will contact them as soon as possible" in shown
    assert shown.count(f"⏰ That is by *{moment}*.") == 1


def test_the_notes_of_the_end_say_by_when_contact_was_promised_in_the_offices_time() -> None:
    modal = run_modal(an_end(WAITING | {"agrees_to_wait": "yes"}, "escalation", due=BY))
    lines = _preformatted(modal["blocks"])[-1].splitlines()
    assert lines.count("Promised: contact by Nov 24, 2026, 17:00 EST") == 1


def test_nothing_was_promised_to_whoever_refused_to_wait() -> None:
    refused = WAITING | {"agrees_to_wait": "no", "channel": "phone", "tier2": "available", "tier2_answered": "yes"}
    modal = run_modal(an_end(refused, "escalation", due=BY))
    notes = _preformatted(modal["blocks"])[-1]
    assert "Does the customer agree to wait? Refuses to wait" in notes
    assert "Promised" not in notes


def test_a_deadline_at_midnight_is_the_end_of_the_day_before() -> None:
    midnight = {"48_business_hours": "2026-11-25T05:00:00Z"}
    asked = a_screen(WAITING, "escalation", due=midnight, zone="America/New_York")
    assert "⏰ That is by *the end of Tuesday, Nov 24*." in json.dumps(run_modal(asked), ensure_ascii=False)
    modal = run_modal(an_end(WAITING | {"agrees_to_wait": "yes"}, "escalation", due=midnight))
    assert "Promised: contact by the end of Tuesday, Nov 24, 2026" in _preformatted(modal["blocks"])[-1].splitlines()


def test_the_case_whose_owner_is_tagged_is_named_where_the_app_knows_it() -> None:
    known = a_case()
    shown = json.dumps(run_modal(a_screen(WAITING, "escalation", open_cases=(known,))), ensure_ascii=False)
    where = f"`{known.id}` is open: press *Details*, then *Ask for an update*, and its owner is told."
    assert shown.count(where) == 1
    assert "then *Ask for an update*" not in json.dumps(run_modal(a_screen(WAITING, "escalation")))
    modal = run_modal(an_end(WAITING | {"agrees_to_wait": "yes"}, "escalation", open_cases=(known,)))
    assert f"Open case: {known.id}" in _preformatted(modal["blocks"])[-1].splitlines()


def test_what_was_answered_is_not_told_to_be_done_once_more() -> None:
    """M3 is approved, and no step of its own follows: the homeowner is asked about next."""
    facts = {"requester": "homeowner", "requester_verified": "yes", "m3_approved": "yes"}
    before = len(a_screen(facts, "autopay_opt_out").guidance.steps)
    shown = _mrkdwn(run_modal(a_screen(facts, "autopay_opt_out", earlier=before)))
    assert [text for text in shown if "Check that M3 is approved" in text] == [
        text for text in shown if text.startswith("Done: ")
    ]


def test_the_form_is_completed_before_the_words_to_say() -> None:
    facts = a_homeowner() | {"caller_type": "infinity_employee", "topic": "missed_payments"}
    shown = json.dumps(run_modal(a_screen(facts)))
    assert shown.index("Complete the form") < shown.index("EverBright will reach back out to you.")


def test_an_end_without_a_case_lists_what_was_said_and_leaves_nothing_to_submit() -> None:
    facts = a_homeowner() | {"transfer_answered": "yes"}
    modal = run_modal(an_end(facts))
    assert modal["blocks"][0]["text"]["text"] == "✅ Finished"
    assert "Transfer to 1-877-425-5201: Answered" in _preformatted(modal["blocks"])[-1]
    assert "submit" not in modal


def test_a_case_that_has_moved_on_is_not_offered_to_be_withdrawn() -> None:
    facts = a_homeowner(channel="chat")
    assert "case_withdraw" in json.dumps(run_modal(an_end(facts, case=a_case())))
    assert "case_withdraw" not in json.dumps(run_modal(an_end(facts, case=a_case(state="claimed", assignee="U1"))))


def test_what_was_typed_or_read_from_a_workbook_is_literal() -> None:
    project = a_project(homeowner=NASTY, address=NASTY)
    for screen in (a_screen({}, query=NASTY, matches=(project,)), a_screen({}, project=project)):
        modal = run_modal(screen)
        limits.check_view(modal)
        assert not [text for text in _mrkdwn(modal) if "<!channel>" in text or "@here" in text]


def test_the_view_carries_the_runs_id_and_version_and_nothing_else() -> None:
    screen = a_screen({}, query=NASTY, matches=(a_project(),))
    assert run_modal(screen)["private_metadata"] == '{"run":"r","version":1}'


def _preformatted(blocks: list[dict[str, Any]]) -> list[str]:
    parts = [part for block in blocks if block["type"] == "rich_text" for part in block["elements"]]
    return [part["elements"][0]["text"] for part in parts if part["type"] == "rich_text_preformatted"]


def _mrkdwn(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [str(value["text"])] if value.get("type") == "mrkdwn" else []
        return own + [text for child in value.values() for text in _mrkdwn(child)]
    if isinstance(value, list):
        return [text for child in value for text in _mrkdwn(child)]
    return []


SPANISH = Translation(FIRST_SCRIPT, "es", "Gracias.", "Ana Ruiz", "2026-01-01")


def translated(screen: RunScreen) -> RunScreen:
    """Return the screen as if an approved translation of the first script were in the data."""
    steps = tuple(step._replace(translations=(SPANISH,) if step.say else ()) for step in screen.guidance.steps)
    turns = tuple(
        replace(turn, steps=tuple(step for step in steps if step.id in {each.id for each in turn.steps}))
        for turn in screen.story
    )
    return replace(screen, guidance=screen.guidance._replace(steps=steps), story=turns)


def test_no_language_can_be_chosen_where_nothing_is_translated() -> None:
    assert "language:" not in json.dumps(run_modal(a_screen(a_homeowner())))


def test_an_approved_translation_stands_below_the_english_once_it_is_wanted() -> None:
    english = translated(a_screen(a_homeowner()))
    assert "language:es" in json.dumps(run_modal(english))
    assert "Gracias." not in json.dumps(run_modal(english))
    spanish = json.dumps(run_modal(replace(english, language="es")))
    assert spanish.index(FIRST_SCRIPT) < spanish.index("In Spanish") < spanish.index("Gracias.")
    assert "approved by Ana Ruiz, 2026-01-01" in spanish
    assert "language:en" in spanish


def test_the_notes_say_what_was_said_in_which_language() -> None:
    screen = translated(an_end(a_homeowner() | {"transfer_answered": "yes"}, language="es"))
    assert "In Spanish: “Gracias.”" in _preformatted(run_modal(screen)["blocks"])[-1]
