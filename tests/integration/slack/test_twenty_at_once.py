"""Twenty people at one moment, at all the buttons of one case: every press counts once or is told the new state.

On the atomic stand-in. In the end the events, the stored case, its card and its thread in Slack say the same.
"""

from __future__ import annotations

import json
import threading
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import pytest

from functions.deliver.app import handler as deliver
from functions.slack.casework import MOVES
from sop_core.cases.lifecycle import apply
from sop_core.cases.transitions import TRANSITIONS
from sop_slack.cards import LABELS, case_message
from sop_slack.case_views import FORMS
from tests.builders.people import AGENT, BACK_OFFICE, PRIYA
from tests.integration.slack.test_cases import an_open_case, card, now
from tests.standin.person import Context
from tests.unit.cases.test_functions import wake_for

if TYPE_CHECKING:
    from sop_core.cases.case import Case
    from tests.integration.slack.conftest import Desk
    from tests.standin.person import Person

PEOPLE: Final = 20
CLOSE_REASON: Final = "Duplicate case"
SPECIALISTS: Final = [f"U0SPEC1{number:02d}" for number in range(PEOPLE)]
OWNERS: Final = frozenset({"resend", "void", "withdraw"})
WAYS: Final[dict[str, tuple[str, ...]]] = {
    "open": (), "claimed": ("claim",), "returned": ("claim", "return"), "closed": ("claim", "close"),
}  # fmt: skip
BUTTONS: Final[dict[str, list[str]]] = {
    state: [row.action for row in TRANSITIONS if row.from_state == state and row.who != ("clock",)] for state in WAYS
}


def brought_to(desk: Desk, state: str) -> Case:
    """A case of ``AGENT`` in this state, its card delivered."""
    case = an_open_case(desk)
    for action in WAYS[state]:
        about: dict[str, Any] = {"actor": PRIYA, "actor_name": "priya", "reason": CLOSE_REASON}
        case, event = apply(case, action, at=case.opened_at, **about)
        desk.cases.change(case, event, ())
    deliver({"Records": [wake_for(case)]}, Context())
    return case


def pressed(state: str) -> list[tuple[str, str]]:
    """Who presses what: each button in turn, and what only the owner has, once."""
    owners = [action for action in BUTTONS[state] if action in OWNERS]
    others = [action for action in BUTTONS[state] if action not in OWNERS]
    rest = [(others[number % len(others)], SPECIALISTS[number]) for number in range(PEOPLE - len(owners))]
    return [*((action, AGENT) for action in owners), *rest]


def ready(desk: Desk, case: Case, action: str, user: str) -> tuple[Person, dict[str, Any] | None]:
    """A person in front of a button, or with the form behind it and what they type there."""
    person, message = desk.person(user, user.lower()), card(case)
    if action == "link":
        person.press(message, "case_details")
        return person, {"number": "00123456"}
    if action not in FORMS:
        return person, None
    if f"case_{action}" in json.dumps(message):
        person.press(message, f"case_{action}")
    else:
        person.choose_more(message, action)
    file: dict[str, Any] = {"id": f"F{user}", "name": "roof.jpg", "mimetype": "image/jpeg", "size": 12}
    desk.slack.stored[file["id"]] = ("roof.jpg", b"a roof")
    typed: dict[str, dict[str, Any]] = {
        "assign": {"assignee": {"selected_user": SPECIALISTS[-1]}, "why": "W"},
        "return": {"why": "W"},
        "close": {"reason": CLOSE_REASON},
        "attach": {"documents": {"files": [file]}},
    }
    return person, typed.get(action, {"note": "N"})


@pytest.mark.parametrize("state", WAYS)
def test_every_press_counts_once_or_is_told_the_new_state(desk: Desk, state: str) -> None:
    desk.settings(roles={"resolution_specialist": [PRIYA, *SPECIALISTS], "back_office": [BACK_OFFICE]})
    case = brought_to(desk, state)
    presses = pressed(state)
    people = [ready(desk, case, action, user) for action, user in presses]
    before, answers = desk.cases.events(case.id), [""] * PEOPLE
    start = threading.Barrier(PEOPLE)

    def press(number: int) -> None:
        person, typed = people[number]
        start.wait()
        if typed is None:
            person.press(card(case), f"case_{presses[number][0]}")
        else:
            answers[number] = json.dumps(person.submit(**typed))

    threads = [threading.Thread(target=press, args=(number,)) for number in range(PEOPLE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    stored, events = now(desk), desk.cases.events(case.id)
    done = [(event.action, event.actor) for event in events[len(before) :]]
    told = [call["user"] for call in desk.slack.called("chat.postEphemeral")]
    for (action, user), (_, typed), answer in zip(presses, people, answers, strict=True):
        # Whoever assigns late may read it in the form: the one they chose has the case by then.
        late = answer.count("Nothing was changed") + answer.count("They have the case already")
        is_told = told.count(user) if typed is None else late
        assert done.count((action, user)) + is_told == 1, (action, user, answer)
    assert sum(action in MOVES for action, _ in done) == 1

    # The story has no gap and leads to what is stored.
    assert [event.version for event in events] == [*range(1, stored.version + 1)]
    assert events[-1].to_state == stored.state
    assert all(one.to_state == two.from_state for one, two in pairwise(events))

    # Slack shows what is stored, and tells each event once.
    deliver({"Records": [wake_for(stored)]}, Context())
    assert desk.cases.outbox.pending(case.id) == ()
    [shown] = [m for m in desk.slack.messages if "thread_ts" not in m and m["channel"] == stored.channel]
    assert shown["text"] == case_message(stored).text
    assert shown["blocks"] == list(case_message(stored).blocks)
    lines = [m["metadata"]["event_payload"]["delivery"] for m in desk.slack.messages if "thread_ts" in m]
    assert len(lines) == len(set(lines)) == len(done)


def test_every_button_of_every_state_is_among_them() -> None:
    """What the table lets people do, people do here."""
    assert {action for actions in BUTTONS.values() for action in actions} == {*LABELS, "link"} - {"details"}
    assert all(len(actions) <= PEOPLE for actions in BUTTONS.values())
