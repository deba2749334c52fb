"""One upload of a procedure file, from Slack's file store to a version that can be activated, told in one message.

Nothing is in force by it. Every part may be cut off and done again: a version's id is the hash of what it says.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from sop_aws.versions import Place, Text
from sop_core import procedures
from sop_core.procedures import reading
from sop_core.publishing import LARGEST, TOO_LARGE, Candidate, Fault, Refused, Upload, compare, examine, merged
from sop_core.reports import diff
from sop_core.times import iso, parse
from sop_core.versions import Version, in_force
from sop_http.own_messages import find_message, marked
from sop_http.slack_files import NewFile, NotFetched, Why, fetch, share
from sop_slack import blocks as kit
from sop_slack import procedures as told

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from slack_sdk import WebClient

    from sop_aws.times import Clock
    from sop_aws.versions import VersionStore
    from sop_aws.wake import Publication
    from sop_core.procedure import ProcedureFile, Sources
    from sop_core.versions import Activation
    from sop_slack.blocks import Message

Outcome = Literal["ready", "repeated", "refused", "known"]
REFUSED: Final[dict[Why, str]] = {
    "gone": "it is not there any more",
    "elsewhere": "the file is only linked in Slack: upload the file itself",
    "not_permitted": "Slack served a login page: SOP Desk needs the permission files:read",
    "too_large": TOO_LARGE,
}
KEPT: Final = timedelta(days=30)
MARK: Final = "sop_desk_publication"


@dataclass(frozen=True, kw_only=True)
class Publisher:
    """Examines uploads, with the versions there are, Slack, the office's day and the clock."""

    versions: VersionStore
    slack: WebClient
    token: str
    today: Callable[[], date]
    clock: Clock

    def run(self, job: Publication) -> Outcome:
        """Carry one upload to its end and tell its admin; raises whatever another attempt may mend."""
        place = self.versions.place(job.id)
        if place is not None and place.is_over:
            return "repeated"
        place = place or self._greet(job)
        try:
            candidate, activation = self._examined(job, place)
        except Refused as refused:
            self._say(place, told.refused(refused.faults))
            self._attach(place, told.FAULTS_FILE, told.all_faults(refused.faults), refused.faults)
            return self._over(job, place, "refused")
        return self._over(job, place, self._publish(job, place, candidate, activation))

    def give_up(self, job: Publication) -> None:
        """Tell the admin that it failed for a reason of ours."""
        self._say(self.versions.place(job.id) or self._greet(job), told.failed())

    def _greet(self, job: Publication) -> Place:
        channel = str(self.slack.conversations_open(users=[job.user])["channel"]["id"])
        # An earlier attempt may have posted it and died, or never heard that it had.
        mark = marked(MARK, publication=job.id)
        ts = find_message(self.slack, channel, mark, since=parse(job.at)) or self._post(channel, mark)
        place = Place(channel, ts)
        self._remember(job, place)
        return place

    def _post(self, channel: str, mark: dict[str, Any]) -> str:
        first = told.checking()
        posted = self.slack.chat_postMessage(channel=channel, text=first.text, blocks=list(first.blocks), metadata=mark)
        return str(posted["ts"])

    def _remember(self, job: Publication, place: Place) -> None:
        self.versions.put_place(job.id, place, expires_at=int((self.clock() + KEPT).timestamp()))

    def _over(self, job: Publication, place: Place, outcome: Outcome) -> Outcome:
        # Told first, recorded after: whoever is cut off in between tells it again, in the same message.
        self._remember(job, Place(place.channel, place.ts, is_over=True))
        return outcome

    def _examined(self, job: Publication, place: Place) -> tuple[Candidate, Activation | None]:
        upload = self._fetched(job.file)
        brought = self._fetched(job.sources) if job.sources else None
        self._say(place, told.checking(upload.name))
        activations = self.versions.activations()
        candidate = examine(upload, brought, self._sources(activations), names=procedures.names(), taken=self._taken())
        return candidate, activations.get(candidate.file.procedure)

    def _sources(self, activations: dict[str, Activation]) -> Sources:
        """Return the spans that ship, with those that the versions in force brought."""
        sources, _ = reading.find_sources()
        for activation in activations.values():
            made_from = self.versions.text(activation.digest) if activation.digest else None
            if made_from is not None:
                # A release may ship other words under an id that was brought: what ships holds, no upload is held up.
                with suppress(ValueError):
                    sources = merged(sources, reading.read_json(made_from.sources))
        return sources

    def _taken(self) -> dict[tuple[str, str], str]:
        published = {(each.procedure, each.version): each.digest for each in self.versions.versions()}
        shipped = [procedures.load(name) for name in procedures.names()]
        return published | {(each.name, each.version): each.digest for each in shipped}

    def _publish(self, job: Publication, place: Place, candidate: Candidate, activation: Activation | None) -> Outcome:
        file, digest = candidate.file, candidate.procedure.digest
        shipped = procedures.load(file.procedure).digest
        current = in_force(activation, self.today()) or shipped
        if digest in {current, shipped}:
            self._say(place, told.known(file.title, file.version, is_in_force=digest == current))
            return "known"
        found = compare(self._file_of(file.procedure, current), file)
        version = self._version(job, candidate)
        made_from = Text(file=candidate.text, sources=msgspec.json.encode(candidate.sources).decode())
        version = self.versions.publish(version, candidate.procedure, made_from)
        self._say(place, told.ready(version, found, activation, today=self.today()))
        if found:
            self._attach(place, told.changes_file(version), diff.in_words(found), found)
        return "ready"

    def _version(self, job: Publication, candidate: Candidate) -> Version:
        return Version(
            procedure=candidate.file.procedure,
            digest=candidate.procedure.digest,
            version=candidate.file.version,
            title=candidate.file.title,
            effective=candidate.file.effective.isoformat(),
            state="ready",
            file_name=f"{candidate.file.procedure}.yaml",
            published_by=job.user,
            published_at=iso(self.clock()),
            proof=msgspec.structs.asdict(candidate.report.counts),
        )

    def _file_of(self, procedure: str, digest: str) -> ProcedureFile:
        made_from = self.versions.text(digest)
        if made_from is None:
            return reading.find(procedure).file
        return reading.read_procedure(made_from.file, file=procedure)[0]

    def _fetched(self, file_id: str) -> Upload:
        try:
            file = fetch(self.slack, self.token, file_id, most=LARGEST)
        except NotFetched as error:
            raise Refused([Fault(error.name or "The uploaded file", 1, REFUSED[error.why])]) from None
        return Upload(file.name or "procedure.yaml", file.content)

    def _say(self, place: Place, message: Message) -> None:
        self.slack.chat_update(channel=place.channel, ts=place.ts, text=message.text, blocks=list(message.blocks))

    def _attach(self, place: Place, name: str, content: str, lines: Sequence[object]) -> None:
        """Send what the message has no room for as a file under it."""
        if len(lines) > told.SHOWN:
            file = NewFile(name, content.encode(), kit.escape(told.ALL_OF_THEM))
            share(self.slack, place.channel, file, thread=place.ts)
