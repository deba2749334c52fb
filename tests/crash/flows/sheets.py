"""An admin and the transfer sheet: uploaded, activated, discarded, gone back from, exported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sop_slack import transfers as told
from tests.builders.people import ADMIN
from tests.builders.workbooks import HEADERS, JANE, OMAR, workbook
from tests.crash.flows.flow import Flow, the_message
from tests.standin.files import StoredFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from sop_core.transfers.records import Sheet
    from tests.crash.cloud import World
    from tests.standin.person import Person

NEW_SHEET: Final = "F0SHEET001"
BAD_PHONE: Final = (*OMAR[:6], "12", *OMAR[7:])


def an_admin(world: World) -> Person:
    return world.person(ADMIN, "dana.whitfield")


def with_a_workbook(content: bytes) -> Callable[[World], Person]:
    def prepare(world: World) -> Person:
        world.slack.files[NEW_SHEET] = StoredFile(content=content)
        return an_admin(world)

    return prepare


def uploads(world: World, admin: Person) -> None:
    world.insist(lambda: admin.command("/transfers", "upload"))
    world.insist(lambda: admin.submit(file={"files": [{"id": NEW_SHEET, "name": "Infinity Transfers v1.xlsx"}]}))
    world.settle()


def the_sheet_is_ready(world: World, _: Any) -> None:
    ready = the_new_sheet(world)
    assert (ready.state, ready.counts.projects) == ("ready", 2)
    assert len(list(world.transfers.projects.all(ready.id))) == 2
    assert world.snapshots.index(ready).search("jane doe").verdict == "sure"
    assert is_active(world) == ("s1", 1), "nothing is active that nobody activated"
    message = the_message(world)
    assert "ready to activate" in f"{message['text']} {message['blocks']}"
    assert [name for name, *_ in world.slack.sent] == ["Rows with problems.xlsx"], "once, however often it was begun"


def it_was_refused(world: World, _: Any) -> None:
    assert [sheet.id for sheet in world.transfers.sheets.history()] == ["s1"]
    message = the_message(world)
    assert "Choose the columns" in f"{message['text']} {message['blocks']}"


def a_ready_sheet(world: World) -> Person:
    admin = with_a_workbook(workbook())(world)
    uploads(world, admin)
    return admin


def it_is_known(world: World, _: Any) -> None:
    assert the_new_sheet(world).state == "ready"
    first, again = world.slack.messages
    assert "ready to activate" in first["text"]
    assert "same file" in f"{again['text']} {again['blocks']}"


def an_active_sheet(world: World) -> Person:
    admin = a_ready_sheet(world)
    presses(told.ACTIVATE)(world, admin)
    return admin


def presses(button: str) -> Callable[[World, Person], None]:
    def act(world: World, admin: Person) -> None:
        message = the_message(world)
        world.insist(lambda: admin.press(message, button))
        world.settle()

    return act


def the_sheet_is_active(world: World, _: Any) -> None:
    assert is_active(world) == (the_new_sheet(world).id, 2), "switched once"
    assert "was activated" in the_message(world)["text"]


def the_sheet_is_discarded(world: World, _: Any) -> None:
    assert the_new_sheet(world).state == "discarded"
    assert is_active(world) == ("s1", 1)
    assert "discarded" in the_message(world)["text"]


def goes_back(world: World, admin: Person) -> None:
    world.insist(lambda: admin.command("/transfers", "rollback"))
    world.insist(lambda: admin.submit(version="s1"))
    world.settle()


def the_earlier_sheet_is_active(world: World, _: Any) -> None:
    assert is_active(world) == ("s1", 3), "switched once"
    assert the_new_sheet(world).state == "superseded"


def exports(world: World, admin: Person) -> None:
    world.insist(lambda: admin.command("/transfers", "export"))
    world.settle()


def the_workbook_was_sent(world: World, _: Any) -> None:
    # A command has no identity: whoever types it again, since no answer came, may have asked twice.
    asked = [record for record in world.jobs() if record.kind == "export"]
    assert asked
    assert [name for name, *_ in world.slack.sent] == ["Infinity Transfers export.xlsx"] * len(asked)


def the_new_sheet(world: World) -> Sheet:
    [sheet] = [sheet for sheet in world.transfers.sheets.history() if sheet.id != "s1"]
    return sheet


def is_active(world: World) -> tuple[str, int]:
    active = world.transfers.sheets.active()
    assert active is not None
    return active.sheet, active.version


FLOWS: Final = (
    Flow(
        name="import",
        prepare=with_a_workbook(workbook([JANE, BAD_PHONE])),
        act=uploads,
        check=the_sheet_is_ready,
    ),
    Flow(
        name="refuse a workbook",
        prepare=with_a_workbook(workbook(headers=("Nummer", *HEADERS[1:]))),
        act=uploads,
        check=it_was_refused,
    ),
    Flow(name="upload it again", prepare=a_ready_sheet, act=uploads, check=it_is_known),
    Flow(name="activate", prepare=a_ready_sheet, act=presses(told.ACTIVATE), check=the_sheet_is_active),
    Flow(name="discard", prepare=a_ready_sheet, act=presses(told.DISCARD), check=the_sheet_is_discarded),
    Flow(name="roll back", prepare=an_active_sheet, act=goes_back, check=the_earlier_sheet_is_active),
    Flow(name="export", prepare=an_admin, act=exports, check=the_workbook_was_sent),
)
