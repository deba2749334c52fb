"""Publishing a procedure from Slack: the upload, its outcome's buttons, and the list of versions with the way back."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from functions.slack.access import ADMINS
from functions.slack.auditing import keep, told_with_it
from functions.slack.listeners.listener import Listener, Request
from functions.slack.replies import notice, replace, tell
from sop_aws.correlation import current
from sop_aws.versions import SwitchedMeanwhile, VersionActive, VersionGone
from sop_aws.wake import Publication
from sop_core import procedures as shipped
from sop_core.times import iso
from sop_slack import procedures as told

if TYPE_CHECKING:
    from functions.slack.services import Services
    from sop_core.versions import Activation
    from sop_slack.blocks import Block
    from sop_slack.procedures import Choice

HISTORY: Final = 8
ON_ITS_WAY: Final = "The procedure is on its way. Its proof and what changes appear in your messages with SOP Desk."
SOMEONE_ELSE: Final = "Somebody else switched a version meanwhile; nothing was changed by this. Here is how it is now."
GONE: Final = "This version was discarded meanwhile; nothing was changed."


def publish(services: Services, request: Request) -> None:
    """Answer `/sop-admin publish`: the modal that takes the file."""
    del services
    request.client.views_open(trigger_id=request.body["trigger_id"], view=told.upload_modal())
    request.ack()


def versions(services: Services, request: Request) -> None:
    """Answer `/sop-admin versions`: every procedure with its versions."""
    request.client.views_open(trigger_id=request.body["trigger_id"], view=_list(services))
    request.ack()


def uploaded(services: Services, request: Request) -> None:
    """Answer the upload: hand it over, and say where its outcome appears."""
    view = request.body["view"]
    file, sources = told.uploaded(view["state"]["values"])
    if file is None:
        request.ack({"response_action": "errors", "errors": {told.FILE: "Choose the procedure's file first."}})
        return
    # The same submission delivered twice is the same upload.
    job = hashlib.sha256(f"{view['id']}:{file}:{sources}".encode()).hexdigest()[:20]
    keep(services, "procedure", "uploaded a version", by=request.user)
    services.publications.put(Publication(job, request.user, file, sources, iso(services.now()), current()))
    request.ack({"response_action": "update", "view": notice(ON_ITS_WAY, close="Done")})


def activate(services: Services, request: Request) -> None:
    """Answer "Activate" under a proven version: new runs get it, unless another admin was faster."""
    choice = told.read_choice(request.body["actions"][0]["value"])
    request.ack()
    version = services.versions.version(choice.procedure, choice.digest or "")
    if version is None:
        replace(request, told.gone())
        return
    try:
        activation = _switch(services, request, choice)
    except SwitchedMeanwhile as lost:
        replace(request, told.someone_else(version, lost.current))
    except VersionGone:
        replace(request, told.gone())
    else:
        replace(request, told.activated(version, activation, today=services.settings_store.today()))


def discard(services: Services, request: Request) -> None:
    """Answer "Discard" under a proven version: it is given up."""
    choice = told.read_choice(request.body["actions"][0]["value"])
    request.ack()
    try:
        version = services.versions.discard(
            choice.procedure,
            choice.digest or "",
            today=services.settings_store.today(),
            also=lambda given_up: (
                told_with_it(
                    services,
                    "procedure",
                    "discarded",
                    by=request.user,
                    at=iso(services.now()),
                    subject=choice.procedure,
                    detail=f"version {given_up.version}",
                ),
            ),
        )
    except (VersionActive, VersionGone):
        replace(request, told.gone())
    else:
        replace(request, told.discarded(version))


def switch(services: Services, request: Request) -> None:
    """Answer "Switch to this…" in the list: the same conditional write, whichever way it goes."""
    choice = told.read_choice(request.body["actions"][0]["value"])
    try:
        said = told.switched(_switch(services, request, choice), today=services.settings_store.today())
    except SwitchedMeanwhile:
        said = SOMEONE_ELSE
    except VersionGone:
        tell(request, GONE)
        return
    request.ack()
    request.client.views_update(view_id=request.body["view"]["id"], view=_list(services, said))


def _switch(services: Services, request: Request, choice: Choice) -> Activation:
    return services.versions.switch(
        choice.procedure,
        choice.digest,
        seen=choice.seen,
        today=services.settings_store.today(),
        actor=request.user,
        at=iso(services.now()),
        also=lambda made: (
            told_with_it(
                services,
                "procedure",
                "switched",
                by=made.actor,
                at=made.at,
                subject=made.procedure,
                detail=f"{made.until_version} → {made.version}",
            ),
        ),
    )


def _list(services: Services, said: str = "") -> Block:
    known, activations = services.versions.versions(), services.versions.activations()
    shelves = [
        told.Shelf(
            procedure=name,
            title=services.procedures.active(name).title,
            shipped=shipped.load(name).version,
            versions=tuple(version for version in known if version.procedure == name),
            activation=activations.get(name),
        )
        for name in services.procedures.names()
    ]
    history = services.versions.history(limit=HISTORY)
    return told.versions_modal(shelves, history, today=services.settings_store.today(), notice=said)


COMMANDS: Final = {"publish": publish, "versions": versions}
"""What `/sop-admin` hands on."""

LISTENERS: Final = (
    Listener(kind="view_submission", name=told.UPLOAD, roles=ADMINS, answer=uploaded),
    Listener(kind="action", name=told.ACTIVATE, roles=ADMINS, answer=activate),
    Listener(kind="action", name=told.DISCARD, roles=ADMINS, answer=discard),
    Listener(kind="action", name=told.SWITCH, roles=ADMINS, answer=switch),
)
