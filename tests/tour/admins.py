"""The part of the day that is an admin's: settings, sheets, procedures, the audit, a customer who is forgotten."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sop_core.procedures import reading
from sop_core.times import iso
from sop_core.transfers.records import Job
from sop_slack import columns, sheet_history
from sop_slack import procedures as versions
from sop_slack import transfers as sheets
from sop_slack.admin import PARTS
from tests.builders.people import ADMIN, AGENT
from tests.builders.workbooks import workbook
from tests.standin.person import signed
from tests.tour.filling import elements, fill, held
from tests.tour.hands import HERE, PROJECT, Hands, pressed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.standin.person import Json, Person

FORGOTTEN: Final = "INF-100002"
SHIPPED: Final = (reading.HERE / "infinity.yaml").read_text(encoding="utf-8")
SECOND: Final = SHIPPED.replace('version: "1"', 'version: "2"').replace("How did they reach us?", "Where from?")
THIRD: Final = SHIPPED.replace('version: "1"', 'version: "3"').replace("How did they reach us?", "From where?")


class Admins(Hands):
    """What admins do."""

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
            record = Job(id=f"i{number}", source_key=key, user="", created_at=iso(self.office.now))
            store.jobs.create(record)
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

    def audit(self) -> None:
        admin = self._in_front_of(ADMIN, "/sop-admin", "audit")
        pages = [each for each in elements(admin.view) if str(each.get("action_id")).startswith("audit_page")]
        fields = [block for block in admin.view["blocks"] if block["type"] == "input"]
        state = {block["block_id"]: {block["element"]["action_id"]: held(block["element"])} for block in fields}
        view = admin._view() | {"state": {"values": state}}
        for page in pages:
            pressed(admin, view, page)
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


def _row(number: int) -> Sequence[Any]:
    """A project that nobody says anything of."""
    name, phone = f"Otto Nagel{number}", f"775555011{number}"
    return f"INF-20000{number}", name, "4 Birch Lane", "Reno", "NV", "89501", phone, "Dune Solar", None, None, "On hold"
