"""The environment of each function as one frozen value; nothing else reads ``os.environ``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Self

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

SLACK_API_URL: Final = "https://slack.com/api/"


class MissingConfiguration(ValueError):
    """Environment variables that a function cannot run without; ``names`` lists all of them."""

    def __init__(self, names: tuple[str, ...]) -> None:
        """Name every missing variable at once, so that one deployment mends them all."""
        super().__init__(f"missing environment variables: {', '.join(names)}")
        self.names = names


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of a deployment: the field ``cases_table`` is the variable ``CASES_TABLE``."""

    environment: str

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read every field.

        :raises MissingConfiguration: if a variable without default is absent or empty.
        """
        variables = os.environ if environ is None else environ
        fields = msgspec.structs.fields(cls)
        missing = tuple(f.name.upper() for f in fields if f.required and not variables.get(f.name.upper()))
        if missing:
            raise MissingConfiguration(missing)
        given = {f.name: variables[f.name.upper()] for f in fields if variables.get(f.name.upper())}
        return msgspec.convert(given, cls)


class SlackConfig(Config, frozen=True, kw_only=True):
    """What the slack function needs."""

    cases_table: str
    transfers_table: str
    settings_table: str
    files_bucket: str
    deliver_queue_url: str
    import_queue_url: str
    publish_queue_url: str
    slack_secret_id: str
    slack_api_url: str = SLACK_API_URL


class ImportConfig(Config, frozen=True, kw_only=True):
    """What the import function needs."""

    cases_table: str
    transfers_table: str
    files_bucket: str
    slack_secret_id: str
    slack_api_url: str = SLACK_API_URL


class PublishConfig(Config, frozen=True, kw_only=True):
    """What the publish function needs."""

    settings_table: str
    slack_secret_id: str
    slack_api_url: str = SLACK_API_URL


class DeliverConfig(Config, frozen=True, kw_only=True):
    """What the deliver function needs."""

    cases_table: str
    settings_table: str
    files_bucket: str
    deliver_queue_url: str
    slack_secret_id: str
    slack_api_url: str = SLACK_API_URL


class SweepConfig(Config, frozen=True, kw_only=True):
    """What the sweep function needs."""

    cases_table: str
    transfers_table: str
    settings_table: str
    deliver_queue_url: str
    import_queue_url: str
