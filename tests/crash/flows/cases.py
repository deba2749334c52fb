"""What becomes of a case: its card's buttons and forms, pressed by specialists and by its owner."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from tests.builders.people import AGENT, PRIYA, TOM
from tests.crash.flows.calls import REASON, an_agent, nobody_answered
from tests.crash.flows.flow import Flow, card, one_case
from tests.standin.files import StoredFile
from tests.standin.person import Person

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.crash.cloud import World
    from tests.standin.person import Json

PHOTO: Final = {"id": "F0ROOF", "name": "roof.jpg", "mimetype": "image/jpeg", "size": 4}
ANSWER: Final = "The one in Austin."


def an_open_case(world: World) -> Person:
    agent = nobody_answered(world)
    agent.submit(reason_of_call=REASON)
    world.settle()
    return world.person(PRIYA, "priya.nair")


def its_owner(world: World) -> Person:
    an_open_case(world)
    return an_agent(world)


def a_claimed_case(world: World) -> Person:
    priya = an_open_case(world)
    priya.press(card(world), "case_claim")
    world.settle()
    return priya


def a_closed_case(world: World) -> Person:
    priya = a_claimed_case(world)
    priya.press(card(world), "case_close")
    priya.submit(reason="Contacted and resolved")
    world.settle()
    return priya


def asked_back(world: World) -> Person:
    priya = a_claimed_case(world)
    priya.press(card(world), "case_return")
    priya.submit(why="Which of the two projects?")
    world.settle()
    return an_agent(world)


def acts(how: Callable[[Person, Json, str], None], what: str, **typed: Any) -> Callable[[World, Person], None]:
    """Do something with the card, and submit the form that it opens, if there is something to type."""

    def act(world: World, person: Person) -> None:
        world.insist(lambda: how(person, card(world), what))
        if typed:
            world.insist(lambda: person.submit(**typed))
        world.settle()

    return act


presses, chooses = partial(acts, Person.press), partial(acts, Person.choose_more)


def ends_as(state: str, *actions: str) -> Callable[[World, Any], None]:
    def check(world: World, _: Any) -> None:
        one_case(world, state, actions)

    return check


def attaches(world: World, person: Person) -> None:
    world.slack.files[PHOTO["id"]] = StoredFile(content=b"roof", name="roof.jpg", mimetype="image/jpeg")  # type: ignore[index]  # a string
    chooses("attach", documents={"files": [PHOTO]})(world, person)


def the_document_is_kept(world: World, _: Any) -> None:
    case = one_case(world, "open", ("open", "attach"))
    [document] = case.documents
    stored = world.aws.s3.get_object(Bucket=world.aws.files_bucket, Key=document.key)
    assert stored["Body"].read() == b"roof"


def answers_in_messages(world: World, owner: Person) -> None:
    [asked] = [each for each in world.slack.messages if each["channel"] == f"D{AGENT}"]
    world.insist(lambda: owner.press(asked, "case_resend"))
    world.insist(lambda: owner.submit(note=ANSWER))
    world.settle()


def it_is_open_again(world: World, _: Any) -> None:
    one_case(world, "open", ("open", "claim", "return", "resend"))


FLOWS: Final = (
    Flow(name="claim", prepare=an_open_case, act=presses("case_claim"), check=ends_as("claimed", "open", "claim")),
    Flow(
        name="assign",
        prepare=an_open_case,
        act=presses("case_assign", assignee={"selected_user": TOM}, why="He knows the installer."),
        check=ends_as("claimed", "open", "assign"),
    ),
    Flow(
        name="return",
        prepare=a_claimed_case,
        act=presses("case_return", why="Which of the two projects?"),
        check=ends_as("returned", "open", "claim", "return"),
    ),
    Flow(name="send again", prepare=asked_back, act=answers_in_messages, check=it_is_open_again),
    Flow(
        name="void",
        prepare=asked_back,
        act=presses("case_void", note="Opened for the wrong project."),
        check=ends_as("voided", "open", "claim", "return", "void"),
    ),
    Flow(
        name="withdraw",
        prepare=its_owner,
        act=chooses("withdraw", note="Opened by mistake."),
        check=ends_as("voided", "open", "withdraw"),
    ),
    Flow(
        name="close",
        prepare=a_claimed_case,
        act=presses("case_close", reason="Contacted and resolved", note="Told her the date."),
        check=ends_as("closed", "open", "claim", "close"),
    ),
    Flow(
        name="reopen",
        prepare=a_closed_case,
        act=presses("case_reopen"),
        check=ends_as("open", "open", "claim", "close", "reopen"),
    ),
    Flow(
        name="ask for an update",
        prepare=its_owner,
        act=chooses("ask_update", note="Called for the third time."),
        check=ends_as("open", "open", "ask_update"),
    ),
    Flow(
        name="note",
        prepare=an_open_case,
        act=chooses("note", note="She prefers mornings."),
        check=ends_as("open", "open", "note"),
    ),
    Flow(name="attach a document", prepare=an_open_case, act=attaches, check=the_document_is_kept),
)
