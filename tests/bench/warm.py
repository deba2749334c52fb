"""The functions in this process, in front of a local AWS and a stand-in for Slack, with the people of the settings."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from infra.local.aws import LocalAws
from infra.local.stack import MINISTACK
from sop_aws.settings import SettingsStore
from sop_core.settings import Settings
from sop_core.settings_reading import merge
from sop_core.times import iso
from tests.builders.people import ADMIN, LEAD, PEOPLE
from tests.standin.aws import create
from tests.standin.slack import slack_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.standin.aws import Aws
    from tests.standin.slack import Slack


@contextmanager
def warm_functions() -> Iterator[tuple[Aws, Slack]]:
    """Run both; the environment is that of a function on them."""
    with tempfile.TemporaryDirectory() as folder, LocalAws(Path(folder), MINISTACK) as local, slack_server() as slack:
        aws, now = create(local.client), datetime.now(UTC)
        store = SettingsStore(aws.dynamodb, aws.settings_table, clock=lambda: now)
        people = merge(merge(Settings.default(), PEOPLE), {"roles": {"lead": [LEAD]}})
        store.put(people, actor=ADMIN, at=iso(now), expected_version=0)
        os.environ.update(aws.environment, SLACK_API_URL=slack.url, AWS_ENDPOINT_URL=local.endpoint)
        os.environ.update(AWS_DEFAULT_REGION="us-east-1", AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test")
        yield aws, slack
