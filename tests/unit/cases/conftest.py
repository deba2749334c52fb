from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk import WebClient

from functions.deliver import app as deliver_app
from functions.deliver.auditing import Auditor
from functions.deliver.chat import Chat
from functions.deliver.delivery import Deliverer
from functions.deliver.documents import SlackDocuments
from functions.deliver.names import Names
from functions.deliver.reporting import Reporter
from functions.sweep import app as sweep_app
from sop_aws.audit import AuditStore, Trail
from sop_aws.cases import CaseStore
from sop_aws.deliveries import Delivery, outbox
from sop_aws.documents import DocumentStore
from sop_aws.people import PeopleStore
from sop_aws.procedures import Procedures
from sop_aws.queue import CaseQueue
from sop_aws.runs import RunStore
from sop_aws.settings import SettingsStore
from sop_aws.versions import VersionStore
from tests.builders.desk import Clock, a_run, an_opened_case, claimed
from tests.standin.aws import BOT_TOKEN, aws
from tests.standin.functions import cold_start
from tests.standin.slack import Slack, slack_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from slack_sdk.web import SlackResponse

    from sop_core.cases.case import Case
    from sop_http.slack_files import NewFile
    from tests.standin.aws import Aws

__all__ = ["aws"]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def slack() -> Iterator[Slack]:
    with slack_server() as running:
        yield running


class Patient(WebClient):
    """Waits as long as a busy machine needs; where Slack will be silent, only until it has heard what is asked."""

    def __init__(self, slack: Slack) -> None:
        super().__init__(token=BOT_TOKEN, base_url=slack.url, timeout=60, retry_handlers=[])
        self._slack = slack

    def api_call(self, api_method: str, **named: Any) -> SlackResponse:
        due = next((fault for fault in self._slack.faults if fault.method == api_method), None)
        if due is None or not due.silent:
            return super().api_call(api_method, **named)
        heard = len(self._slack.calls)
        self.timeout = 0.1  # type: ignore[assignment]  # whole seconds say the types, urllib takes parts of one
        try:
            return super().api_call(api_method, **named)
        finally:
            self.timeout = 60
            self._slack.wait_until(lambda: len(self._slack.calls) > heard, seconds=60)


class Desk:
    """The part of the app that people press, and the deliver worker, on the stand-ins."""

    rows_of_a_file = 50
    seconds_a_look = 0
    """That pass between two looks at the time while a file is made."""

    def __init__(self, aws: Aws, slack: Slack, clock: Clock) -> None:
        self.aws, self.slack, self.clock = aws, slack, clock
        self.cases = CaseStore(aws.dynamodb, aws.cases_table)
        self.procedures = Procedures(VersionStore(aws.dynamodb, aws.settings_table), lambda: clock().date(), clock)
        self.outcomes: list[tuple[str, str, str]] = []

    def open(self, run_id: str = "run-1") -> Case:
        run = RunStore(self.aws.dynamodb, self.aws.cases_table).create(a_run(run_id))
        case, event = an_opened_case(run_id)
        return self.cases.open(case, event, outbox(case, "card", at=event.at), run).case

    def claim(self, case: Case) -> Case:
        changed, event = claimed(case)
        return self.cases.change(changed, event, outbox(changed, "card", "thread", at=event.at))

    def worker(self, cases: CaseStore | None = None) -> Deliverer:
        slack = Patient(self.slack)
        chat = Chat(slack)
        table = self.aws.cases_table
        queue = CaseQueue(self.aws.dynamodb, table)
        names = Names(slack, PeopleStore(self.aws.dynamodb, table, self.clock), self.clock)
        settings = SettingsStore(self.aws.dynamodb, self.aws.settings_table, self.clock)
        trail = Trail(AuditStore(self.aws.dynamodb, table), settings)
        looks = itertools.count(0, self.seconds_a_look)
        now = settings.current
        files: dict[str, Callable[[Delivery], NewFile | None]] = {
            "report": Reporter(queue, now, version_of=self.procedures.of, name_of=names.of).made,
            "audit": Auditor(
                trail,
                now,
                name_of=names.of,
                outbox=self.cases.outbox,
                rows=self.rows_of_a_file,
                timer=lambda: next(looks),
            ).made,
        }
        return Deliverer(
            cases=cases or self.cases,
            chat=chat,
            render=deliver_app.renderers(names.of),
            copy=SlackDocuments(slack, BOT_TOKEN, DocumentStore(self.aws.s3, "files")).copy,
            make_file=lambda row: files[row.kind](row),
            clock=self.clock,
            report=self._report,
        )

    def deliver(self, case: Case) -> None:
        self.worker().deliver(case.id)

    def deliver_later(self, case: Case) -> None:
        """What the sweep does once a pause or a lease is over."""
        self.clock.pass_(hours=1)
        self.deliver(case)

    def _report(self, outcome: str, row: Delivery, reason: str) -> None:
        self.outcomes.append((outcome, row.kind, reason))


@pytest.fixture
def desk(aws: Aws, slack: Slack, clock: Clock) -> Desk:
    return Desk(aws, slack, clock)


@pytest.fixture
def functions(aws: Aws, slack: Slack, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The functions as Lambda would start them, on the stand-ins: no container is warm yet."""
    monkeypatch.setenv("SLACK_API_URL", slack.url)
    for module in (deliver_app, sweep_app):
        monkeypatch.setattr(module, "system_clock", clock)
    cold_start()
    yield
    cold_start()
