"""Settings: what an admin can change without a deployment. The shipped defaults are those of the SOPs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from sop_core.cases.deadlines import Calendar
from sop_core.guidance import NOT_SET

if TYPE_CHECKING:
    from collections.abc import Iterable

ROLES = (
    "agent",
    "workout_plan_trained",
    "homeowner_trained",
    "back_office",
    "resolution_specialist",
    "lead",
    "admin",
)
PEOPLE = ("Jonathan Lezama", "elijah carr")
CHANNELS = ("resolution",)
VALUES = {
    "infinity_specialist_line": "1-877-425-5201",
    "homeowner_support_line": "877-425-5201",
    "infinity_form": "Infinity Form",
    "email_escalations_skill": "Email - Escalations",
    "tier2_skill": "Phone-HO Tier 2",
    "resolution_lead_skill": "Resolution Lead",
    "supporting_documents_address": "Support@myeverbright.com",
    "homeowner_support_address": "homeownersupport@goeverbright.com",
    "account_servicing_address": "SolarCustomerSupport@accountservicing.com",
    "jira_project": "EverBright Homeowner Support",
    "account_servicing_line": "Account Servicing",
    "omnidian_line": "Omnidian",
    "credit_title_line": "Credit & Title",
    "canned_response": "H/O transferred to Account Servicing",
    "documents_attention": "Lead Resolution",
    "primary_reason": NOT_SET,
    "callback_due": "next_business_day",
    "follow_up_due": "48_business_hours",
    "third_party_check": "next_business_day",
}
"""Numbers, addresses, skills, links and deadlines, each by the name that procedures use for it, as the SOPs give them.

Where an SOP names a place and no number (Account Servicing, the Infinity Form), its name stands until an admin sets it.
"""

DUE = ("callback_due", "follow_up_due", "third_party_check")
"""The values that name a deadline rule."""

LINES = (
    "infinity_specialist_line",
    "homeowner_support_line",
    "account_servicing_line",
    "omnidian_line",
    "credit_title_line",
)
"""The values that are phone numbers, with or without an extension."""

LINKS = ("infinity_form",)
ADDRESSES = ("supporting_documents_address", "homeowner_support_address", "account_servicing_address")
"""The values that are e-mail addresses."""

SHEET_FRESHNESS_DAYS = 7
RETENTION = {"runs": 400, "audit": 730}
"""How many days runs (answers, typed notes) and entries of the audit are kept."""

RETENTION_BOUNDS = {"runs": (35, 1095), "audit": (90, 3650)}
"""From the longest report (a month) and a look back over a quarter, to three and ten years."""

SHEET_LOSS_PERCENT = 20
"""More of the active sheet's projects than this lost by the next one is worth a warning."""
SHEET_BOUNDS = {"sheet_freshness_days": (1, 365), "sheet_loss_percent": (1, 99)}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Roles and people as Slack ids (users or user groups), channels, named values, calendar, days.

    ``installers`` holds how each is reached, by its name as the transfer sheet has it: given on request (ESC-6);
    ``retention`` how many days what is written from now on is kept, by the names of :data:`RETENTION`.
    """

    roles: dict[str, tuple[str, ...]]
    people: dict[str, str]
    channels: dict[str, str]
    values: dict[str, str]
    calendar: Calendar
    sheet_freshness_days: int
    sheet_loss_percent: int = SHEET_LOSS_PERCENT
    installers: dict[str, str] = {}
    retention: dict[str, int] = msgspec.field(default_factory=lambda: dict(RETENTION))

    @classmethod
    def default(cls) -> Settings:
        """Return the shipped settings: the SOPs' values, and nobody in any role yet."""
        return cls(
            roles=dict.fromkeys(ROLES, ()),
            people={},
            channels={},
            values=dict(VALUES),
            calendar=Calendar(),
            sheet_freshness_days=SHEET_FRESHNESS_DAYS,
        )


def still_spoken(settings: Settings, scripts: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the values that were changed while some script still speaks the shipped one.

    Scripts never interpolate: an admin who changes a number must learn that an SOP still has it read out.
    """
    spoken = tuple(scripts)
    return tuple(
        name
        for name, shipped in VALUES.items()
        if settings.values.get(name) != shipped and any(shipped in script for script in spoken)
    )


MISSING_ROLE = {
    "agent": "nobody can run a procedure",
    "workout_plan_trained": "every agent is asked about their own training",
    "back_office": "nobody can run the procedure for supporting documents",
    "resolution_specialist": "only leads can claim, assign, return and close cases",
    "lead": "nobody is told of cases that are due or of promises that are over, and nobody sees all cases",
    "admin": "nobody can change these settings or the transfer sheet",
}
"""What it means that nobody has a role."""


MISSING_VALUE = {
    "infinity_form": "agents see its name and have no link to it",
    "account_servicing_line": "agents see its name and have no number to transfer to",
    "omnidian_line": "agents see its name and have no number to transfer to",
    "credit_title_line": "agents see its name and have no number to transfer to",
    "primary_reason": "agents are told that it is not set",
}
"""What it means that a place or a text which the SOPs only name has not been given."""


def missing(settings: Settings) -> tuple[str, ...]:
    """Return one sentence for each setting that is missing, with the effect that it has."""
    told = []
    if not settings.channels.get("resolution"):
        told.append("No resolution channel is set: cases cannot be opened.")
    for role, effect in MISSING_ROLE.items():
        if not settings.roles.get(role):
            told.append(f"Nobody is {role.replace('_', ' ')}: {effect}.")
    for name, effect in MISSING_VALUE.items():
        if settings.values.get(name) == VALUES[name]:
            told.append(f"{name.replace('_', ' ').capitalize()} is not set: {effect}.")
    unknown = [name for name in PEOPLE if not settings.people.get(name)]
    told += [f"{name} has no Slack user: cards name them and notify nobody." for name in unknown]
    return tuple(told)


def changes(before: Settings | None, after: Settings) -> tuple[str, ...]:
    """Return what differs, one line a setting; before the first change the shipped settings were in force."""
    old = msgspec.to_builtins(before or Settings.default())
    new = msgspec.to_builtins(after)
    lines = []
    for part, value in new.items():
        pairs = value.items() if isinstance(value, dict) else [("", value)]
        for name, now in pairs:
            was = old[part].get(name) if isinstance(value, dict) else old[part]
            if was != now:
                lines.append(f"{part}{'.' if name else ''}{name}: {_shown(was)} → {_shown(now)}")
        lines += [
            f"{part}.{name}: {_shown(was)} → nothing"
            for name, was in (old[part].items() if isinstance(value, dict) else ())
            if name not in value
        ]
    return tuple(lines)


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "nothing"
    return "nothing" if value is None else str(value)
