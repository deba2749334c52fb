"""Who is looking: names for ids, and times as they read them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from infra.local.workspace.html import el

if TYPE_CHECKING:
    from collections.abc import Callable

    from markupsafe import Markup

    from infra.local.workspace.config import WorkspaceConfig


class Reader(msgspec.Struct, frozen=True):
    """A person looking at the workspace at a moment. Without a ``zone`` times are those of this machine."""

    config: WorkspaceConfig
    viewer: str
    now: float
    zone: str | None = None

    def moment(self, at: float) -> datetime:
        """The time ``at`` on the reader's clock."""
        zone = ZoneInfo(self.zone) if self.zone else None
        return datetime.fromtimestamp(at, tz=zone).astimezone(zone)

    def user(self, user: str) -> Markup:
        """A mention; the reader's own stands out."""
        person = self.config.person(user)
        return self._badge("@" + (person.name if person else user), is_own=user == self.viewer, user=user)

    def group(self, group: str) -> Markup:
        """A mention of a user group."""
        known = self.config.group(group)
        is_own = known is not None and self.viewer in known.members
        return self._badge("@" + (known.handle if known else group), is_own=is_own)

    def everyone(self, kind: str) -> Markup:
        """A mention of everyone: it pings the reader too."""
        return self._badge(f"@{kind}", is_own=True)

    def channel(self, channel: str) -> Markup:
        """A link to a channel."""
        known = self.config.channel(channel)
        href = f"?user={self.viewer}&channel={channel}" if known else None
        return el("a", f"#{known.name if known else channel}", class_="mention", href=href)

    def date(self, at: float, form: str) -> str:
        """A time in Slack's ``<!date^…>`` format."""
        moment = self.moment(at)
        text = form
        for key, shape in DATE_SHAPES.items():
            text = text.replace("{" + key + "}", shape(moment))
        for key in ("date", "date_short", "date_long"):
            plain = DATE_SHAPES[key](moment)
            text = text.replace("{" + key + "_pretty}", self._near(moment) or plain)
        return text.replace("{ago}", self._ago(at))

    def clock(self, at: float) -> str:
        """Hours and minutes."""
        return self.moment(at).strftime("%H:%M")

    def day(self, at: float) -> str:
        """The day, as a heading between messages."""
        moment = self.moment(at)
        return self._near(moment) or f"{moment:%A}, {DATE_SHAPES['date'](moment)}"

    def _near(self, moment: datetime) -> str | None:
        today = self.moment(self.now).date()
        near = {today: "Today", today - timedelta(days=1): "Yesterday", today + timedelta(days=1): "Tomorrow"}
        return near.get(moment.date())

    def _ago(self, at: float) -> str:
        seconds = abs(self.now - at)
        for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
            count = int(seconds // size)
            if count:
                return f"{count} {unit}{'s' if count > 1 else ''} " + ("ago" if self.now > at else "from now")
        return "just now"

    def _badge(self, text: str, *, is_own: bool, user: str | None = None) -> Markup:
        return el("span", text, class_="mention mention-own" if is_own else "mention", data_user=user)


def _ordinal(day: int) -> str:
    suffix = "th" if day in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{suffix}"


def _time(moment: datetime) -> str:
    return f"{moment.hour % 12 or 12}:{moment:%M} {'AM' if moment.hour < 12 else 'PM'}"  # noqa: PLR2004  noon


DATE_SHAPES: dict[str, Callable[[datetime], str]] = {
    "date_num": lambda moment: f"{moment:%Y-%m-%d}",
    "date": lambda moment: f"{moment:%B} {_ordinal(moment.day)}, {moment.year}",
    "date_short": lambda moment: f"{moment:%b} {moment.day}, {moment.year}",
    "date_long": lambda moment: f"{moment:%A}, {moment:%B} {_ordinal(moment.day)}, {moment.year}",
    "time": _time,
    "time_secs": lambda moment: _time(moment).replace(" ", f":{moment:%S} "),
}
