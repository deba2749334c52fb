"""What activating a sheet would change."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec

from sop_core.transfers.project import Project
from sop_core.transfers.records import Difference

if TYPE_CHECKING:
    from collections.abc import Iterable

COMPARED: Final = tuple(name for name in Project.__struct_fields__ if name not in ("key", "row"))


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of new, changed (with the fields that changed) and removed projects, and how many stay as they are."""

    new: tuple[str, ...]
    changed: dict[str, tuple[str, ...]]
    removed: tuple[str, ...]
    unchanged: int


def compare(before: Iterable[Project], after: Iterable[Project]) -> Changes:
    """Return how the projects ``after`` differ from those ``before``."""
    old = {project.key: project for project in before}
    new: list[str] = []
    changed: dict[str, tuple[str, ...]] = {}
    unchanged = 0
    for project in after:
        previous = old.pop(project.key, None)
        if previous is None:
            new.append(project.key)
        elif fields := changed_fields(previous, project):
            changed[project.key] = fields
        else:
            unchanged += 1
    return Changes(new=tuple(new), changed=changed, removed=tuple(old), unchanged=unchanged)


def changed_fields(before: Project, after: Project) -> tuple[str, ...]:
    """Return the names of the fields in which two versions of a project differ."""
    return tuple(name for name in COMPARED if getattr(before, name) != getattr(after, name))


def summarise(changes: Changes, *, against: str | None, against_version: int) -> Difference:
    """Return the figures of ``changes``, to be kept with the sheet."""
    fields = Counter(field for names in changes.changed.values() for field in names)
    return Difference(
        against=against,
        against_version=against_version,
        new=len(changes.new),
        changed=len(changes.changed),
        removed=len(changes.removed),
        unchanged=changes.unchanged,
        fields=dict(sorted(fields.items())),
    )
