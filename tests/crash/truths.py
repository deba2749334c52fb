"""What is true of the stored data at every moment, also in the one in which a process died.

That they are whole is for the operators' own check to say (:mod:`infra.wholeness`). The rest is of a flow: that nothing
happens twice, and that all of it is told.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from infra.wholeness import problems
from sop_aws.runs import Run
from sop_core.audit import Entry
from sop_core.cases.case import Case
from sop_core.transfers.records import ActiveSheet, Job, Sheet
from sop_core.versions import Version

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from infra.wholeness import Stored

    Item = Mapping[str, Any]


def check(stored: Stored, files: Collection[str]) -> None:
    """Check the items of the three tables, and the keys of the files in the bucket."""
    cases, transfers, settings = stored.cases, stored.transfers, stored.settings
    assert problems(stored, has_file=files.__contains__) == []
    entries = list(_bodies(cases, Entry, pk="AUDIT#"))
    told = Counter((entry.kind, entry.action, entry.subject) for entry in entries)
    _runs_and_cases_agree(cases)
    _one_sheet_is_active(transfers)
    _sheets_are_audited(transfers, told)
    _versions_are_audited(settings, told)


def no_message_twice(messages: Iterable[Item]) -> None:
    """Check that nothing that is to be told once stands in Slack twice."""
    marks = Counter(str(message["metadata"]) for message in messages if message.get("metadata"))
    assert max(marks.values(), default=1) == 1, "no message twice"


def _runs_and_cases_agree(items: Sequence[Item]) -> None:
    cases = _bodies(items, Case, pk="CASE#", sk="CASE")
    opened = {run.case: run.id for run in _bodies(items, Run, pk="RUN#", sk="RUN") if run.case}
    assert opened == {case.id: case.run for case in cases}, "a run that opened a case, and its case"


def _one_sheet_is_active(items: Sequence[Item]) -> None:
    [pointer] = _bodies(items, ActiveSheet, pk="ACTIVE")
    active = [sheet for sheet in _bodies(items, Sheet, pk="SHEET#", sk="SHEET") if sheet.state == "active"]
    assert [(sheet.id, sheet.counts) for sheet in active] == [(pointer.sheet, pointer.counts)], "agents see one sheet"


def _sheets_are_audited(items: Sequence[Item], told: Counter[tuple[str, str, str]]) -> None:
    [pointer] = _bodies(items, ActiveSheet, pk="ACTIVE")
    switched = sum(n for (_, action, _), n in told.items() if action in {"activated a sheet", "rolled back to a sheet"})
    assert switched == pointer.version - 1, "every switch is audited once; the first was no admin's"
    for sheet in _bodies(items, Sheet, pk="SHEET#", sk="SHEET"):
        wanted = int(sheet.state == "discarded")
        assert told["sheet", "discarded a sheet", sheet.id] == wanted, "a discarded sheet is audited once"
    for record in _bodies(items, Job, pk="IMPORT#"):
        wanted = int(record.kind == "import")
        assert told["sheet", "uploaded a workbook", record.id] == wanted, "an upload is audited once"


def _versions_are_audited(items: Sequence[Item], told: Counter[tuple[str, str, str]]) -> None:
    switched = sum(n for (kind, action, _), n in told.items() if (kind, action) == ("procedure", "switched"))
    assert switched == len(list(_of(items, pk="PROCEDURES", sk="AUDIT#"))), "every switch is audited once"
    discarded = [v for v in _bodies(items, Version, pk="PROCEDURES", sk="VERSION#") if v.state == "discarded"]
    for version in discarded:
        assert told["procedure", "discarded", version.procedure] == 1, "a discarded version is audited once"
    changes = len(list(_of(items, pk="SETTINGS", sk="AUDIT#")))
    [version_of_settings] = [item["version"]["N"] for item in _of(items, pk="SETTINGS", sk="CURRENT")]
    assert changes == int(version_of_settings), "every change of the settings is kept"


def _of(items: Iterable[Item], *, pk: str, sk: str = "") -> Iterator[Item]:
    return (item for item in items if item["pk"]["S"].startswith(pk) and item["sk"]["S"].startswith(sk))


def _bodies(items: Iterable[Item], type_: Any, *, pk: str, sk: str = "") -> Iterator[Any]:
    return (msgspec.json.decode(item["body"]["S"], type=type_) for item in _of(items, pk=pk, sk=sk))
