"""A day in the office: a burst of first commands on fresh workers, apart; then worked through, closed, checked."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import httpx

from sop_aws.settings import SettingsStore
from sop_aws.snapshots import SnapshotStore
from sop_aws.times import system_clock
from sop_aws.transfers import TransferStore
from sop_core.settings import Settings
from sop_core.settings_reading import merge
from sop_core.times import iso
from tests.bench.measure import MEGABYTE, children, peak, resident, workers
from tests.builders.crowd import crowd
from tests.builders.people import ADMIN, PEOPLE
from tests.builders.sheets import load_sheet
from tests.load import checks, people
from tests.load.office import CHANNEL, Office, Plan
from tests.load.report import by_kind, times
from tests.standin.aws import BOT_TOKEN, SIGNING_SECRET
from tests.standin.person import Person

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from infra.local.stack import Stack
    from sop_core.transfers.project import Project
    from tests.load.office import StrictSlack

SAMPLE: Final = 0.5
CARD_LATE: Final = 60
"""A card that is not there within a minute was left to the sweep."""
LAST_CALL_SECONDS: Final = 300
MOST_TRIES: Final = 8
WORKERS_SECONDS: Final = 240
BY_WORKER: Final = {"slack": "slack_function", "deliver": "deliver_function", "sweep": "sweep_function"}


@dataclass(frozen=True)
class Day:
    """What came of it."""

    plan: Plan
    figures: Mapping[str, Any]
    problems: Sequence[str]
    """What was lost, doubled, refused or not as it must be."""
    late: Sequence[str]
    """Answers that Slack would not have waited for."""


def work(stack: Stack, slack: StrictSlack, plan: Plan) -> Day:
    """Let the office work through a day on the deployed stack, and say what came of it."""
    office = Office(stack=stack, slack=slack, plan=plan, projects=_opened_for(stack, slack, plan))
    try:
        burst = _burst(office)
        sampled = _work(office)
        found, waited = checks.settled(office)
        figures = _figures(office, found, sampled) | {"drained_seconds": round(waited, 1), "burst": burst}
        return Day(plan, figures, problems=[*checks.problems(office, found)], late=[*checks.late(office)])
    finally:
        office.closed.set()  # whoever stops the run sends everybody home
        office.shut()


def _opened_for(stack: Stack, slack: StrictSlack, plan: Plan) -> Sequence[Project]:
    """Give the app its secrets, people and a transfer sheet."""
    stack.put_secrets(signing_secret=SIGNING_SECRET, bot_token=BOT_TOKEN)
    stack.point_at_slack(slack.url)
    dynamodb, s3 = stack.aws.client("dynamodb"), stack.aws.client("s3")
    settings = SettingsStore(dynamodb, stack.outputs.settings_table, system_clock)
    known, now = settings.stored().version, iso(system_clock())
    roles = {"agent": people.agents(plan.agents), "resolution_specialist": people.specialists(plan.specialists)}
    ours = merge(merge(Settings.default(), PEOPLE), {"roles": roles, "channels": {"resolution": CHANNEL}})
    settings.put(ours, actor=ADMIN, at=now, expected_version=known)
    projects = tuple(crowd(plan.projects, seed=6))
    snapshots = SnapshotStore(s3, stack.outputs.files_bucket)
    load_sheet(TransferStore(dynamodb, stack.outputs.transfers_table), snapshots, f"load-{now}", projects=projects)
    return projects


class Sampled(NamedTuple):
    """The seconds that the office was open, the most memory at one time in bytes, how busy the processors were."""

    seconds: float
    memory: int
    busy: float
    workers: Mapping[str, Mapping[str, int]]


def _work(office: Office) -> Sampled:
    everybody = people.at_work(office)
    began, spent = time.monotonic(), _spent()
    for each in everybody:
        each.start()
    memory = 0
    while _is_open(office, time.monotonic() - began):
        memory = max(memory, _memory())
        time.sleep(SAMPLE)
    open_for = time.monotonic() - began
    office.closed.set()
    for each in everybody:
        each.join(LAST_CALL_SECONDS)
        if each.is_alive():
            office.trouble.append(f"{each.name} is still on the phone")
    now = _spent()
    busy = 1 - (now[1] - spent[1]) / max(1, now[0] - spent[0])
    return Sampled(open_for, max(memory, _memory()), busy, _workers(office))


def _is_open(office: Office, seconds: float) -> bool:
    longest = office.plan.seconds + LAST_CALL_SECONDS
    return seconds < office.plan.seconds or (len(office.done) < office.plan.claims and seconds < longest)


def _memory() -> int:
    return sum(map(resident, children(os.getpid())))


def _workers(office: Office) -> dict[str, dict[str, int]]:
    running = {name: workers(getattr(office.stack.outputs, output)) for name, output in BY_WORKER.items()}
    return {
        name: {"count": len(found), "peak_mb": round(max(map(peak, found)) / MEGABYTE)}
        for name, found in running.items()
        if found
    }


def _spent() -> tuple[int, int]:
    """Return the ticks of all processors since the start of the machine, and the idle ones of them."""
    ticks = list(map(int, Path("/proc/stat").read_text().splitlines()[0].split()[1:9]))
    return sum(ticks), ticks[3] + ticks[4]


def _figures(office: Office, found: checks.Stored, sampled: Sampled) -> dict[str, Any]:
    acks = list(office.acks)
    # The last calls are ended while nobody begins one: the rate is of the time when all were at work.
    first, closing = min((ack.at for ack in acks), default=0), sampled.seconds
    in_hours = [ack for ack in acks if ack.at - first < closing]
    waited = [
        came - at
        for number, at in office.confirmed
        if (came := office.slack.came.get(f"{number}#000001#0")) is not None
    ]
    states = [action for _, action, _ in office.done]
    cases_in_hours = sum(at - first < closing for _, at in office.confirmed)
    return {
        "seconds": round(sampled.seconds, 1),
        "acks": by_kind(acks, late=checks.ACK_SECONDS),
        "requests_per_second": round(len(in_hours) / closing, 1),
        "cases_per_hour": round(cases_in_hours / closing * 3600),
        "busy_percent": round(100 * sampled.busy),
        "calls": office.calls,
        "cases": len(found.cases),
        "claimed": states.count("claim"),
        "closed": states.count("close"),
        "card_after_submission": times(waited, late=CARD_LATE),
        "stack_mb": round(sampled.memory / MEGABYTE),
        "workers": sampled.workers,
    }


def _burst(office: Office) -> dict[str, Any]:
    """Let many people type a command at one moment when no worker is there, then again until everybody has a modal.

    Afterwards as many workers are warm, and no figure of the day is spoilt by the local AWS unpacking another one.
    """
    stack, count = office.stack, office.plan.burst
    persons, told = _type_at_once(office, count)
    first = [ack.seconds for ack in office.acks]
    tries, opened = 1, sum(bool(person.view) for person in persons)
    _wait_for_workers(office)
    while tries < MOST_TRIES:
        again, _ = _type_at_once(office, count)
        tries += 1
        if all(person.view for person in again):
            break
    stack.warm_up()  # deliver, too
    stack.aws.client("lambda").invoke(FunctionName=stack.outputs.sweep_function, Payload=b"{}")
    office.acks.clear()
    return {
        "acks": times(first, late=checks.ACK_SECONDS),
        "workers": len(workers(stack.outputs.slack_function)),
        "opened": opened,
        "told": sum(map(bool, told)),
        "silent": sum(each is None for each in told),
        "tries": tries,
    }


def _wait_for_workers(office: Office) -> None:
    # Who tries again while workers are still being unpacked has the local AWS unpack more of them.
    until = time.monotonic() + WORKERS_SECONDS
    while len(workers(office.stack.outputs.slack_function)) < office.plan.burst and time.monotonic() < until:
        time.sleep(SAMPLE)


def _type_at_once(office: Office, count: int) -> tuple[list[Person], list[str | None]]:
    """Let so many agents type `/infinity` with a name at one moment; return them, and what each was told privately."""
    start = threading.Barrier(count)
    users = people.agents(office.plan.agents)
    persons = [
        Person(user=users[at % len(users)], slack=office.slack, send=office.send, secret=SIGNING_SECRET)
        for at in range(count)
    ]

    def type_(at: int) -> str | None:
        start.wait()
        try:
            return persons[at].command("/infinity", str(office.projects[at % len(office.projects)].homeowner))
        except (AssertionError, httpx.HTTPError):
            return None

    with ThreadPoolExecutor(count) as together:
        return persons, list(together.map(type_, range(count)))
