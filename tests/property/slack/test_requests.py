"""Requests as Slack sends them, with anything in them changed, signed all the same: an answer, and nothing in the log.

More examples than every day: ``pytest tests/property --hypothesis-profile=long``.
"""

from __future__ import annotations

import json
import time
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.slack import app
from tests.builders.people import ADMIN, AGENT, LEAD, PRIYA
from tests.builders.sheets import load_sheet
from tests.standin.aws import SIGNING_SECRET
from tests.standin.office import an_office
from tests.standin.person import signed, to_handler
from tests.tour.filling import elements, fill, to_the_end
from tests.tour.watching import watched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.standin.office import Office
    from tests.tour.watching import Watch

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
MARK: Final = "MARKED"
SECONDS: Final = 10
"""The time that Lambda gives the function."""
KEPT: Final = frozenset({"action_id", "callback_id", "command", "type"})
"""What names a request in the log."""
ANSWERS: Final = frozenset({200, 400, 404})
LEAVES: Final = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20).map(lambda text: f"{MARK} {text}"),
    st.sampled_from(
        [
            "",
            "#",
            "|",
            "CASE#x",
            "../../x",
            "\x00",
            f"{MARK}\n\x1b[31m",
            f"{MARK}{'x' * 50_000}",
            "\ud800",
            "9" * 400,
            "²",
        ]
    ),
)
VALUES: Final = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
NAMES: Final = st.sampled_from(["", "x\n{}", "answer:", "case_", "message", "event_callback", "\x1b[31m", "n" * 300])
Body = tuple[str, str]


@pytest.fixture(scope="module")
def desk() -> Iterator[tuple[Office, Watch]]:
    """The office after some of everything was done, and the requests that did it."""
    with an_office() as office, watched(office, spared={}, tried=False) as watch:
        _some_of_everything(office)
        yield office, watch


def _some_of_everything(office: Office) -> None:
    load_sheet(office.transfers, office.snapshots, "s1")

    def says(_: str, room: int) -> str:
        return "2675550185"[:room]

    agent = office.person(AGENT)
    agent.command("/infinity", "jane do")
    agent.suggest("project_search", "otto")
    to_the_end(agent, says)
    office.work()
    [card] = office.slack.shown("C0RESOLUT")
    priya = office.person(PRIYA)
    priya.press(card, "case_assign")
    fill(priya, says)
    priya.press(card, "case_details")
    for user, command, text in (
        (AGENT, "/sop", ""),
        (LEAD, "/cases", "jane"),
        (LEAD, "/cases", "report week"),
        (ADMIN, "/transfers", "status"),
        (ADMIN, "/sop-admin", "versions"),
    ):
        office.person(user).command(command, text)
    for command, text in (("/transfers", "upload"), ("/sop-admin", "publish"), ("/sop-admin", "audit")):
        admin = office.person(ADMIN)
        admin.command(command, text)
        fill(admin, says, files={"files": [{"id": "F0NOFILE1"}]})
    admin = office.person(ADMIN)
    admin.command("/sop-admin")
    for button in elements(admin.view):
        admin.interact(
            {"type": "block_actions", "view": admin._view(), "container": {"type": "view"}, "actions": [button]}
        )
    office.person(LEAD).open_home()


@st.composite
def changed(draw: st.DrawFn, whole: Any) -> Any:
    """Return the JSON with one to three of its parts replaced, left out, doubled or renamed."""
    whole = {"whole": deepcopy(whole)}
    for _ in range(draw(st.integers(1, 3))):
        _change(draw, whole)
    return whole["whole"]


def _change(draw: st.DrawFn, holder: Any) -> None:
    place: Any = "whole"
    while isinstance(holder[place], dict | list) and holder[place] and draw(st.integers(0, 9)):
        holder = holder[place]
        place = (
            draw(st.sampled_from(sorted(holder, key=repr)))
            if isinstance(holder, dict)
            else draw(st.integers(0, len(holder) - 1))
        )
    match draw(st.sampled_from(["replace", "replace", "leave out", "wrap"])):
        case "leave out" if place != "whole":
            del holder[place]
        case "wrap":
            holder[place] = [holder[place], holder[place]]
        case _:
            holder[place] = draw(NAMES if place in KEPT else VALUES)


def _opened(body: Body) -> tuple[str, Any]:
    text, kind = body
    if kind == JSON:
        return "event", json.loads(text)
    fields = {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}
    return ("interaction", json.loads(fields["payload"])) if "payload" in fields else ("command", fields)


def _closed(kind: str, content: Any) -> Body:
    if kind == "event":
        return json.dumps(content), JSON
    if kind == "interaction":
        return urlencode({"payload": json.dumps(content)}), FORM
    fields = content if isinstance(content, dict) else {"text": content}
    return urlencode(
        {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()},
        errors="replace",
    ), FORM


def answered(desk: tuple[Office, Watch], body: str, kind: str) -> int:
    """Send it, and look at what the log got."""
    office, watch = desk
    office.slack.views = {}
    start = watch.log.tell()
    began = time.monotonic()
    status, _ = to_handler(app.handler)(body, signed(body, SIGNING_SECRET) | {"content-type": kind})
    assert time.monotonic() - began < SECONDS
    logged = watch.log.getvalue()[start:]
    assert MARK not in logged
    assert all(isinstance(json.loads(line), dict) for line in logged.splitlines())
    return status


@given(data=st.data())
@settings(suppress_health_check=list(HealthCheck))
def test_a_request_with_anything_changed_in_it_is_answered_and_leaves_nothing_in_the_log(
    desk: tuple[Office, Watch], data: st.DataObject
) -> None:
    kind, content = _opened(data.draw(st.sampled_from(desk[1].bodies)))
    body = _closed(kind, data.draw(changed(content)))
    assert answered(desk, *body) in ANSWERS


@given(data=st.data())
@settings(suppress_health_check=list(HealthCheck))
def test_a_body_that_is_cut_doubled_or_of_another_kind_is_answered_too(
    desk: tuple[Office, Watch], data: st.DataObject
) -> None:
    body, kind = data.draw(st.sampled_from(desk[1].bodies))
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(body)), st.integers(0, len(body)))))
    middle = data.draw(
        st.sampled_from(["", "{", "&payload=", "%00", "[" * 20_000, "payload=%7B%7D", "\ud7ff", body[start:end] * 2])
    )
    body = body[:start] + middle + body[end:]
    assert answered(desk, body, data.draw(st.sampled_from([kind, FORM, JSON, "text/plain", ""]))) in ANSWERS


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("payload=[1]", FORM),
        ('payload="x"', FORM),
        ("payload={", FORM),
        ("payload=", FORM),
        ("", FORM),
        ("", JSON),
        ("1", JSON),
        ("null", JSON),
        ('{"event":"x"}', JSON),
        ("[" * 100_000, JSON),
        ('{"a":' * 50_000 + "1" + "}" * 50_000, JSON),
        ("command=/infinity", FORM),
        ("command=/infinity&user_id=" + AGENT, FORM),
        ("a=" + "x" * 1_000_000, FORM),
    ],
)
def test_what_slack_never_sends_is_answered_even_when_it_is_signed(
    desk: tuple[Office, Watch], body: str, kind: str
) -> None:
    assert answered(desk, body, kind) in ANSWERS
