from __future__ import annotations

import pytest

from sop_core.transfers.installers import LISTED, installer, nearest, resolve

STAYED = "Stayed with original IP"


@pytest.mark.parametrize("name", LISTED)
def test_every_installer_of_inf_7_is_itself(name: str) -> None:
    assert resolve(name) == name
    assert installer("Somebody Solar", name, "Transferred") == "listed"


@pytest.mark.parametrize(
    ("variant", "name"),
    [
        ("LGCY", "LGCY Installation Services, LLC"),
        ("lgcy installation svcs llc", "LGCY Installation Services, LLC"),
        ("N. Valley LLC", "North Valley LLC"),
        ("NORTH VALLEY, L.L.C.", "North Valley LLC"),
        ("Empower Solar", "Empower Solar, Inc."),
        ("IP-Luxor Energy, Inc.", "IP - Luxor Energy Inc"),
        ("Luxor Energy", "IP - Luxor Energy Inc"),
        ("IP \N{EN DASH} Flagship Holdings LLC", "IP- Flagship Holdings, LLC"),
        ("Energy Services Partners", "Energy Service Partners Inc."),
    ],
)
def test_known_variants_resolve(variant: str, name: str) -> None:
    assert resolve(variant) == name


@pytest.mark.parametrize(
    ("look_alike", "like"),
    [
        ("LGCY Power LLC", "LGCY Installation Services, LLC"),
        ("Empower Energy Solutions LLC", "Empower Solar, Inc."),
        ("Flagship Electric Co.", "IP- Flagship Holdings, LLC"),
        ("Luxor Roofing & Solar", "IP - Luxor Energy Inc"),
        ("Northern Valley Solar Inc.", "North Valley LLC"),
        ("Empower", "Empower Solar, Inc."),
    ],
)
def test_look_alikes_do_not_resolve_but_name_the_nearest(look_alike: str, like: str) -> None:
    assert resolve(look_alike) is None
    assert nearest(look_alike) == like
    assert installer("Somebody Solar", look_alike, "Transferred") == "unlisted"


def test_a_name_like_no_other_has_no_nearest() -> None:
    assert nearest("Quiet Harbor Construction") is None


@pytest.mark.parametrize(
    ("original", "receiving", "status", "answer"),
    [
        ("Dune Solar", STAYED, STAYED, "original"),
        ("Dune Solar", "Stayed w/ IP", "PTO received", "original"),
        ("Dune Solar", None, STAYED, "original"),
        ("Dune Solar LLC", "DUNE SOLAR", "Transferred", "original"),
        ("North Valley LLC", "N. Valley", "Transferred", "original"),
        ("Dune Solar", "North Valley LLC", "PTO received", "listed"),
        ("Dune Solar", "North Valley LLC", None, "listed"),
        ("Dune Solar", "Quiet Harbor Solar", "Transferred", "unlisted"),
        ("Dune Solar", None, "Transferred", "not_transferred"),
        ("Dune Solar", None, None, "not_transferred"),
        ("Dune Solar", "North Valley LLC", "Cancelled", "not_transferred"),
        ("Dune Solar", "North Valley LLC", "Canceled by homeowner", "not_transferred"),
        ("Dune Solar", "North Valley LLC", "On hold", "listed"),
        ("Dune Solar", None, "On hold", "not_transferred"),
        ("Dune Solar", "On hold", None, "not_transferred"),
        ("Dune Solar", "North Valley LLC", "Pending transfer", "not_transferred"),
        ("Dune Solar", "Pending", "Transferred", "not_transferred"),
        ("Dune Solar", "Not yet transferred", None, "not_transferred"),
    ],
)
def test_the_sheet_answers_inf_7(original: str, receiving: str | None, status: str | None, answer: str) -> None:
    assert installer(original, receiving, status) == answer
