"""A customer whom the app comes to know in every way that there is; each word of theirs carries a mark."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any, Final

from infra.local.workspace import limits
from sop_slack import forgetting as views
from sop_slack import transfers as sheets
from tests.builders.people import ADMIN, AGENT, PRIYA
from tests.builders.workbooks import HEADERS, OMAR, workbook
from tests.standin.files import StoredFile

if TYPE_CHECKING:
    from tests.integration.privacy.conftest import House
    from tests.standin.person import Json, Person

MARKS: Final = ("zqx", "2675550142", "(267) 555-0142")
"""In everything that is known of the customer, and in nothing else."""
CUSTOMER: Final = (
    "INF-100001",
    "Zqxanna Zqxdoe",
    "71 Zqxcurry St",
    "Zqxcamden",
    "NJ",
    "0810",
    "(267) 555-0142",
    "North Valley LLC",
    "Empower Solar, Inc.",
    "2023-09-14",
    "Transferred",
    "anna@zqx.example",
)
COLUMNS: Final = (*HEADERS, "Email")
OTHER: Final = "Omar Haddad"
BOOK: Final = workbook([CUSTOMER, (*OMAR[:6], "12", *OMAR[7:], "omar@mail.example")], headers=COLUMNS)
NEWER: Final = workbook([CUSTOMER, (*OMAR, "omar@mail.example")], headers=COLUMNS)


def lived_through(house: House) -> str:
    """Let everything be done for a customer that the app can do; return the case's number, which is closed then."""
    upload(house, "F0BOOK001", BOOK)
    upload(house, "F0BOOK002", NEWER)
    house.person(ADMIN).command("/transfers", "export")
    house.settle()
    agent, priya = house.person(AGENT), house.person(PRIYA, "priya.nair")
    agent.command("/infinity", "zqxanna zqxdoe")
    agent.command("/infinity", "zqxanna zqxdoe")
    choose(agent)
    agent.click("answer:caller_type", "homeowner")
    agent.click("answer:authenticated:yes")
    agent.click("answer:transfer_answered:no")
    agent.submit(reason_of_call="Zqxpanels dark", callback_number="(267) 555-0142")
    house.settle()
    press(house, priya, "case_claim")
    press(house, priya, "case_return", why="Which zqxproject?")
    press(house, agent, "case_resend", note="The zqxroof one")
    press(house, priya, "case_claim")
    photo = {"id": "F0ZROOF", "name": "zqxroof.jpg", "mimetype": "image/jpeg", "size": 4}
    house.slack.files["F0ZROOF"] = StoredFile(content=b"zqxroof", name="zqxroof.jpg", mimetype="image/jpeg")
    more(house, agent, "attach", documents={"files": [photo]})
    more(house, agent, "note", note="She zqxprefers mornings")
    press(house, priya, "case_close", reason="Contacted and resolved", note="Told zqxher the date")
    del house.slack.files["F0ZROOF"]  # a person's own file: theirs to delete
    return str(card(house)["text"].split()[1])


def choose(agent: Person) -> None:
    agent.click("project_choose", "INF-100001")
    agent.click("answer:channel:phone")


def upload(house: House, file_id: str, content: bytes) -> None:
    house.slack.files[file_id] = StoredFile(content=content)
    admin = house.person(ADMIN)
    admin.command("/transfers", "upload")
    admin.submit(file={"files": [{"id": file_id, "name": "Infinity Transfers v1.xlsx"}]})
    house.settle()
    del house.slack.files[file_id]
    admin.press(last_message(house, ADMIN), sheets.ACTIVATE)


def press(house: House, person: Person, button: str, **typed: Any) -> None:
    person.press(card(house), button)
    if typed:
        person.submit(**typed)
    house.settle()


def more(house: House, person: Person, choice: str, **typed: Any) -> None:
    person.choose_more(card(house), choice)
    person.submit(**typed)
    house.settle()


def card(house: House) -> Json:
    [message] = [m for m in house.slack.messages if m["channel"] == "C0RESOLUT" and "thread_ts" not in m]
    return decoded(message)


def last_message(house: House, user: str) -> Json:
    return decoded([m for m in house.slack.messages if m["channel"] == f"D{user}"][-1])


def decoded(message: Json) -> Json:
    blocks = message.get("blocks") or []
    return {**message, "blocks": json.loads(blocks) if isinstance(blocks, str) else blocks}


# How they are forgotten


def forget(house: House, text: str) -> Person:
    admin = house.person(ADMIN, "dana.whitfield")
    ask(admin, text)
    choose_all(admin)
    confirm(admin)
    house.settle()
    return admin


def choose_all(admin: Person) -> Json:
    boxes = [block for block in admin.view["blocks"] if block["type"] == "input"]
    everyone = {block["block_id"]: block["element"]["options"] for block in boxes}
    answer = submit_values(admin, {block: {"chosen": {"selected_options": every}} for block, every in everyone.items()})
    limits.check_view(admin.view)
    return answer


def confirm(admin: Person, typed: str = "") -> Json:
    asked = next(block for block in admin.view["blocks"] if block["type"] == "input")
    return submit_values(admin, {views.TYPED: {"typed": {"value": typed or asked["label"]["text"].split()[1]}}})


def ask(admin: Person, text: str) -> Json:
    admin.command("/sop-admin", "forget")
    limits.check_view(admin.view)
    answer = submit_values(admin, {views.TEXT: {"text": {"value": text}}})
    limits.check_view(admin.view)
    return answer


def submit_values(admin: Person, values: Json) -> Json:
    view = admin.view | {"team_id": "T0SOLAR01", "type": "modal", "state": {"values": values}}
    answer: Json = json.loads(admin.interact({"type": "view_submission", "view": view}))
    if answer.get("response_action") == "update":
        admin.view = {**answer["view"], "id": admin.view["id"], "hash": "updated"}
    return answer


# Where they could still be


def everything(house: House) -> dict[str, str]:
    """Return all that is kept, by place."""
    places = {f"table:{name}": text for name, text in house.tables().items()}
    places |= {f"object:{key}": unzipped(content) for key, content in house.objects().items()}
    places |= {f"message:{m['channel']}:{m['ts']}": json.dumps(decoded(m)) for m in house.slack.messages}
    return places | {f"file:{key}": unzipped(content) for key, content in house.slack.uploads.items()}


def unzipped(content: bytes) -> str:
    """Return a file as text, a workbook with all its parts."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return content.decode("latin-1")
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return "".join(parts.read(name).decode("latin-1") for name in parts.namelist())


def found_in(places: dict[str, str]) -> list[str]:
    return [place for place, text in places.items() if any(mark in text.casefold() for mark in MARKS)]
