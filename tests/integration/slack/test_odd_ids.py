"""Ids from outside that would be keys: whatever stands in a button or a file's id, only what it names is reached."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from sop_slack import columns, sheet_history, transfers
from sop_slack import procedures as versions
from tests.builders.people import ADMIN, AGENT, PRIYA
from tests.integration.slack.test_cases import an_open_case, card, now

if TYPE_CHECKING:
    from tests.integration.slack.conftest import Desk

ODD: Final = (
    "",
    "#",
    "|",
    "CASE#SOP-1",
    "ACTIVE",
    "s1#0",
    "../../workbooks/x",
    "\x00",
    "²|²",
    "x" * 3000,
    '{"procedure":"../x","digest":"#","seen":0}',
)
BUTTONS: Final = (
    (PRIYA, "case_claim"),
    (PRIYA, "case_details"),
    (PRIYA, "case_assign"),
    (PRIYA, "cases_page:next"),
    (PRIYA, "home_show"),
    (AGENT, "run_resume"),
    (AGENT, "run_discard"),
    (AGENT, "procedure_start"),
    (ADMIN, "admin_edit"),
    (ADMIN, transfers.ACTIVATE),
    (ADMIN, transfers.DISCARD),
    (ADMIN, sheet_history.ROLL_BACK),
    (ADMIN, columns.CHOOSE),
    (ADMIN, columns.SHOW),
    (ADMIN, versions.ACTIVATE),
    (ADMIN, versions.DISCARD),
    (ADMIN, versions.SWITCH),
)


def kept(desk: Desk) -> list[str]:
    """Return all that is stored but for what the audit says of who looked."""
    return sorted(json.dumps(item, default=str) for item in desk.items() if not item["pk"]["S"].startswith("AUDIT#"))


@pytest.mark.parametrize(("user", "action"), BUTTONS, ids=[action for _, action in BUTTONS])
def test_a_button_that_carries_an_odd_id_changes_nothing_and_is_answered(desk: Desk, user: str, action: str) -> None:
    an_open_case(desk)
    before = kept(desk)
    for value in ODD:
        button = {"type": "button", "action_id": action, "value": value}
        place: dict[str, Any] = {"channel": "C0RESOLUT", "ts": "1.1", "blocks": [{"elements": [button]}]}
        desk.person(user).press(place, action)  # it says that the app answered 200
    assert kept(desk) == before


@pytest.mark.parametrize("odd", [*ODD, "F0/../../x", "f0roof", "F0 ROOF"])
def test_a_file_of_an_odd_id_becomes_no_key(desk: Desk, odd: str) -> None:
    case = an_open_case(desk)
    agent = desk.person(AGENT)
    agent.choose_more(card(case), "attach")
    answer = agent.submit(documents={"files": [{"id": odd, "name": "roof.jpg", "size": 1}]})
    assert answer["errors"] == {"documents": "Choose a file first."}
    assert now(desk).documents == ()


@pytest.mark.parametrize("name", ["../../etc/passwd", "\x00", "a" * 5000, "<!channel>\n.jpg", "مرحبا.jpg"])
def test_a_files_name_is_shown_and_never_part_of_a_key(desk: Desk, name: str) -> None:
    case = an_open_case(desk)
    agent = desk.person(AGENT)
    agent.choose_more(card(case), "attach")
    assert agent.submit(documents={"files": [{"id": "F0ROOF", "name": name, "size": 1}]}) == {}
    [document] = now(desk).documents
    assert (document.key, document.name) == (f"cases/{case.id}/F0ROOF", name)
