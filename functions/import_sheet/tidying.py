"""What nobody can go back to expires: sheets that were replaced, discarded, left unused, or never read to the end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sop_core.times import iso

if TYPE_CHECKING:
    from sop_aws.snapshots import SnapshotStore
    from sop_aws.times import Clock
    from sop_aws.transfers import TransferStore

KEPT: Final = 5
LEFT_BEHIND: Final = timedelta(days=1)
GRACE: Final = timedelta(days=7)
UNUSED: Final = timedelta(days=90)


@dataclass(frozen=True)
class Tidier:
    """Retires transfer sheets."""

    transfers: TransferStore
    snapshots: SnapshotStore
    clock: Clock

    def tidy(self) -> tuple[str, ...]:
        """Let the rows of sheets that nobody can go back to expire, delete their snapshots; return the sheets' ids.

        While a customer is being forgotten this waits for a later import.
        """
        if any(each.kind == "forget" for each in self.transfers.jobs.unfinished()):
            # Rows that expire are written as they were read, which may be before the customer was taken out of them.
            return ()
        now = self.clock()
        return self.transfers.sheets.retire(
            keep=KEPT,
            expires_at=int((now + GRACE).timestamp()),
            unfinished_before=iso(now - LEFT_BEHIND),
            unused_before=iso(now - UNUSED),
            forget=self.snapshots.delete,
        )
