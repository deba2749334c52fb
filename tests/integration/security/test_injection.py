"""Hostile words in every field and cell of a day: in Slack they stay words, in files text, in the log one line."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any, Final

import openpyxl
import pytest

from tests.builders.hostile import FORMULAS, MARK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.security.conftest import Day

MARKUP: Final = re.compile(r"<(?:!channel|@U0EVIL|!subteam|http://EVIL|#C0EVIL)")
LITERAL_KEYS: Final = frozenset({"initial_value", "filename", "title"})
"""What Slack shows letter for letter: what stands in a text field, and what a file is called."""
FILES: Final = {
    "Infinity Transfers template.xlsx",
    "Infinity Transfers export.xlsx",
    "Rows with problems.xlsx",
    "cases … to ….xlsx",
    "audit … to ….csv",
}


def literal(holder: Any, key: str, place: tuple[str, ...]) -> bool:
    """Return whether Slack shows the text under ``key`` as it is, or it is escaped where nothing is guessed."""
    text = holder[key]
    if isinstance(holder, dict) and key == "text" and holder.get("type") in {"plain_text", "text"}:
        return True
    if isinstance(holder, dict) and key == "text" and holder.get("type") == "mrkdwn":
        return holder.get("verbatim") is True and not MARKUP.search(text)
    if "errors" in place:
        return True  # Slack shows what stands beside a field letter for letter
    if key == "value":
        return "options" in place or "initial_option" in place or "initial_options" in place
    return key in LITERAL_KEYS or (key in {"text", "initial_comment"} and not MARKUP.search(text))


def texts(told: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any, str]]:
    """Return each text of what Slack was told with what holds it; what was sent as text is read first."""
    if isinstance(told, dict):
        for key, value in told.items():
            if isinstance(value, str) and key in {"blocks", "view", "files"} and value[:1] in "[{":
                yield from texts({key: json.loads(value)}, place)
            elif isinstance(value, str):
                yield place, told, key
            else:
                yield from texts(value, (*place, key))
    elif isinstance(told, list):
        for value in told:
            yield from texts(value, place)


def everything_told(day: Day) -> list[tuple[str, Any]]:
    slack = day.office.slack
    return [
        *slack.calls,
        *(("the answer to a request", answer) for answer in day.watch.answers),
        *(("a response address", answer) for answer in slack.responses),
    ]


def test_hostile_words_reach_every_kind_of_message_and_view(day: Day) -> None:
    """So that the tests below look at something."""
    kinds = {name for name, told in everything_told(day) if MARK in json.dumps(told)}
    assert kinds >= {
        "chat.postMessage",
        "chat.update",
        "views.open",
        "views.update",
        "views.publish",
        "the answer to a request",
    }


def test_no_hostile_word_is_read_as_markup_by_slack(day: Day) -> None:
    harmful = {
        (name, "/".join(place), key, holder[key][:200])
        for name, told in everything_told(day)
        for place, holder, key in texts(told)
        if MARK in holder[key] and not literal(holder, key, place)
    }
    assert harmful == set()


@pytest.mark.parametrize(
    ("told", "is_literal"),
    [
        ({"type": "mrkdwn", "text": "<!channel|EVIL>", "verbatim": True}, False),
        ({"type": "mrkdwn", "text": "&lt;!channel|EVIL&gt; @here", "verbatim": True}, True),
        ({"type": "mrkdwn", "text": "&lt;!channel|EVIL&gt; @here"}, False),
        ({"type": "plain_text", "text": "<!channel|EVIL>"}, True),
        ({"type": "text", "text": "<!channel|EVIL>"}, True),
        ({"channel": "C1", "text": "<!channel|EVIL>"}, False),
        ({"private_metadata": "EVIL"}, False),
        ({"action_id": "EVIL"}, False),
        ({"type": "button", "value": "EVIL"}, False),
    ],
)
def test_what_counts_as_harmful(told: dict[str, Any], *, is_literal: bool) -> None:
    assert all(literal(holder, key, place) for place, holder, key in texts(told) if MARK in holder[key]) == is_literal


def sent(day: Day) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for name, _, _, content in day.office.slack.sent:
        found.setdefault(re.sub(r"\d{4}-\d\d-\d\d", "…", name), []).append(content)
    return found


def test_every_kind_of_file_that_the_app_makes_was_sent(day: Day) -> None:
    """A new kind must be looked at here too."""
    assert set(sent(day)) == FILES


def test_no_cell_of_a_workbook_is_a_formula_and_none_becomes_one_when_it_is_edited(day: Day) -> None:
    hostile = 0
    for name, contents in sent(day).items():
        for content in contents if name.endswith(".xlsx") else ():
            for sheet in openpyxl.load_workbook(io.BytesIO(content)).worksheets:
                for cell in (cell for row in sheet.iter_rows() for cell in row):
                    text = cell.value if isinstance(cell.value, str) else ""
                    hostile += MARK in text
                    assert cell.data_type != "f", f"{name}: {text!r}"
                    assert cell.quotePrefix or not text.startswith(FORMULAS), f"{name}: {text!r}"
    assert hostile


def test_no_cell_of_a_csv_file_begins_a_formula(day: Day) -> None:
    [content] = sent(day)["audit … to ….csv"]
    cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in row]
    assert any(MARK in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith(FORMULAS)]


def test_the_log_is_one_json_object_a_line_whatever_was_typed(day: Day) -> None:
    lines = day.watch.log.getvalue().split("\n")
    assert lines.pop() == ""
    assert len(lines) > 200
    assert all(isinstance(json.loads(line), dict) for line in lines)
    assert not [line for line in lines if MARK in line]
