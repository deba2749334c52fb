"""A day in which everything is done that can be done: every command, question, form, button, list, file and minute.

Whoever looks at what was sent, stored, called or refused meanwhile has seen the whole app at work.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from functions.slack.listeners.runs import COMMANDS
from sop_core.procedures import reading
from sop_core.times import iso
from sop_core.transfers.records import ImportRecord
from sop_slack import columns, sheet_history
from sop_slack import procedures as versions
from sop_slack import transfers as sheets
from sop_slack.admin import PARTS
from tests.builders.people import ADMIN, AGENT, BACK_OFFICE, LEAD, PRIYA, TOM, TRAINED
from tests.builders.workbooks import HEADERS, workbook
from tests.standin.office import MANY
from tests.standin.person import signed
from tests.standin.slack import Fault
from tests.tour.filling import SOONER, elements, fill, held, to_the_end

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sop_core.cases.case import Case
    from tests.standin.office import Office
    from tests.standin.person import Json, Person
    from tests.tour.filling import Says

CHANNEL: Final = "C0RESOLUT"
PROJECT: Final = "INF-100001"
FORGOTTEN: Final = "INF-100002"
HERE: Final = {"channel": "C0SUPPORT", "ts": "1.1"}
"""Where a command was typed, and is answered."""
SHIPPED: Final = (reading.HERE / "infinity.yaml").read_text(encoding="utf-8")
SECOND: Final = SHIPPED.replace('version: "1"', 'version: "2"').replace("How did they reach us?", "Where from?")
THIRD: Final = SHIPPED.replace('version: "1"', 'version: "3"').replace("How did they reach us?", "From where?")


@dataclass(frozen=True, kw_only=True)
class Words:
    """What people type, what stands in the workbooks' cells, and what files are called."""

    says: Says
    rows: Sequence[Sequence[Any]]
    headers: Sequence[str] = HEADERS
    file: str = "roof.jpg"


def the_day(office: Office, words: Words) -> None:
    """Live it once."""
    day = _Day(office, words)
    for part in (
        day.settings,
        day.no_sheet_yet,
        day.sheets,
        day.runs,
        day.a_case,
        day.a_returned_case,
        day.closed_cases,
        day.a_forgotten_customer,
        day.lists,
        day.home,
        day.audit,
        day.procedures,
        day.sheets_go_on,
        day.operators,
    ):
        part()


@dataclass
class _Day:
    office: Office
    words: Words

    # Settings

    def settings(self) -> None:
        self._told(ADMIN, "/sop-admin", "help")
        for part in PARTS:
            admin = self._in_front_of(ADMIN, "/sop-admin")
            self._presses(admin, "admin_edit", part)
            if part == "roles":
                self._suggests(admin, "admin_groups", "more")
            fill(admin, self.words.says)

    # The transfer sheet

    def no_sheet_yet(self) -> None:
        for text in ("", "history", "rollback", "columns", "export", "template", "?"):
            self._told(ADMIN, "/transfers", text)
        self.office.work()

    def sheets(self) -> None:
        self._uploads(self._workbook())
        self._presses_message(ADMIN, self._last(ADMIN), sheets.ACTIVATE)
        # Uploaded again, and with other rows, once discarded and once to be activated.
        self._uploads(self._workbook())
        self._uploads(self._workbook(self.words.rows[:-1]))
        self._presses_message(ADMIN, self._last(ADMIN), sheets.DISCARD)
        self._misses_a_column()
        self._presses_message(ADMIN, self._last(ADMIN), sheets.ACTIVATE)
        self._changes_columns()

    def _misses_a_column(self) -> None:
        headers = [self.words.says("header", 60) if name == "Homeowner" else name for name in self.words.headers]
        admin = self._uploads(self._workbook(headers=headers))
        self._presses_message(admin.user, self._last(ADMIN), columns.CHOOSE, person=admin)
        menu = next(block["element"] for block in admin.view["blocks"] if block["type"] == "input")
        wanted = next(option for option in menu["options"] if option["text"]["text"][:10] == headers[1][:10])
        fill(admin, self.words.says, **{menu["action_id"]: {"selected_option": wanted}})
        self.office.work()

    def _changes_columns(self) -> None:
        admin = self._in_front_of(ADMIN, "/transfers", "columns")
        forget = [block["element"] for block in admin.view["blocks"] if block.get("block_id") == columns.FORGET_BLOCK]
        every = {columns.FORGET_ACTION: {"selected_options": forget[0]["options"]}}
        fill(admin, self.words.says, **every)
        self.office.work()

    def sheets_go_on(self) -> None:
        for text in ("status", "history", "template", "export"):
            self._told(ADMIN, "/transfers", text)
        admin = self.office.person(ADMIN)
        admin.command("/transfers", "status")
        self._presses_message(ADMIN, {**HERE, **admin.told}, columns.SHOW)
        admin.command("/transfers", "history")
        self._presses_message(ADMIN, {**HERE, **admin.told}, sheet_history.ROLL_BACK, person=admin)
        fill(admin, self.words.says)
        self._sends_a_message({"subtype": "file_share", **self.office.file(b"no workbook", f"{self.words.file}.xlsx")})
        self._sends_a_message({"text": self.words.says("message", 3000)})
        self.office.work()

    def operators(self) -> None:
        """A workbook put into the bucket by hand; then so many more that the first sheets are tidied away."""
        store = self.office.transfers
        for number in range(7):
            content = self._workbook([*self.words.rows[: 1 + number % 2], _row(number)])
            key = f"uploads/{number}/{number}.xlsx"
            self.office.aws.s3.put_object(Bucket="files", Key=key, Body=content)
            record = ImportRecord(id=f"i{number}", source_key=key, user="", created_at=iso(self.office.now))
            store.imports.create(record)
            self.office.minute(days=100)
            if (sheet := store.sheets.get(f"i{number}")) is not None and sheet.state == "ready":
                active = store.sheets.active()
                store.sheets.activate(sheet.id, active.version if active else 0, actor=ADMIN, at=iso(self.office.now))

    def _workbook(self, rows: Sequence[Sequence[Any]] | None = None, headers: Sequence[str] | None = None) -> bytes:
        return workbook(rows or self.words.rows, headers=headers or self.words.headers)

    def _uploads(self, content: bytes) -> Person:
        admin = self._in_front_of(ADMIN, "/transfers", "upload")
        fill(admin, self.words.says, files=self.office.file(content, f"{self.words.file}.xlsx", "application/zip"))
        self.office.work()
        return admin

    def _sends_a_message(self, event: Json) -> None:
        admin = self.office.person(ADMIN)
        said = {"type": "message", "user": ADMIN, "channel": f"D{ADMIN}", "channel_type": "im", "ts": "1.1", **event}
        body = json.dumps({"type": "event_callback", "team_id": "T0SOLAR01", "api_app_id": "A0SOPDESK", "event": said})
        headers = signed(body, admin.secret) | {"content-type": "application/json"}
        assert admin.send(body, headers)[0] == 200

    # Runs

    def runs(self) -> None:
        says = self.words.says
        for command in COMMANDS:
            agent = self._in_front_of(BACK_OFFICE if command == "/documents" else AGENT, command, says("search", 200))
            self._answers_again(agent)
            to_the_end(agent, says)
        self._searches()
        self._leaves_runs_behind()
        self._finishes_without_a_case()
        self.office.work()

    def _answers_again(self, agent: Person) -> None:
        """Answer, change the answer, take the project back, choose a language, turn a page back."""
        _pressed(agent, agent._view(), {"type": "button", "action_id": "language:es", "value": "es"})
        _pressed(agent, agent._view(), {"type": "button", "action_id": "form_back", "value": "back"})
        agent.view = self.office.slack.views[agent.view["id"]]

    def _searches(self) -> None:
        agent = self._in_front_of(AGENT, "/infinity")
        agent.suggest("project_search", self.words.rows[0][1])
        options = agent.suggest("project_search", PROJECT)
        agent.choose_suggested("project_search", options[0])
        agent.click("project_change")
        agent.click("answer:project:not_found")
        agent.click("answer:channel:phone")
        agent.click("answer_menu:channel", "email")
        agent.interact({"type": "view_closed", "view": agent._view()})

    def _leaves_runs_behind(self) -> None:
        agent = self._in_front_of(AGENT, "/sop")
        agent.click("procedure_start")
        agent = self._in_front_of(AGENT, "/sop")
        agent.click("run_resume")
        agent = self._in_front_of(AGENT, "/sop")
        agent.click("run_discard")

    def _finishes_without_a_case(self) -> None:
        trained = self._in_front_of(TRAINED, "/infinity", PROJECT)
        to_the_end(trained, self.words.says, {**SOONER, "transfer_answered": "yes"})
        self._in_front_of(TRAINED, "/sop")

    # Cases

    def a_case(self) -> None:
        """Claimed, handed on, noted, documented, linked, closed, opened again, withdrawn."""
        limited = Fault(method="chat.postMessage", status=429, error="ratelimited", retry_after=1)
        self.office.slack.faults.append(limited)
        case = self._a_new_case()
        self.office.minute()
        priya = self._does(PRIYA, case, "claim")
        self._asks(PRIYA, case, "assign")
        self._asks(TOM, case, "note")
        self._asks(AGENT, case, "ask_update")
        self._asks(AGENT, case, "attach", files=self.office.file(b"roof", self.words.file, "image/jpeg"))
        self._does(PRIYA, case, "details", person=priya)
        fill(priya, self.words.says)
        self.office.minute(days=4)
        self.office.minute(days=4)
        self._asks(TOM, case, "close")
        self._does(TOM, case, "reopen")
        self._asks(AGENT, case, "withdraw")

    def a_returned_case(self) -> None:
        """Returned, sent again from the owner's direct message; returned again, and voided."""
        case = self._a_new_case()
        self._does(PRIYA, case, "claim")
        self._asks(PRIYA, case, "return")
        asked = self.office.slack.shown(f"D{AGENT}")[-1]
        fill(self._presses_message(AGENT, asked, "case_resend"), self.words.says)
        self.office.work()
        self._does(TOM, case, "claim")
        self._asks(TOM, case, "return")
        self._asks(AGENT, case, "void")

    def closed_cases(self) -> None:
        """Every case that is open is claimed and closed, those with confirmations too; but for the last two."""
        waiting = [case for case in self.office.all_cases() if case.state == "open"]
        for case in waiting:
            self._does(TOM, case, "claim")
            self._asks(TOM, case, "close")
        self._a_new_case()
        self._does(PRIYA, self._a_new_case(), "claim")

    def a_forgotten_customer(self) -> None:
        self.office.aws.s3.put_object(Bucket="files", Key="uploads/0/0.xlsx", Body=self._workbook())
        case = self._a_new_case(FORGOTTEN)
        self._asks(AGENT, case, "attach", files=self.office.file(b"roof", self.words.file, "image/jpeg"))
        self._asks(AGENT, case, "withdraw")
        admin = self._in_front_of(ADMIN, "/sop-admin", "forget")
        fill(admin, self.words.says, text={"value": FORGOTTEN})
        boxes = [block["element"] for block in admin.view["blocks"] if block["type"] == "input"]
        theirs = [option for box in boxes for option in box["options"] if option["value"] == FORGOTTEN]
        fill(admin, self.words.says, **{box["action_id"]: {"selected_options": theirs} for box in boxes[:1]})
        fill(admin, self.words.says, typed={"value": FORGOTTEN})
        self.office.work()

    def _a_new_case(self, project: str = PROJECT) -> Case:
        known = {case.id for case in self.office.all_cases()}
        agent = self._in_front_of(AGENT, "/infinity", project)
        to_the_end(agent, self.words.says)
        self.office.work()
        [case] = [case for case in self.office.all_cases() if case.id not in known]
        return case

    def _many_more(self, case: Case) -> None:
        """Let there be so many cases like this that the front of the queue is counted."""
        key = {"pk": {"S": f"CASE#{case.id}"}, "sk": {"S": "CASE"}}
        table = self.office.aws.cases_table
        item = json.dumps(self.office.aws.dynamodb.get_item(TableName=table, Key=key)["Item"])
        for number in range(MANY):
            copied = json.loads(item.replace(case.id, f"SOP-{number:08d}"))
            self.office.aws.dynamodb.put_item(TableName=table, Item=copied)

    def _card(self, case: Case) -> Json:
        return next(each for each in self.office.slack.cards(CHANNEL) if f"{case.id}|" in json.dumps(each["blocks"]))

    def _does(self, user: str, case: Case, action: str, *, person: Person | None = None) -> Person:
        return self._presses_message(user, self._card(case), f"case_{action}", person=person)

    def _asks(self, user: str, case: Case, action: str, files: Json | None = None) -> None:
        """Choose an action of the card, wherever it stands, and fill in its form."""
        person = self.office.person(user)
        card = self._card(case)
        if any(each.get("action_id") == f"case_{action}" for each in elements(card)):
            person.press(card, f"case_{action}")
        else:
            person.choose_more(card, action)
        fill(person, self.words.says, files=files)
        self.office.work()

    # Lists, reports, the Home tab, the audit

    def lists(self) -> None:
        for user, text in (
            (PRIYA, ""),
            (PRIYA, "open"),
            (PRIYA, PROJECT),
            (AGENT, "mine"),
            (AGENT, self.words.rows[0][1]),
            (AGENT, "SOP-00000000"),
            (AGENT, "help"),
            (LEAD, "report week"),
            (LEAD, "report month"),
        ):
            self._told(user, "/cases", text)
        self._many_more(self._a_new_case())
        self.office.minute()
        priya = self.office.person(PRIYA)
        priya.command("/cases", "open")
        listed = {**HERE, **priya.told}
        pages = [each for each in elements(listed) if str(each.get("action_id")).startswith("cases_page")]
        self._presses_message(PRIYA, listed, pages[0]["action_id"])
        self._in_front_of(PRIYA, "/cases", self.office.all_cases()[0].id)
        self.office.work()

    def home(self) -> None:
        for user in (AGENT, BACK_OFFICE, PRIYA, LEAD, ADMIN):
            self.office.person(user).open_home()
        self.office.slack.faults.append(Fault(method="chat.postMessage", error="is_archived"))
        self._a_new_case()
        for user, ids in ((PRIYA, ("home_show",)), (LEAD, ("home_replay",)), (AGENT, ("run_resume",))):
            person = self.office.person(user)
            view = {**person.open_home(), "id": "VHOME", "hash": "1"}
            pressed = [each for each in elements(view) if str(each.get("action_id")).startswith(ids)]
            for button in pressed[:6]:
                _pressed(person, view, button)
        self.office.work()

    def audit(self) -> None:
        admin = self._in_front_of(ADMIN, "/sop-admin", "audit")
        pages = [each for each in elements(admin.view) if str(each.get("action_id")).startswith("audit_page")]
        fields = [block for block in admin.view["blocks"] if block["type"] == "input"]
        state = {block["block_id"]: {block["element"]["action_id"]: held(block["element"])} for block in fields}
        view = admin._view() | {"state": {"values": state}}
        for page in pages:
            _pressed(admin, view, page)
        admin.interact({"type": "view_submission", "view": view})
        self.office.work()

    # Procedures

    def procedures(self) -> None:
        self._publishes(self.words.says("procedure", 3000))
        self._publishes(SECOND)
        self._presses_message(ADMIN, self._last(ADMIN), versions.ACTIVATE)
        agent = self._in_front_of(AGENT, "/infinity", PROJECT)
        self._publishes(THIRD)
        self._presses_message(ADMIN, self._last(ADMIN), versions.DISCARD)
        admin = self._in_front_of(ADMIN, "/sop-admin", "versions")
        admin.click(versions.SWITCH)
        agent.click("answer:channel:phone")
        self.office.minute()

    def _publishes(self, text: str) -> None:
        admin = self._in_front_of(ADMIN, "/sop-admin", "publish")
        fill(admin, self.words.says, files=self.office.file(text.encode(), f"{self.words.file}.yaml", "text/plain"))
        self.office.work()

    # How people do it

    def _told(self, user: str, command: str, text: str) -> None:
        self.office.person(user).command(command, text)
        self.office.work()

    def _in_front_of(self, user: str, command: str, text: str = "") -> Person:
        """Type a command that opens a modal."""
        person = self.office.person(user)
        person.command(command, text)
        assert person.view, f"{command} {text} opened nothing: {person.told}"
        return person

    def _presses(self, person: Person, action_id: str, value: str) -> None:
        seen = set(self.office.slack.views)
        button = next(e for e in elements(person.view) if (e.get("action_id"), e.get("value")) == (action_id, value))
        _pressed(person, person._view(), button)
        person.view = next(view for name, view in self.office.slack.views.items() if name not in seen)

    def _suggests(self, person: Person, action_id: str, typed: str) -> None:
        person.interact({"type": "block_suggestion", "view": person._view(), "action_id": action_id, "value": typed})

    def _last(self, user: str) -> Json:
        """Return the latest message to somebody that can still be answered."""
        return next(each for each in reversed(self.office.slack.shown(f"D{user}")) if any(elements(each)))

    def _presses_message(self, user: str, message: Json, action_id: str, *, person: Person | None = None) -> Person:
        person = person or self.office.person(user)
        person.press(message, action_id)
        self.office.work()
        return person


def _pressed(person: Person, view: Json, button: Json) -> None:
    person.interact({"type": "block_actions", "view": view, "container": {"type": "view"}, "actions": [button]})


def _row(number: int) -> Sequence[Any]:
    """A project that nobody says anything of."""
    name, phone = f"Otto Nagel{number}", f"775555011{number}"
    return f"INF-20000{number}", name, "4 Birch Lane", "Reno", "NV", "89501", phone, "Dune Solar", None, None, "On hold"
