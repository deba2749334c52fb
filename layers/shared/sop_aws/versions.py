"""Published versions in DynamoDB: what each says, which is in force, and who switched when.

A compiled form is kept under its content's hash and never changes, so that a run replays under the version it began
with. One pointer a procedure says which version new runs get; it is switched by one conditional transaction.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final, TypeGuard

import msgspec

from sop_aws.table import NEW, UNCHANGED, Cancelled, ConditionFailed, Table, attributes, text
from sop_core import procedures
from sop_core.versions import SHIPPED, Activation, Version, in_force

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from mypy_boto3_dynamodb import DynamoDBClient

    from sop_aws.table import Item, Writes
    from sop_core.guidance import Procedure

PK: Final = "PROCEDURES"
SWITCH: Final = "switch"
"""On a version's item: the number of the latest switch to it."""
NO_SWITCH: Final = "attribute_not_exists(#switch)"
SAME_SWITCH: Final = "#switch = :switch"
SAME_BODY: Final = "#body = :body"
VERSION_WRITE: Final = 2
"""The place of the version's own write in a switch, after the pointer's and the audit's."""


class SwitchedMeanwhile(Exception):
    """Another switch of the procedure came first; ``current`` is the latest (``None``: there never was one)."""

    def __init__(self, current: Activation | None) -> None:
        """Carry what is in force now, so that the loser can be shown it."""
        super().__init__("the procedure was switched meanwhile")
        self.current = current


class VersionGone(LookupError):
    """There is no such version, or it was discarded."""


class VersionActive(Exception):
    """The version is activated and cannot be discarded."""


def _nothing(_: object) -> Writes:
    return ()


class Text(msgspec.Struct, frozen=True):
    """What a version was made from: its file as it was uploaded, and every span that it cites, as JSON."""

    file: str
    sources: str


class Place(msgspec.Struct, frozen=True):
    """Where an admin is told how an upload goes, and whether it is over."""

    channel: str
    ts: str
    is_over: bool = False


class VersionStore:
    """The versions in the settings table."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        """Take the client and the name of the settings table."""
        self._table = Table(client, table)

    # -- what a version says

    def keep(self, procedure: Procedure) -> None:
        """Keep a compiled form under its hash; the same again changes nothing."""
        try:
            self._table.put(_compiled_item(procedure), when=NEW)
        except ConditionFailed:
            return

    def compiled(self, digest: str) -> bytes | None:
        """Return the compiled form of that hash."""
        item = self._table.get(f"PROCEDURE#{digest}", "COMPILED")
        return None if item is None else zlib.decompress(item["body"]["B"])

    def text(self, digest: str) -> Text | None:
        """Return what a published version was made from."""
        item = self._table.get(f"PROCEDURE#{digest}", "TEXT")
        return None if item is None else msgspec.json.decode(zlib.decompress(item["body"]["B"]), type=Text)

    # -- versions

    def publish(self, version: Version, procedure: Procedure, made_from: Text) -> Version:
        """Keep a proven version, ready to be activated; one that is there already is returned as it is.

        Nothing is in force by this. One that was discarded is ready again.
        """
        known = self.version(version.procedure, version.digest)
        if known is not None and known.state == "ready":
            return known
        body = zlib.compress(msgspec.json.encode(made_from))
        self._table.put(_compiled_item(procedure))
        self._table.put(attributes(pk=f"PROCEDURE#{version.digest}", sk="TEXT", body=body))
        self._table.put(_version_item(version))
        return version

    def version(self, procedure: str, digest: str) -> Version | None:
        """Return the record of a version."""
        item = self._found(procedure, digest)
        return None if item is None else _version(item)

    def versions(self) -> tuple[Version, ...]:
        """Return the versions of all procedures that can be activated, the latest first."""
        ready = [version for version in map(_version, self._under("VERSION#")) if version.state == "ready"]
        return tuple(sorted(ready, key=lambda version: (version.published_at, version.digest), reverse=True))

    def discard(
        self, procedure: str, digest: str, *, today: date, also: Callable[[Version], Writes] = _nothing
    ) -> Version:
        """Give up a version that is neither activated nor still in force; giving it up twice is one time.

        It is one transaction with the writes that ``also`` has for the version.

        :raises VersionGone: if there is none.
        :raises VersionActive: if it is activated, if it is in force until another is, or if a switch to it was faster.
        """
        # Read before the pointer: a switch to the version after this leaves its mark, and nothing is written.
        item = self._found(procedure, digest)
        if item is None:
            raise VersionGone(digest)
        current = self.activation(procedure)
        if current is not None and digest in {current.digest, in_force(current, today)}:
            raise VersionActive(digest)
        version = _version(item)
        if version.state == "discarded":
            return version
        discarded = msgspec.structs.replace(version, state="discarded")
        item |= attributes(body=msgspec.json.encode(discarded).decode())
        if SWITCH in item:
            write = self._table.write(item, when=SAME_SWITCH, switch=int(item[SWITCH]["N"]))
        else:
            write = self._table.write(item, when=NO_SWITCH)
        try:
            self._table.transact([write, *also(discarded)])
        except Cancelled as faster:
            raise VersionActive(digest) from faster
        return discarded

    # -- which is in force

    def activation(self, procedure: str) -> Activation | None:
        """Return the latest switch of a procedure; ``None`` if it is as shipped since ever."""
        item = self._table.get(PK, f"ACTIVE#{procedure}")
        return None if item is None else _activation(item)

    def activations(self) -> dict[str, Activation]:
        """Return the latest switch of each procedure that was ever switched."""
        return {each.procedure: each for each in map(_activation, self._under("ACTIVE#"))}

    def switch(
        self,
        procedure: str,
        digest: str | None,
        *,
        seen: int,
        today: date,
        actor: str,
        at: str,
        also: Callable[[Activation], Writes] = _nothing,
    ) -> Activation:
        """Let new runs have a version (``None``: the one that ships) from its date on, in one conditional transaction.

        The writes that ``also`` has for the switch are part of it.

        ``seen`` is the number of the latest switch that the admin has seen (0: none). Going back is the same write.

        The version is marked with the switch in the same transaction, so that it is not discarded at the same time.

        :raises VersionGone: if the version is not there or was discarded.
        :raises SwitchedMeanwhile: if another switch was faster.
        """
        current = self.activation(procedure)
        if _is_that(current, digest, seen=seen, actor=actor):
            return current
        if seen != (current.number if current else 0):
            raise SwitchedMeanwhile(current)
        item = self._found(procedure, digest) if digest else None
        version = _version(item) if item else None
        if digest and (version is None or version.state != "ready"):
            raise VersionGone(digest)
        following = self._following(procedure, version, current, today=today, actor=actor, at=at)
        body = msgspec.json.encode(following).decode()
        pointer = attributes(pk=PK, sk=f"ACTIVE#{procedure}", version=following.number, body=body)
        audit = attributes(pk=PK, sk=f"AUDIT#{at}#{procedure}#{following.number:06d}", body=body)
        unchanged = self._table.write(pointer, when=UNCHANGED, version=seen)
        first = self._table.write(pointer, when=NEW)
        writes = [unchanged if current else first, self._table.write(audit, when=NEW)]
        if item:
            marked = item | attributes(**{SWITCH: following.number})
            writes.append(self._table.write(marked, when=SAME_BODY, body=text(item, "body")))
        try:
            self._table.transact([*writes, *also(following)])
        except Cancelled as lost:
            if lost.failed == {VERSION_WRITE}:
                raise VersionGone(digest) from lost
            faster = self.activation(procedure)
            if _is_that(faster, digest, seen=seen, actor=actor):
                return faster
            raise SwitchedMeanwhile(faster) from lost
        return following

    def _following(
        self, procedure: str, version: Version | None, current: Activation | None, *, today: date, actor: str, at: str
    ) -> Activation:
        until = in_force(current, today)
        before = self.version(procedure, until) if until else None
        return Activation(
            procedure=procedure,
            number=(current.number if current else 0) + 1,
            digest=version.digest if version else None,
            version=version.version if version else SHIPPED,
            effective=version.effective if version else "",
            until=until,
            until_version=before.version if before else SHIPPED,
            actor=actor,
            at=at,
        )

    def history(self, *, limit: int) -> tuple[Activation, ...]:
        """Return the latest switches of all procedures, the newest first."""
        found = self._table.query(
            "#pk = :pk AND begins_with(#sk, :prefix)", limit=limit, backwards=True, pk=PK, prefix="AUDIT#"
        )
        return tuple(map(_activation, found))

    # -- uploads on their way

    def place(self, publication: str) -> Place | None:
        """Return where an upload is told of, if that has begun."""
        item = self._table.get("PUBLICATIONS", publication)
        return None if item is None else msgspec.json.decode(text(item, "body"), type=Place)

    def put_place(self, publication: str, place: Place, *, expires_at: int) -> None:
        """Remember where an upload is told of, so that a repeat tells it there, or no more."""
        body = msgspec.json.encode(place).decode()
        self._table.put(attributes(pk="PUBLICATIONS", sk=publication, body=body, expires_at=expires_at))

    def _found(self, procedure: str, digest: str) -> Item | None:
        return self._table.get(PK, f"VERSION#{procedure}#{digest}")

    def _under(self, prefix: str) -> Iterator[Item]:
        return self._table.query("#pk = :pk AND begins_with(#sk, :prefix)", pk=PK, prefix=prefix)


def _is_that(latest: Activation | None, digest: str | None, *, seen: int, actor: str) -> TypeGuard[Activation]:
    """Tell whether the latest switch is the wanted one, carried out already: a repeat, or the other click of two."""
    return latest is not None and (latest.number, latest.digest, latest.actor) == (seen + 1, digest, actor)


def _version(item: Item) -> Version:
    return msgspec.json.decode(text(item, "body"), type=Version)


def _activation(item: Item) -> Activation:
    return msgspec.json.decode(text(item, "body"), type=Activation)


def _compiled_item(procedure: Procedure) -> Item:
    body = zlib.compress(procedures.encode(procedure))
    return attributes(pk=f"PROCEDURE#{procedure.digest}", sk="COMPILED", body=body)


def _version_item(version: Version) -> Item:
    return attributes(
        pk=PK, sk=f"VERSION#{version.procedure}#{version.digest}", body=msgspec.json.encode(version).decode()
    )
