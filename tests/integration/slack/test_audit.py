"""The audit as admins see it: every run, answer, view, case, setting and file, by whom and when."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from functions.slack import app
from infra.local.workspace import limits
from sop_aws.audit import AuditStore, Trail
from sop_aws.people import PeopleStore
from sop_aws.settings import SettingsStore
from sop_aws.times import system_clock
from sop_core.audit import Wanted
from tests.builders.desk import Clock
from tests.builders.people import ADMIN, AGENT, PRIYA, TOM
from tests.builders.sheets import LISTED
from tests.integration.slack.test_admin import opened, submit
from tests.integration.slack.test_case_lists import answered
from tests.integration.slack.test_cases import an_open_case
from tests.standin.functions import cold_start
from tests.standin.stored import Stored

if TYPE_CHECKING:
    from sop_core.audit import Entry
    from tests.integration.slack.conftest import Desk
    from tests.standin.person import Person


def trail(desk: Desk) -> list[Entry]:
    """Everything that was audited, the oldest first."""
    store = AuditStore(desk.aws.dynamodb, desk.aws.cases_table)
    settings = SettingsStore(desk.aws.dynamodb, desk.aws.settings_table, system_clock)
    now = system_clock()
    start, end = ((now + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ") for days in (-1, 1))
    return [entry for _, entries in Trail(store, settings).by_day(start, end) for entry in entries]


def told(desk: Desk, kind: str) -> list[tuple[str, str, str]]:
    return [(entry.actor, entry.action, entry.detail) for entry in trail(desk) if entry.kind == kind]


def screen(desk: Desk) -> Person:
    admin = desk.person(ADMIN)
    admin.command("/sop-admin", "audit")
    limits.check_view(admin.view)
    return admin


def choose(admin: Person, first: str, last: str, kind: str = "all") -> dict[str, Any]:
    """The state of the modal's fields."""
    return {
        "audit_from": {"day": {"type": "datepicker", "selected_date": first}},
        "audit_to": {"day": {"type": "datepicker", "selected_date": last}},
        "audit_kind": {"kind": {"type": "static_select", "selected_option": {"value": kind}}},
    }


def test_a_run_its_answers_and_the_customer_data_it_opened_are_kept_without_that_data(desk: Desk) -> None:
    desk.sheet()
    agent = desk.person(AGENT)
    agent.command("/infinity", LISTED.homeowner or "")
    agent.click("project_choose", LISTED.key)
    agent.click("answer:channel:phone")
    agent.click("answer:caller_type", "homeowner")

    assert [action for _, action, _ in told(desk, "run")] == ["began"]
    assert (AGENT, "answered", "channel = phone") in told(desk, "decision")
    assert (AGENT, "answered", "caller_type = homeowner") in told(desk, "decision")
    assert (AGENT, "known from the sheet", "project = found") in told(desk, "decision")
    assert [action for _, action, _ in told(desk, "view")] == ["saw search results", "opened a project"]
    kept = msgspec.json.encode(trail(desk)).decode()
    known = [text for text in (LISTED.homeowner, LISTED.address, LISTED.phone, LISTED.email) if text]
    assert len(known) > 1
    assert not [text for text in known if text in kept]


def test_a_double_click_is_one_decision(desk: Desk) -> None:
    agent = desk.person(AGENT)
    agent.command("/infinity")
    agent.click("answer:channel:phone")
    agent.repeat()
    assert [entry for entry in told(desk, "decision") if entry[2] == "channel = phone"] == [
        (AGENT, "answered", "channel = phone")
    ]


def test_a_case_that_is_opened_to_read_is_kept_before_it_is_shown(desk: Desk) -> None:
    case = an_open_case(desk)
    desk.person(PRIYA).command("/cases", case.id)
    assert (PRIYA, "opened a case", "") in told(desk, "view")


def test_cases_that_were_found_by_a_customers_name_are_kept_without_the_name(desk: Desk) -> None:
    an_open_case(desk)
    priya = desk.person(PRIYA)
    assert "Cases that match" in answered(priya, "jane doe")["text"]
    assert "No case matches" in json.dumps(answered(priya, "nobody of that name"))
    assert [entry for entry in told(desk, "view") if entry[0] == PRIYA] == [(PRIYA, "saw cases found", "cases: 1")]


def test_every_entry_expires_as_the_retention_says_and_old_ones_keep_their_day(desk: Desk) -> None:
    def days() -> list[int]:
        kept = [item for item in desk.items() if item["pk"]["S"].startswith("AUDIT#")]
        now = datetime.now(UTC).timestamp()
        return sorted({round((int(item["expires_at"]["N"]) - now) / 86_400) for item in kept})

    desk.person(AGENT).command("/infinity")
    assert days() == [730]
    desk.settings(retention={"audit": 90, "runs": 40})
    desk.person(AGENT).command("/infinity")
    assert days() == [90, 730]
    [earlier, later] = sorted(run_expiries(desk))
    assert round((later - earlier) / 86_400) == 360


def run_expiries(desk: Desk) -> list[int]:
    return [int(item["expires_at"]["N"]) for item in desk.items() if item["pk"]["S"].startswith("RUN#")]


def test_the_screen_names_people_as_slack_does_and_shows_no_raw_ids(desk: Desk) -> None:
    submit(opened(desk, "people"), {"people.elijah carr": {"selected_user": None}})
    admin = screen(desk)
    shown = json.dumps(admin.view["blocks"], ensure_ascii=False)
    assert '{"type": "user", "user_id": "U0ECARR01"}' in shown
    assert f'{{"type": "user", "user_id": "{ADMIN}"}}' in shown
    assert "People the SOPs name, elijah carr" in shown
    assert "U0ECARR01" not in shown.replace('"user_id": "U0ECARR01"', "")


def test_the_screen_turns_pages_and_looks_at_the_days_and_kind_that_were_chosen(desk: Desk) -> None:
    for _ in range(5):
        agent = desk.person(AGENT)
        agent.command("/infinity")
        agent.click("answer:channel:phone")
        agent.click("answer:caller_type", "homeowner")
    admin = screen(desk)
    today = datetime.now(UTC).date()
    days = ((today - timedelta(days=1)).isoformat(), (today + timedelta(days=1)).isoformat())
    seen = []
    button = "audit_page:show"
    while button:
        value = next(
            element["value"]
            for block in admin.view["blocks"]
            for element in block.get("elements", ())
            if element.get("action_id") == button
        )
        admin.interact(
            {
                "type": "block_actions",
                "view": admin._view() | {"state": {"values": choose(admin, *days, "decision")}},
                "container": {"type": "view"},
                "actions": [{"type": "button", "action_id": button, "value": value}],
            }
        )
        admin.view = desk.slack.views[admin.view["id"]]
        limits.check_view(admin.view)
        lines = [block for block in admin.view["blocks"] if block["type"] == "rich_text"]
        assert len(lines) <= 12
        seen += [json.dumps(line) for line in lines]
        button = "audit_page:older" if "audit_page:older" in json.dumps(admin.view) else ""
    assert len(seen) == len(told(desk, "decision"))
    assert all("answered" in line or "known from" in line for line in seen)


def test_a_file_is_asked_for_once_and_that_is_kept_too(desk: Desk) -> None:
    admin = screen(desk)
    state = {"state": {"values": choose(admin, "2026-11-01", "2026-11-22", "view")}}
    answer = admin.interact({"type": "view_submission", "view": admin._view() | state})
    admin.repeat()
    assert "on its way" in answer
    [row] = desk.deliveries()
    assert (row.kind, row.channel) == ("audit", ADMIN)
    assert msgspec.json.decode(row.about or "", type=Wanted) == Wanted(
        first="2026-11-01", last="2026-11-22", kind="view"
    )
    assert (ADMIN, "exported the audit", "view") in told(desk, "export")


@pytest.mark.parametrize(
    ("first", "last", "field"), [("2026-11-22", "2026-11-01", "audit_to"), ("", "2026-11-01", "audit_from")]
)
def test_days_that_make_no_range_are_told_beside_their_field(desk: Desk, first: str, last: str, field: str) -> None:
    admin = screen(desk)
    state = {"state": {"values": choose(admin, first, last)}}
    answer = json.loads(admin.interact({"type": "view_submission", "view": admin._view() | state}))
    assert set(answer["errors"]) == {field}


def test_only_admins_read_the_audit(desk: Desk) -> None:
    assert "needs the role *admin*" in desk.person(PRIYA).command("/sop-admin", "audit")
    admin = screen(desk)
    desk.settings(roles={"admin": [TOM]})
    state = {"state": {"values": choose(admin, "2026-11-01", "2026-11-22")}}
    assert "needs the role" in admin.interact({"type": "view_submission", "view": admin._view() | state})


class Container:
    """A warm container of the slack function, whose clocks a test owns."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = Clock()
        monkeypatch.setattr(app, "system_clock", self.clock)
        monkeypatch.setattr(app, "time", SimpleNamespace(monotonic=lambda: self.clock().timestamp()))
        cold_start()


def test_a_changed_setting_is_in_effect_within_a_minute(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    container = Container(monkeypatch)
    assert "Cases that you have" in answered(desk.person(PRIYA))["text"]
    # By another container, which leaves this one as warm as it is.
    Stored.settings(desk, roles={"resolution_specialist": [TOM]})
    container.clock.pass_(seconds=59)
    assert "needs the role" in answered(desk.person(PRIYA))["text"]


def test_who_was_removed_from_a_group_is_told_within_a_minute(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.slack.groups = {"S0SPECS": [PRIYA, TOM]}
    desk.settings(roles={"resolution_specialist": ["S0SPECS"]})
    container = Container(monkeypatch)
    assert "Cases that you have" in answered(desk.person(PRIYA))["text"]
    desk.slack.groups["S0SPECS"] = [TOM]
    container.clock.pass_(seconds=59)
    told = answered(desk.person(PRIYA))["text"]
    assert told.startswith("This needs the role *")
    assert "Ask an admin of SOP Desk to add you" in told


def test_a_person_is_called_by_their_display_name_once_it_is_known(desk: Desk) -> None:
    PeopleStore(desk.aws.dynamodb, desk.aws.cases_table, system_clock).learn(PRIYA, "Priya Raman")
    case = an_open_case(desk)
    assert "Priya Raman" not in json.dumps(msgspec.to_builtins(desk.cases.events(case.id)))
    priya = desk.person(PRIYA, "priya.raman")
    priya.command("/cases", case.id)
    claim = next(
        element
        for block in priya.view["blocks"]
        for element in block.get("elements", ())
        if element.get("action_id") == "case_claim"
    )
    priya.interact({"type": "block_actions", "view": priya._view(), "container": {"type": "view"}, "actions": [claim]})
    assert desk.cases.events(case.id)[-1].actor_name == "Priya Raman"
