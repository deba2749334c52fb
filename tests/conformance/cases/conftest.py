from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from infra.local.aws import LocalAws
from sop_aws.cases import CaseStore
from sop_aws.queue import CaseQueue
from tests.standin.aws import Aws, atomic_aws, create, plain_aws, refuse_beyond_limits

if TYPE_CHECKING:
    from collections.abc import Iterator

MINISTACK = Path(__file__).parents[3] / ".tools" / "ministack" / "bin" / "ministack"


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    if not MINISTACK.exists():
        pytest.skip("no local AWS: make setup installs it")
    with LocalAws(tmp_path_factory.mktemp("aws"), MINISTACK) as running:
        made = create(running.client)
        refuse_beyond_limits(made.dynamodb)
        yield made


@pytest.fixture(params=["moto", "atomic", pytest.param("ministack", marks=pytest.mark.stack)])
def aws(request: pytest.FixtureRequest) -> Iterator[Aws]:
    """Each test runs on every AWS there is; those that need isolation ask for ``isolated`` instead."""
    match request.param:
        case "moto":
            with plain_aws() as made:
                yield made
        case "atomic":
            with atomic_aws() as made:
                yield made
        case _:
            yield request.getfixturevalue("local_aws")


@pytest.fixture(params=["atomic", pytest.param("ministack", marks=pytest.mark.stack)])
def isolated(request: pytest.FixtureRequest) -> Iterator[Aws]:
    """An AWS whose writes are isolated, as the real one's are and moto's are not."""
    if request.param == "atomic":
        with atomic_aws() as made:
            yield made
    else:
        yield request.getfixturevalue("local_aws")


@pytest.fixture
def queue(aws: Aws) -> CaseQueue:
    return CaseQueue(aws.dynamodb, aws.cases_table)


@pytest.fixture
def cases(aws: Aws) -> CaseStore:
    return CaseStore(aws.dynamodb, aws.cases_table)
