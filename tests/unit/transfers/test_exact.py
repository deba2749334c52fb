from __future__ import annotations

import pytest

from infra.local.sample import HEADERS, make_rows
from sop_core.transfers.exact import MOST_OF_ONE_FORM, bucket_count, bucket_of, buckets, readings
from sop_core.transfers.project import Project
from sop_core.transfers.sheet import read

JANE = Project(
    "INF-1",
    2,
    "INF-100001",
    "Jane de la Cruz",
    "Omar Cruz",
    "71 North Curry Street #4",
    phone="2675550185",
    email="jane@example.com",
)


def found(projects: tuple[Project, ...], text: str) -> list[str]:
    count = bucket_count(len(projects))
    made = buckets(projects, count)
    return [key for form in readings(text) for key in made.get(bucket_of(form, count), {}).get(form, [])]


@pytest.mark.parametrize(
    "text",
    [
        "Jane de la Cruz",
        "DE LA CRUZ, jane",
        "omar cruz",
        "71 n curry st 4",
        "(267) 555-0185",
        "Jane@Example.com",
        "inf 100001",
        "INF-100001",
    ],
)
def test_what_the_sheet_says_is_found_in_any_spelling_of_the_same(text: str) -> None:
    assert found((JANE,), text) == ["INF-1"]


@pytest.mark.parametrize("text", ["", "Jane Cruz", "71 Curry", "5550185", "INF-10001", "?"])
def test_what_is_only_alike_is_not_exact(text: str) -> None:
    assert found((JANE,), text) == []


def test_every_project_of_a_sheet_is_found_by_its_id_in_buckets_that_stay_small() -> None:
    rows = [[str(cell) if cell is not None else None for cell in row] for row in make_rows(projects=1500)]
    projects = read([list(HEADERS), *rows]).projects

    assert [key for project in projects for key in found(projects[:1], "")] == []
    made = buckets(projects, bucket_count(len(projects)))
    assert max(sum(map(len, bucket.values())) for bucket in made.values()) < 600
    for project in projects[::100]:
        form = readings(project.project_id or "")[0]
        assert project.key in made[bucket_of(form, bucket_count(len(projects)))][form]


def test_namesakes_beyond_the_first_few_do_not_swell_a_bucket() -> None:
    many = tuple(Project(f"P{n}", n, None, "Jane Doe") for n in range(500))

    assert len(found(many, "jane doe")) == MOST_OF_ONE_FORM
