"""Settings edited in Slack: checked beside their fields, kept with who changed them, in effect at once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from infra.local.workspace import limits
from sop_aws.settings import SettingsStore
from sop_slack.admin import PARTS
from tests.builders.people import ADMIN, AGENT, PRIYA, TOM
from tests.integration.slack.test_case_lists import answered
from tests.standin.slack import Fault

if TYPE_CHECKING:
    from sop_core.settings import Settings
    from tests.integration.slack.conftest import Desk
    from tests.standin.person import Person


def settings(desk: Desk) -> Settings:
    return SettingsStore(desk.aws.dynamodb, desk.aws.settings_table, lambda: datetime.now(UTC)).current()


def opened(desk: Desk, part: str) -> Person:
    """An admin in front of the form of one part."""
    admin = desk.person(ADMIN, "dana.whitfield")
    admin.command("/sop-admin")
    limits.check_view(admin.view)
    admin.view = admin.view | {"state": {"values": {}}}
    edit = next(block["accessory"] for block in admin.view["blocks"] if block.get("accessory", {}).get("value") == part)
    seen = set(desk.slack.views)
    admin.interact({"type": "block_actions", "view": admin._view(), "container": {"type": "view"}, "actions": [edit]})
    [admin.view] = [view for view_id, view in desk.slack.views.items() if view_id not in seen]
    limits.check_view(admin.view)
    return admin


def submit(admin: Person, changed: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Submit the form with what it holds, but for the blocks that are changed."""
    values = {
        block["block_id"]: {block["element"]["action_id"]: held(block["element"]) | changed.get(block["block_id"], {})}
        for block in admin.view["blocks"]
        if block["type"] == "input"
    }
    assert set(changed) <= set(values)
    answer = admin.interact({"type": "view_submission", "view": admin._view() | {"state": {"values": values}}})
    result: dict[str, Any] = json.loads(answer) if answer else {}
    return result


def held(element: dict[str, Any]) -> dict[str, Any]:
    names = {
        "initial_users": "selected_users",
        "initial_user": "selected_user",
        "initial_conversation": "selected_conversation",
        "initial_value": "value",
        "initial_time": "selected_time",
        "initial_options": "selected_options",
        "initial_option": "selected_option",
    }
    return {"type": element["type"]} | {names[key]: value for key, value in element.items() if key in names}


@pytest.mark.parametrize("part", list(PARTS))
def test_a_form_saved_as_it_is_changes_nothing(desk: Desk, part: str) -> None:
    before = settings(desk)
    assert submit(opened(desk, part), {}) == {}
    assert settings(desk) == before


def test_a_role_given_and_taken_away_is_in_effect_at_once_for_who_edits(desk: Desk) -> None:
    admin = opened(desk, "roles")
    assert (
        submit(admin, {"roles.lead": {"selected_users": [TOM]}, "roles.resolution_specialist": {"selected_users": []}})
        == {}
    )
    assert settings(desk).roles["lead"] == (TOM,)
    assert "needs the role" in answered(desk.person(PRIYA))["text"]
    assert "Cases that you have" in answered(desk.person(TOM))["text"]


def groups_field(admin: Person, role: str) -> dict[str, Any]:
    [block] = [each for each in admin.view["blocks"] if each.get("block_id") == f"roles.{role}.groups"]
    return dict(block)


def test_groups_are_chosen_by_name(desk: Desk) -> None:
    desk.slack.groups = {"S0AGENTS": [], "S0MORE": []}
    desk.settings(roles={"lead": ["S0AGENTS", "S0GONE"]})
    admin = opened(desk, "roles")
    assert [option["text"]["text"] for option in groups_field(admin, "lead")["element"]["initial_options"]] == [
        "Team S0AGENTS (@s0agents)",
        "S0GONE (Slack knows it no more)",
    ]
    found = json.loads(
        admin.interact({"type": "block_suggestion", "action_id": "admin_groups", "block_id": "b", "value": "more"})
    )
    assert [option["value"] for option in found["options"]] == ["S0MORE"]
    assert submit(admin, {"roles.agent.groups": {"selected_options": found["options"]}}) == {}
    assert settings(desk).roles["agent"] == (AGENT, "U0AGENT02", "S0MORE")
    assert settings(desk).roles["lead"] == ("S0AGENTS", "S0GONE")


def test_where_slack_lists_no_groups_their_ids_are_typed(desk: Desk) -> None:
    desk.slack.faults.append(Fault(method="usergroups.list", error="missing_scope"))
    assert submit(opened(desk, "roles"), {"roles.agent.groups": {"value": "S0AGENTS, S0MORE"}}) == {}
    assert settings(desk).roles["agent"] == (AGENT, "U0AGENT02", "S0AGENTS", "S0MORE")


def test_the_menu_shows_people_and_groups_as_slack_does(desk: Desk) -> None:
    desk.settings(roles={"lead": [TOM, "S0LEADS"]})
    admin = desk.person(ADMIN)
    admin.command("/sop-admin")
    assert f"Lead: <@{TOM}>, <!subteam^S0LEADS>" in json.dumps(admin.view)


@pytest.mark.parametrize(
    ("block", "value", "what"),
    [
        ("retention.runs", "34", "refused"),
        ("retention.runs", "35", "saved"),
        ("retention.audit", "3651", "refused"),
        ("retention.audit", "3650", "saved"),
        ("retention.audit", "1.5", "refused"),
        ("sheet_freshness_days", "0", "refused"),
        ("sheet_freshness_days", "14", "saved"),
        ("sheet_loss_percent", "0", "refused"),
        ("sheet_loss_percent", "35", "saved"),
    ],
)
def test_days_have_a_least_and_a_most(desk: Desk, block: str, value: str, what: str) -> None:
    before = settings(desk)
    answer = submit(opened(desk, "days"), {block: {"value": value}})
    if what == "refused":
        assert answer["errors"][block].startswith("This is a whole number of ")
        assert settings(desk) == before
    else:
        now = settings(desk)
        assert int(value) in (*now.retention.values(), now.sheet_freshness_days, now.sheet_loss_percent)


@pytest.mark.parametrize(
    ("part", "block", "wrong"),
    [
        ("values", "values.infinity_specialist_line", {"value": "x" * 301}),
        ("values", "values.infinity_specialist_line", {"value": "banana"}),
        ("values", "values.infinity_form", {"value": "not a link"}),
        ("values", "values.homeowner_support_address", {"value": "support.example.com"}),
        ("calendar", "calendar.zone", {"value": "Mars/Olympus"}),
        ("calendar", "calendar.business_days", {"selected_options": []}),
        ("calendar", "calendar.holidays", {"value": "XX"}),
        ("calendar", "calendar.closed", {"value": "24 December"}),
        ("roles", "roles.admin", {"selected_users": []}),
        ("installers", "installers", {"value": "North Valley LLC"}),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_nothing_is_saved(
    desk: Desk, part: str, block: str, wrong: dict[str, Any]
) -> None:
    before = settings(desk)
    answer = submit(opened(desk, part), {block: wrong})
    assert set(answer["errors"]) == {block}
    assert settings(desk) == before


def test_a_wrong_number_is_refused_with_an_example(desk: Desk) -> None:
    answer = submit(opened(desk, "values"), {"values.omnidian_line": {"value": "banana"}})
    assert answer["errors"] == {
        "values.omnidian_line": "'banana' is no phone number, such as 877-425-5201, +1 555 010 0199 ext. 4 or 4410."
    }


def test_an_office_that_closes_before_it_opens_is_refused(desk: Desk) -> None:
    answer = submit(opened(desk, "calendar"), {"calendar.closes": {"selected_time": "07:00"}})
    assert answer["errors"] == {"calendar.closes": "The office opens before it closes."}


def test_a_changed_number_that_a_script_still_speaks_is_pointed_out(desk: Desk) -> None:
    answer = submit(opened(desk, "values"), {"values.supporting_documents_address": {"value": "docs@example.com"}})
    assert settings(desk).values["supporting_documents_address"] == "docs@example.com"
    spoken = "supporting documents address" in json.dumps(answer)
    assert spoken == bool(answer)


def test_a_cleared_value_is_the_shipped_one_again(desk: Desk) -> None:
    submit(opened(desk, "values"), {"values.tier2_skill": {"value": "Tier Two"}})
    assert settings(desk).values["tier2_skill"] == "Tier Two"
    submit(opened(desk, "values"), {"values.tier2_skill": {"value": ""}})
    assert settings(desk).values["tier2_skill"] == "Phone-HO Tier 2"


def test_installer_contacts_are_one_a_line_and_what_is_left_out_is_gone(desk: Desk) -> None:
    submit(opened(desk, "installers"), {"installers": {"value": "North Valley LLC: a@b.example\nSun Co: 1-800"}})
    assert settings(desk).installers == {"North Valley LLC": "a@b.example", "Sun Co": "1-800"}
    submit(opened(desk, "installers"), {"installers": {"value": "Sun Co: 1-800"}})
    assert settings(desk).installers == {"Sun Co": "1-800"}


def test_of_two_admins_who_edit_at_once_the_second_is_told(desk: Desk) -> None:
    first, second = opened(desk, "people"), opened(desk, "people")
    assert submit(first, {"people.elijah carr": {"selected_user": TOM}}) == {}
    late = submit(second, {"people.elijah carr": {"selected_user": PRIYA}})
    assert "Somebody else changed the settings" in json.dumps(late)
    assert settings(desk).people["elijah carr"] == TOM


def test_what_is_missing_is_told_with_its_effect(desk: Desk) -> None:
    submit(opened(desk, "channels"), {"channels.resolution": {"selected_conversation": None}})
    admin = desk.person(ADMIN)
    admin.command("/sop-admin")
    assert "No resolution channel is set: cases cannot be opened." in json.dumps(admin.view)


def test_only_admins_see_and_change_the_settings(desk: Desk) -> None:
    assert "needs the role *admin*" in desk.person(PRIYA).command("/sop-admin")
    admin = opened(desk, "people")
    desk.settings(roles={"admin": [TOM]})
    assert "needs the role" in json.dumps(submit(admin, {"people.elijah carr": {"selected_user": PRIYA}}))
    assert settings(desk).people["elijah carr"] == "U0ECARR01"
