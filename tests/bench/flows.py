"""The life of a case as the cost of it is asked for: a call, its case, its card, a claim and a close, each metered."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from functions.deliver import app as deliver_app
from functions.slack import app as slack_app
from functions.sweep import app as sweep_app
from sop_aws.snapshots import SnapshotStore
from sop_aws.transfers import TransferStore
from tests.bench.metered import Meter
from tests.bench.warm import warm_functions
from tests.builders.crowd import crowd
from tests.builders.people import AGENT, PRIYA
from tests.builders.sheets import load_sheet
from tests.standin.aws import SIGNING_SECRET
from tests.standin.person import Context, Person, http_event

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sop_core.transfers.project import Project
    from tests.standin.aws import Aws
    from tests.standin.slack import Slack

SHEET: Final = 5000
"""About as many projects as the sheet has."""
ANSWERS: Final[tuple[tuple[str, str | None], ...]] = (
    ("channel:phone", None),
    ("caller_type", "homeowner"),
    ("authenticated:yes", None),
    ("transfer_answered:no", None),
)
REASON: Final = "The panels are dark since Monday, and nobody has called back"
"""Sixty letters, as such a note has."""


class Time(Context):
    """A context whose time never runs out."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 25_000


class Desk:
    """The functions, warm, with people in front of them."""

    def __init__(self, aws: Aws, slack: Slack, meter: Meter, projects: tuple[Project, ...]) -> None:
        self.aws = aws
        self.slack = slack
        self.meter = meter
        self._projects = iter(projects * 2)
        self._kind = ""

    def person(self, user: str) -> Person:
        return Person(user=user, slack=self.slack, send=self._send, secret=SIGNING_SECRET)

    def call(self) -> str:
        """Take one call to the number of its case."""
        project, agent = next(self._projects), self.person(AGENT)
        self._kind = "command"
        agent.command("/infinity", str(project.homeowner))
        self._kind = "typeahead"
        options = agent.suggest("project_search", f"{project.homeowner} {project.address}")
        self._kind = "choice of the project"
        agent.choose_suggested("project_search", next(each for each in options if each["value"] == project.key))
        self._kind = "answer"
        for name, value in ANSWERS:
            agent.click(f"answer:{name}", value)
        self._kind = "submission"
        agent.submit(reason_of_call=REASON, callback_number="2675550185")
        self.deliver("card")
        return str(self.slack.messages[-1]["ts"])

    def see_to(self, ts: str) -> None:
        """Claim the case of a card, and close it."""
        specialist = self.person(PRIYA)
        self._kind = "claim"
        specialist.press(self._card(ts), "case_claim")
        self.deliver("claim told")
        self._kind = "form to close"
        specialist.press(self._card(ts), "case_close")
        self._kind = "close"
        specialist.submit(reason="Contacted and resolved")
        self.deliver("close told")

    def home(self, user: str) -> None:
        """Open the Home tab."""
        self._kind = "Home"
        self.person(user).open_home()

    def sweep(self, kind: str) -> None:
        """Let a minute pass."""
        self.meter.invoke("sweep", kind, lambda: sweep_app.handler({}, Time()))

    def deliver(self, kind: str) -> None:
        """Deliver what was woken."""
        for record in self.aws.records("DELIVER_QUEUE_URL"):
            self.aws.delete("DELIVER_QUEUE_URL", record)
            event = {"Records": [record]}
            answer = self.meter.invoke("deliver", kind, lambda event=event: deliver_app.handler(event, Time()))  # type: ignore[misc]
            assert answer == {"batchItemFailures": []}

    def _card(self, ts: str) -> dict[str, Any]:
        return next(message for message in self.slack.messages if message["ts"] == ts)

    def _send(self, body: str, headers: Mapping[str, str]) -> tuple[int, str]:
        event = http_event(body, headers)
        answer = self.meter.invoke("slack", self._kind, lambda: slack_app.handler(event, Context()))
        return int(answer["statusCode"]), str(answer.get("body", ""))


@contextmanager
def a_desk() -> Iterator[Desk]:
    """Run the functions in this process, in front of a local AWS with a transfer sheet, warmed up."""
    with warm_functions() as (aws, slack):
        projects = tuple(crowd(SHEET, seed=6))
        transfers = TransferStore(aws.dynamodb, aws.transfers_table)
        load_sheet(transfers, SnapshotStore(aws.s3, "files"), "metered", projects=projects)
        meter = Meter()
        with meter.attached():
            desk = Desk(aws, slack, meter, projects)
            desk.see_to(desk.call())
            desk.home(PRIYA)
            desk.sweep("")
            meter.used.clear()
            yield desk
