"""Settings: the SOPs' values, merged with an admin's, everything wrong named at once."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import msgspec
import pytest

from sop_core import procedures
from sop_core.settings import VALUES, Settings, still_spoken
from sop_core.settings_reading import BadSettings, merge

DEFAULT = Settings.default()


def test_the_shipped_values_are_those_of_the_sops() -> None:
    assert DEFAULT.values["infinity_specialist_line"] == "1-877-425-5201"
    assert DEFAULT.values["email_escalations_skill"] == "Email - Escalations"
    assert (DEFAULT.calendar.zone, DEFAULT.calendar.business_days) == (
        "America/New_York",
        ("mon", "tue", "wed", "thu", "fri"),
    )


def test_a_merge_changes_what_it_names_and_nothing_else() -> None:
    merged = merge(
        DEFAULT,
        {
            "roles": {"agent": ["U0AGENT", "S0GROUP", "U0AGENT"]},
            "people": {"Jonathan Lezama": "U0JL"},
            "channels": {"resolution": "C0TEAM"},
            "values": {"infinity_form": " https://forms.example/infinity "},
            "calendar": {"zone": "America/Chicago", "closed": ["2026-12-24"], "opens": "07:30"},
            "sheet_freshness_days": 3,
        },
    )
    assert merged.roles == DEFAULT.roles | {"agent": ("U0AGENT", "S0GROUP")}
    assert merged.people == {"Jonathan Lezama": "U0JL"}
    assert merged.channels == {"resolution": "C0TEAM"}
    assert merged.values == VALUES | {"infinity_form": "https://forms.example/infinity"}
    assert (merged.calendar.zone, merged.calendar.closed) == ("America/Chicago", (date(2026, 12, 24),))
    assert (merged.calendar.opens, merged.calendar.closes) == (time(7, 30), DEFAULT.calendar.closes)
    assert merged.sheet_freshness_days == 3
    assert merge(merged, {}) == merged


def test_settings_survive_being_stored() -> None:
    assert msgspec.json.decode(msgspec.json.encode(DEFAULT), type=Settings) == DEFAULT


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        ([], "Settings are a map"),
        ({"role": {}}, "Settings have no part called 'role'."),
        ({"roles": {"boss": []}}, "There is no role 'boss'"),
        ({"roles": {"agent": "U0A"}}, "roles.agent is a list of user or user-group ids."),
        ({"roles": {"agent": ["maya"]}}, "roles.agent: 'maya' is no user or user-group id"),
        ({"roles": ["agent"]}, "roles is a map of names."),
        ({"people": {"Jonathan Lezama": "S0GROUP"}}, "people.Jonathan Lezama: 'S0GROUP' is no user id (U…)."),
        ({"channels": {"resolution": "#team"}}, "channels.resolution: '#team' is no channel id (C…)."),
        ({"channels": {"sales": "C0S"}}, "There is no channel setting 'sales'"),
        ({"values": {"lunch": "12"}}, "There is no value 'lunch'"),
        ({"values": {"infinity_form": ""}}, "values.infinity_form is one line of text"),
        ({"values": {"infinity_form": "a\nb"}}, "values.infinity_form is one line of text"),
        ({"values": {"callback_due": "soon"}}, "values.callback_due: 'soon' is none of next_business_day, "),
        ({"values": {"omnidian_line": "banana"}}, "values.omnidian_line: 'banana' is no phone number, such as "),
        ({"values": {"infinity_form": "not a link"}}, "values.infinity_form: 'not a link' is no web address, such as "),
        ({"calendar": {"zone": "Mars/Olympus"}}, "calendar.zone: 'Mars/Olympus' is no time zone"),
        ({"calendar": {"business_days": ["monday"]}}, "calendar.business_days: a list of at least one of mon"),
        ({"calendar": {"holidays": "XX"}}, "calendar.holidays: 'XX' is no country code"),
        ({"calendar": {"closed": ["Christmas"]}}, "calendar.closed: a list of dates"),
        ({"calendar": {"opens": "8 o'clock"}}, 'calendar.opens: "8 o\'clock" is no time of day'),
        ({"calendar": {"opens": "18:00"}}, "calendar.closes: the office opens before it closes."),
        ({"calendar": {"lunch": "12:00"}}, "The calendar has no 'lunch'"),
        ({"sheet_freshness_days": 0}, "sheet_freshness_days is a whole number of days from 1 to 365."),
        ({"sheet_loss_percent": 100}, "sheet_loss_percent is a whole number of percent from 1 to 99."),
        ({"sheet_freshness_days": True}, "sheet_freshness_days is a whole number of days from 1 to 365."),
    ],
)
def test_what_is_wrong_is_named(mapping: Any, sentence: str) -> None:
    with pytest.raises(BadSettings) as refused:
        merge(DEFAULT, mapping)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        (
            "account_servicing_line",
            (
                "877-425-5201",
                "1-877-425-5201",
                "(800) 555-0104",
                "800.555.0104",
                "+1 555 010 0199 ext. 4",
                "+15550100199x4",
                "877‑425–5201, option 2",  # noqa: RUF001 - dashes as a word processor makes them
                "4410",
                "x 4410",
                "*72",
            ),
            ("banana", "😀", "-", "5", "call 877-425-5201", "877-425-5201 or so", "1-800-FLOWERS", "1" * 30, "٤٤١٠"),
        ),
        (
            "infinity_form",
            ("https://forms.example/infinity?a=1#b", "http://intranet/form", "HTTPS://forms.example"),
            (
                "not a link",
                "forms.example/x",
                "ftp://forms.example",
                "https://",
                "https:// forms",
                "https://[",
                "https://a|b",
            ),
        ),
        (
            "supporting_documents_address",
            ("docs@example.com", "first.last+solar@mail.example.com"),
            (
                "docs.example.com",
                "docs@",
                "@example.com",
                "docs@example",
                "a b@example.com",
                "a@b@example.com",
                "a@x.com,b@x.com",
            ),
        ),
    ],
)
def test_a_value_is_of_its_kind(name: str, right: tuple[str, ...], wrong: tuple[str, ...]) -> None:
    assert [value for value in right if not is_taken(name, value)] == []
    assert [value for value in wrong if is_taken(name, value)] == []


def is_taken(name: str, value: str) -> bool:
    try:
        return merge(DEFAULT, {"values": {name: value}}).values[name] == value
    except BadSettings:
        return False


def test_what_the_sops_name_in_place_of_a_number_or_a_link_is_taken() -> None:
    assert merge(DEFAULT, {"values": VALUES}) == DEFAULT


def test_everything_wrong_is_named_at_once() -> None:
    with pytest.raises(BadSettings) as refused:
        merge(DEFAULT, {"role": {}, "people": {"A": "b"}, "sheet_freshness_days": "x"})
    assert len(refused.value.problems) == 3


def test_a_number_that_a_script_still_speaks_is_reported_when_it_changes() -> None:
    scripts = procedures.load("infinity").scripts()
    assert len(scripts) == 5
    assert still_spoken(DEFAULT, scripts) == ()
    changed = merge(DEFAULT, {"values": {"infinity_specialist_line": "1-800-555-0100", "tier2_skill": "x"}})
    assert still_spoken(changed, scripts) == ("infinity_specialist_line",)
