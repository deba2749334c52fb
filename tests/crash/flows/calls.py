"""An agent on a call: a procedure begun, answered, left, and its case opened."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from tests.builders.people import AGENT
from tests.crash.flows.flow import Flow, one_case

if TYPE_CHECKING:
    from tests.crash.cloud import World
    from tests.standin.person import Person

REASON: Final = "Panels dark since Monday"
SOLD: Final = {
    "caller_name": "Ana Lima",
    "property_address": "5 Oak Court",
    "reason_of_call": "Was promised free panels.",
    "primary_reason": "Fraud",
    "interaction_id": "CX-4711",
}


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


def fears_fraud(world: World) -> Person:
    agent = an_agent(world)
    agent.command("/escalate")
    agent.click("answer:customer_asked:no")
    agent.pick("qualifiers", "fraud", "slander")
    agent.pick("concerns", "claiming_fraud")
    return agent


def hands_off(world: World, agent: Person) -> None:
    world.insist(lambda: agent.submit(**{"What is your main concern?": "The bill."}))
    world.insist(lambda: agent.submit(**SOLD))
    world.settle()


def the_case_is_open(world: World, agent: Person) -> None:
    case = one_case(world, "open", ("open",))
    [run] = world.runs()
    assert (run.state, run.case) == ("done", case.id)
    assert case.id in json.dumps(agent.view), "the agent's screen names the case"


FLOWS: Final = (
    Flow(name="start a run", prepare=an_agent, act=starts, check=a_run_can_go_on),
    Flow(name="answer a question", prepare=asked_who_is_calling, act=answers, check=the_answer_is_saved),
    Flow(name="open a case", prepare=nobody_answered, act=opens_the_case, check=the_case_is_open),
    Flow(name="escalate", prepare=fears_fraud, act=hands_off, check=the_case_is_open),
)
