"""What Slack did not take, told to those who can mend it: why, what to do, and a button that tries again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sop_slack import blocks as b

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sop_slack.blocks import Block

TRY_AGAIN: Final = "home_replay"
INVITE: Final = "SOP Desk is not in the channel. Invite it there, or choose another channel in `/sop-admin`."
WHY: Final[dict[str, str]] = {
    "is_archived": "The channel is archived. Unarchive it, or choose another channel in `/sop-admin`.",
    "not_in_channel": INVITE,
    "channel_not_found": INVITE,
    "no_card": "They belong below a card that could not be posted, and follow it.",
    "user_not_found": "The person is no longer in this workspace.",
    "account_inactive": "The person is no longer in this workspace.",
    "case_not_found": "Their case is no longer stored.",
    "file_not_found": "The file was deleted in Slack before it could be kept.",
    "file_elsewhere": "The file is only linked in Slack. Attach the document itself.",
    "file_too_large": "The file is larger than 10 MB.",
    "missing_scope": "The app lacks a permission. Install it again from its manifest.",
    "no_answer": "Slack did not answer for a day.",
    "failed": "They failed every time. The log of the deliver function says why.",
    "unreadable": "Another release of SOP Desk wrote them. They can be sent once it runs again.",
}


def undelivered(counts: Mapping[tuple[str, str], int], *, has_more: bool) -> list[Block]:
    """Return what stands undelivered, ``counts`` by Slack's word for why and the channel (or person) it was for."""
    if not counts:
        return []
    lines = [f"• {_count(count)} for {_place(where)}: {_why(why)}" for (why, where), count in counts.items()]
    more = ["• … and more."] if has_more else []
    return [
        b.section("⚠️ *Messages that could not be delivered*", accessory=b.button("Send again", TRY_AGAIN, "")),
        b.section("\n".join([*lines, *more])),
        b.context("Mend the cause first. Nothing is lost: the cases themselves are safe, and so are these messages."),
        b.divider(),
    ]


def _count(count: int) -> str:
    return "One message" if count == 1 else f"{count} messages"


def _place(where: str) -> str:
    if not where:
        return "a case"
    return f"<#{where}>" if where.startswith(("C", "G")) else b.mention(where)


def _why(why: str) -> str:
    return WHY.get(why, f"Slack refused them ({b.escape(why)}).")
