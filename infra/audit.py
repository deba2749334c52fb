"""``python -m infra.audit``: every pinned package held against the known faults of the OSV database.

With ``--advisories PATH`` it needs no network: PATH is OSV's export for PyPI (a zip file, or the folder it unpacks to),
fetched where there is one. Without, OSV's service is asked; where it cannot be reached, that is said, and nothing is
called audited. Exit code: 0 nothing known, 1 known faults, 2 not audited.

https://google.github.io/osv.dev/api/ · https://ossf.github.io/osv-schema/
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import urllib.request
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

ROOT: Final = Path(__file__).parents[1]
SERVICE: Final = "https://api.osv.dev/v1/querybatch"
SECONDS: Final = 30
ACCEPTED: Final[dict[str, str]] = {}
"""Faults by their id that do not touch us, and why."""
SAFE, FAULTY, NOT_AUDITED = 0, 1, 2


class Pin(NamedTuple):
    """A package at the version that some lock file pins."""

    name: str
    version: str


class NotAudited(Exception):
    """The advisories cannot be had; the text says why."""


def main(arguments: Sequence[str], *, service: str = SERVICE) -> int:
    """Print what is known of the pinned packages; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.audit", description="Known faults of the pinned packages.")
    parser.add_argument("--advisories", type=Path, help="OSV's export for PyPI: a zip file or a folder")
    chosen = parser.parse_args(arguments)
    pinned = pins(ROOT / "requirements")
    try:
        found = exported(chosen.advisories, pinned) if chosen.advisories else asked(service, pinned)
    except NotAudited as why:
        print(f"Not audited: {why}")
        return NOT_AUDITED
    faults = [(pin, fault) for pin, faults in sorted(found.items()) for fault in faults if fault not in ACCEPTED]
    for pin, fault in faults:
        print(f"{pin.name} {pin.version}, pinned in {', '.join(pinned[pin])}: {fault}")
    print(f"{len(pinned)} packages audited, {len(faults)} known faults")
    return FAULTY if faults else SAFE


def pins(folder: Path) -> dict[Pin, list[str]]:
    """Return every pinned package with the lock files that pin it."""
    found: dict[Pin, list[str]] = {}
    for lock in sorted(folder.glob("*.txt")):
        for name, version in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", lock.read_text(), re.MULTILINE):
            found.setdefault(Pin(canonical(name), version), []).append(lock.name)
    return found


def canonical(name: str) -> str:
    """Return a package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def asked(service: str, pinned: Iterable[Pin]) -> dict[Pin, list[str]]:
    """Return the ids of the faults that OSV's service knows of each package; raises :class:`NotAudited`."""
    wanted = list(pinned)
    queries = [{"package": {"ecosystem": "PyPI", "name": pin.name}, "version": pin.version} for pin in wanted]
    request = urllib.request.Request(  # noqa: S310 - OSV's address, or a test's
        service, data=json.dumps({"queries": queries}).encode(), headers={"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - same
            results = json.load(answer)["results"]
    except (OSError, ValueError, KeyError) as error:
        raise NotAudited(
            f"the OSV service cannot be asked ({type(error).__name__}). "
            "Where there is no network: make audit ADVISORIES=<OSV's export for PyPI>"
        ) from error
    if len(results) != len(wanted):
        raise NotAudited("the OSV service did not answer for every package.")
    return {pin: [each["id"] for each in result.get("vulns", ())] for pin, result in zip(wanted, results, strict=True)}


def exported(path: Path, pinned: Iterable[Pin]) -> dict[Pin, list[str]]:
    """Return the ids of the faults that an export knows of each package; raises :class:`NotAudited`."""
    found: dict[Pin, list[str]] = {pin: [] for pin in pinned}
    by_name: dict[str, list[Pin]] = {}
    for pin in found:
        by_name.setdefault(pin.name, []).append(pin)
    count = 0
    for advisory in _advisories(path):
        count += 1
        for affected in () if "withdrawn" in advisory else advisory.get("affected", ()):
            package = affected.get("package", {})
            theirs = by_name.get(canonical(package.get("name", "")), ()) if package.get("ecosystem") == "PyPI" else ()
            for pin in theirs:
                if is_affected(pin.version, affected) and advisory["id"] not in found[pin]:
                    found[pin].append(advisory["id"])
    if not count:
        raise NotAudited(f"{path} holds no advisories.")
    return found


def _advisories(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        if path.is_dir():
            yield from (json.loads(each.read_bytes()) for each in sorted(path.glob("*.json")))
            return
        with zipfile.ZipFile(path) as archive:
            yield from (json.loads(archive.read(each)) for each in archive.namelist() if each.endswith(".json"))
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise NotAudited(f"{path} cannot be read ({type(error).__name__}).") from error


def is_affected(version: str, affected: Mapping[str, Any]) -> bool:
    """Return whether OSV says of a package's version that it has the fault: by name, or by a range."""
    if version in affected.get("versions", ()):
        return True
    ranges = [each["events"] for each in affected.get("ranges", ()) if each.get("type") == "ECOSYSTEM"]
    return any(_is_within(version, events) for events in ranges)


def _is_within(version: str, events: Sequence[Mapping[str, str]]) -> bool:
    is_in = False
    for event in events:
        for kind, place in event.items():
            if kind == "introduced" and (place == "0" or not _is_before(version, place)):
                is_in = True
            elif (kind == "fixed" and not _is_before(version, place)) or (
                kind == "last_affected" and _is_before(place, version)
            ):
                is_in = False
    return is_in


def _is_before(version: str, other: str) -> bool:
    try:
        return Version(version) < Version(other)
    except InvalidVersion:
        return False  # rather a fault too many than one too few


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
