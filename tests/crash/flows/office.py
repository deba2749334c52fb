"""What leads and admins do besides: procedures published, settings changed, files asked for, the Home tab."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sop_core.procedures import reading
from sop_slack import forgetting as views
from sop_slack import procedures as told
from tests.crash.flows.calls import REASON
from tests.crash.flows.cases import a_claimed_case, a_closed_case
from tests.crash.flows.flow import Flow, one_case, the_message
from tests.crash.flows.sheets import an_admin, presses
from tests.standin.files import StoredFile

if TYPE_CHECKING:
    from tests.crash.cloud import World
    from tests.standin.person import Json, Person

PROCEDURE: Final = "F0PROCEDUR"
SHIPPED: Final = (reading.HERE / "supporting_documents.yaml").read_text(encoding="utf-8")
SECOND: Final = SHIPPED.replace('version: "1"', 'version: "2"')
FORGOTTEN: Final = "INF-100001"
LOSS: Final = "45"
BARE: Final = {"type": "modal", "team_id": "T0SOLAR01", "state": {"values": {}}}
"""What Slack adds to a view that it sends back."""


# A version of a procedure


def with_a_procedure(world: World) -> Person:
    world.slack.files[PROCEDURE] = StoredFile(content=SECOND.encode(), name="supporting_documents.yaml")
    return an_admin(world)


def publishes(world: World, admin: Person) -> None:
    world.insist(lambda: admin.command("/sop-admin", "publish"))
    chosen = {told.FILE: {"file": {"type": "file_input", "files": [{"id": PROCEDURE}]}}}
    world.insist(lambda: submitted(admin, chosen))
    world.settle()


def the_version_is_ready(world: World, _: Any) -> None:
    [version] = world.versions.versions()
    assert (version.procedure, version.version) == ("supporting_documents", "2")
    assert "ready to activate" in the_message(world)["text"]
    assert world.versions.activations() == {}, "nothing is in force that nobody activated"


def a_ready_version(world: World) -> Person:
    admin = with_a_procedure(world)
    publishes(world, admin)
    return admin


def the_version_is_in_force(world: World, _: Any) -> None:
    [activation] = world.versions.activations().values()
    assert (activation.number, activation.version) == (1, "2")
    assert "ready to activate" not in the_message(world)["text"]


def the_version_is_given_up(world: World, _: Any) -> None:
    assert world.versions.versions() == ()
    assert "discarded" in the_message(world)["text"]


# The settings


def in_front_of_the_days(world: World) -> Person:
    admin = an_admin(world)
    admin.command("/sop-admin")
    [edit] = [each for each in accessories(admin.view) if each.get("value") == "days"]
    admin.view = clicked(world, admin, edit)
    return admin


def changes_a_setting(world: World, admin: Person) -> None:
    fields = {
        block["block_id"]: block["element"]["initial_value"] for block in admin.view["blocks"] if "element" in block
    }
    typed = fields | {"sheet_loss_percent": LOSS}
    values = {name: {"days": {"type": "number_input", "value": value}} for name, value in typed.items()}
    world.insist(lambda: submitted(admin, values))
    world.settle()


def the_setting_is_changed(world: World, _: Any) -> None:
    stored = world.settings_store.stored()
    assert (stored.version, stored.settings.sheet_loss_percent) == (2, int(LOSS)), (
        "the people file was the first change"
    )


# Files that were asked for


def a_lead_s_admin(world: World) -> Person:
    a_claimed_case(world)
    return an_admin(world)


def asks_for_a_report(world: World, admin: Person) -> None:
    world.insist(lambda: admin.command("/cases", "report week"))
    world.settle()


def in_front_of_the_audit(world: World) -> Person:
    admin = a_lead_s_admin(world)
    admin.command("/sop-admin", "audit")
    return admin


def asks_for_the_audit(world: World, admin: Person) -> None:
    fields = {
        "audit_from": {"day": {"type": "datepicker", "selected_date": "2027-01-12"}},
        "audit_to": {"day": {"type": "datepicker", "selected_date": "2027-01-12"}},
        "audit_kind": {"kind": {"type": "static_select", "selected_option": {"value": "all"}}},
    }
    world.insist(lambda: submitted(admin, fields))
    world.settle()


def each_was_sent_once(world: World, _: Any) -> None:
    # A command has no identity: whoever types it again, since no answer came, may have asked twice.
    asked = [row for row in world.deliveries() if row.kind in {"report", "audit"}]
    assert asked
    assert [row.state for row in asked] == ["done"] * len(asked)
    assert len(world.slack.sent) == len(asked)


# A customer who asks to be forgotten


def about_to_erase(world: World) -> Person:
    a_closed_case(world)
    admin = an_admin(world)
    admin.command("/sop-admin", "forget")
    goes_on(admin, submitted(admin, {views.TEXT: {"text": {"value": FORGOTTEN}}}))
    [boxes] = [block for block in admin.view["blocks"] if block["type"] == "input"]
    everything = {"chosen": {"selected_options": boxes["element"]["options"]}}
    goes_on(admin, submitted(admin, {boxes["block_id"]: everything}))
    return admin


def erases(world: World, admin: Person) -> None:
    world.insist(lambda: submitted(admin, {views.TYPED: {"typed": {"value": FORGOTTEN}}}))
    world.settle()


def nothing_is_left(world: World, _: Any) -> None:
    [job] = world.jobs()
    assert job.state == "forgotten", "what is asked for once is done once"
    one_case(world, "closed", ("open", "claim", "close", "forget"))
    kept = f"{world.tables()}{world.slack.messages}"
    assert "Jane Doe" not in kept
    assert REASON not in kept


def goes_on(admin: Person, answer: str) -> None:
    """Let the modal in front become the one that is answered with."""
    admin.view = {**json.loads(answer)["view"], "id": admin.view["id"], "hash": "updated"}


# The Home tab


def opens_home(world: World, admin: Person) -> None:
    world.insist(admin.open_home)
    world.settle()


def home_is_shown(world: World, admin: Person) -> None:
    assert world.slack.homes[admin.user]["blocks"]


# As a browser would


def accessories(view: Json) -> list[Json]:
    return [block["accessory"] for block in view["blocks"] if "accessory" in block]


def clicked(world: World, admin: Person, button: Json) -> Json:
    """Click a button of the modal in front; return the modal that it opens."""
    seen = set(world.slack.views)
    admin.interact(
        {
            "type": "block_actions",
            "view": admin.view | BARE,
            "container": {"type": "view"},
            "actions": [button | {"action_ts": "1.0"}],
        }
    )
    [opened] = [view for view_id, view in world.slack.views.items() if view_id not in seen]
    return opened


def submitted(admin: Person, values: Json) -> str:
    view = admin.view | BARE | {"state": {"values": values}}
    return admin.interact({"type": "view_submission", "view": view})


FLOWS: Final = (
    Flow(name="publish", prepare=with_a_procedure, act=publishes, check=the_version_is_ready),
    Flow(name="activate a version", prepare=a_ready_version, act=presses(told.ACTIVATE), check=the_version_is_in_force),
    Flow(name="discard a version", prepare=a_ready_version, act=presses(told.DISCARD), check=the_version_is_given_up),
    Flow(name="change a setting", prepare=in_front_of_the_days, act=changes_a_setting, check=the_setting_is_changed),
    Flow(name="report", prepare=a_lead_s_admin, act=asks_for_a_report, check=each_was_sent_once),
    Flow(name="audit as a file", prepare=in_front_of_the_audit, act=asks_for_the_audit, check=each_was_sent_once),
    Flow(name="forget", prepare=about_to_erase, act=erases, check=nothing_is_left, takes_long=True),
    Flow(name="home", prepare=a_lead_s_admin, act=opens_home, check=home_is_shown),
)
