"""``python -m infra.settings people.yaml --stack NAME``: store a people file as the settings of a deployed stack.

For the first installation, before anybody has a role to edit settings in Slack with. Credentials and region are the AWS
command line's.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import msgspec
import yaml
from botocore.exceptions import BotoCoreError, ClientError

from infra.deployed import NoSopDesk, outputs
from sop_aws.clients import PATIENT
from sop_aws.settings import SettingsStore
from sop_aws.times import system_clock
from sop_core.settings_reading import BadSettings, merge
from sop_core.times import iso

if TYPE_CHECKING:
    from collections.abc import Sequence


class Outputs(msgspec.Struct, frozen=True, rename="pascal"):
    """What is needed to know of a stack."""

    settings_table: str


class BadFile(ValueError):
    """The file is no people file; the message is one sentence."""


def store(settings: SettingsStore, file: Path, *, actor: str) -> int:
    """Store what ``file`` sets over what is there; return the version of the settings then.

    :raises BadFile: if it is no people file.
    """
    stored = settings.stored()
    try:
        wanted = merge(stored.settings, _read(file))
    except BadSettings as error:
        raise BadFile(f"{file} is not usable: {error}") from error
    if wanted == stored.settings:
        return stored.version
    return settings.put(wanted, actor=actor, at=iso(system_clock()), expected_version=stored.version)


def _read(file: Path) -> dict[str, Any]:
    try:
        mapping = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadFile(f"{file} cannot be read: {error.strerror}.") from error
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise BadFile(f"{file}{line} cannot be read as YAML: {error.problem}.") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadFile(f"{file} cannot be read as YAML.") from error
    if not isinstance(mapping, dict):
        raise BadFile(f"{file} is not usable: it is a map with roles, people and channels.")
    # The local workspace keeps its cast in the same file.
    return {part: value for part, value in mapping.items() if part != "workspace"}


def main(argv: Sequence[str]) -> int:
    """Store the file's settings."""
    parser = argparse.ArgumentParser(prog="python -m infra.settings", description=__doc__)
    parser.add_argument("file", type=Path, help="a people.yaml: roles, people, channels, values, calendar")
    parser.add_argument("--stack", required=True, help="the stack's name, e.g. sop-desk")
    options = parser.parse_args(argv)
    try:
        table = outputs(options.stack, Outputs).settings_table
        settings = SettingsStore(boto3.client("dynamodb", config=PATIENT), table, system_clock)
        version = store(settings, options.file, actor="infra.settings")
    except (BadFile, NoSopDesk) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (BotoCoreError, ClientError) as error:
        sys.stderr.write(f"The settings of {options.stack} were not stored: {error}\n")
        return 1
    sys.stdout.write(f"The settings are at version {version}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
