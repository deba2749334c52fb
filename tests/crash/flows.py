"""What people and the clock do with the app, one flow each, and what must be true of it however often it was killed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sop_aws.times import parse
from sop_slack import transfers as sheets
from sop_slack.cards import case_message
from tests.builders.people import ADMIN, AGENT, PRIYA
from tests.builders.workbooks import workbook
from tests.standin.files import StoredFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from sop_core.cases.case import Case
    from tests.crash.cloud import World
    from tests.standin.person import Json, Person

CHANNEL: Final = "C0RESOLUT"
REASON: Final = "Panels dark since Monday"
NEW_SHEET: Final = "F0SHEET001"
PHOTO: Final = {"id": "F0ROOF", "name": "roof.jpg", "mimetype": "image/jpeg", "size": 4}


@dataclass(frozen=True, kw_only=True)
class Flow:
    """``prepare`` brings the world to where it begins; in ``act`` processes are killed; ``check`` looks at the end."""

    name: str
    prepare: Callable[[World], Person]
    act: Callable[[World, Person], None]
    check: Callable[[World, Person], None]


# An agent on a call


def an_agent(world: World) -> Person:
    return world.person(AGENT)


def asked_who_is_calling(world: World) -> Person:
    agent = an_agent(world)
    agent.command("/infinity", "jane do")
    agent.click("project_choose", "INF-100001")
    agent.click("answer:channel:phone")
    return agent


def nobody_answered(world: World) -> Person:
    agent = asked_who_is_calling(world)
    agent.click("answer:caller_type", "homeowner")
    agent.click("answer:authenticated:yes")
    agent.click("answer:transfer_answered:no")
    return agent


def starts(world: World, agent: Person) -> None:
    world.insist(lambda: agent.command("/infinity", "jane do"))
    world.settle()


def a_run_can_go_on(world: World, agent: Person) -> None:
    agent.click("project_choose", "INF-100001")
    agent.click("answer:channel:phone")
    assert [run.facts["channel"] for run in world.runs() if "channel" in run.facts] == ["phone"]
    assert all(run.expires_at for run in world.runs()), "what was left behind expires"


def answers(world: World, agent: Person) -> None:
    world.insist(lambda: agent.click("answer:caller_type", "homeowner"))
    world.settle()


def the_answer_is_saved(world: World, agent: Person) -> None:
    [run] = world.runs()
    assert (run.facts["caller_type"], run.state) == ("homeowner", "active")
    agent.click("answer:authenticated:yes")
    [run] = world.runs()
    assert run.facts["authenticated"] == "yes"


def opens_the_case(world: World, agent: Person) -> None:
    world.insist(lambda: agent.submit(reason_of_call=REASON))
    world.settle()


def the_case_is_open(world: World, agent: Person) -> None:
    case = one_case(world, "open", ("open",))
    [run] = world.runs()
    assert (run.state, run.case) == ("done", case.id)
    assert case.id in json.dumps(agent.view), "the agent's screen names the case"


# A specialist and the card


def an_open_case(world: World) -> Person:
    agent = nobody_answered(world)
    agent.submit(reason_of_call=REASON)
    world.settle()
    return world.person(PRIYA, "priya.nair")


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


def presses(button: str) -> Callable[[World, Person], None]:
    def act(world: World, person: Person) -> None:
        world.insist(lambda: person.press(card(world), button))
        world.settle()

    return act


def asks_and_submits(button: str, **typed: Any) -> Callable[[World, Person], None]:
    def act(world: World, person: Person) -> None:
        world.insist(lambda: person.press(card(world), button))
        world.insist(lambda: person.submit(**typed))
        world.settle()

    return act


def chooses_and_submits(choice: str, **typed: Any) -> Callable[[World, Person], None]:
    def act(world: World, person: Person) -> None:
        world.insist(lambda: person.choose_more(card(world), choice))
        world.insist(lambda: person.submit(**typed))
        world.settle()

    return act


def ends_as(state: str, *actions: str) -> Callable[[World, Any], None]:
    def check(world: World, _: Any) -> None:
        one_case(world, state, actions)

    return check


def attaches(world: World, person: Person) -> None:
    world.slack.files[PHOTO["id"]] = StoredFile(content=b"roof", name="roof.jpg", mimetype="image/jpeg")  # type: ignore[index]  # a string
    chooses_and_submits("attach", documents={"files": [PHOTO]})(world, person)


def the_document_is_kept(world: World, _: Any) -> None:
    case = one_case(world, "open", ("open", "attach"))
    [document] = case.documents
    stored = world.aws.s3.get_object(Bucket=world.aws.environment["FILES_BUCKET"], Key=document.key)
    assert stored["Body"].read() == b"roof"


def card(world: World) -> Json:
    """Return the card as it stands in the channel."""
    [message] = [each for each in world.slack.messages if each["channel"] == CHANNEL and "thread_ts" not in each]
    return {**message, "blocks": blocks(message)}


def one_case(world: World, state: str, actions: tuple[str, ...]) -> Case:
    """Check that there is one case in this state with these events, one card that shows it, and each message once."""
    case = world.case()
    assert case.state == state
    assert tuple(event.action for event in world.cases.events(case.id)) == actions
    shown, wanted = card(world), case_message(case)
    assert (shown["text"], _seen(shown["blocks"])) == (wanted.text, _seen(list(wanted.blocks))), (
        "the card is out of date"
    )
    told = [str(message.get("metadata")) for message in world.slack.messages]
    assert len(told) == len(set(told)), "no message twice"
    return case


def _seen(part: Any) -> Any:
    """Return what a person sees: without what names the version (a note makes no button late)."""
    match part:
        case dict():
            return {name: _seen(value) for name, value in part.items() if name not in {"value", "block_id"}}
        case list():
            return [_seen(each) for each in part]
        case _:
            return part


def blocks(message: Json) -> list[Json]:
    given = message.get("blocks") or []
    return json.loads(given) if isinstance(given, str) else given


# Time


def a_case_soon_due(world: World) -> Person:
    priya = a_claimed_case(world)
    due = world.cases.get(world.case().id)
    assert due is not None
    assert due.remind_at is not None
    world.now = parse(due.remind_at).timestamp() + 60
    return priya


def a_minute_passes(world: World, _: Any) -> None:
    while world.invoke("sweep", {}).was_killed:
        world.now += 60
    world.settle()


def reminded_once(world: World, _: Any) -> None:
    world.now += 60
    world.invoke("sweep", {})
    world.settle()
    one_case(world, "claimed", ("open", "claim", "remind"))


# An admin and the transfer sheet


def an_admin(world: World) -> Person:
    world.slack.files[NEW_SHEET] = StoredFile(content=workbook())
    return world.person(ADMIN, "dana.whitfield")


def uploads(world: World, admin: Person) -> None:
    world.insist(lambda: admin.command("/transfers", "upload"))
    world.insist(lambda: admin.submit(file={"files": [{"id": NEW_SHEET, "name": "Infinity Transfers v1.xlsx"}]}))
    world.settle()


def the_sheet_is_ready(world: World, _: Any) -> None:
    ready = [sheet for sheet in world.transfers.history() if sheet.id != "s1"]
    assert [(sheet.state, sheet.counts.projects) for sheet in ready] == [("ready", 2)]
    assert len(list(world.transfers.all_projects(ready[0].id))) == 2
    active = world.transfers.active()
    assert active is not None
    assert active.sheet == "s1", "nothing is active that nobody activated"
    [message] = world.slack.messages
    assert "ready to activate" in f"{message['text']} {message['blocks']}"


def a_ready_sheet(world: World) -> Person:
    admin = an_admin(world)
    uploads(world, admin)
    return admin


def activates(world: World, admin: Person) -> None:
    [message] = world.slack.messages
    world.insist(lambda: admin.press({**message, "blocks": blocks(message)}, sheets.ACTIVATE))
    world.settle()


def the_sheet_is_active(world: World, _: Any) -> None:
    [sheet] = [sheet for sheet in world.transfers.history() if sheet.id != "s1"]
    active = world.transfers.active()
    assert active is not None
    assert (active.sheet, active.version) == (sheet.id, 2), "switched once"
    [message] = world.slack.messages
    assert "is active" in message["text"]


FLOWS: Final = (
    Flow(name="start a run", prepare=an_agent, act=starts, check=a_run_can_go_on),
    Flow(name="answer a question", prepare=asked_who_is_calling, act=answers, check=the_answer_is_saved),
    Flow(name="open a case", prepare=nobody_answered, act=opens_the_case, check=the_case_is_open),
    Flow(name="claim", prepare=an_open_case, act=presses("case_claim"), check=ends_as("claimed", "open", "claim")),
    Flow(
        name="return",
        prepare=a_claimed_case,
        act=asks_and_submits("case_return", why="Which of the two projects?"),
        check=ends_as("returned", "open", "claim", "return"),
    ),
    Flow(
        name="close",
        prepare=a_claimed_case,
        act=asks_and_submits("case_close", reason="Contacted and resolved", note="Told her the date."),
        check=ends_as("closed", "open", "claim", "close"),
    ),
    Flow(
        name="reopen",
        prepare=a_closed_case,
        act=presses("case_reopen"),
        check=ends_as("open", "open", "claim", "close", "reopen"),
    ),
    Flow(
        name="note",
        prepare=an_open_case,
        act=chooses_and_submits("note", note="She prefers mornings."),
        check=ends_as("open", "open", "note"),
    ),
    Flow(name="attach a document", prepare=an_open_case, act=attaches, check=the_document_is_kept),
    Flow(name="remind", prepare=a_case_soon_due, act=a_minute_passes, check=reminded_once),
    Flow(name="import", prepare=an_admin, act=uploads, check=the_sheet_is_ready),
    Flow(name="activate", prepare=a_ready_sheet, act=activates, check=the_sheet_is_active),
)
