"""What tests of several folders start: the deployed template."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Final

import botocore.session
import pytest
from botocore.loaders import create_loader
from hypothesis import HealthCheck, settings

from infra.local.stack import MINISTACK, SAM, open_stack
from tests.standin.aws import BOT_TOKEN, SIGNING_SECRET
from tests.standin.faults import aws_faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.stack import Stack

__all__ = ["aws_faults"]

DEAR: Final = ("stack", "day", "local_aws")
"""Fixtures of a whole run: whatever needs one runs in one process, so that it is made once."""

# What the template sets for every function; each has made its metrics by the time that a test begins.
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "SopDesk/test")

# A function that begins anew reads the services' models anew, from files that no test changes: megabytes for each test.
botocore.session.create_loader = cache(create_loader)

# How long an example takes says something of the machine, and nothing of the code.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", settings.get_profile("any machine"), max_examples=5000)
settings.load_profile("any machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say what stays together where tests are shared out between processes: what needs a dear fixture, and a file."""
    for item in items:
        shared = (name for name in DEAR if name in getattr(item, "fixturenames", ()))
        item.add_marker(pytest.mark.xdist_group(next(shared, item.nodeid.partition("::")[0])))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The template on a local AWS, with the stand-ins' secrets; ``point_at_slack`` says which Slack it calls."""
    if not (MINISTACK.exists() and SAM.exists()):
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(
            "no local AWS is installed: make setup does that"
        )
    with open_stack(tmp_path_factory.mktemp("aws"), say=lambda _: None) as running:
        running.put_secrets(signing_secret=SIGNING_SECRET, bot_token=BOT_TOKEN)
        yield running
