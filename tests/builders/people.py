"""The people of the tests, in the form of a people file."""

from __future__ import annotations

from typing import Any

AGENT, TRAINED, GUEST, BACK_OFFICE = "U0AGENT01", "U0AGENT02", "U0GUEST01", "U0BACKOF1"
PRIYA, TOM, LEAD, ADMIN = "U0SPEC001", "U0SPEC002", "U0LEAD001", "U0ADMIN01"
PEOPLE: dict[str, Any] = {
    "roles": {
        "agent": [AGENT, TRAINED],
        "workout_plan_trained": [TRAINED],
        "back_office": [BACK_OFFICE],
        "resolution_specialist": [PRIYA, TOM],
        "admin": [ADMIN],
    },
    "people": {"Jonathan Lezama": "U0JLEZAMA", "elijah carr": "U0ECARR01"},
    "channels": {"resolution": "C0RESOLUT"},
}
