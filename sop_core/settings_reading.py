"""Settings as an admin gives them, in a form or a file: checked part by part, and everything that is wrong is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from sop_core.cases.deadlines import DEADLINES, WEEKDAYS, Calendar
from sop_core.settings import (
    ADDRESSES,
    CHANNELS,
    DUE,
    LINES,
    LINKS,
    RETENTION,
    RETENTION_BOUNDS,
    ROLES,
    SHEET_BOUNDS,
    VALUES,
    Settings,
)

LONGEST_VALUE = 300
_USER_OR_GROUP = re.compile(r"[UWS][A-Z0-9]{2,30}")
_USER = re.compile(r"[UW][A-Z0-9]{2,30}")
_CHANNEL = re.compile(r"[CG][A-Z0-9]{2,30}")
_PHONE = re.compile(
    # Dashes and blanks also as word processors and web pages have them.
    r"[+*#]?(?=[0-9(])[0-9\s()./\-\u2010-\u2013]*(?:[,;]?\s*(?:ext(?:ension)?|x|#|opt(?:ion)?)\.?\s*[0-9]{1,8})?"
    r"|(?:ext(?:ension)?|x)\.?\s*[0-9]{1,8}",
    re.IGNORECASE,
)
_PHONE_DIGITS = range(2, 24)
_ADDRESS = re.compile(r"[^@\s<>,;|]+@[^@\s<>,;|]+\.[^@\s<>,;|]+")
_LINK = re.compile(r"https?://[^\W_][^\s<>|]*", re.IGNORECASE)
QUOTED = 40
"""As much of a value is repeated when it is refused."""


class BadSettings(ValueError):
    """A mapping that is no settings: ``problems`` has one sentence for each thing wrong with it."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(self.problems))


def merge(base: Settings, mapping: object) -> Settings:
    """Return ``base`` with what ``mapping`` (the shape of a ``people.yaml``) sets, part by part and name by name.

    :raises BadSettings: naming everything that is wrong with ``mapping``.
    """
    if not isinstance(mapping, Mapping):
        raise BadSettings(
            ["Settings are a map with roles, people, channels, values, calendar, installers, retention and days."]
        )
    problems: list[str] = [
        f"Settings have no part called {part!r}." for part in mapping if part not in Settings.__struct_fields__
    ]
    merged = Settings(
        roles=base.roles | _roles(_part(mapping, "roles", problems), problems),
        people=base.people | _ids(_part(mapping, "people", problems), "people", _USER, "user id (U…)", problems),
        channels=base.channels | _channels(_part(mapping, "channels", problems), problems),
        values=base.values | _values(_part(mapping, "values", problems), problems),
        calendar=_calendar(base.calendar, _part(mapping, "calendar", problems), problems),
        sheet_freshness_days=_sheet(mapping, "sheet_freshness_days", base.sheet_freshness_days, problems),
        sheet_loss_percent=_sheet(mapping, "sheet_loss_percent", base.sheet_loss_percent, problems),
        installers=base.installers | _installers(_part(mapping, "installers", problems), problems),
        retention=base.retention | _retention(_part(mapping, "retention", problems), problems),
    )
    if problems:
        raise BadSettings(problems)
    return merged


def edit(base: Settings, parts: Mapping[str, Any]) -> Settings:
    """Return ``base`` with these parts as a form has them: a name that is left out is unset, a value as shipped.

    :raises BadSettings: naming everything that is wrong with ``parts``.
    """
    shipped = Settings.default()
    return merge(msgspec.structs.replace(base, **{part: getattr(shipped, part) for part in parts}), parts)


def _part(mapping: Mapping[str, Any], name: str, problems: list[str]) -> Mapping[str, Any]:
    part = mapping.get(name)
    if part is None:
        return {}
    if not isinstance(part, Mapping) or not all(isinstance(key, str) for key in part):
        problems.append(f"{name} is a map of names.")
        return {}
    return part


def _roles(part: Mapping[str, Any], problems: list[str]) -> dict[str, tuple[str, ...]]:
    problems += [f"There is no role {role!r}: roles are {', '.join(ROLES)}." for role in part if role not in ROLES]
    roles: dict[str, tuple[str, ...]] = {}
    for role, ids in part.items():
        if not isinstance(ids, list | tuple) or not all(isinstance(each, str) for each in ids):
            problems.append(f"roles.{role} is a list of user or user-group ids.")
            continue
        wrong = [each for each in ids if not _USER_OR_GROUP.fullmatch(each)]
        problems += [f"roles.{role}: {each!r} is no user or user-group id (U… or S…)." for each in wrong]
        roles[role] = tuple(dict.fromkeys(ids))
    return roles


def _channels(part: Mapping[str, Any], problems: list[str]) -> dict[str, str]:
    problems += [
        f"There is no channel setting {name!r}: channels are {', '.join(CHANNELS)}."
        for name in part
        if name not in CHANNELS
    ]
    return _ids(part, "channels", _CHANNEL, "channel id (C…)", problems)


def _ids(
    part: Mapping[str, Any], name: str, pattern: re.Pattern[str], what: str, problems: list[str]
) -> dict[str, str]:
    ids: dict[str, str] = {}
    for key, value in part.items():
        if isinstance(value, str) and pattern.fullmatch(value):
            ids[key] = value
        else:
            problems.append(f"{name}.{key}: {value!r} is no {what}.")
    return ids


def _values(part: Mapping[str, Any], problems: list[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in part.items():
        if name not in VALUES:
            problems.append(f"There is no value {name!r}: values are {', '.join(VALUES)}.")
        elif not isinstance(value, str) or not value.strip() or len(value) > LONGEST_VALUE or "\n" in value:
            problems.append(f"values.{name} is one line of text of at most {LONGEST_VALUE} characters.")
        elif value.strip() != VALUES[name] and (kind := _KINDS.get(name)) and not kind.has(value.strip()):
            problems.append(f"values.{name}: {value.strip()[:QUOTED]!r} is {kind.otherwise}.")
        else:
            values[name] = value.strip()
    return values


def _is_phone(value: str) -> bool:
    return bool(_PHONE.fullmatch(value)) and len(re.findall("[0-9]", value)) in _PHONE_DIGITS


class _Kind(NamedTuple):
    """What a value has to be (besides what the SOPs name in its place), and what one is that is not."""

    has: Callable[[str], object]
    otherwise: str


_KINDS: dict[str, _Kind] = {
    **dict.fromkeys(DUE, _Kind(DEADLINES.__contains__, f"none of {', '.join(DEADLINES)}")),
    **dict.fromkeys(LINES, _Kind(_is_phone, "no phone number, such as 877-425-5201, +1 555 010 0199 ext. 4 or 4410")),
    **dict.fromkeys(LINKS, _Kind(_LINK.fullmatch, "no web address, such as https://forms.example.com/infinity")),
    **dict.fromkeys(ADDRESSES, _Kind(_ADDRESS.fullmatch, "no e-mail address, such as support@example.com")),
}


def _installers(part: Mapping[str, Any], problems: list[str]) -> dict[str, str]:
    contacts: dict[str, str] = {}
    for name, contact in part.items():
        if not isinstance(contact, str) or not contact.strip() or len(contact) > LONGEST_VALUE or "\n" in contact:
            problems.append(f"installers: how {name} is reached is one line of at most {LONGEST_VALUE} characters.")
        else:
            contacts[name.strip()] = contact.strip()
    return contacts


def _calendar(base: Calendar, part: Mapping[str, Any], problems: list[str]) -> Calendar:
    known = {
        "zone": _zone,
        "business_days": _business_days,
        "holidays": _country,
        "closed": _closed,
        "opens": _clock,
        "closes": _clock,
    }
    read: dict[str, Any] = {}
    for name, value in part.items():
        if name not in known:
            problems.append(f"The calendar has no {name!r}: it has {', '.join(known)}.")
            continue
        try:
            read[name] = known[name](value)
        except ValueError as wrong:
            problems.append(f"calendar.{name}: {wrong}.")
    calendar = msgspec.structs.replace(base, **read)
    if calendar.opens >= calendar.closes:
        problems.append("calendar.closes: the office opens before it closes.")
    return calendar


def _zone(value: object) -> str:
    try:
        return ZoneInfo(str(value)).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise ValueError(f"{value!r} is no time zone, such as America/New_York") from unknown


def _business_days(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not value or not set(value) <= set(WEEKDAYS):
        raise ValueError(f"a list of at least one of {', '.join(WEEKDAYS)}")
    return tuple(day for day in WEEKDAYS if day in value)


def _country(value: object) -> str | None:
    if value is None:
        return None
    from holidays import list_supported_countries  # noqa: PLC0415 - slow to import: only new settings pay for it

    if value not in list_supported_countries():
        raise ValueError(f"{value!r} is no country code with known holidays, such as US")
    return str(value)


def _closed(value: object) -> tuple[date, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError("a list of dates, such as 2026-12-24")  # noqa: TRY004 - one kind of error, told to the admin
    try:
        return tuple(sorted({each if isinstance(each, date) else date.fromisoformat(each) for each in value}))
    except (TypeError, ValueError) as wrong:
        raise ValueError("a list of dates, such as 2026-12-24") from wrong


def _clock(value: object) -> time:
    try:
        return time.fromisoformat(str(value))
    except ValueError as wrong:
        raise ValueError(f"{value!r} is no time of day, such as 08:00") from wrong


def _retention(part: Mapping[str, Any], problems: list[str]) -> dict[str, int]:
    kept: dict[str, int] = {}
    for name, value in part.items():
        least, most = RETENTION_BOUNDS.get(name, (0, 0))
        if name not in RETENTION:
            problems.append(f"There is no retention of {name!r}: it is set for {', '.join(RETENTION)}.")
        elif not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            problems.append(f"retention.{name} is a whole number of days from {least} to {most}.")
        else:
            kept[name] = value
    return kept


def _sheet(mapping: Mapping[str, Any], name: str, before: int, problems: list[str]) -> int:
    value = mapping.get(name, before)
    least, most = SHEET_BOUNDS[name]
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    unit = name.rpartition("_")[2]
    problems.append(f"{name} is a whole number of {unit} from {least} to {most}.")
    return before
