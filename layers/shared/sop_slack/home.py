"""The app's Home tab: what the reader can do here, by role, with the commands to copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sop_slack import blocks as b

if TYPE_CHECKING:
    from collections.abc import Collection

    from sop_slack.blocks import Block

CAN_DO: Final = (
    ("agent", "📞 *On a call, chat or email from Infinity*", "/infinity name, address, phone or project id"),
    ("admin", "📄 *Keep the transfer sheet current*", "/transfers upload"),
    ("admin", "📄 *See which sheet agents use*", "/transfers status"),
)
CHANNEL_WORK: Final = "🟡 *Claim and close cases* on their cards in {channel}."


def home(roles: Collection[str], channel: str | None) -> Block:
    """Return the Home tab of someone with these roles; ``channel`` is where cases are posted."""
    shown = [b.header("SOP Desk"), b.section("Answers only what the system cannot know, and tells you the rest.")]
    for role, what, command in CAN_DO:
        if role in roles:
            shown += [b.section(what), b.copyable(command)]
    if {"resolution_specialist", "lead"} & set(roles):
        where = f"<#{channel}>" if channel else "the resolution channel, once an admin has set it"
        shown.append(b.section(CHANNEL_WORK.format(channel=where)))
    return {"type": "home", "blocks": shown}


def closed_home(sentence: str) -> Block:
    """Return the Home tab of someone without a role."""
    return {"type": "home", "blocks": [b.header("SOP Desk"), b.section(sentence)]}
