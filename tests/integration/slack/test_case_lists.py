"""`/cases` and the Home tab: everybody's queue, a page at a time, and any case by number, project or name."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from functions.sweep.clockwork import count
from infra.local.workspace import limits
from sop_aws.cases import CaseStore
from sop_aws.deliveries import outbox
from sop_aws.people import PeopleStore
from sop_aws.queue import CaseQueue
from sop_aws.runs import RunStore
from sop_aws.times import system_clock
from sop_core.cases.lifecycle import apply
from tests.builders.desk import a_run, an_opened_case
from tests.builders.people import ADMIN, AGENT, GUEST, LEAD, PRIYA, TOM, TRAINED
from tests.integration.slack.test_cases import an_open_case, card, now
from tests.integration.slack.test_infinity_run import REASON, begin, to_the_callback

if TYPE_CHECKING:
    from sop_core.cases.case import Case
    from tests.integration.slack.conftest import Desk
    from tests.standin.person import Person


def many(desk: Desk, count: int, *, claimed_by: str | None = None) -> list[Case]:
    """Open cases as the app would, each with a customer of its own."""
    runs = RunStore(desk.aws.dynamodb, desk.aws.cases_table)
    cases = CaseStore(desk.aws.dynamodb, desk.aws.cases_table)
    made = []
    for number in range(count):
        run = runs.create(a_run(f"run-{number}", owner=AGENT))
        case, event = an_opened_case(run.id)
        case = msgspec.structs.replace(case, notes={"caller_name": f"José Caller{number}"})
        cases.open(case, event, outbox(case, "card", at=event.at), run)
        if claimed_by:
            case, event = apply(case, "claim", actor=claimed_by, actor_name="P", at=event.at)
            cases.change(case, event, ())
        made.append(case)
    return made


def answered(person: Person, text: str = "") -> dict[str, Any]:
    """What `/cases` shows privately."""
    body = "command=%2Fcases&text=" + text.replace(" ", "+")
    body += f"&user_id={person.user}&user_name=n&trigger_id={person._trigger()}&channel_id=C1"
    answer: dict[str, Any] = json.loads(person._post(body))
    limits.check_message(text=answer["text"], blocks=answer.get("blocks"))
    return {"channel": "C1", "ts": "1.1", **answer}


def numbers(shown: dict[str, Any]) -> list[str]:
    buttons = [block["accessory"] for block in shown["blocks"] if "accessory" in block]
    return [button["value"].partition("|")[0] for button in buttons if button["action_id"] == "case_details"]


def test_a_specialist_sees_the_cases_they_have_and_those_that_nobody_has(desk: Desk) -> None:
    case = an_open_case(desk)
    priya = desk.person(PRIYA, "priya.nair")
    assert numbers(answered(priya)) == []
    assert numbers(answered(priya, "open")) == [case.id]
    priya.press(card(case), "case_claim")
    assert numbers(answered(priya)) == [case.id]
    assert numbers(answered(priya, "open")) == []
    assert numbers(answered(desk.person(TOM), "mine")) == []


def test_an_agent_sees_the_cases_they_opened(desk: Desk) -> None:
    case = an_open_case(desk)
    assert numbers(answered(desk.person(AGENT))) == [case.id]
    assert numbers(answered(desk.person(TRAINED))) == []


def test_a_long_list_comes_in_pages(desk: Desk) -> None:
    made = {case.id for case in many(desk, 11)}
    priya = desk.person(PRIYA)
    first = answered(priya, "open")
    assert len(numbers(first)) == 8
    priya.press(first, "cases_page:next")
    second = desk.slack.responses[-1]
    assert second["replace_original"] is True
    assert {*numbers(first), *numbers(second)} == made
    priya.press({**first, **second}, "cases_page:first")
    assert numbers(desk.slack.responses[-1]) == numbers(first)


@pytest.mark.parametrize("typed", ["{id}", "{short}", "jane doe", "jane", "INF-100001", "inf-100001"])
def test_a_case_is_found_by_number_customer_and_project(desk: Desk, typed: str) -> None:
    case = an_open_case(desk)
    text = typed.format(id=case.id.lower(), short=case.id[4:])
    priya = desk.person(PRIYA)
    if "{" in typed:
        priya.command("/cases", text)
        assert case.id in json.dumps(priya.view)
        limits.check_view(priya.view)
    else:
        assert numbers(answered(priya, text)) == [case.id]


def test_a_caller_who_is_in_no_sheet_is_found_by_name(desk: Desk) -> None:
    made = many(desk, 3)
    assert numbers(answered(desk.person(PRIYA), "jose caller1")) == [made[1].id]


def test_of_a_common_name_the_newest_are_shown_and_no_others_are_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = many(desk, 25)
    read: list[str] = []
    get = CaseStore.get

    def noted(store: CaseStore, case_id: str) -> Case | None:
        read.append(case_id)
        return get(store, case_id)

    monkeypatch.setattr(CaseStore, "get", noted)
    shown = numbers(answered(desk.person(PRIYA), "jose"))
    assert set(shown) < {case.id for case in made}
    assert read == shown
    assert len(shown) == 20


def returned_by(desk: Desk, case: Case) -> None:
    priya = desk.person(PRIYA, "priya.nair")
    priya.press(card(case), "case_claim")
    priya.press(card(now(desk)), "case_return")
    priya.submit(why="Which of the two?")


def test_leads_and_specialists_list_what_was_returned(desk: Desk) -> None:
    desk.settings(roles={"lead": [LEAD]})
    lead, case = desk.person(LEAD), an_open_case(desk)
    assert "No case is returned" in json.dumps(answered(lead, "returned"))
    returned_by(desk, case)
    shown = answered(lead, "returned")
    assert numbers(shown) == [case.id]
    assert "Returned to maya.torres" in json.dumps(shown)
    assert "needs the role" in answered(desk.person(AGENT), "returned")["text"]


def test_leads_and_specialists_list_what_is_overdue_as_it_was_counted(desk: Desk) -> None:
    case, tom = an_open_case(desk), desk.person(TOM)
    assert "counted every minute" in json.dumps(answered(tom, "overdue"))
    desk.cases.keep(msgspec.structs.replace(case, due_at="2020-01-02T17:00:00Z"))
    queue = CaseQueue(desk.aws.dynamodb, desk.aws.cases_table)
    count(queue, tuple(queue.live()), now=datetime(2026, 1, 1, tzinfo=UTC))
    shown = answered(tom, "overdue")
    assert numbers(shown) == [case.id]
    assert "1 case is overdue" in json.dumps(shown)
    assert "needs the role" in answered(desk.person(AGENT), "overdue")["text"]


@pytest.mark.parametrize("typed", ["tom becker", "Becker", "@tom", "tóm"])
def test_a_persons_name_lists_what_they_have_and_what_they_opened(desk: Desk, typed: str) -> None:
    PeopleStore(desk.aws.dynamodb, desk.aws.cases_table, system_clock).learn(TOM, "Tom Becker")
    case = an_open_case(desk)
    priya = desk.person(PRIYA)
    assert "Tom Becker has no case" in json.dumps(answered(priya, typed))
    desk.person(TOM).press(card(case), "case_claim")
    shown = answered(priya, typed)
    assert numbers(shown) == [case.id]
    assert "Cases that Tom Becker has" in json.dumps(shown)
    assert "No case matches" in json.dumps(answered(desk.person(AGENT), typed)), "agents look for customers"


def test_of_an_owner_what_is_not_over_is_listed(desk: Desk) -> None:
    PeopleStore(desk.aws.dynamodb, desk.aws.cases_table, system_clock).learn(AGENT, "Maya Torres")
    case = an_open_case(desk)
    shown = answered(desk.person(PRIYA), "maya torres")
    assert numbers(shown) == [case.id]
    assert "Cases that Maya Torres opened" in json.dumps(shown)


def test_nothing_found_says_how_to_search(desk: Desk) -> None:
    assert "No case matches" in json.dumps(answered(desk.person(PRIYA), "nobody of that name"))
    assert "no case of that number" in answered(desk.person(PRIYA), "SOP-ZZZZZZZZ")["text"]


def test_a_guest_finds_nothing(desk: Desk) -> None:
    an_open_case(desk)
    assert "needs the role" in desk.person(GUEST).command("/cases", "jane")


def test_a_report_is_for_leads_and_admins_and_asked_for_once(desk: Desk) -> None:
    assert "*lead or admin*" in answered(desk.person(PRIYA), "report week")["text"]
    admin = desk.person(ADMIN)
    assert "on its way" in answered(admin, "report month")["text"]
    admin.repeat()
    rows = [
        row
        for row in desk.cases.outbox.due_deliveries(datetime(2100, 1, 1, tzinfo=UTC), limit=50)
        if row.kind == "report"
    ]
    assert [(row.channel, row.about) for row in rows] == [(ADMIN, "month")]
    assert "on its way" not in answered(admin, "report year")["text"]


class TestHome:
    def test_a_specialists_queue(self, desk: Desk) -> None:
        """Mine, unclaimed, due soon, recently closed; more than five of one are behind "See all"."""
        many(desk, 6)
        case = an_open_case_of(desk)
        priya = desk.person(PRIYA)
        priya.press(card(case), "case_claim")
        home = priya.open_home()
        limits.check_view(home)
        shown = json.dumps(home, ensure_ascii=False)
        assert all(title in shown for title in ("🔵 Mine", "🟡 Unclaimed", "⏰ Due soon", "✅ Recently closed"))
        assert "Cases that you close stay here until somebody re-opens them." in shown
        assert case.id in shown
        assert "Infinity communications" in shown
        assert "· infinity" not in shown
        assert {"type": "plain_text", "text": "Jane Doe", "emoji": False} in fields_of(home)

    def test_see_all_turns_pages_and_comes_back(self, desk: Desk) -> None:
        many(desk, 12)
        priya = desk.person(PRIYA)
        see_all = button(priya.open_home(), "home_show", "unclaimed|")
        first = pressed_home(priya, see_all)
        assert len(numbers(first)) == 10
        second = pressed_home(priya, button(first, "home_show:next"))
        assert len(numbers(second)) == 2
        assert "🔵 Mine" in json.dumps(pressed_home(priya, button(second, "home_show:back")), ensure_ascii=False)

    def test_an_agents_open_run_is_resumed_where_it_was_left(self, desk: Desk) -> None:
        agent = begin(desk)
        assert "Where you left off" not in json.dumps(agent.open_home()), "somebody was looked up, and nothing answered"
        agent.click("project_choose", "INF-100001")
        left = agent.view
        home = agent.open_home()
        assert "Where you left off" in json.dumps(home)
        seen = set(desk.slack.views)
        pressed_home(agent, button(home, "run_resume"))
        [opened] = [view for view_id, view in desk.slack.views.items() if view_id not in seen]
        assert opened["blocks"] == left["blocks"]

    def test_a_run_that_ended_is_not_offered(self, desk: Desk) -> None:
        an_open_case(desk)
        shown = json.dumps(desk.person(AGENT).open_home())
        assert "Where you left off" not in shown
        assert now(desk).id in shown

    def test_a_lead_sees_all_cases_in_numbers(self, desk: Desk) -> None:
        desk.settings(roles={"lead": [LEAD]})
        many(desk, 3, claimed_by=PRIYA)
        queue = CaseQueue(desk.aws.dynamodb, desk.aws.cases_table)
        count(queue, tuple(queue.live()), now=datetime.fromtimestamp(1_800_000_000, UTC))
        home = desk.person(LEAD).open_home()
        limits.check_view(home)
        shown = json.dumps(home, ensure_ascii=False)
        assert "*Claimed*\\n3" in shown
        assert "Infinity communications  ████████████████ 3" in shown
        assert "*Median time to claim*\\nunder a minute" in shown

    def test_an_admin_learns_what_is_missing_and_its_effect(self, desk: Desk) -> None:
        desk.settings(roles={"lead": []})
        assert "Nobody is lead: nobody is told of cases that are due" in json.dumps(desk.person(ADMIN).open_home())

    def test_someone_without_a_case_sees_what_they_can_do(self, desk: Desk) -> None:
        shown = json.dumps(desk.person(AGENT).open_home())
        assert "You have opened no case yet." in shown
        assert "/sop" in shown


def an_open_case_of(desk: Desk) -> Case:
    before = {case.id for case in cases_of(desk)}
    agent = begin(desk)
    to_the_callback(agent)
    agent.submit(reason_of_call=REASON)
    [case] = [case for case in cases_of(desk) if case.id not in before]
    return case


def cases_of(desk: Desk) -> list[Case]:
    queue = CaseQueue(desk.aws.dynamodb, desk.aws.cases_table)
    found = [desk.cases.get(head.id) for head in queue.live()]
    return [case for case in found if case is not None]


def button(home: dict[str, Any], action_id: str, value: str | None = None) -> dict[str, Any]:
    elements = [e for block in home["blocks"] for e in (*block.get("elements", ()), block.get("accessory") or {})]
    found: dict[str, Any] = next(
        e for e in elements if e.get("action_id") == action_id and (value is None or e["value"] == value)
    )
    return found


def fields_of(view: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for block in view["blocks"] for each in block.get("fields", ())]


def pressed_home(person: Person, pressed: dict[str, Any]) -> dict[str, Any]:
    person.interact(
        {
            "type": "block_actions",
            "view": {"type": "home", "id": "V0"},
            "container": {"type": "view"},
            "actions": [pressed],
        }
    )
    return person.slack.homes[person.user]
