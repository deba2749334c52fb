"""The people of the tests, in the form of a people file."""

from __future__ import annotations

from typing import Any

AGENT, TRAINED, GUEST = "U0AGENT01", "U0AGENT02", "U0GUEST01"
PRIYA, TOM, ADMIN = "U0SPEC001", "U0SPEC002", "U0ADMIN01"
PEOPLE: dict[str, Any] = {
    "roles": {
        "agent": [AGENT, TRAINED],
        "workout_plan_trained": [TRAINED],
        "resolution_specialist": [PRIYA, TOM],
        "admin": [ADMIN],
    },
    "people": {"Jonathan Lezama": "U0JLEZAMA", "elijah carr": "U0ECARR01"},
    "channels": {"resolution": "C0RESOLUT"},
}
