"""The part of the day that is the callers': procedures run, cases worked on, lists and the Home tab looked at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from functions.slack.listeners.runs import COMMANDS
from tests.builders.people import ADMIN, AGENT, BACK_OFFICE, LEAD, PRIYA, TOM, TRAINED
from tests.standin.office import MANY
from tests.standin.slack import Fault
from tests.tour.filling import SOONER, elements, fill, to_the_end
from tests.tour.hands import HERE, PROJECT, Hands, pressed

if TYPE_CHECKING:
    from sop_core.cases.case import Case
    from tests.standin.person import Person


class Calls(Hands):
    """What agents, specialists and leads do."""

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
        pressed(agent, agent._view(), {"type": "button", "action_id": "language:es", "value": "es"})
        pressed(agent, agent._view(), {"type": "button", "action_id": "form_back", "value": "back"})
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
        agent = self._in_front_of(AGENT, "/infinity")
        agent.click("answer:channel:phone")
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

    def _many_more(self, case: Case) -> None:
        """Let there be so many cases like this that the front of the queue is counted."""
        key = {"pk": {"S": f"CASE#{case.id}"}, "sk": {"S": "CASE"}}
        table = self.office.aws.cases_table
        item = json.dumps(self.office.aws.dynamodb.get_item(TableName=table, Key=key)["Item"])
        for number in range(MANY):
            copied = json.loads(item.replace(case.id, f"SOP-{number:08d}"))
            self.office.aws.dynamodb.put_item(TableName=table, Item=copied)

    # Lists, reports, the Home tab

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
            buttons = [each for each in elements(view) if str(each.get("action_id")).startswith(ids)]
            for button in buttons[:6]:
                pressed(person, view, button)
        self.office.work()
