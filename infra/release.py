"""``python -m infra.release VERSION``: a release's notes and archive, from the changelog and the built artefact."""

from __future__ import annotations

import hashlib
import re
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT: Final = Path(__file__).parents[1]
BUILD: Final = ROOT / ".aws-sam" / "build"
RELEASE: Final = ROOT / "build" / "release"
SAME_DATE: Final = (1980, 1, 1, 0, 0, 0)
"""Of every file, so that the same build makes the same archive."""
READABLE: Final = 0o100644
"""By everybody: Lambda's user is not whoever unpacked it."""


class NoRelease(Exception):
    """Why there is nothing to release, in one sentence."""


def notes(changelog: str, version: str) -> str:
    """Return what the changelog says of a version.

    :raises NoRelease: if it says nothing.
    """
    heading = rf"^## \[?{re.escape(version)}\]?(?: - \d{{4}}-\d{{2}}-\d{{2}})?$\n(.*?)(?=^## |\Z)"
    section = re.search(heading, changelog, re.MULTILINE | re.DOTALL)
    if not section or not section[1].strip():
        raise NoRelease(f"CHANGELOG.md has no section for {version}.")
    return section[1].strip() + "\n"


def archive(build: Path, more: Sequence[Path], into: Path) -> str:
    """Write the artefact, its template and ``more`` files as one archive; return its SHA-256."""
    files = {file.relative_to(build).as_posix(): file for file in build.rglob("*") if file.is_file()}
    files |= {file.name: file for file in more}
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as written:
        for name, file in sorted(files.items()):
            entry = zipfile.ZipInfo(name, SAME_DATE)
            entry.external_attr = READABLE << 16
            written.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)
    return hashlib.sha256(into.read_bytes()).hexdigest()


def checked(version: str) -> str:
    """Return the notes of the version that is about to be released.

    :raises NoRelease: if it is another one, says nothing or is not built.
    """
    named = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    if version != named:
        raise NoRelease(f"pyproject.toml names version {named}: make release VERSION={named}")
    if not (BUILD / "template.yaml").exists():
        raise NoRelease("Nothing is built yet: make build")
    return notes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), version)


def main(argv: Sequence[str]) -> int:
    """Write both, or say why not."""
    version = argv[0] if argv else ""
    try:
        said = checked(version)
    except NoRelease as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    RELEASE.mkdir(parents=True, exist_ok=True)
    into = RELEASE / f"sop-desk-{version}-arm64.zip"
    digest = archive(BUILD, [ROOT / "samconfig.toml"], into)
    (RELEASE / f"{into.name}.sha256").write_text(f"{digest}  {into.name}\n", encoding="utf-8")
    (RELEASE / "notes.md").write_text(said, encoding="utf-8")
    print(f"release: {into.relative_to(ROOT)} ({into.stat().st_size / 1e6:.0f} MB), notes in build/release/notes.md")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
