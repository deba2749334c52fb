"""Who works in the office: agents who take one call after the other, and specialists who see to the cases.

Each is a thread that reads, thinks and clicks. Whatever does not go as it should is written down, and they go on.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from tests.load.office import CHANNEL
from tests.standin.aws import SIGNING_SECRET
from tests.standin.person import Person

if TYPE_CHECKING:
    from sop_core.transfers.project import Project
    from tests.load.office import Office

CASE: Final = re.compile(r"SOP-[0-9A-Z]{8}")
ANSWERS: Final[tuple[tuple[str, str | None], ...]] = (
    ("channel:phone", None),
    ("caller_type", "homeowner"),
    ("authenticated:yes", None),
    ("transfer_answered:no", None),
)
"""The call as it goes: buttons, and the one menu. Nobody answers the transfer, so a callback is promised."""
CALLED_ABOUT: Final = "The panels are dark since Monday, and nobody has called back"
RESOLVED: Final = "Contacted and resolved"
BY_NAME: Final = 0.8
LOOK: Final = 0.2

Work = Callable[["Office", "Person", random.Random], None]


class Astray(Exception):
    """What the person saw is not what should be there."""


def agents(count: int) -> list[str]:
    """Return the user ids of so many agents."""
    return [f"U0LOADA{number:03d}" for number in range(count)]


def specialists(count: int) -> list[str]:
    """Return the user ids of so many specialists."""
    return [f"U0LOADS{number:03d}" for number in range(count)]


def at_work(office: Office) -> list[threading.Thread]:
    """Return everybody, each a thread that ends soon after the office has closed."""
    people: list[tuple[str, Work]] = [(user, take_a_call) for user in agents(office.plan.agents)]
    people += [(user, see_to_a_case) for user in specialists(office.plan.specialists)]
    return [threading.Thread(target=_work, args=(office, user, work), name=user, daemon=True) for user, work in people]


def _work(office: Office, user: str, work: Work) -> None:
    rng = random.Random(user)  # noqa: S311 - whom they call, not a secret
    # Nobody begins the day at the same moment.
    office.closed.wait(rng.uniform(0, office.plan.think))
    while not office.closed.is_set():
        person = Person(user=user, slack=office.slack, send=office.send, secret=SIGNING_SECRET, name=user.lower())
        try:
            work(office, person, rng)
        except Exception as error:  # noqa: BLE001 - it is counted, and the day goes on
            office.trouble.append(f"{work.__name__}: {type(error).__name__}: {error}"[:300])
            _think(office, rng)


def take_a_call(office: Office, agent: Person, rng: random.Random) -> None:
    """Take one call from "hello" to the number of the case that is opened; a call that was begun is ended."""
    project = rng.choice(office.projects)
    _find(office, agent, project, rng)
    for name, value in ANSWERS:
        _think(office, rng)
        agent.click(f"answer:{name}", value)
    _think(office, rng)
    if agent.view["submit"]["text"] != "Open case":
        raise Astray(f"the form of the case is not there, but {agent.view['submit']['text']}")
    told = CASE.findall(str(agent.submit(reason_of_call=CALLED_ABOUT, callback_number="2675550185")))
    if len(set(told)) != 1:
        raise Astray("no case number after the submission")
    office.confirmed.append((told[0], time.monotonic()))
    office.calls += 1


def _find(office: Office, agent: Person, project: Project, rng: random.Random) -> None:
    """Type the command with the caller's name or number, and choose the project, from the typeahead if need be."""
    typed = project.homeowner if rng.random() < BY_NAME else project.project_id
    if told := agent.command("/infinity", str(typed)):
        raise Astray(f"no modal, but: {told[:80]}")
    _think(office, rng)
    try:
        agent.click("project_choose", project.key)
    except LookupError:  # a namesake among many
        options = agent.suggest("project_search", f"{project.homeowner} {project.address}")
        mine = [option for option in options if option["value"] == project.key]
        if not mine:
            raise Astray("the project is not found by name and address") from None
        agent.choose_suggested("project_search", mine[0])


def see_to_a_case(office: Office, specialist: Person, rng: random.Random) -> None:
    """Look at the queue, claim a case from its card, and close half of them."""
    specialist.open_home()
    _think(office, rng)
    card = _unclaimed(office, rng)
    if card is None:
        return
    number = CASE.findall(card["text"])[0]
    specialist.press(card, "case_claim")
    office.done.append((number, "claim", specialist.user))
    _think(office, rng)
    if rng.random() < 1 / 2:
        return
    specialist.press(_shown(office, number), "case_close")
    _think(office, rng)
    if specialist.submit(reason=RESOLVED):
        raise Astray("the case is not closed")
    office.done.append((number, "close", specialist.user))


def _unclaimed(office: Office, rng: random.Random) -> dict[str, Any] | None:
    """Return the card of a case that nobody has, waiting for one while the office is open."""
    while not office.closed.is_set():
        with office.lock:
            free = [card for card in office.slack.cards(CHANNEL) if "case_claim" in str(card["blocks"])]
            free = [card for card in free if card["ts"] not in office.taken]
            if free:
                card = rng.choice(free)
                office.taken.add(card["ts"])
                return card
        office.closed.wait(LOOK)
    return None


def _shown(office: Office, number: str) -> dict[str, Any]:
    """Return a case's card once it shows that it was claimed."""
    for _ in range(300):
        card = next(card for card in office.slack.cards(CHANNEL) if number in card["text"])
        if "case_close" in str(card["blocks"]):
            return card
        time.sleep(LOOK)
    raise Astray("the card does not show that the case is claimed")


def _think(office: Office, rng: random.Random) -> None:
    time.sleep(rng.uniform(0.5, 1.5) * office.plan.think)
