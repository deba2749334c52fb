"""The first settings of an installation are stored from a people file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from infra import settings
from infra.settings import BadFile
from sop_aws.settings import SettingsStore
from sop_aws.times import system_clock
from tests.standin.aws import aws  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from pathlib import Path

    from tests.standin.aws import Aws


@pytest.fixture(autouse=True)
def stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "outputs", lambda _name, kind: kind(settings_table="SettingsTable"))


def stored(aws: Aws) -> SettingsStore:  # noqa: F811 - the fixture
    return SettingsStore(aws.dynamodb, aws.settings_table, system_clock)


def test_a_people_file_becomes_the_settings_and_the_same_file_again_changes_nothing(aws: Aws, tmp_path: Path) -> None:  # noqa: F811
    file = tmp_path / "people.yaml"
    file.write_text("roles: {agent: [U0AGENT01]}\nchannels: {resolution: C0RESOLUT}\nworkspace: {name: ours}\n")
    assert settings.main([str(file), "--stack", "desk"]) == 0
    assert stored(aws).current().roles["agent"] == ("U0AGENT01",)
    assert settings.store(stored(aws), file, actor="U0ADMIN01") == 1


@pytest.mark.parametrize("text", ["roles: {boss: [U1]}", "- a list", "roles: [", "channels: {resolution: '#general'}"])
def test_a_file_that_is_none_is_told_in_one_sentence_and_changes_nothing(
    aws: Aws,  # noqa: F811
    tmp_path: Path,
    text: str,
) -> None:
    file = tmp_path / "people.yaml"
    file.write_text(text)
    with pytest.raises(BadFile, match=r"people\.yaml"):
        settings.store(stored(aws), file, actor="U0ADMIN01")
    assert settings.main([str(file), "--stack", "desk"]) == 2
    assert stored(aws).stored().version == 0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"roles:\n  agent: [U1\n", "line 3 cannot be read as YAML: expected ',' or ']'"),
        (b"roles:\n\tagent: U1\n", "line 2 cannot be read as YAML: found character"),
        (b"\xff\xfe", "cannot be read as YAML"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_its_line(
    aws: Aws,  # noqa: F811
    tmp_path: Path,
    content: bytes | None,
    told: str,
) -> None:
    file = tmp_path / "people.yaml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadFile) as caught:
        settings.store(stored(aws), file, actor="U0ADMIN01")
    assert told in str(caught.value)
