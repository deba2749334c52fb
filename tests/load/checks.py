"""What must be true after the day: every case that an agent was told is there, once, and Slack shows what is stored."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from sop_core.cases.case import Case, CaseEvent
from sop_slack.cards import case_message
from tests.load.office import CHANNEL, delivery_of
from tests.load.people import CASE, agents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.load.office import Office

ACK_SECONDS: Final = 3.0
"""How long Slack waits for an answer. https://docs.slack.dev/interactivity/handling-user-interaction"""
DRAIN_SECONDS: Final = 150
"""Two sweeps and a bit: within that everything is delivered, or something is wrong."""
LOOK: Final = 0.5


class Stored(NamedTuple):
    """What the office's agents opened, as it is in the cases table; ``rows`` are the states of the outbox rows."""

    cases: dict[str, Case]
    events: dict[str, list[CaseEvent]]
    rows: dict[str, list[str]]


def settled(office: Office) -> tuple[Stored, float]:
    """Wait until nothing is left to deliver, or as long as that may take; return what is stored, and the seconds."""
    began = time.monotonic()
    while True:
        found, waited = _stored(office), time.monotonic() - began
        if all(state == "done" for rows in found.rows.values() for state in rows) or waited > DRAIN_SECONDS:
            return found, waited
        time.sleep(LOOK)


def _stored(office: Office) -> Stored:
    client, table = office.stack.aws.client("dynamodb"), office.stack.outputs.cases_table
    pages = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    by_case: dict[str, list[Any]] = defaultdict(list)
    for item in (item for page in pages for item in page["Items"]):
        if item["pk"]["S"].startswith("CASE#"):
            by_case[item["pk"]["S"]].append(item)
    owners = set(agents(office.plan.agents))
    found = Stored({}, {}, {})
    for items in by_case.values():
        [case] = _bodies(items, "CASE", Case) or [None]
        if case is not None and case.owner in owners:
            found.cases[case.id] = case
            found.events[case.id] = sorted(_bodies(items, "EVENT#", CaseEvent), key=attrgetter("version"))
            found.rows[case.id] = [item["state"]["S"] for item in items if item["sk"]["S"].startswith("DELIVERY#")]
    return found


def _bodies(items: list[Any], kind: str, type_: Any) -> list[Any]:
    return [msgspec.json.decode(item["body"]["S"], type=type_) for item in items if item["sk"]["S"].startswith(kind)]


def late(office: Office) -> Iterator[str]:
    """Yield a sentence for every answer that Slack would not have waited for."""
    slow = (ack for ack in office.acks if ack.seconds >= ACK_SECONDS)
    yield from (f"a {ack.kind} was answered after {ack.seconds:.1f} s" for ack in slow)


def problems(office: Office, found: Stored) -> Iterator[str]:
    """Yield a sentence for everything that is not as it must be."""
    yield from (f"did not go as it should: {each}" for each in office.trouble)
    yield from (f"a {ack.kind} was answered {ack.status}" for ack in office.acks if ack.status != 200)
    yield from _promised(office, found)
    for case in found.cases.values():
        yield from (f"{case.id}: {each}" for each in _told(office, case, found.events[case.id]))
        states = Counter(found.rows[case.id])
        if set(states) != {"done"}:
            yield f"{case.id}: rows of the outbox are {dict(states)}"
    yield from _acted(office, found)


def _promised(office: Office, found: Stored) -> Iterator[str]:
    told = Counter(number for number, _ in office.confirmed)
    yield from (f"{number} was promised to {count} callers" for number, count in told.items() if count > 1)
    yield from (f"{number} was promised and is not stored" for number in told.keys() - found.cases.keys())
    yield from (f"{number} is stored, and no agent was told" for number in found.cases.keys() - told.keys())
    runs = Counter(case.run for case in found.cases.values())
    yield from (f"run {run} opened {count} cases" for run, count in runs.items() if count > 1)


def _told(office: Office, case: Case, events: list[CaseEvent]) -> Iterator[str]:
    """One card, as the case is stored; each event once in the story and once in the thread."""
    cards = [each for each in office.slack.messages if case.id in CASE.findall(delivery_of(each))]
    lines = Counter(delivery_of(each) for each in cards if "thread_ts" in each)
    cards = [each for each in cards if "thread_ts" not in each and each["channel"] == CHANNEL]
    if len(cards) != 1:
        yield f"{len(cards)} cards"
        return
    wanted = case_message(case)
    if (cards[0]["text"], cards[0]["blocks"]) != (wanted.text, list(wanted.blocks)):
        yield "the card does not show the case as it is stored"
    if [event.version for event in events] != [*range(1, case.version + 1)]:
        yield f"the story has versions {[event.version for event in events]}, the case is at {case.version}"
    if any(one.to_state != two.from_state for one, two in pairwise(events)) or events[-1].to_state != case.state:
        yield "the story does not lead to the case's state"
    versions = sorted(line.split("#")[1] for line in lines.elements())
    if versions != [f"{event.version:06d}" for event in events[1:]]:
        yield f"the thread tells versions {versions}"


def _acted(office: Office, found: Stored) -> Iterator[str]:
    """Yield where what specialists did is not what is stored: each press counted once."""
    done = Counter(office.done)
    events = Counter((event.case, event.action, event.actor) for each in found.events.values() for event in each[1:])
    yield from (
        f"{who} did {action} with {case}: stored {events[case, action, who]} times"
        for (case, action, who) in done
        if events[case, action, who] != done[case, action, who]
    )
    yield from (
        f"{action} of {case} by {who} is stored, and nobody did it"
        for (case, action, who) in events.keys() - done.keys()
    )
