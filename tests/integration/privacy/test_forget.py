"""`/sop-admin forget`: whoever asks is erased from tables, bucket and Slack, and what the audit needs stays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from functions.import_sheet import forgetting, tidying
from functions.import_sheet.traces import Traces
from sop_aws import erasing
from sop_aws.erasing import Eraser
from sop_aws.snapshots import SnapshotStore
from sop_aws.times import system_clock
from sop_aws.transfers import TransferStore
from sop_core.transfers.records import ImportRecord
from sop_slack import forgetting as views
from tests.builders.people import ADMIN, AGENT, PRIYA
from tests.integration.privacy.life import (
    NEWER,
    OTHER,
    ask,
    card,
    choose_all,
    confirm,
    everything,
    forget,
    found_in,
    last_message,
    lived_through,
    press,
    upload,
)

if TYPE_CHECKING:
    from tests.integration.privacy.conftest import House


def test_nothing_of_a_customer_is_left_and_the_skeleton_is(house: House) -> None:
    case = lived_through(house)
    before = found_in(everything(house))
    assert {place.partition(":")[0] for place in before} == {"table", "object", "message", "file"}

    forget(house, "zqxanna")

    assert found_in(everything(house)) == []
    erased = house.cases.get(case)
    assert erased is not None
    assert (erased.state, erased.procedure, erased.owner, erased.closed_by, erased.closed_reason) == (
        *("closed", "infinity", AGENT, PRIYA, "Contacted and resolved"),
    )
    assert [(event.action, event.actor) for event in house.cases.events(case)] == [
        *(("open", AGENT), ("claim", PRIYA), ("return", PRIYA), ("resend", AGENT), ("claim", PRIYA)),
        *(("attach", AGENT), ("note", AGENT), ("close", PRIYA), ("forget", ADMIN)),
    ]


def test_the_admin_is_told_what_was_erased_what_is_left_and_until_when(house: House) -> None:
    case = lived_through(house)
    house.slack.messages.append(
        {
            "channel": "C0RESOLUT",
            "thread_ts": card(house)["ts"],
            "ts": "1900000000.000100",
            "text": "She called zqxagain",
        }
    )
    forget(house, "INF-100001")

    told = json.dumps(last_message(house, ADMIN))
    assert "The customer is forgotten" in told
    assert f"Cases: 1 ({case})" in told
    assert "Documents: 1" in told
    assert "Procedures that were run: 1" in told
    assert "Transfer sheets with the customer: 2" in told
    assert f"Replies that people wrote below the cards ({case})" in told
    assert "*Backups* of the tables hold it until <!date^" in told


def test_what_is_not_the_customers_stays(house: House) -> None:
    lived_through(house)
    forget(house, "INF-100001")

    active = house.transfers.active()
    assert active is not None
    projects = {project.project_id: project for project in house.transfers.all_projects(active.sheet)}
    assert (projects["INF-100002"].homeowner, projects["INF-100002"].phone) == (OTHER, "7755550112")
    assert (projects["INF-100001"].homeowner, projects["INF-100001"].transferred_to) == (None, "Empower Solar, Inc.")
    agent = house.person(AGENT)
    agent.command("/infinity", "omar haddad")
    assert OTHER in json.dumps(agent.view), "the search was built anew"
    agent.command("/infinity", "INF-100001")
    assert "INF-100001" in json.dumps(agent.view), "a caller with the project's id is still helped"
    assert "zqx" not in json.dumps(agent.view).casefold()


def test_the_next_workbook_brings_nobody_back(house: House) -> None:
    lived_through(house)
    forget(house, "INF-100001")
    upload(house, "F0BOOK003", NEWER + b" ")

    assert found_in(everything(house)) == []
    assert "Person was forgotten at their request" in json.dumps(house.slack.called("chat.update"))


def test_a_customer_with_an_open_case_is_not_forgotten(house: House) -> None:
    case = lived_through(house)
    press(house, house.person(PRIYA), "case_reopen")
    admin = house.person(ADMIN)
    ask(admin, "INF-100001")
    answer = choose_all(admin)
    assert answer["errors"] == {views.PROJECTS: views.still_open_words([case])}


def test_a_case_that_is_re_opened_at_the_last_moment_keeps_everything(house: House) -> None:
    case = lived_through(house)
    before = found_in(everything(house))
    admin = house.person(ADMIN)
    ask(admin, "INF-100001")
    choose_all(admin)
    confirm(admin)
    press(house, house.person(PRIYA), "case_reopen")

    assert views.still_open_words([case]) in last_message(house, ADMIN)["text"]
    assert set(before) <= {*found_in(everything(house))}


def test_a_case_that_is_re_opened_during_the_work_is_named_and_stays(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = lived_through(house)
    sheets = forgetting.Forgetter._sheets

    def reopened(*arguments: Any) -> int:
        house.person(PRIYA).press(card(house), "case_reopen")
        return sheets(*arguments)

    monkeypatch.setattr(forgetting.Forgetter, "_sheets", reopened)
    forget(house, "INF-100001")

    told = json.dumps(last_message(house, ADMIN))
    assert "The customer is not wholly forgotten" in told
    assert f"Opened meanwhile ({case})" in told
    stored = house.cases.get(case)
    assert stored is not None
    assert (stored.erased_at, stored.notes["reason_of_call"]) == (None, "Zqxpanels dark")
    assert "Told zqxher the date" in [event.note for event in house.cases.events(case)]
    assert '"state": {"S": "refused"}' in house.tables()[house.aws.transfers_table]


def test_a_case_that_was_opened_after_the_admin_asked_is_erased_too(house: House) -> None:
    case = lived_through(house)
    admin = house.person(ADMIN)
    ask(admin, "INF-100001")
    choose_all(admin)
    confirm(admin)
    [asked] = house.transfers.unfinished_imports()
    assert asked.forgetting is not None
    unknown = msgspec.structs.replace(asked.forgetting, cases=(), documents=0)
    house.transfers.save_import(msgspec.structs.replace(asked, forgetting=unknown), until=asked.created_at)
    house.settle()

    assert found_in(everything(house)) == []
    assert f"Cases: 1 ({case})" in json.dumps(last_message(house, ADMIN))


def test_nothing_is_erased_until_it_is_typed_and_only_admins_get_that_far(house: House) -> None:
    lived_through(house)
    admin = house.person(ADMIN)
    assert ask(admin, "nobody of that name")["errors"] == {views.TEXT: views.NOT_FOUND}
    ask(admin, "zqxanna")
    choose_all(admin)
    assert confirm(admin, "INF-100002")["errors"] == {views.TYPED: views.NOT_CONFIRMED}
    assert house.aws.received("IMPORT_QUEUE_URL") == []
    assert "zqx" not in admin.view["private_metadata"]
    stranger = house.person(AGENT)
    assert "needs the role" in stranger.command("/sop-admin", "forget")


def test_confirming_twice_is_forgetting_once(house: House) -> None:
    case = lived_through(house)
    admin = house.person(ADMIN)
    ask(admin, "INF-100001")
    choose_all(admin)
    confirm(admin)
    assert admin.repeat() == 200
    house.settle()
    assert [event.action for event in house.cases.events(case)].count("forget") == 1
    assert found_in(everything(house)) == []


class Ended(BaseException):
    """The process is gone."""


@pytest.mark.filterwarnings("ignore:No application metrics")
@pytest.mark.parametrize(
    "at", ["_runs", "_sheet", "_wait_for_messages", "_posted", "_audit", "traces", "entries", "events"]
)
def test_what_was_cut_off_goes_on_where_it_is(house: House, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    lived_through(house)
    admin = house.person(ADMIN)
    ask(admin, "INF-100001")
    choose_all(admin)
    confirm(admin)
    with monkeypatch.context() as patch:
        elsewhere = {
            "traces": (Traces, "erase_files"),
            "entries": (Eraser, "_entries"),
            "events": (erasing, "erased_event"),
        }
        owner, name = elsewhere.get(at, (forgetting.Forgetter, at))
        patch.setattr(owner, name, lambda *_, **__: _end())
        with pytest.raises(Ended):
            house.settle()
    house.settle()
    assert found_in(everything(house)) == []
    assert "The customer is forgotten" in last_message(house, ADMIN)["text"]


def _end() -> None:
    raise Ended


def waits_for(house: House, begun: ImportRecord, why: str) -> None:
    lived_through(house)
    house.transfers.create_import(begun)
    forget(house, "INF-100001")
    assert found_in(everything(house)) != [], why

    house.transfers.save_import(msgspec.structs.replace(begun, state="failed"), until=begun.created_at)
    [waiting] = house.transfers.unfinished_imports()
    house.transfers.save_import(waiting, until=begun.created_at)
    house.sweep()
    assert found_in(everything(house)) == []


def test_it_waits_for_an_import_that_began_before(house: House) -> None:
    begun = ImportRecord(id="begun", file_id="F0BOOK004", user=ADMIN, created_at="2026-11-22T00:00:00Z")
    waits_for(house, begun, "what that import read may still come in")


def test_one_customer_is_forgotten_after_the_other(house: House) -> None:
    begun = ImportRecord(id="begun", user=ADMIN, created_at="2020-11-22T00:00:00Z", job="forget")
    waits_for(house, begun, "both would rewrite the same sheets")


def test_an_import_that_tidies_up_beside_it_brings_no_rows_back(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sheet that expires is written anew as it was read: before the customer was taken out of it, after, or not."""
    monkeypatch.setattr(tidying, "KEPT", 0)
    lived_through(house)
    erase, write = forgetting.Forgetter._sheets, TransferStore.put_exact
    tidier = tidying.Tidier(house.transfers, SnapshotStore(house.aws.s3, "files"), system_clock)
    done: list[int] = []

    def erased(*arguments: Any) -> int:
        def late(*read: Any, **until: Any) -> None:
            done.append(erase(*arguments))
            write(*read, **until)

        with monkeypatch.context() as patch:
            patch.setattr(TransferStore, "put_exact", late)
            tidier.tidy()
        return sum(done) or erase(*arguments)

    monkeypatch.setattr(forgetting.Forgetter, "_sheets", erased)
    forget(house, "INF-100001")

    assert found_in(everything(house)) == []
    assert len(tidier.tidy()) == 1, "what waited is tidied up later"
