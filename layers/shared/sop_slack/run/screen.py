"""What the modal of a run shows, as values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from sop_core.cases.case import Case
    from sop_core.guidance import Guidance
    from sop_core.story import Turn
    from sop_core.transfers.project import Project

MATCHES_SHOWN: Final = 8


class Sheet(msgspec.Struct, frozen=True):
    """The transfer sheet as a screen needs it; ``warning`` says why it cannot prove that a project is absent.

    ``dated`` is the day of its upload, in words.
    """

    warning: str | None = None
    is_searchable: bool = True
    dated: str = ""


class RunScreen(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the modal shows. ``guidance`` has its settings filled in; ``metadata`` is the run's id and version.

    ``sources`` says who answered a fact, where it was not the agent. The first ``earlier`` steps were told before the
    agent's latest answer: they are done, and shown as one quiet line. ``asks_project``: the procedure itself asks which
    project it is; elsewhere choosing one is a help. ``due`` holds the moment of each promised deadline rule.
    ``installer_contact`` is how the project's installer is reached, where the settings know. A run that has ended has
    its ``story`` and ``ended_at``, when that was; ``zone`` is the office's time zone. ``without_number`` are targets
    of transfers whose number nobody has set. ``page`` is the page of a long form, ``language`` the one that
    scripts are shown in beside English. Matches that ``are_weak`` are merely similar to what was asked for.
    ``whys`` says of a match, by its key, what fitted and what differs.
    ``unsure`` is the answer that names no project, kept while an earlier question is still open.
    """

    title: str
    metadata: str
    guidance: Guidance
    sources: dict[str, str]
    sheet: Sheet
    asks_project: bool = True
    project: Project | None = None
    installer_contact: str = ""
    query: str = ""
    matches: tuple[Project, ...] = ()
    whys: dict[str, str] = {}
    are_weak: bool = False
    unsure: str = ""
    earlier: int = 0
    searching: bool = False
    notes: dict[str, str] = {}
    open_cases: tuple[Case, ...] = ()
    case: Case | None = None
    due: dict[str, str] = {}
    ended_at: str = ""
    zone: str = "UTC"
    story: tuple[Turn, ...] = ()
    page: int = 0
    language: str = ""
    without_number: frozenset[str] = frozenset()
