"""Every path of every procedure, by signed requests to the deployed template, down to the card in the channel."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from functions.slack.listeners.runs import COMMANDS
from sop_aws.cases import CaseStore
from sop_core import procedures
from sop_core.guidance import guidance, render
from sop_core.paths import paths
from sop_core.procedures import reading
from sop_core.settings import Settings
from tests.builders.deployed import Deployed, deployed_app
from tests.builders.people import AGENT, BACK_OFFICE, PEOPLE, TRAINED
from tests.builders.sheets import LISTED, NOT_TRANSFERRED, ORIGINAL, UNLISTED
from tests.standin.aws import SIGNING_SECRET
from tests.standin.person import Person, signed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from functions.slack.facts import Value
    from infra.local.stack import Stack
    from sop_core.guidance import Guidance, Question

pytestmark = pytest.mark.stack

REASON = "Panels dark since Monday"
NUMBER = "2675550185"
BY_INSTALLER = {"listed": LISTED, "original": ORIGINAL, "unlisted": UNLISTED, "not_transferred": NOT_TRANSFERRED}
COMMAND_OF = {name: command for command, name in COMMANDS.items()}
WAYS = [
    (name, {fact: values[0] for fact, values in path.answers.items()})
    for name in procedures.names()
    for path in paths(reading.find(name).file)
]
"""Every path of every procedure, as one set of answers that leads along it."""


@pytest.fixture(scope="module")
def deployed(stack: Stack) -> Iterator[Deployed]:
    with deployed_app(stack, sheet="deployed") as app:
        yield app


def walk(agent: Person, name: str, facts: Mapping[str, Value]) -> None:
    """Answer what is asked, as the facts have it; the sheet and the groups answer the rest."""
    project = BY_INSTALLER[str(facts.get("installer", "listed"))]
    agent.command(COMMAND_OF[name], (project.project_id or "") if "project" in facts else "")
    if facts.get("project") == "found":
        agent.click("project_choose", project.key)
    elif "project" in facts:
        agent.click(f"answer:project:{facts['project']}")
    for question in guidance(procedures.load(name), facts).asked:
        if question.source not in ("sheet", "groups"):
            answer(agent, question, facts[question.fact])


def answer(agent: Person, question: Question, value: Value) -> None:
    """Click the answer, in whatever form it is asked."""
    if not isinstance(value, str):
        agent.pick(question.fact, *value) if value else agent.click(f"answer_none:{question.fact}")
    elif question.widget == "buttons":
        agent.click(f"answer:{question.fact}:{value}")
    else:
        agent.click(f"answer:{question.fact}", value)


@pytest.mark.parametrize(("name", "facts"), WAYS, ids=lambda part: part if isinstance(part, str) else _words(part))
def test_every_path_shows_its_guidance_and_opens_its_case(
    deployed: Deployed, name: str, facts: dict[str, Value]
) -> None:
    told = render(guidance(procedures.load(name), facts), Settings.default())
    agent = deployed.person(_who(name, facts))
    walk(agent, name, facts)
    text = shown(agent.view)
    if told.case is None:
        assert agent.view["submit"]["text"] == "Finish"
        text += shown(agent.submit()["view"])
    else:
        while agent.view["submit"]["text"] == "Next":
            agent.submit()
            text += shown(agent.view)
        assert agent.view["submit"]["text"] == "Open case"
        text += shown(agent.submit(**dict.fromkeys(told.case.notes, REASON) | {"callback_number": NUMBER})["view"])
    expect_all(told, text)
    if told.case is not None:
        expect_card(deployed, told, agent.view)


def _who(name: str, facts: Mapping[str, Value]) -> str:
    if "agent" not in procedures.load(name).audience:
        return BACK_OFFICE
    return TRAINED if facts.get("workout_plan_trained") == "yes" else AGENT


def _words(facts: Mapping[str, Value]) -> str:
    return "-".join(value if isinstance(value, str) else "+".join(value) or "none" for value in facts.values())


def expect_all(told: Guidance, text: str) -> None:
    """What the guidance of this path says last stands on the screen, word for word."""
    last = told.steps[-1]
    for words in (*last.say, *last.warn, *last.do):
        assert words in text
    assert any(step.inferred for step in told.steps) == ("not in the sop" in text.lower())
    if told.disposition:
        assert told.disposition in text


def expect_card(deployed: Deployed, told: Guidance, view: dict[str, Any]) -> None:
    """The case is stored as the guidance drafted it, and its card is in the channel."""
    assert told.case is not None
    case_id = next(word for word in shown(view).split() if word.startswith("SOP-"))
    case = CaseStore(deployed.stack.aws.client("dynamodb"), deployed.stack.outputs.cases_table).get(case_id)
    assert case is not None
    assert (case.type, case.subtype, case.description) == (told.case.type, told.case.subtype, told.case.description)
    card = deployed.said(case_id)[0]
    assert card["channel"] == "C0RESOLUT"
    for tag in told.case.tags:
        assert f"<@{PEOPLE['people'][tag]}>" in card["text"]
    for needed in (told.case.assign_to, told.case.type, REASON, "Claim"):
        assert needed in shown(card)


def shown(value: Any) -> str:
    """Return all text of a view or a message, as one string."""
    if isinstance(value, dict):
        own = [str(value["text"])] if isinstance(value.get("text"), str) else []
        return "\n".join(own + [shown(child) for child in value.values()])
    if isinstance(value, list):
        return "\n".join(shown(child) for child in value)
    if isinstance(value, str) and value.startswith(("[", "{")):
        return shown(json.loads(value))
    return ""


@pytest.mark.parametrize(
    "headers", [{}, signed("payload=%7B%7D", "wrong"), signed("payload=%7B%7D", SIGNING_SECRET, at=1_700_000_000)]
)
def test_unsigned_and_stale_requests_get_401_and_leave_nothing(deployed: Deployed, headers: dict[str, str]) -> None:
    calls = len(deployed.slack.calls)
    assert deployed.send("payload=%7B%7D", headers)[0] == 401
    assert len(deployed.slack.calls) == calls
