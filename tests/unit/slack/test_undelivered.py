"""What Slack did not take is told by where it was for and why."""

from __future__ import annotations

import pytest

from sop_slack.undelivered import undelivered


@pytest.mark.parametrize(
    ("where", "shown"),
    [("C0RESOLVE", "<#C0RESOLVE>"), ("G0PRIVATE", "<#G0PRIVATE>"), ("U0AGENT01", "<@U0AGENT01>"), ("", "a case")],
)
def test_a_channel_is_shown_as_a_channel_and_a_person_as_a_person(where: str, shown: str) -> None:
    _, lines, *_ = undelivered({("is_archived", where): 2}, has_more=False)
    assert lines["text"]["text"].startswith(f"• 2 messages for {shown}: ")
