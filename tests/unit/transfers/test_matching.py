from __future__ import annotations

import gc
import random
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from rapidfuzz.distance import OSA, JaroWinkler

from infra.local.sample import HEADERS, NAMESAKES, make_rows
from infra.local.sample_people import FIRST, LAST
from sop_core.transfers.lookups import misheard_digits
from sop_core.transfers.matching import Index, build
from sop_core.transfers.project import Project
from sop_core.transfers.sheet import read
from sop_core.transfers.snapshot import take
from sop_core.transfers.vocabulary import ALIKE, NEAR, Vocabulary
from sop_core.transfers.words import fold
from tests.builders.noise import fits, queries, typed

PEOPLE = (
    Project(
        "P1",
        2,
        "INF-845443",
        "Traci D'Angelo",
        None,
        "71 Curry Street",
        "Camden",
        "NJ",
        "08103",
        "2675550185",
        "traci@example.com",
    ),
    Project(
        "P2",
        3,
        "INF-986392",
        "Robert Szczepański",
        "Amy Szczepański",
        "7300 West 74th Place",
        "Arvada",
        "CO",
        "80003",
        "3035554012",
    ),
    Project(
        "P3", 4, "INF-751498", "Michael de la Rosa", None, "9041 South Densmore Ln", "Reno", "NV", "89501", "7755550101"
    ),
    Project(
        "P4", 5, "INF-191763", "Jane Doe", None, "1420 Saint John Road #20", "Glendale", "AZ", "85308", "6235557699"
    ),
    Project("P5", 6, "INF-191764", "Jane Doerr", None, "88 Twin Gable Dr", "Las Vegas", "NV", "89101", "7025557699"),
    Project("P6", 7, None, "Frank E. English", None, "6677 E Oak Road", "Northridge", "CA", "91325", None),
)
INDEX = Index.load(build(PEOPLE))


@pytest.mark.parametrize(
    ("text", "key", "verdict"),
    [
        ("Traci D'Angelo", "P1", "sure"),
        ("dangelo, traci", "P1", "sure"),
        ("tracy d angelo camden", "P1", None),
        ("71 curry", "P1", "sure"),
        ("17 Curry St, New Jersey", "P1", "sure"),
        ("(267) 555-0185", "P1", "sure"),
        ("+1 267 555 0185", "P1", "sure"),
        ("555-0185", "P1", "sure"),
        ("267-555-0158", "P1", "several"),
        ("d'angelo 0185", "P1", "sure"),
        ("inf 845443", "P1", "sure"),
        ("INF-8454A3", None, None),
        ("INF-845434", "P1", "several"),
        ("845443", "P1", "sure"),
        ("TRACI@EXAMPLE.COM", "P1", "sure"),
        ("bob shepansky", "P2", None),
        ("amy szczepanski", "P2", None),
        ("7300 w 74 pl arvada", "P2", None),
        ("mike delarosa", "P3", None),
        ("michael dela rosa reno", "P3", None),
        ("1420 st john rd", "P4", "sure"),
        ("twingable las vegas", "P5", None),
        ("frank edward english", "P6", None),
        ("f english northridge", "P6", None),
        ("6677 east oak rd", "P6", "sure"),
    ],
)
def test_what_was_heard_finds_who_was_meant(text: str, key: str | None, verdict: str | None) -> None:
    found = INDEX.search(text)

    if key is not None:
        assert found.hits[0].key == key
    if verdict is not None:
        assert found.verdict == verdict


@pytest.mark.parametrize("typed", ["j", "ja", "jane", "jane d", "jane do", "jane doe"])
def test_half_a_word_finds_what_it_may_become(typed: str) -> None:
    assert {"P4", "P5"} <= {hit.key for hit in INDEX.search(typed).hits}


def test_namesakes_are_several_and_never_sure() -> None:
    found = INDEX.search("jane do")

    assert found.verdict == "several"
    assert [hit.key for hit in found.hits[:2]] == ["P4", "P5"]


def test_a_homeowners_own_name_comes_before_a_co_homeowners_that_fits_as_well() -> None:
    """Else the shorter surname is first: of Sofia Li, somebody's partner, more letters fit than of Szczepanski."""
    couple = Project(key="1", row=2, homeowner="Bo Li", co_homeowner="Sofia Li")
    own = Project(key="2", row=3, homeowner="Sofia M. Szczepanski Jr.")
    index = Index.load(build((couple, own, *PEOPLE)))
    found = index.search("sofia")
    assert [hit.key for hit in found.hits[:2]] == ["2", "1"]
    assert found.verdict == "several"
    assert index.search("sofia li").hits[0].key == "1"


@pytest.mark.parametrize("text", ["", "   ", "?!", "Zbigniew Quixote", "nobody here 99999 nowhere"])
def test_who_is_not_there_is_never_found(text: str) -> None:
    assert INDEX.search(text).verdict == "none"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("555-0185", "phone ends 555-0185"),
        ("d'angelo 0185", "name, phone ends 0185"),
        ("267-555-0158", "phone with digits swapped"),
        ("813-555-0185", "phone ends 555-0185, other area code"),
        ("jane doe glendale", "name, city"),
        ("jane doe tucson", "name, no “tucson”"),
        ("jane doe 1240 st john", "name, house number differs: 1240 / 1420, street"),
        ("bob szczepanski", "bob for robert, name"),
        ("shepansky arvada", "name sounds like szczepanski, city"),
        ("michael dela rosa", "name"),
        ("frank enhlish", "name, name is nearly english"),
        ("frank englesh", "name, name sounds like english"),
        ("f english", "initial, name"),
        ("inf-845434", "project id with digits swapped"),
        ("71 curry street camden new jersey", "street, city, state"),
    ],
)
def test_what_fitted_and_what_differs_is_said(text: str, why: str) -> None:
    assert INDEX.search(text).hits[0].why == why


@pytest.mark.parametrize("packed", [b"", b"nothing", b"PK\x03\x04", zlib.compress(b"a snapshot of another release")])
def test_what_is_no_snapshot_is_refused(packed: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (numpy's own, of many kinds)
        Index.load(packed)


def test_many_threads_search_one_index() -> None:
    asked = ["jane do", "bob shepansky", "71 curry", "555-0185"] * 25
    alone = [INDEX.search(text) for text in asked]

    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(INDEX.search, asked)) == alone


def test_an_index_is_loaded_while_another_is() -> None:
    """The collector runs wherever Python allocates, as another thread would: numpy's own files failed here (3.11.7)."""
    packed, beside = build(PEOPLE), []
    usual = gc.get_threshold()

    def another(phase: str, _: object) -> None:
        if phase == "start":
            beside.append(Index.load(packed))

    gc.callbacks.append(another)
    gc.set_threshold(1)
    try:
        first = Index.load(packed)
    finally:
        gc.set_threshold(*usual)
        gc.callbacks.remove(another)

    assert beside
    assert {index.search("71 curry").hits[0].key for index in (first, *beside)} == {"P1"}


def test_scores_are_between_none_and_whole() -> None:
    scores = [hit.score for text in ("jane", "71 curry", "rosa reno nv") for hit in INDEX.search(text).hits]

    assert all(0 < score <= 1 for score in scores)


def test_the_same_projects_give_the_same_snapshot() -> None:
    assert build(PEOPLE) == build(PEOPLE)


def test_a_sheet_without_projects_is_searched_in_vain() -> None:
    assert Index.load(build(())).search("jane").hits == ()


@pytest.mark.parametrize("text", ["\x00" * 50, "ü" * 500, "1" * 400, "<!channel> @here", "שלום", "a b " * 300])
def test_any_text_is_answered(text: str) -> None:
    assert INDEX.search(text).verdict in {"none", "several", "sure"}


def sample_projects(*, projects: int, seed: int) -> tuple[Project, ...]:
    rows = [
        [str(cell) if cell is not None else None for cell in row] for row in make_rows(projects=projects, seed=seed)
    ]
    return read([list(HEADERS), *rows]).projects


@pytest.fixture(scope="module")
def five_thousand() -> tuple[dict[str, Project], Index]:
    projects = sample_projects(projects=5000, seed=77)
    return {project.key: project for project in projects}, Index.load(build(projects))


def test_noisy_queries_are_found(five_thousand: tuple[dict[str, Project], Index]) -> None:
    """Of seeded queries over 5,000 projects, at least 95 % come first and 99 % among the first five."""
    known, index = five_thousand

    asked = queries(tuple(known.values()), seed=78, count=340)
    answers = [(query, index.search(query.text, 5)) for query in asked]
    places = [[fits(query, known[hit.key]) for hit in found.hits] for query, found in answers]

    assert sum(place[:1] == [True] for place in places) >= 0.95 * len(asked)
    assert sum(any(place) for place in places) >= 0.99 * len(asked)
    assert [query.text for query, found in answers if found.verdict == "none"] == []


def test_of_people_who_are_not_there_few_are_several_and_hardly_one_is_sure(
    five_thousand: tuple[dict[str, Project], Index],
) -> None:
    """The absent share every first and last name, street and town with somebody: the hardest there are."""
    known, index = five_thousand
    there = {fold(text) for p in known.values() for text in (p.homeowner or "", p.address or "", p.project_id or "")}
    absent = [
        project
        for project in sample_projects(projects=400, seed=991)
        if not {fold(project.homeowner or ""), fold(project.address or ""), fold(project.project_id or "")} & there
    ]

    verdicts = Counter(index.search(query.text).verdict for query in queries(absent, seed=6, count=340))

    assert verdicts["sure"] <= 0.02 * verdicts.total()
    assert verdicts["none"] >= 0.8 * verdicts.total()


def test_the_sample_has_namesakes_to_choose_from() -> None:
    rows = [[str(cell) if cell is not None else None for cell in row] for row in make_rows()]
    projects = read([list(HEADERS), *rows]).projects
    found = Index.load(build(projects)).search("jane do", 10)
    names = {project.key: project.homeowner for project in projects}

    assert found.verdict == "several"
    wanted = [name for name, _, _ in NAMESAKES if name.startswith("Jane Do")]
    assert [name for name in wanted if name not in {names[hit.key] for hit in found.hits}] == []


def test_no_word_that_is_near_is_left_uncompared() -> None:
    """The letters' bound leaves out only words that the comparison would leave out."""
    words = sorted({word for name in (*FIRST, *LAST) for word in fold(name).split()})
    vocabulary = Vocabulary(take([Project(word, 2, None, word) for word in words]))
    rng = random.Random(5)  # noqa: S311
    for word in rng.sample(words, 60):
        asked = typed(rng, word)
        near = {other for other in words if _is_near(asked, other)}
        found = {words[position] for position in vocabulary.near([asked], 0, is_begun=False)}
        assert near <= found


def _is_near(one: str, other: str) -> bool:
    winkler = JaroWinkler.normalized_similarity(one, other)
    return winkler >= ALIKE and 0.55 * winkler + 0.45 * OSA.normalized_similarity(one, other) >= NEAR


@pytest.mark.parametrize(
    ("said", "other", "likeness"),
    [
        ("11", "13", 0.4),
        ("11", "1", 0.4),
        ("11", "113", 0.6),
        ("113", "118", 0.6),
        ("11358", "11359", 0.76),
        ("12", "21", 0.88),
    ],
)
def test_a_digit_that_differs_tells_more_in_a_short_number(said: str, other: str, likeness: float) -> None:
    assert max(score for number, score in misheard_digits(said) if number == other) == pytest.approx(likeness)
