"""Text that a person typed is literal in Slack, and what is cut says so."""

from __future__ import annotations

import pytest

from sop_slack import blocks as b
from tests.builders.cases import NASTY


@pytest.mark.parametrize("limit", [75, 150, 3000])
def test_a_text_of_the_limit_is_left_alone_and_a_longer_one_says_that_it_was_cut(limit: int) -> None:
    assert b.fit("x" * limit, limit) == "x" * limit
    cut = b.fit("x" * (limit + 1), limit)
    assert len(cut) <= limit
    assert "…" in cut


def test_a_long_cut_counts_what_is_missing_exactly() -> None:
    cut = b.fit("x" * 5000, 3000)
    kept, _, note = cut.partition("…")
    assert note == f" ({5000 - len(kept)} more characters)"


def test_escaping_touches_the_three_characters_of_mrkdwn_only() -> None:
    assert b.escape("a & b < c > d *e* _f_") == "a &amp; b &lt; c &gt; d *e* _f_"


@pytest.mark.parametrize(
    "block",
    [b.quote(NASTY), b.copyable(NASTY), b.labelled([("Caller", NASTY)]), b.bullets([NASTY]), b.typed_section(NASTY)],
)
def test_typed_text_stands_letter_for_letter_in_a_literal_element(block: b.Block) -> None:
    literal = [leaf for leaf in _leaves(block) if NASTY in leaf["text"]]
    assert [leaf["type"] for leaf in literal] in (["text"], ["plain_text"])


def test_a_date_is_shown_in_the_readers_zone_with_utc_to_fall_back_on() -> None:
    assert b.time_in_reader_zone("2026-11-23T22:00:00Z", "{time}") == "<!date^1795471200^{time}|2026-11-23 22:00 UTC>"


def _leaves(value: object) -> list[b.Block]:
    if isinstance(value, dict):
        own = [value] if isinstance(value.get("text"), str) else []
        return own + [leaf for child in value.values() for leaf in _leaves(child)]
    if isinstance(value, list):
        return [leaf for child in value for leaf in _leaves(child)]
    return []
