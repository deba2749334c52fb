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

if TYPE_CHECKING:
    from tests.standin.office import Office
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


def lived_through(office: Office) -> str:
    """Let everything be done for a customer that the app can do; return the case's number, which is closed then."""
    upload(office, BOOK)
    upload(office, NEWER)
    office.person(ADMIN).command("/transfers", "export")
    office.work()
    agent, priya = office.person(AGENT), office.person(PRIYA, "priya.nair")
    agent.command("/infinity", "zqxanna zqxdoe")
    agent.command("/infinity", "zqxanna zqxdoe")
    choose(agent)
    agent.click("answer:caller_type", "homeowner")
    agent.click("answer:authenticated:yes")
    agent.click("answer:transfer_answered:no")
    agent.submit(reason_of_call="Zqxpanels dark", callback_number="(267) 555-0142")
    office.work()
    press(office, priya, "case_claim")
    press(office, priya, "case_return", why="Which zqxproject?")
    press(office, agent, "case_resend", note="The zqxroof one")
    press(office, priya, "case_claim")
    photo = office.file(b"zqxroof", "zqxroof.jpg", "image/jpeg")
    more(office, agent, "attach", documents=photo)
    more(office, agent, "note", note="She zqxprefers mornings")
    press(office, priya, "case_close", reason="Contacted and resolved", note="Told zqxher the date")
    delete(office, photo)
    return str(card(office)["text"].split()[1])


def a_callback(office: Office, project: str) -> str:
    """Let an agent open a case for a project; return its number."""
    agent = office.person(AGENT)
    agent.command("/infinity", project)
    choose(agent, project)
    agent.click("answer:caller_type", "homeowner")
    agent.click("answer:authenticated:yes")
    agent.click("answer:transfer_answered:no")
    agent.submit(reason_of_call="Panels dark", callback_number="(267) 555-0100")
    office.work()
    return str(next(word for word in card(office)["text"].split() if word.startswith("SOP-")))


def choose(agent: Person, project: str = "INF-100001") -> None:
    agent.click("project_choose", project)
    agent.click("answer:channel:phone")


def upload(office: Office, content: bytes) -> None:
    admin, file = office.person(ADMIN), office.file(content)
    admin.command("/transfers", "upload")
    admin.submit(file=file)
    office.work()
    delete(office, file)
    admin.press(last_message(office, ADMIN), sheets.ACTIVATE)


def delete(office: Office, chosen: Json) -> None:
    """Delete a person's own file, as they may."""
    for file in chosen["files"]:
        del office.slack.files[file["id"]]


def press(office: Office, person: Person, button: str, **typed: Any) -> None:
    person.press(card(office), button)
    if typed:
        person.submit(**typed)
    office.work()


def more(office: Office, person: Person, choice: str, **typed: Any) -> None:
    person.choose_more(card(office), choice)
    person.submit(**typed)
    office.work()


def card(office: Office) -> Json:
    [message] = office.slack.cards("C0RESOLUT")
    return message


def last_message(office: Office, user: str) -> Json:
    return office.slack.shown(f"D{user}")[-1]


# How they are forgotten


def forget(office: Office, text: str) -> Person:
    admin = office.person(ADMIN, "dana.whitfield")
    ask(admin, text)
    choose_all(admin)
    confirm(admin)
    office.work()
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


def everything(office: Office) -> dict[str, str]:
    """Return all that is kept, by place."""
    places = {f"table:{name}": as_text(items) for name, items in office.tables().items()}
    places |= {f"object:{key}": unzipped(content) for key, content in office.objects().items()}
    places |= {f"message:{m['channel']}:{m['ts']}": json.dumps(m) for m in office.slack.messages}
    return places | {f"file:{key}": unzipped(content) for key, content in office.slack.uploads.items()}


def as_text(items: object) -> str:
    return json.dumps(items, ensure_ascii=False, default=repr)


def unzipped(content: bytes) -> str:
    """Return a file as text, a workbook with all its parts."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return content.decode("latin-1")
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return "".join(parts.read(name).decode("latin-1") for name in parts.namelist())


def found_in(places: dict[str, str]) -> list[str]:
    return [place for place, text in places.items() if any(mark in text.casefold() for mark in MARKS)]
