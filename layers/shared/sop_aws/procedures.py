"""The one place that functions ask for a procedure: the version in force for a new run, a run's own for the rest."""

from __future__ import annotations

import zlib
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from sop_aws.logging import fault, make_logger
from sop_core import procedures
from sop_core.versions import in_force

if TYPE_CHECKING:
    from collections.abc import Callable

    from sop_aws.runs import Run
    from sop_aws.times import Clock
    from sop_aws.versions import VersionStore
    from sop_core.guidance import Procedure
    from sop_core.versions import Activation

FRESH_FOR: Final = timedelta(seconds=30)
MOST_HELD: Final = 32

logger = make_logger()


class VersionUnavailable(Exception):
    """A run's version cannot be had. Another would give other words in the middle of a call, so none is given."""


class Procedures:
    """Procedures as new runs and old ones see them. What was switched is in effect once this cache has run out.

    Where the store does not answer, new runs get the version that ships, and the log says so.
    """

    def __init__(self, store: VersionStore, today: Callable[[], date], clock: Clock) -> None:
        """Take the store, the office's day (an effective date begins with it), and the clock the cache goes by."""
        self._store = store
        self._today = today
        self._clock = clock
        self._switched: tuple[datetime, dict[str, Activation]] | None = None
        self._held: dict[str, Procedure] = {}

    def names(self) -> tuple[str, ...]:
        """Return the names of the procedures; an admin publishes versions of them, not others."""
        return procedures.names()

    def active(self, name: str) -> Procedure:
        """Return the version that new runs get now.

        :raises sop_core.guidance.UnknownName: if there is no such procedure.
        """
        shipped = procedures.load(name)
        digest = in_force(self._activations().get(name), self._today())
        if digest is None or digest == shipped.digest:
            return shipped
        try:
            return self._of(digest)
        except VersionUnavailable as missing:
            # Its text stays out of the log, as everywhere.
            logger.error("the shipped procedure answers", procedure=name, **fault(missing.__cause__ or missing))  # noqa: TRY400
            return shipped

    def of(self, run: Run) -> Procedure:
        """Return the version that a run began with.

        :raises VersionUnavailable: if it cannot be had.
        """
        shipped = procedures.load(run.procedure)
        # Runs of before versions were recorded began with what shipped.
        return shipped if run.procedure_digest in ("", shipped.digest) else self._of(run.procedure_digest)

    def has(self, run: Run) -> bool:
        """Tell whether the version that a run began with can be had."""
        try:
            self.of(run)
        except VersionUnavailable:
            return False
        return True

    def scripts(self) -> tuple[str, ...]:
        """Return every script of the versions in force."""
        return tuple(script for name in self.names() for script in self.active(name).scripts())

    def keep_shipped(self) -> None:
        """Keep what ships under its hash, so that runs finish on it after the next release."""
        for name in self.names():
            self._store.keep(procedures.load(name))

    def _activations(self) -> dict[str, Activation]:
        now = self._clock()
        if self._switched is None or now - self._switched[0] >= FRESH_FOR:
            known = self._switched[1] if self._switched else {}
            self._switched = (now, self._read_activations(known))
        return self._switched[1]

    def _read_activations(self, known: dict[str, Activation]) -> dict[str, Activation]:
        try:
            return self._store.activations()
        except (ClientError, BotoCoreError) as error:
            logger.error("which versions are in force cannot be read", **fault(error))  # noqa: TRY400 - same
            return known

    def _of(self, digest: str) -> Procedure:
        if digest not in self._held:
            found = self._read(digest)
            if len(self._held) >= MOST_HELD:
                self._held.pop(next(iter(self._held)))
            self._held[digest] = found
        return self._held[digest]

    def _read(self, digest: str) -> Procedure:
        try:
            compiled = self._store.compiled(digest)
        except (ClientError, BotoCoreError, zlib.error) as error:
            raise VersionUnavailable(digest) from error
        if compiled is None:
            raise VersionUnavailable(digest)
        try:
            return procedures.decode(compiled)
        except ValueError as error:
            return self._compiled_again(digest, error)

    def _compiled_again(self, digest: str, unreadable: ValueError) -> Procedure:
        """Compile a version anew whose compiled form another release wrote otherwise."""
        from sop_core.compiler import compile_procedure  # noqa: PLC0415 - parsing YAML is for this rare case only
        from sop_core.procedures.reading import read_json, read_procedure  # noqa: PLC0415 - same

        try:
            made_from = self._store.text(digest)
            if made_from is None:
                raise VersionUnavailable(digest) from unreadable
            file, _ = read_procedure(made_from.file, file=digest)
            return compile_procedure(file, read_json(made_from.sources))._replace(digest=digest)
        except (ClientError, BotoCoreError, ValueError, LookupError) as error:
            raise VersionUnavailable(digest) from error
