"""Every flow: what people and the clock do with the app. A new one is a line in the ``FLOWS`` of its module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.crash.flows import calls, cases, clock, office, sheets

if TYPE_CHECKING:
    from tests.crash.flows.flow import Flow

# Those that take longest come first, so that all worlds are busy until the end.
FLOWS: Final[tuple[Flow, ...]] = (*sheets.FLOWS, *clock.FLOWS, *cases.FLOWS, *calls.FLOWS, *office.FLOWS)
