"""Versions of procedures as an admin sees them: upload, proof, changes, activation, list. From values to blocks."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sop_core.versions import SHIPPED, in_force, is_ahead
from sop_slack import blocks as kit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sop_core.publishing import Fault
    from sop_core.reports.diff import Change
    from sop_core.versions import Activation, Version
    from sop_slack.blocks import Block, Message

UPLOAD: Final = "procedure_upload"
FILE: Final = "procedure_file"
SOURCES: Final = "procedure_sources"
ACTIVATE: Final = "procedure_activate"
DISCARD: Final = "procedure_discard"
SWITCH: Final = "procedure_switch"
LIST: Final = "procedure_versions"

SHOWN: Final = 6
"""Changes or faults in a message; all of them are in the file under it."""

LINE: Final = 400
VERSIONS_SHOWN: Final = 5
HISTORY_SHOWN: Final = 8
FAULTS_FILE: Final = "What is wrong.txt"
ALL_OF_THEM: Final = "All of them."
NOTHING: Final = "Nothing changes for agents until a version is activated."
EFFECT: Final = "New runs get it within a minute. Runs in progress finish on the version they began with."
PROOF: Final = ("combinations", "paths", "ends", "steps", "scripts", "citations", "gaps", "examples")


class Choice(msgspec.Struct, frozen=True):
    """What a button stands for: a version (``digest`` ``None``: the shipped one), and the latest switch seen."""

    procedure: str
    digest: str | None
    seen: int


class Shelf(msgspec.Struct, frozen=True):
    """A procedure with its versions (the latest first), the one that ships, and the latest switch."""

    procedure: str
    title: str
    shipped: str
    versions: tuple[Version, ...]
    activation: Activation | None


def upload_modal() -> Block:
    """Return the modal that takes a procedure file, and the file of what it newly cites."""
    chooser: Block = {"type": "file_input", "filetypes": ["yaml", "yml"], "max_files": 1, "action_id": "file"}
    return kit.modal(
        "Publish a procedure",
        [
            kit.field("Procedure", chooser, block_id=FILE, hint="The .yaml file of one procedure, whole."),
            kit.field(
                "What it newly cites",
                chooser,
                block_id=SOURCES,
                optional=True,
                hint="Only if a script or a step cites a passage that no version has cited before.",
            ),
            kit.context("It is proven and compared first. " + NOTHING),
        ],
        callback_id=UPLOAD,
        submit="Upload",
        close="Cancel",
    )


def uploaded(values: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return the ids of the procedure file and of the sources file that were chosen."""
    return _file(values.get(FILE, {})), _file(values.get(SOURCES, {}))


def _file(given: Mapping[str, Any]) -> str | None:
    files = given.get("file", {}).get("files")
    return str(files[0]["id"]) if files else None


def choice_value(choice: Choice) -> str:
    """Return a button's value."""
    return f"{choice.procedure}|{choice.digest or ''}|{choice.seen}"


def read_choice(value: str) -> Choice:
    """Return what a button stands for."""
    procedure, digest, seen = value.split("|")
    return Choice(procedure, digest or None, int(seen))


def checking(name: str | None = None) -> Message:
    """Return the first states of the message: fetched, then proven."""
    if name is None:
        return _message("The procedure is being fetched.", kit.section(":hourglass_flowing_sand: *Fetching the file*"))
    return _message(
        "The procedure is being proven.",
        kit.section(":hourglass_flowing_sand: *Proving every combination of answers, and comparing*"),
        kit.labelled([("File", name)]),
    )


def refused(faults: Sequence[Fault]) -> Message:
    """Return why a file cannot be published: each fault with file, line and reason."""
    lines = [kit.fit(fault_line(fault), LINE) for fault in faults[:SHOWN]]
    count = "1 thing is" if len(faults) == 1 else f"{len(faults):,} things are"
    text = f"The procedure was not published: {count} wrong. Agents keep the version they have."
    rest = [kit.context(f"And {len(faults) - SHOWN:,} more, in the file below.")] if len(faults) > SHOWN else []
    again = kit.context("Mend the file and publish it again with `/sop-admin publish`.")
    return _message(text, kit.section(f":no_entry: *{text}*"), kit.bullets(lines), *rest, again)


def fault_line(fault: Fault) -> str:
    """Return a fault as one line."""
    return f"{fault.file}, line {fault.line}: {fault.reason}"


def all_faults(faults: Sequence[Fault]) -> str:
    """Return every fault, one a line."""
    return "\n".join(map(fault_line, faults)) + "\n"


def failed() -> Message:
    """Return what is said when publishing broke for a reason of ours."""
    text = (
        "Publishing stopped for a reason of ours, not of the file. Agents keep the version they have. "
        "Publish it again; if it stops again, tell the team that runs SOP Desk."
    )
    return _message(text, kit.section(f":warning: {text}"))


def known(title: str, version: str, *, is_in_force: bool) -> Message:
    """Return the outcome of uploading what is in force, or what ships."""
    if is_in_force:
        text = "This is the version that agents have already; nothing was changed."
    else:
        text = "This is the version that SOP Desk ships; go back to it with `/sop-admin versions`."
    return _message(text, kit.section(f":white_check_mark: *{text}*"), kit.labelled([(title, f"version {version}")]))


def ready(version: Version, found: Sequence[Change] | None, activation: Activation | None, *, today: date) -> Message:
    """Return the outcome of an upload: the proof, what changes (``None``: too much to tell), and the buttons."""
    text = f"{kit.escape(version.title)}, version {kit.escape(version.version)}, is proven and ready to activate."
    return _message(
        text,
        kit.header("Procedure ready to activate"),
        kit.labelled([(version.title, f"version {version.version}"), ("Effective", _day(version.effective))]),
        kit.section(f":white_check_mark: Proven. {NOTHING}"),
        kit.context(_proof(version)),
        kit.section(f"*What changes against {_before(activation, today)}*"),
        *_changes(found),
        *_when(version, today),
        *_buttons(version, activation),
    )


def changes_file(version: Version) -> str:
    """Return the name of the file with every change."""
    return f"Changes of {version.procedure}, version {version.version}.txt".replace("/", "-")


def activated(version: Version, activation: Activation, *, today: date) -> Message:
    """Return what the message says once its version is activated."""
    text = f"{kit.escape(version.title)}, version {kit.escape(version.version)}, is activated."
    return _message(
        text,
        kit.section(f":white_check_mark: *{text}*"),
        kit.section(_ahead(activation) if is_ahead(activation, today) else EFFECT),
        _by(activation),
        kit.context("Go back at any time with `/sop-admin versions`."),
    )


def discarded(version: Version) -> Message:
    """Return what the message says once its version is discarded."""
    text = f"{kit.escape(version.title)}, version {kit.escape(version.version)}, was discarded."
    return _message(text, kit.section(f":wastebasket: *{text}*"), kit.context("What agents have is unchanged."))


def someone_else(version: Version, current: Activation | None) -> Message:
    """Return what the slower of two admins sees: what is activated now, and the choice once more."""
    text = "Another version was activated in the meantime; this one was not."
    return _message(
        text,
        kit.section(f":warning: *{text}*"),
        *([_by(current)] if current else []),
        kit.section("What was compared is the version before it. Activating replaces the one that is activated now."),
        kit.labelled([(version.title, f"version {version.version}")]),
        *_buttons(version, current),
    )


def gone() -> Message:
    """Return what a button says when its version is discarded, or activated and asked to be discarded."""
    text = "This version was discarded or activated in the meantime; the button no longer applies."
    return _message(text, kit.section(f":information_source: {text} See `/sop-admin versions`."))


def switched(activation: Activation, *, today: date) -> str:
    """Return what the list says once a version is switched to."""
    done = f"Switched to {_name(activation.version) if activation.digest else 'the shipped version'}."
    return f"{done} {_ahead(activation) if is_ahead(activation, today) else EFFECT}"


def versions_modal(shelves: Sequence[Shelf], history: Sequence[Activation], *, today: date, notice: str = "") -> Block:
    """Return every procedure with its versions: who, when, since when, which is active, and the way to another."""
    shown: list[Block] = [kit.section(f"*{notice}*"), kit.divider()] if notice else []
    for shelf in shelves:
        shown += [kit.header(shelf.title), *_shelf(shelf, today)]
    shown += [kit.divider(), kit.section("*The latest switches*")]
    titles = {shelf.procedure: shelf.title for shelf in shelves}
    lines = [_switched(each, titles.get(each.procedure, each.procedure)) for each in history[:HISTORY_SHOWN]]
    shown += [kit.context(line) for line in lines] or [kit.context("None yet: agents have what SOP Desk ships.")]
    shown.append(kit.context(f"Publish another with `/sop-admin publish`. {EFFECT}"))
    return kit.modal("Versions of procedures", shown, callback_id=LIST)


def _shelf(shelf: Shelf, today: date) -> list[Block]:
    current, latest = in_force(shelf.activation, today), shelf.activation
    seen = latest.number if latest else 0
    shown = [
        _row(
            f"*Version {kit.escape(each.version)}* · effective {_day(each.effective)}\n"
            f"Published by {kit.mention(each.published_by)} {kit.time_in_reader_zone(each.published_at)}",
            Choice(shelf.procedure, each.digest, seen),
            _state(each.digest, current, latest, today),
        )
        for each in _worth_showing(shelf)
    ]
    shipped = Choice(shelf.procedure, None, seen)
    about = f"*Version {kit.escape(shelf.shipped)}* · ships with SOP Desk"
    return [*shown, _row(about, shipped, _state(None, current, latest, today))]


def _worth_showing(shelf: Shelf) -> list[Version]:
    """Return the latest versions, and the activated one however old it is."""
    active = shelf.activation.digest if shelf.activation else None
    return [each for at, each in enumerate(shelf.versions) if at < VERSIONS_SHOWN or each.digest == active]


def _state(digest: str | None, current: str | None, latest: Activation | None, today: date) -> str:
    if latest and is_ahead(latest, today) and digest == latest.digest:
        return f"Activated for {_day(latest.effective)}"
    return "Active" if digest == current else ""


def _row(about: str, choice: Choice, state: str) -> Block:
    if state:
        return kit.section(f"{about}\n:large_green_circle: *{state}*")
    confirm: Block = {
        "title": kit.label("Switch the version?"),
        "text": kit.mrkdwn(EFFECT),
        "confirm": kit.label("Switch"),
        "deny": kit.label("Cancel"),
    }
    switch = kit.button("Switch to this…", SWITCH, choice_value(choice), confirm=confirm)
    return kit.section(about, accessory=switch)


def _switched(each: Activation, title: str) -> str:
    since = f", effective {_day(each.effective)}" if each.effective else ""
    return (
        f"{kit.escape(title)}: {_name(each.until_version)} → {_name(each.version)}{since} · {kit.mention(each.actor)} "
        f"{kit.time_in_reader_zone(each.at)}"
    )


def _name(version: str) -> str:
    return version if version == SHIPPED else f"version {kit.escape(version)}"


def _proof(version: Version) -> str:
    return " · ".join(f"{version.proof[name]:,} {name}" for name in PROOF if name in version.proof)


def _before(activation: Activation | None, today: date) -> str:
    if activation is None:
        return "the shipped version"
    name = activation.until_version if is_ahead(activation, today) else activation.version
    return "the shipped version" if name == SHIPPED else f"version {kit.escape(name)}"


def _changes(found: Sequence[Change] | None) -> list[Block]:
    if found is None:
        return [kit.section("The two differ in more ways than can be compared. Read the file before activating it.")]
    if not found:
        return [kit.section("No combination of answers changes its outcome; only other words of the file differ.")]
    lines = [
        kit.fit(f"When {change.when or 'always'}: {'; '.join(change.differences)}", LINE) for change in found[:SHOWN]
    ]
    groups = "1 group of combinations changes" if len(found) == 1 else f"{len(found):,} groups of combinations change"
    rest = f" The first {SHOWN} are here, all in the file below." if len(found) > SHOWN else ""
    return [kit.section(f"{groups} their outcome.{rest}"), kit.bullets(lines)]


def _when(version: Version, today: date) -> list[Block]:
    if version.effective <= today.isoformat():
        return [kit.context(EFFECT)]
    return [
        kit.section(
            f":calendar: Its date is yet to come: activated now, agents get it from {_day(version.effective)} on, "
            "and keep the version they have until then."
        )
    ]


def _ahead(activation: Activation) -> str:
    return f"Agents get it from {_day(activation.effective)} on; until then they keep the version they have."


def _buttons(version: Version, activation: Activation | None) -> list[Block]:
    value = choice_value(Choice(version.procedure, version.digest, activation.number if activation else 0))
    activate = kit.button("Activate", ACTIVATE, value, style="primary")
    return [kit.actions(activate, kit.button("Discard", DISCARD, value))]


def _by(activation: Activation) -> Block:
    when = kit.time_in_reader_zone(activation.at)
    return kit.context(f"{_name(activation.version).capitalize()} · {kit.mention(activation.actor)} {when}")


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.day} {day:%B %Y}"


def _message(text: str, *shown: Block) -> Message:
    return kit.Message(text=text, blocks=shown)
