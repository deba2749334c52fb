"""Published versions of a procedure, and which of them is in force: records, and the one rule about dates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from datetime import date


SHIPPED = "as shipped"
"""What the version that ships is called where only a version is named."""


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A version that an admin brought and verification proved; ``digest`` is the hash of all that it says.

    ``version`` and ``effective`` (a date) are as its file has them; ``proof`` are verification's counts. A discarded
    one can be brought again.
    """

    procedure: str
    digest: str
    version: str
    title: str
    effective: str
    state: Literal["ready", "discarded"]
    file_name: str
    published_by: str
    published_at: str
    proof: dict[str, int] = {}


class Activation(msgspec.Struct, frozen=True, kw_only=True):
    """One switch of a procedure to a version; ``digest`` is ``None`` for the one that ships.

    ``number`` counts the procedure's switches. Until the day ``effective`` (``""``: at once) the version of the digest
    ``until`` stays in force.
    """

    procedure: str
    number: int
    digest: str | None
    version: str
    effective: str
    until: str | None
    until_version: str
    actor: str
    at: str


def in_force(activation: Activation | None, today: date) -> str | None:
    """Return the digest of the version that new runs get ``today`` (the office's day); ``None``: the one that ships."""
    if activation is None:
        return None
    return activation.until if is_ahead(activation, today) else activation.digest


def is_ahead(activation: Activation, today: date) -> bool:
    """Tell whether the version is activated for a day that is yet to come."""
    return activation.effective > today.isoformat()
