"""A case's number is short, so two runs may come to one: each still opens a case of its own, and finds it again."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

from tests.integration.slack.test_infinity_run import REASON, begin, to_the_callback

if TYPE_CHECKING:
    import pytest

    from tests.integration.slack.conftest import Desk


def test_runs_that_come_to_one_number_open_a_case_each(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four numbers in all, and four runs: every number is used, and a repeat opens nothing."""

    def one_of_four(run: str, step: str, salt: int = 0) -> str:
        return f"SOP-0000000{(crc32(f'{run}{step}'.encode()) + salt) % 4}"

    monkeypatch.setattr("sop_core.cases.case.case_id", one_of_four)
    runs = set()
    for opened in range(1, 5):
        agent = begin(desk)
        to_the_callback(agent)
        agent.submit(reason_of_call=REASON)
        agent.repeat()
        cases = desk.all_cases()
        runs |= {case.run for case in cases}
        assert len(cases) == len(runs) == opened
        assert all(len(desk.cases.events(case.id)) == 1 for case in cases)
