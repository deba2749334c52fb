"""docs/configuration.md tells of every setting, parameter and variable, and of none that is not."""

from __future__ import annotations

import ast
import re
import tomllib
from datetime import time
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest
import yaml

from sop_aws import config
from sop_core.settings import RETENTION_BOUNDS, SHEET_BOUNDS, Settings
from sop_slack.admin import PARTS
from sop_slack.admin_fields import fields
from tests.unit.docs.pages import ROOT, named, table

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE: Final = "docs/configuration.md"
SETTINGS: Final = {
    "roles": "Who may do what",
    "people": "People and channels",
    "channels": "People and channels",
    "values": "Numbers and links",
    "calendar": "Office days and hours",
    "installers": "Installer contacts",
    "days": "How long things last",
}
"""Each part of the settings' form, and the heading that it is told under."""

FUNCTIONS: Final[dict[str, type[config.Config]]] = {
    "slack": config.SlackConfig,
    "deliver": config.DeliverConfig,
    "import_sheet": config.ImportConfig,
    "publish": config.PublishConfig,
    "sweep": config.SweepConfig,
}
NOT_READ: Final = {
    *("CAPABILITY_IAM", "GET", "POST"),  # no variables
    *("HOME", "LANG", "PATH", "NO_PROXY"),  # any program's
    *("DEBIAN_FRONTEND", "SAM_CLI_TELEMETRY"),  # set for programs that are started
}
"""Names in capitals beside a use of the environment that are not for anybody to set."""


class Template(yaml.SafeLoader):
    """Reads the template with its short functions left out."""


Template.add_multi_constructor("!", lambda *_: None)
TEMPLATE: Final[dict[str, Any]] = yaml.load((ROOT / "template.yaml").read_text(), Template)  # noqa: S506 - safe


def told(heading: str) -> dict[str, list[str]]:
    """The rows under a heading by the names in their first cell."""
    return {name: cells for cells in table(PAGE, heading) for name in named(cells[0])}


def test_settings() -> None:
    """Every setting that the form in Slack edits is told under its part, and nothing else."""
    assert set(SETTINGS) == set(PARTS)
    for heading in set(SETTINGS.values()):
        parts = [part for part, under in SETTINGS.items() if under == heading]
        edited = {block["block_id"] for part in parts for block in fields(Settings.default(), part, {})}
        assert {name.removesuffix(".groups") for name in edited} == set(told(heading)), heading


def test_every_part_of_the_settings_can_be_edited() -> None:
    keys = {name.partition(".")[0] for heading in SETTINGS.values() for name in told(heading)}
    assert keys == {field.name for field in msgspec.structs.fields(Settings)}


@pytest.mark.parametrize("part", ["values", "calendar", "installers", "days"])
def test_shipped_settings(part: str) -> None:
    """The value that the page calls shipped is the one that ships."""
    for name, cells in told(SETTINGS[part]).items():
        assert named(cells[1]) == [_shown(shipped(name))], name


def shipped(name: str) -> object:
    """The shipped value of a setting by its dotted name."""
    found: Any = Settings.default()
    for key in name.split("."):
        found = found[key] if isinstance(found, dict) else getattr(found, key)
    return found


def _shown(value: object) -> str:
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, tuple | dict):
        return ", ".join(map(str, value)) or "nothing"
    return str(value)


def test_bounds() -> None:
    bounds = {f"retention.{name}": each for name, each in RETENTION_BOUNDS.items()} | SHEET_BOUNDS
    stated = {name: tuple(map(int, cells[2].split(", "))) for name, cells in told(SETTINGS["days"]).items()}
    assert stated == bounds


def test_parameters() -> None:
    """Every parameter of the template is told with its default and with what each environment sets it to."""
    config = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    environments = [
        dict(pair.split("=", 1) for pair in config[name]["deploy"]["parameters"]["parameter_overrides"])
        for name in ("dev", "prod")
    ]
    assert all(value for environment in environments for value in environment.values()), "SAM refuses an empty one"
    parameters = {
        name: [str(each.get("Default", "")), *(environment.get(name, "") for environment in environments)]
        for name, each in TEMPLATE["Parameters"].items()
    }
    rows = told("Parameters of the template")
    assert {name: ["".join(named(cell)) for cell in cells[1:4]] for name, cells in rows.items()} == parameters


def test_functions_environment() -> None:
    """Every variable of a function is told with the functions that have it."""
    variables = {name: _functions(cells[1]) for name, cells in told("Environment of the functions").items()}
    everywhere = set(TEMPLATE["Globals"]["Function"]["Environment"]["Variables"])
    deployed: dict[str, set[str]] = {name: set(FUNCTIONS) for name in everywhere}
    for each in TEMPLATE["Resources"].values():
        if each["Type"] == "AWS::Serverless::Function":
            function = each["Properties"]["Handler"].split(".")[1]
            for name in each["Properties"]["Environment"]["Variables"]:
                deployed.setdefault(name, set()).add(function)
    assert variables == deployed


def test_what_functions_read() -> None:
    """What a function's configuration reads is told as that function's."""
    variables = {name: _functions(cells[1]) for name, cells in told("Environment of the functions").items()}
    for function, read in FUNCTIONS.items():
        for field in msgspec.structs.fields(read):
            assert function in variables[field.name.upper()]


def _functions(cell: str) -> set[str]:
    return set(FUNCTIONS) if cell == "all" else set(cell.split(", "))


def _commands_read() -> Iterator[str]:
    """What the commands here take from the environment: names in capitals where Python or a shell script reads it."""
    for path in sorted((ROOT / "infra").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "environ" in text:
            constants = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
            yield from (
                value for value in constants if isinstance(value, str) and re.fullmatch(r"[A-Z]+(_[A-Z]+)*", value)
            )
    for path in sorted((ROOT / "infra").glob("*.sh")):
        yield from re.findall(r"\$\{([A-Z_]+):-", path.read_text(encoding="utf-8"))
    for path in (ROOT / "tests" / "conftest.py", ROOT / "tests" / "e2e" / "conftest.py"):
        yield from re.findall(r"os\.environ\.get\(\"([A-Z_]+)\"", path.read_text(encoding="utf-8"))


def test_commands_environment() -> None:
    """What is told is what the commands, AWS's library or uv read from the environment."""
    read = set(_commands_read())
    assert read >= NOT_READ
    by_libraries = {"AWS_ENDPOINT_URL", "AWS_PROFILE", "UV_DEFAULT_INDEX"}
    assert set(told("Environment of the commands")) == read - NOT_READ | by_libraries


def _makefile() -> dict[str, set[str]]:
    """The variables of the Makefile that it does not set itself, and the targets whose recipes use them."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    own = set(re.findall(r"^([A-Z_]+) :?=", text, re.MULTILINE)) | {"MAKEFILE_LIST", "CI"}
    used: dict[str, set[str]] = {}
    target = ""
    for line in text.splitlines():
        if begun := re.match(r"([a-z0-9]+):", line):
            target = begun[1]
        for name in re.findall(r"\$\((?:if \$\()?([A-Z_]+)\)", line):
            if target and name not in own:
                used.setdefault(name, set()).add(f"make {target}")
    for name in re.findall(r"^([A-Z]+) \?=", (ROOT / "infra" / "build.mk").read_text(encoding="utf-8"), re.MULTILINE):
        used[name] = {"make build"}
    return used


def test_variables_of_make() -> None:
    assert {name: set(named(cells[1])) for name, cells in told("Variables of make").items()} == _makefile()
