"""The lock files pin everything by hash and name no host."""

from __future__ import annotations

import re
from importlib.metadata import metadata
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[3]
REQUIREMENTS: Final = ROOT / "requirements"
LOCKS: Final = sorted(path.name for path in REQUIREMENTS.glob("*.txt"))


def pins(name: str) -> dict[str, str]:
    """Package and marker → version."""
    found = re.findall(r"^([a-z0-9-]+)==(\S+)( ; [^\\]+)?", (REQUIREMENTS / name).read_text(), re.MULTILINE)
    return {package + marker.strip(): version for package, version, marker in found}


@pytest.mark.parametrize("name", LOCKS)
def test_hashes(name: str) -> None:
    """Every package is pinned to one version and its files' hashes."""
    text = (REQUIREMENTS / name).read_text()
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]

    assert blocks
    assert all("==" in block.split()[0] and "--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize("name", LOCKS)
def test_no_index(name: str) -> None:
    """No line says where packages come from, so any index can serve them."""
    text = (REQUIREMENTS / name).read_text()

    assert "://" not in text
    assert not re.search(r"^\s*-", re.sub(r"^\s+--hash=\S+( \\)?$", "", text, flags=re.MULTILINE), re.MULTILINE)


def test_tests_run_what_ships() -> None:
    """The environment of the tests has the very versions that the dependencies layer has."""
    assert pins("runtime.txt").items() <= pins("dev.txt").items()


def test_botocore_knows_every_service_that_is_called() -> None:
    """The dependencies layer keeps the description of each AWS service that a client is made for."""
    kept = re.search(r"^SERVICES := (.+)$", (ROOT / "layers" / "dependencies" / "Makefile").read_text(), re.MULTILINE)
    sources = [*ROOT.glob("layers/shared/**/*.py"), *ROOT.glob("functions/**/*.py")]
    called = {name for source in sources for name in re.findall(r"create_client\(\"(\w+)\"", source.read_text())}

    assert kept
    assert {"dynamodb", "sqs"} <= called
    assert called <= set(kept[1].split())


@pytest.mark.parametrize("name", sorted({pin.partition(" ")[0].partition(";")[0] for pin in pins("runtime.txt")}))
def test_licences(name: str) -> None:
    """What ships has a licence that asks for no more than to be named."""
    told = metadata(name)
    classifiers = [each for each in told.get_all("Classifier") or () if each.startswith("License ::")]
    named = [*(told.get_all("License-Expression") or ()), *(told.get_all("License") or ())]
    licence = " ".join([*(each[:200] for each in named), *classifiers])

    assert re.search(r"\b(MIT|BSD|Apache|PSF)\b", licence), licence
    assert not re.search(r"\b(A?GPL|LGPL|GNU)\b", licence), licence
