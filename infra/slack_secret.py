"""``python -m infra.slack_secret --stack NAME``: store what Slack gave the app where a deployed stack looks for it.

Both values come from ``SLACK_SIGNING_SECRET`` and ``SLACK_BOT_TOKEN``; what is not there is asked for and not shown, so
that neither ends in a shell's history. Credentials and region are the AWS command line's.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from getpass import getpass
from typing import TYPE_CHECKING, Final

import boto3
import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from infra.deployed import NoSopDesk, outputs
from sop_aws.clients import PATIENT
from sop_aws.secrets import SlackSecrets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ASKED: Final = {
    "SLACK_SIGNING_SECRET": ("Signing Secret (Basic Information)", r"[0-9a-f]{32}", "32 hexadecimal digits"),
    "SLACK_BOT_TOKEN": ("Bot User OAuth Token (OAuth & Permissions)", r"xoxb-[\w-]+", "xoxb-…"),
}
"""Each value's variable, where Slack shows it, and what it looks like."""


class Outputs(msgspec.Struct, frozen=True, rename="pascal"):
    """What is needed to know of a stack."""

    slack_secret_id: str


class BadSecret(ValueError):
    """A value that Slack never gave, or none; the message names it and says nothing of what it holds."""


def given(environment: Mapping[str, str]) -> SlackSecrets:
    """Return both values, from the environment or from whoever is at the keyboard.

    :raises BadSecret: if one is not what Slack gives.
    """
    values = []
    for variable, (name, pattern, looks) in ASKED.items():
        value = (environment.get(variable) or _asked(name, variable)).strip()
        if not re.fullmatch(pattern, value):
            raise BadSecret(f"{name} looks like {looks}; this does not. Nothing was stored.")
        values.append(value)
    return SlackSecrets(*values)


def _asked(name: str, variable: str) -> str:
    try:
        return getpass(f"{name}: ")
    except EOFError as error:
        raise BadSecret(f"Nobody is there to be asked for the {name}: give it in {variable}.") from error


def main(argv: Sequence[str]) -> int:
    """Store both."""
    parser = argparse.ArgumentParser(prog="python -m infra.slack_secret", description=__doc__)
    parser.add_argument("--stack", required=True, help="the stack's name, e.g. sop-desk")
    stack = parser.parse_args(argv).stack
    try:
        where = outputs(stack, Outputs).slack_secret_id
        secret = msgspec.json.encode(given(os.environ)).decode()
        boto3.client("secretsmanager", config=PATIENT).put_secret_value(SecretId=where, SecretString=secret)
    except (NoSopDesk, BadSecret) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (BotoCoreError, ClientError) as error:
        sys.stderr.write(f"The secret of {stack} was not stored: {error}\n")
        return 1
    sys.stdout.write(f"The secret of {stack} is stored.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
