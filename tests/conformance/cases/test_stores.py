"""What the stores promise, on every stand-in for DynamoDB."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec
import pytest

from sop_aws.cases import Card, CaseChanged, CaseIdTaken, CaseStore, project_pk
from sop_aws.deliveries import outbox
from sop_aws.runs import RunStore, StaleRun
from sop_aws.settings import SettingsStore, StaleSettings
from sop_core.settings import Settings
from sop_core.settings_reading import merge
from tests.builders.desk import PROJECT, Clock, a_run, an_opened_case, claimed

if TYPE_CHECKING:
    from sop_aws.cases import Opened
    from tests.standin.aws import Aws

LEASE = timedelta(seconds=60)
UNKNOWN: dict[str, object] = {"roles": ["U0COOK001"], "retention": 30}
"""What a newer release may have stored in a part of the settings; in the others it is text."""
PARTS = [name for name, part in msgspec.to_builtins(Settings.default()).items() if isinstance(part, dict)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def run_id() -> str:
    """A new one each time: the local AWS is shared by the tests."""
    return f"run-{uuid4()}"


@pytest.fixture
def runs(aws: Aws) -> RunStore:
    return RunStore(aws.dynamodb, aws.cases_table)


@pytest.fixture
def settings(aws: Aws, clock: Clock) -> SettingsStore:
    for sk in ("CURRENT", "AUDIT#000001", "AUDIT#000002"):
        aws.dynamodb.delete_item(TableName=aws.settings_table, Key={"pk": {"S": "SETTINGS"}, "sk": {"S": sk}})
    return SettingsStore(aws.dynamodb, aws.settings_table, clock)


@pytest.fixture
def opened(runs: RunStore, cases: CaseStore, run_id: str) -> Opened:
    run = runs.create(a_run(run_id))
    case, event = an_opened_case(run_id)
    return cases.open(case, event, outbox(case, "card", at=case.opened_at), run)


class TestRuns:
    def test_round_trip(self, runs: RunStore, run_id: str) -> None:
        """A run comes back as it was stored, several answers to a fact included."""
        run = runs.create(a_run(run_id))

        assert run == runs.get(run_id)

    def test_unknown(self, runs: RunStore) -> None:
        """A run that is not there is None."""
        assert runs.get("never") is None

    def test_save(self, runs: RunStore, run_id: str) -> None:
        """A save is stored under the next version."""
        saved = runs.save(msgspec.structs.replace(runs.create(a_run(run_id)), facts={"channel": "chat"}))

        assert saved.version == 2
        assert saved == runs.get(run_id)

    def test_double_click(self, runs: RunStore, run_id: str) -> None:
        """Of two saves from one version the second changes nothing and learns what is stored."""
        run = runs.create(a_run(run_id))
        first = runs.save(msgspec.structs.replace(run, facts={"channel": "chat"}))

        with pytest.raises(StaleRun) as stale:
            runs.save(msgspec.structs.replace(run, facts={"channel": "email"}))

        assert first == stale.value.current == runs.get(run_id)

    def test_lost_answer(self, runs: RunStore, run_id: str) -> None:
        """The very same save again, after an answer that was lost, is a success."""
        run = runs.create(a_run(run_id))

        assert runs.save(run) == runs.save(run)

    def test_create_again(self, runs: RunStore, run_id: str) -> None:
        """The same run created again is a success; another one of its id is not."""
        run = runs.create(a_run(run_id))

        assert run == runs.create(run)
        with pytest.raises(StaleRun):
            runs.create(a_run(run_id, owner="U0AGENT02"))


class TestOpen:
    def test_all_of_it(self, cases: CaseStore, runs: RunStore, opened: Opened) -> None:
        """The case, its event, its delivery and the run are stored together."""
        case = opened.case

        assert not opened.repeated
        assert case == cases.get(case.id)
        assert [event.action for event in cases.events(case.id)] == ["open"]
        assert outbox(case, "card", at=case.opened_at) == cases.outbox.pending(case.id)
        assert opened.run == runs.get(case.run)
        assert opened.run.version == 2

    def test_again(self, cases: CaseStore, runs: RunStore, opened: Opened) -> None:
        """The same opening again finds the case and writes nothing."""
        case, event = an_opened_case(opened.case.run)
        again = cases.open(case, event, outbox(case, "card", at=case.opened_at), a_run(case.run))

        assert (opened.case, opened.run) == (again.case, again.run)
        assert len(cases.events(case.id)) == 1
        assert len(cases.outbox.pending(case.id)) == 1
        assert runs.get(case.run).version == 2  # type: ignore[union-attr]

    def test_again_later(self, cases: CaseStore, opened: Opened) -> None:
        """An opening repeated at another moment finds the case as it has become since."""
        now, event = claimed(opened.case)
        cases.change(now, event, ())
        case, event = an_opened_case(opened.case.run)
        later = msgspec.structs.replace(case, opened_at="2027-02-01T00:00:00Z")
        again = cases.open(later, event, (), a_run(case.run))

        assert again.repeated
        assert now == again.case

    def test_stale_run(self, cases: CaseStore, runs: RunStore, run_id: str) -> None:
        """A run saved by someone else since opens no case."""
        run = runs.create(a_run(run_id))
        current = runs.save(run)
        case, event = an_opened_case(run_id)

        with pytest.raises(StaleRun) as stale:
            cases.open(case, event, (), msgspec.structs.replace(run, notes={"a": "b"}))

        assert current == stale.value.current
        assert cases.get(case.id) is None
        assert cases.events(case.id) == ()

    def test_other_runs_case(self, cases: CaseStore, runs: RunStore, opened: Opened) -> None:
        """A case id that another run's case has is refused."""
        other = runs.create(a_run(f"{opened.case.run}-other"))
        case, event = an_opened_case(opened.case.run)

        with pytest.raises(CaseIdTaken):
            cases.open(msgspec.structs.replace(case, run=other.id), event, (), other)

    def test_of_a_project(self, cases: CaseStore, opened: Opened) -> None:
        """The open cases of a project are found by it; ended ones are not."""
        of_project = project_pk(project_id=PROJECT.project_id, key=PROJECT.key)
        assert opened.case.id in {case.id for case in cases.open_for_project(of_project)}

        ended = msgspec.structs.replace(opened.case, version=2, state="closed")
        _, event = claimed(opened.case)
        cases.change(ended, event, ())

        assert opened.case.id not in {case.id for case in cases.open_for_project(of_project)}


class TestChange:
    def test_all_of_it(self, cases: CaseStore, opened: Opened) -> None:
        """A change stores the case, its event and its deliveries together."""
        case, event = claimed(opened.case)
        cases.change(case, event, outbox(case, "card", "thread", at=event.at))

        assert case == cases.get(case.id)
        assert [event.action for event in cases.events(case.id)] == ["open", "claim"]
        assert [row.kind for row in cases.outbox.pending(case.id)] == ["card", "card", "thread"]

    def test_loser(self, cases: CaseStore, opened: Opened) -> None:
        """Who comes second changes nothing and is told who won."""
        winner, event = claimed(opened.case, by="U0SPEC001")
        cases.change(winner, event, ())
        loser, event = claimed(opened.case, by="U0SPEC002")

        with pytest.raises(CaseChanged) as changed:
            cases.change(loser, event, outbox(loser, "card", at=event.at))

        assert winner == changed.value.current == cases.get(winner.id)
        assert len(cases.events(winner.id)) == 2
        assert len(cases.outbox.pending(winner.id)) == 1

    def test_lost_answer(self, cases: CaseStore, opened: Opened) -> None:
        """The very same change again, after an answer that was lost, is a success."""
        case, event = claimed(opened.case)
        cases.change(case, event, ())

        assert case == cases.change(case, event, ())
        assert len(cases.events(case.id)) == 2

    def test_gone(self, cases: CaseStore, run_id: str) -> None:
        """A change of a case that is not there says so."""
        case, event = claimed(an_opened_case(run_id)[0])

        with pytest.raises(CaseChanged) as changed:
            cases.change(case, event, ())

        assert changed.value.current is None


class TestOutbox:
    def test_due(self, cases: CaseStore, opened: Opened, clock: Clock) -> None:
        """A row is due from the moment it was written for, and found by the sweep."""
        before = clock.now - timedelta(seconds=1)

        assert opened.case.id not in {row.case for row in cases.outbox.due_deliveries(before, limit=1000)}
        assert opened.case.id in {row.case for row in cases.outbox.due_deliveries(clock.now, limit=1000)}

    def test_held_once(self, cases: CaseStore, opened: Opened, clock: Clock) -> None:
        """A row goes to one worker; another gets it when the lease is over, knowing that Slack may have it."""
        (row,) = cases.outbox.pending(opened.case.id)
        held = cases.outbox.hold(row, now=clock.now, lease=LEASE)

        assert held is not None
        assert cases.outbox.hold(row, now=clock.now, lease=LEASE) is None
        (stored,) = cases.outbox.pending(opened.case.id)
        assert cases.outbox.hold(stored, now=clock.now, lease=LEASE) is None
        clock.pass_(seconds=60)
        taken_over = cases.outbox.hold(stored, now=clock.now, lease=LEASE)
        assert taken_over is not None
        assert stored.unsure
        assert (held.attempts, taken_over.attempts) == (1, 2)

    def test_late_worker(self, cases: CaseStore, opened: Opened, clock: Clock) -> None:
        """A worker whose row was taken over no longer has a say about it."""
        (row,) = cases.outbox.pending(opened.case.id)
        late = cases.outbox.hold(row, now=clock.now, lease=LEASE)
        clock.pass_(seconds=61)
        (stored,) = cases.outbox.pending(opened.case.id)
        cases.outbox.hold(stored, now=clock.now, lease=LEASE)
        assert late is not None

        cases.outbox.dead(late, reason="late", unsure=False)

        assert [row.state for row in cases.outbox.pending(opened.case.id)] == ["pending"]

    def test_done(self, cases: CaseStore, opened: Opened, clock: Clock) -> None:
        """A delivered row is pending nowhere."""
        (row,) = cases.outbox.pending(opened.case.id)
        cases.outbox.done(row)

        assert cases.outbox.pending(opened.case.id) == ()
        assert opened.case.id not in {row.case for row in cases.outbox.due_deliveries(clock.now, limit=1000)}

    def test_dead_and_revived(self, cases: CaseStore, opened: Opened, clock: Clock) -> None:
        """A dead row leaves the sweep, is listed with its reason, and can be revived once."""
        (row,) = cases.outbox.pending(opened.case.id)
        cases.outbox.dead(row, reason="is_archived", unsure=False)
        clock.pass_(days=30)

        assert cases.outbox.pending(opened.case.id) == ()
        assert opened.case.id not in {row.case for row in cases.outbox.due_deliveries(clock.now, limit=1000)}
        (dead,) = (row for row in cases.outbox.dead_deliveries() if row.case == opened.case.id)
        assert dead.reason == "is_archived"
        assert cases.outbox.revive(dead, now=clock.now)
        assert not cases.outbox.revive(dead, now=clock.now)
        assert opened.case.id in {row.case for row in cases.outbox.due_deliveries(clock.now, limit=1000)}

    def test_card(self, cases: CaseStore, opened: Opened) -> None:
        """Where the card is, is remembered."""
        assert cases.card(opened.case.id) is None

        cases.put_card(opened.case.id, Card(channel="C", ts="1.2"))

        assert Card(channel="C", ts="1.2") == cases.card(opened.case.id)


class TestSettings:
    def test_defaults(self, settings: SettingsStore) -> None:
        """Without anything stored, the shipped settings hold."""
        assert Settings.default() == settings.current()

    def test_changed(self, settings: SettingsStore) -> None:
        """What was put is in effect, with everything else as shipped."""
        changed = merge(Settings.default(), {"roles": {"agent": ["U0AGENT01"]}, "calendar": {"closed": ["2026-12-24"]}})
        settings.put(changed, actor="U0ADMIN01", at="2026-11-21T00:00:00Z", expected_version=0)

        assert changed == settings.current()

    def test_only_what_differs_is_stored(self, settings: SettingsStore, aws: Aws) -> None:
        """A default that nobody changed is not frozen into the table: the next release may ship another."""
        changed = merge(Settings.default(), {"values": {"infinity_specialist_line": "1-800-555-0100"}})
        settings.put(changed, actor="U0ADMIN01", at="2026-11-21T00:00:00Z", expected_version=0)
        key = {"pk": {"S": "SETTINGS"}, "sk": {"S": "CURRENT"}}
        item = aws.dynamodb.get_item(TableName=aws.settings_table, Key=key)["Item"]

        assert msgspec.json.decode(item["body"]["S"]) == {"values": {"infinity_specialist_line": "1-800-555-0100"}}

    @pytest.mark.parametrize("part", PARTS)
    def test_of_a_newer_release(self, settings: SettingsStore, aws: Aws, part: str) -> None:
        """What a newer release stored and this one does not know locks nobody out: a release can be taken back."""
        changed = merge(Settings.default(), {"roles": {"agent": ["U0AGENT01"]}, "calendar": {"opens": "09:00"}})
        # The same put again, as the local AWS has seen it for another part, would be a repeat and write nothing.
        settings.put(changed, actor=f"U0ADMIN{PARTS.index(part)}", at="2026-11-21T00:00:00Z", expected_version=0)
        for sk in ("CURRENT", "AUDIT#000001"):
            key = {"pk": {"S": "SETTINGS"}, "sk": {"S": sk}}
            item = aws.dynamodb.get_item(TableName=aws.settings_table, Key=key)["Item"]
            body = msgspec.json.decode(item["body"]["S"])
            newer = body | {part: body.get(part, {}) | {"lunch": UNKNOWN.get(part, "12:00")}, "tea": {"at": "16:00"}}
            stored = {**item, "body": {"S": msgspec.json.encode(newer).decode()}}
            aws.dynamodb.put_item(TableName=aws.settings_table, Item=stored)

        read = settings.stored().settings
        assert (read.roles["agent"], read.calendar) == (("U0AGENT01",), changed.calendar)
        assert len(settings.audit()) == 1

    def test_two_admins(self, settings: SettingsStore) -> None:
        """Of two who edit the same version, the second is told."""
        settings.put(Settings.default(), actor="U0ADMIN01", at="2026-11-21T00:00:00Z", expected_version=0)

        with pytest.raises(StaleSettings):
            settings.put(Settings.default(), actor="U0LEAD001", at="2026-11-21T00:00:00Z", expected_version=0)

    def test_cache(self, settings: SettingsStore, aws: Aws, clock: Clock) -> None:
        """Another container's change is in effect here after 30 seconds."""
        before = settings.current()
        changed = merge(before, {"sheet_freshness_days": 3})
        other = SettingsStore(aws.dynamodb, aws.settings_table, clock)
        other.put(changed, actor="U0ADMIN01", at="2026-11-21T00:00:00Z", expected_version=0)

        clock.pass_(seconds=29)
        assert before == settings.current()
        clock.pass_(seconds=1)
        assert changed == settings.current()
