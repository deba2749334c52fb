"""`/sop-admin forget`: whoever asks is erased from tables, bucket and Slack, and what the audit needs stays."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from functions.import_sheet import app as import_sheet
from functions.import_sheet import forgetting, tidying
from functions.import_sheet.traces import Traces
from sop_aws import erasing
from sop_aws.erasing import Eraser
from sop_aws.forgotten import ForgottenStore
from sop_aws.projects import ProjectStore
from sop_core.times import iso
from sop_core.transfers.records import Forgetting, Forgotten, Job
from sop_slack import forgetting as views
from tests.builders.people import ADMIN, AGENT, PRIYA
from tests.builders.workbooks import workbook
from tests.integration.privacy.life import (
    BOOK,
    COLUMNS,
    CUSTOMER,
    NEWER,
    OTHER,
    a_callback,
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
    from tests.standin.office import Office
    from tests.standin.person import Person


def test_nothing_of_a_customer_is_left_and_the_skeleton_is(office: Office) -> None:
    case = lived_through(office)
    before = found_in(everything(office))
    assert {place.partition(":")[0] for place in before} == {"table", "object", "message", "file"}

    forget(office, "zqxanna")

    assert found_in(everything(office)) == []
    erased = office.cases.get(case)
    assert erased is not None
    assert (erased.state, erased.procedure, erased.owner, erased.closed_by, erased.closed_reason) == (
        *("closed", "infinity", AGENT, PRIYA, "Contacted and resolved"),
    )
    assert [(event.action, event.actor) for event in office.cases.events(case)] == [
        *(("open", AGENT), ("claim", PRIYA), ("return", PRIYA), ("resend", AGENT), ("claim", PRIYA)),
        *(("attach", AGENT), ("note", AGENT), ("close", PRIYA), ("forget", ADMIN)),
    ]


def test_the_admin_is_told_what_was_erased_what_is_left_and_until_when(office: Office) -> None:
    case = lived_through(office)
    office.slack.messages.append(
        {
            "channel": "C0RESOLUT",
            "thread_ts": card(office)["ts"],
            "ts": "1900000000.000100",
            "text": "She called zqxagain",
        }
    )
    forget(office, "INF-100001")

    told = json.dumps(last_message(office, ADMIN))
    assert "The customer is forgotten" in told
    assert f"Cases: 1 ({case})" in told
    assert "Documents: 1" in told
    assert "Procedures that were run: 1" in told
    assert "Transfer sheets with the customer: 2" in told
    assert f"Replies that people wrote below the cards ({case})" in told
    assert "*Backups* of the tables hold it until <!date^" in told


def test_what_is_not_the_customers_stays(office: Office) -> None:
    lived_through(office)
    forget(office, "INF-100001")

    active = office.transfers.sheets.active()
    assert active is not None
    projects = {project.project_id: project for project in office.transfers.projects.all(active.sheet)}
    assert (projects["INF-100002"].homeowner, projects["INF-100002"].phone) == (OTHER, "7755550112")
    assert (projects["INF-100001"].homeowner, projects["INF-100001"].transferred_to) == (None, "Empower Solar, Inc.")
    agent = office.person(AGENT)
    agent.command("/infinity", "omar haddad")
    assert OTHER in json.dumps(agent.view), "the search was built anew"
    agent.command("/infinity", "INF-100001")
    assert "INF-100001" in json.dumps(agent.view), "a caller with the project's id is still helped"
    assert "zqx" not in json.dumps(agent.view).casefold()


def test_the_next_workbook_brings_nobody_back(office: Office) -> None:
    lived_through(office)
    forget(office, "INF-100001")
    upload(office, NEWER + b" ")

    assert found_in(everything(office)) == []
    assert "Person was forgotten at their request" in json.dumps(office.slack.called("chat.update"))


def test_a_customer_with_an_open_case_is_not_forgotten(office: Office) -> None:
    case = lived_through(office)
    press(office, office.person(PRIYA), "case_reopen")
    admin = office.person(ADMIN)
    ask(admin, "INF-100001")
    answer = choose_all(admin)
    assert answer["errors"] == {views.PROJECTS: views.still_open_words([case])}


def test_a_case_that_is_re_opened_at_the_last_moment_keeps_everything(office: Office) -> None:
    case = lived_through(office)
    before = found_in(everything(office))
    admin = office.person(ADMIN)
    ask(admin, "INF-100001")
    choose_all(admin)
    confirm(admin)
    press(office, office.person(PRIYA), "case_reopen")

    assert views.still_open_words([case]) in last_message(office, ADMIN)["text"]
    assert set(before) <= {*found_in(everything(office))}


def test_a_case_that_is_re_opened_during_the_work_is_named_and_stays(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = lived_through(office)
    sheets = forgetting.Forgetter._sheets

    def reopened(*arguments: Any) -> int:
        office.person(PRIYA).press(card(office), "case_reopen")
        return sheets(*arguments)

    monkeypatch.setattr(forgetting.Forgetter, "_sheets", reopened)
    forget(office, "INF-100001")

    told = json.dumps(last_message(office, ADMIN))
    assert "The customer is not wholly forgotten" in told
    assert f"Opened meanwhile ({case})" in told
    stored = office.cases.get(case)
    assert stored is not None
    assert (stored.erased_at, stored.notes["reason_of_call"]) == (None, "Zqxpanels dark")
    assert "Told zqxher the date" in [event.note for event in office.cases.events(case)]
    assert [job.state for job in office.jobs() if job.kind == "forget"] == ["refused"]


def test_a_case_that_was_opened_after_the_admin_asked_is_erased_too(office: Office) -> None:
    case = lived_through(office)
    admin = office.person(ADMIN)
    ask(admin, "INF-100001")
    choose_all(admin)
    confirm(admin)
    [asked] = office.transfers.jobs.unfinished()
    assert asked.forgetting is not None
    unknown = msgspec.structs.replace(asked.forgetting, cases=(), documents=0)
    office.transfers.jobs.save(msgspec.structs.replace(asked, forgetting=unknown), until=asked.created_at)
    office.work()

    assert found_in(everything(office)) == []
    assert f"Cases: 1 ({case})" in json.dumps(last_message(office, ADMIN))


def test_nothing_is_erased_until_it_is_typed_and_only_admins_get_that_far(office: Office) -> None:
    lived_through(office)
    admin = office.person(ADMIN)
    assert ask(admin, "nobody of that name")["errors"] == {views.TEXT: views.NOT_FOUND}
    ask(admin, "zqxanna")
    choose_all(admin)
    assert confirm(admin, "INF-100002")["errors"] == {views.TYPED: views.NOT_CONFIRMED}
    assert office.aws.received("IMPORT_QUEUE_URL") == []
    assert "zqx" not in admin.view["private_metadata"]
    stranger = office.person(AGENT)
    assert "needs the role" in stranger.command("/sop-admin", "forget")


def offered(admin: Person) -> dict[str, str]:
    """Return the projects that can be chosen, each with what stands below it."""
    boxes = [block["element"]["options"] for block in admin.view["blocks"] if block.get("block_id") == views.PROJECTS]
    return {each["value"]: each["description"]["text"] for options in boxes for each in options}


NAMESAKES = [(f"INF-10000{n}", "Jane Doe", *CUSTOMER[2:6], f"(267) 555-014{n}", *CUSTOMER[7:]) for n in range(1, 4)]


def test_a_project_id_is_offered_alone_whoever_is_called_the_same(office: Office) -> None:
    upload(office, workbook(NAMESAKES, headers=COLUMNS))
    a_callback(office, "INF-100001")
    admin = office.person(ADMIN)
    ask(admin, "inf-100003")
    assert list(offered(admin)) == ["INF-100003"]
    ask(admin, "jane doe")
    assert set(offered(admin)) == {"INF-100001", "INF-100002", "INF-100003"}


def test_what_is_found_by_a_case_alone_is_looked_up_in_the_active_sheet(office: Office) -> None:
    upload(office, workbook(NAMESAKES, headers=COLUMNS))
    number = a_callback(office, "INF-100001")
    admin = office.person(ADMIN)
    ask(admin, number)
    assert "Jane Doe" in offered(admin)["INF-100001"]
    ask(admin, "INF-777777")
    assert offered(admin) == {"INF-777777": views.ELSEWHERE}


def test_whoever_is_merely_similar_is_not_offered(office: Office) -> None:
    upload(office, BOOK)
    assert ask(office.person(ADMIN), "haddok")["errors"] == {views.TEXT: views.NOT_FOUND}


def test_confirming_twice_is_forgetting_once(office: Office) -> None:
    case = lived_through(office)
    admin = office.person(ADMIN)
    ask(admin, "INF-100001")
    choose_all(admin)
    confirm(admin)
    assert admin.repeat() == 200
    office.work()
    assert [event.action for event in office.cases.events(case)].count("forget") == 1
    assert found_in(everything(office)) == []


class Ended(BaseException):
    """The process is gone."""


@pytest.mark.filterwarnings("ignore:No application metrics")
@pytest.mark.parametrize(
    "at", ["_runs", "_sheet", "_wait_for_messages", "_posted", "_audit", "traces", "entries", "events"]
)
def test_what_was_cut_off_goes_on_where_it_is(office: Office, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    lived_through(office)
    admin = office.person(ADMIN)
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
            office.work()
    office.work()
    assert found_in(everything(office)) == []
    assert "The customer is forgotten" in last_message(office, ADMIN)["text"]


def _end() -> None:
    raise Ended


def waits_for(office: Office, begun: Job, why: str) -> None:
    lived_through(office)
    office.transfers.jobs.create(begun)
    forget(office, "INF-100001")
    assert found_in(everything(office)) != [], why

    office.transfers.jobs.save(msgspec.structs.replace(begun, state="failed"), until=begun.created_at)
    [waiting] = office.transfers.jobs.unfinished()
    office.transfers.jobs.save(waiting, until=begun.created_at)
    office.minute()
    assert found_in(everything(office)) == []


def test_it_waits_for_an_import_that_began_before(office: Office) -> None:
    begun = Job(id="begun", file_id="F0BOOK004", user=ADMIN, created_at="2026-11-22T00:00:00Z")
    waits_for(office, begun, "what that import read may still come in")


@pytest.mark.parametrize(("first", "second"), [("a", "b"), ("b", "a")])
def test_one_customer_is_forgotten_after_the_other_also_of_one_second(
    office: Office, monkeypatch: pytest.MonkeyPatch, first: str, second: str
) -> None:
    """Both would rewrite the same sheets."""
    lived_through(office)
    for job, project in ((first, "INF-100001"), (second, "INF-100002")):
        who = Forgetting(who=Forgotten(projects=(project,)))
        office.transfers.jobs.create(Job(id=job, user=ADMIN, created_at=iso(office.now), kind="forget", forgetting=who))
    begun: list[str] = []
    sheets = forgetting.Forgetter._sheets

    def at_work(forgetter: Any, who: Forgotten, progress: Any) -> int:
        begun.append(who.reference)
        if len(begun) == 1:
            run(second)
            assert begun == ["INF-100001"], "the other waits"
        return sheets(forgetter, who, progress)

    monkeypatch.setattr(forgetting.Forgetter, "_sheets", at_work)
    run(first)
    office.minute()
    assert begun == ["INF-100001", "INF-100002"]
    assert [job.state for job in office.jobs() if job.kind == "forget"] == ["forgotten", "forgotten"]


def test_a_customer_whose_worker_died_holds_up_nobody_for_longer_than_it_could_work(office: Office) -> None:
    lived_through(office)
    until = iso(office.now + timedelta(minutes=15))
    forgotten = ForgottenStore(office.aws.dynamodb, office.aws.transfers_table)
    assert forgotten.take_turn("died", at=iso(office.now), until=until)
    forget(office, "INF-100001")
    assert found_in(everything(office)) != []
    office.minute(minutes=16)
    assert found_in(everything(office)) == []


def run(job: str) -> Job:
    return import_sheet._worker().run(job, seconds_left=900)


def test_an_import_that_tidies_up_beside_it_brings_no_rows_back(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sheet that expires is written anew as it was read: before the customer was taken out of it, after, or not."""
    monkeypatch.setattr(tidying, "KEPT", 0)
    lived_through(office)
    erase, write = forgetting.Forgetter._sheets, ProjectStore.put_exact
    tidier = tidying.Tidier(office.transfers, office.snapshots, lambda: office.now)
    done: list[int] = []

    def erased(*arguments: Any) -> int:
        def late(*read: Any, **until: Any) -> None:
            done.append(erase(*arguments))
            write(*read, **until)

        with monkeypatch.context() as patch:
            patch.setattr(ProjectStore, "put_exact", late)
            tidier.tidy()
        return sum(done) or erase(*arguments)

    monkeypatch.setattr(forgetting.Forgetter, "_sheets", erased)
    forget(office, "INF-100001")

    assert found_in(everything(office)) == []
    assert len(tidier.tidy()) == 1, "what waited is tidied up later"
