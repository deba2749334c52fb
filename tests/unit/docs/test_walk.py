"""The walk through the README (`make walk`) runs the commands that stand there."""

from __future__ import annotations

import yaml

from sop_core.settings import Settings
from sop_core.settings_reading import merge
from tests.walk.steps import people_file, steps


def test_every_command_of_the_readme_is_walked() -> None:
    assert next(step.command for step in steps() if step.how == "aws").startswith(".tools/sam/bin/sam deploy")


def test_the_people_file_of_the_readme_is_one() -> None:
    settings = merge(Settings.default(), yaml.safe_load(people_file()))
    assert settings.roles["admin"] == ("U0WALK001",)
    assert settings.channels == {"resolution": "C0WALK001"}
