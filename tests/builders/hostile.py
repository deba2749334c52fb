"""Text that would do harm if anybody read it as more than text."""

from __future__ import annotations

from typing import Final

from tests.builders.workbooks import HEADERS as COLUMNS
from tests.builders.workbooks import JANE

MARK: Final = "EVIL"
"""It stands in every hostile text."""
PINGS: Final = "<!channel|EVIL> <@U0EVIL0001> <!subteam^S0EVIL001> <http://EVIL.test|pay> <#C0EVIL001>"
LOUD: Final = f"@here #EVIL *EVIL* `EVIL` :EVIL: {PINGS} & \x1b[31m\u2028"
SHORT: Final = "<!channel|EVIL>"
FORMULAS: Final = ("=", "+", "-", "@", "\t=", "\r=", "\uff1d")

HEADERS: Final = (*COLUMNS, "Co-Homeowner", "Email", f"=EVIL() {PINGS}")


def hostile(name: str, room: int) -> str:
    """Return what somebody types into a field: as much of it as fits. A phone number has its digits."""
    if name == "callback_number":
        return f"{SHORT} 2675550185"[:room]
    texts = (f"=EVIL() {LOUD}", f"+EVIL {PINGS}", f"@EVIL {SHORT}", SHORT, MARK)
    return next(text for text in texts if len(text) <= room)


def _row(number: int, start: str) -> tuple[object, ...]:
    """A project whose every cell that may say anything says something hostile."""
    cell = f"{start}EVIL() {PINGS}"
    place = ("Camden", "NJ", "08103", "(267) 555-0185")
    return (f"INF-10000{number}", cell, cell, *place, cell, cell, "2023-09-14", cell, cell, "evil@example.test", cell)


ROWS: Final = (
    *(_row(number, start) for number, start in enumerate(("+", "-", "@", "\t=", "\uff1d"), 1)),
    (f"+EVIL() {PINGS}", None, *JANE[2:], None, f"@EVIL {PINGS}", None),
    (f"-EVIL {PINGS}", *JANE[1:5], f"=EVIL {SHORT}", f"+EVIL {SHORT}", *JANE[7:], None, None, None),
)
