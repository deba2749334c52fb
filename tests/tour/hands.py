"""What people of the day do over and over: commands typed, cards and messages pressed, a case opened."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.builders.people import AGENT
from tests.builders.workbooks import HEADERS
from tests.tour.filling import elements, fill, to_the_end

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sop_core.cases.case import Case
    from tests.standin.office import Office
    from tests.standin.person import Json, Person
    from tests.tour.filling import Says

CHANNEL: Final = "C0RESOLUT"
PROJECT: Final = "INF-100001"
HERE: Final = {"channel": "C0SUPPORT", "ts": "1.1"}
"""Where a command was typed, and is answered."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """What people type, what stands in the workbooks' cells, and what files are called."""

    says: Says
    rows: Sequence[Sequence[Any]]
    headers: Sequence[str] = HEADERS
    file: str = "roof.jpg"


@dataclass(frozen=True)
class Hands:
    """The hands of everybody in an office, and the words that they have."""

    office: Office
    words: Words

    def _a_new_case(self, project: str = PROJECT) -> Case:
        known = {case.id for case in self.office.all_cases()}
        agent = self._in_front_of(AGENT, "/infinity", project)
        to_the_end(agent, self.words.says)
        self.office.work()
        [case] = [case for case in self.office.all_cases() if case.id not in known]
        return case

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
        pressed(person, person._view(), button)
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


def pressed(person: Person, view: Json, button: Json) -> None:
    person.interact({"type": "block_actions", "view": view, "container": {"type": "view"}, "actions": [button]})
