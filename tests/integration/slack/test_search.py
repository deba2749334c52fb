"""What a search shows, where it comes from, and that it is of one sheet."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from functions.slack.finding import Finder
from sop_aws.snapshots import SnapshotStore, SnapshotUnavailable
from sop_core.settings import Settings
from sop_slack.blocks import OPTION_TEXT
from tests.builders.cases import a_project
from tests.builders.people import ADMIN, AGENT
from tests.builders.sheets import PROJECTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.slack.conftest import Desk

AGENTS = 10
SEARCHES = 12
AT = "2026-11-20T09:00:00Z"


@pytest.mark.parametrize(
    ("typed", "description"),
    [
        ("jane doe", "LGCY Installation Services, LLC"),
        ("71 curry", "LGCY Installation Services, LLC"),
        ("17 curry st", "LGCY Installation Services, LLC · house number differs: 17 / 71"),
        ("267-555-0185", "LGCY Installation Services, LLC · phone"),
        ("doe 0185", "LGCY Installation Services, LLC · phone ends 0185"),
        ("INF-100001", "LGCY Installation Services, LLC"),
        ("ana lima", "No transfer recorded"),
        ("anna lima", "No transfer recorded · name sounds like ana"),
        ("otto nagel", "Stayed with Sun Harbor Energy LLC"),
    ],
)
def test_a_suggestion_says_who_where_with_whom_and_last_why_if_that_helps(
    desk: Desk, typed: str, description: str
) -> None:
    desk.sheet()
    agent = desk.person(AGENT)
    agent.command("/infinity")
    option = agent.suggest("project_search", typed)[0]
    assert option["text"]["text"].endswith(", Camden")
    told = f"{option['value']} · {description}"
    assert option["description"]["text"] == (told if len(told) <= OPTION_TEXT else f"{told[: OPTION_TEXT - 1]}…")


def test_a_co_homeowner_is_found_and_named_below_homeowners_of_that_name(desk: Desk) -> None:
    javier = replace(PROJECTS[0], homeowner="Javier Mariscal", co_homeowner="Sofia Mariscal")
    sofia = replace(PROJECTS[1], homeowner="Sofia Szczepanski-Villanueva")
    desk.sheet(projects=(javier, sofia))
    agent = desk.person(AGENT)
    agent.command("/infinity")
    first, second = agent.suggest("project_search", "sofia")
    assert first["text"]["text"].startswith("Sofia Szczepanski-Villanueva · ")
    assert second["text"]["text"].startswith("Javier Mariscal · ")
    assert second["description"]["text"] == "INF-100001 · with Sofia Mariscal · LGCY Installation Services, LLC"


def test_of_what_fits_badly_the_nearest_are_shown_with_what_differs_and_the_sheets_day(desk: Desk) -> None:
    desk.sheet()
    stored = desk.transfers.sheets.get("s1")
    assert stored is not None
    office = ZoneInfo(Settings.default().calendar.zone)
    day = f"{datetime.fromisoformat(stored.uploaded_at).astimezone(office):%b %d, %Y}"
    agent = desk.person(AGENT)
    agent.command("/infinity", "maximilian doe of 99 somewhere else")
    shown = json.dumps(agent.view, ensure_ascii=False)
    assert "well. Only similar:" in shown
    assert "no “maximilian”" in shown
    agent.click("answer:project:not_found")
    # Said before the channel is: the answer stands all the same, and can be taken back.
    assert f"Not in the transfer sheet of {day}" in json.dumps(agent.view)


def test_a_snapshot_is_fetched_once_a_version_and_checked_by_its_hash(desk: Desk) -> None:
    desk.sheet("s1")
    desk.sheet("s2", projects=PROJECTS[:2])
    desk.sheet("s3", projects=PROJECTS[:1])
    first, second, third = (desk.transfers.sheets.get(name) for name in ("s1", "s2", "s3"))
    assert first is not None
    assert second is not None
    assert third is not None
    fetched: list[str] = []
    store = SnapshotStore(_counting(desk.aws.s3, fetched), "files")
    for sheet in (first, first, second, first, second, third, second, first):
        store.index(sheet)
    # Of two sheets at a time: a call that began before an activation goes on with the one before.
    assert fetched == [f"snapshots/{name}.bin" for name in ("s1", "s2", "s3", "s1")]

    desk.aws.s3.put_object(Bucket="files", Key="snapshots/s3.bin", Body=b"something else")
    store.index(second)
    with pytest.raises(SnapshotUnavailable):
        store.index(third)
    assert store.index(first).search("jane doe").hits


def test_a_snapshot_that_ten_ask_for_at_once_is_loaded_once(desk: Desk) -> None:
    desk.sheet("s1")
    sheet = desk.transfers.sheets.get("s1")
    assert sheet is not None
    fetched: list[str] = []
    store, together = SnapshotStore(_counting(desk.aws.s3, fetched), "files"), threading.Barrier(AGENTS)

    def ask(_: int) -> Any:
        together.wait(timeout=30)
        return store.index(sheet)

    with ThreadPoolExecutor(AGENTS) as pool:
        indexes = list(pool.map(ask, range(AGENTS)))

    assert fetched == ["snapshots/s1.bin"]
    assert all(index is indexes[0] for index in indexes)


def _counting(client: Any, fetched: list[str]) -> Any:
    def get_object(**given: str) -> Any:
        fetched.append(given["Key"])
        return client.get_object(**given)

    return SimpleNamespace(get_object=get_object)


def test_ten_agents_type_while_sheets_are_activated_and_no_answer_is_a_mixture(desk: Desk) -> None:
    """A search is of the sheet that was active when it began, all of it, whatever is activated meanwhile."""
    sheets = ("s1", "s2", "s3")
    for sheet in sheets:
        desk.sheet(sheet, projects=_projects_with(sheet))
    finder = Finder(_services(desk))
    searched = threading.Semaphore(0)

    def type_names(agent: int) -> list[tuple[str, set[str | None]]]:
        answers = []
        for at in range(SEARCHES):
            active = finder.active()
            assert active is not None
            found = finder.search(active.sheet, ("jane d", "curry", "doe 71")[(agent + at) % 3], 5)
            assert found.is_complete
            answers.append((active.sheet, {project.transferred_to for project in found.projects}))
            searched.release()
        return answers

    with ThreadPoolExecutor(AGENTS) as pool:
        typing = [pool.submit(type_names, agent) for agent in range(AGENTS)]
        for sheet in sheets * 2:
            for _ in range(AGENTS):
                searched.acquire()
            current = desk.transfers.sheets.active()
            assert current is not None
            desk.transfers.sheets.activate(sheet, current.version, actor=ADMIN, at=AT)
        answers = [answer for each in typing for answer in each.result()]

    assert [answer for answer in answers if answer[1] != {f"Solar of {answer[0]}"}] == []
    assert len({sheet for sheet, _ in answers}) > 1


def _projects_with(sheet: str) -> tuple[Any, ...]:
    return tuple(
        replace(a_project(), key=f"INF-{n}", project_id=f"INF-{n}", transferred_to=f"Solar of {sheet}")
        for n in range(100001, 100041)
    )


def _services(desk: Desk) -> Any:
    refuse: Callable[[], None] = pytest.fail  # what a search has no need of
    return SimpleNamespace(
        transfers=desk.transfers, snapshots=SnapshotStore(desk.aws.s3, "files"), settings=refuse, now=refuse
    )
