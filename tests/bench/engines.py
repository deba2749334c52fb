"""What a search is measured beside: RapidFuzz over everything, SQLite's FTS5 and Postgres's pg_trgm on trigrams."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, cast

from rapidfuzz import fuzz, process

from sop_core.transfers.words import fold, street_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from sop_core.transfers.project import Project

    Answer = Callable[[str], Sequence[str]]
    Engine = Callable[[Sequence[Project]], AbstractContextManager[Answer]]

HITS: Final = 5
NEAREST: Final = "SELECT key FROM sheet ORDER BY {text} <<-> line LIMIT {hits};"
FILL: Final = (
    "CREATE EXTENSION pg_trgm; CREATE TABLE sheet (key text, line text); INSERT INTO sheet VALUES {rows};"
    "CREATE INDEX ON sheet USING gist (line gist_trgm_ops(siglen=64)); ANALYZE sheet;"
)
END: Final = "~ end ~"
PROGRAMS: Final = ("initdb", "pg_ctl", "psql")


class NotHere(Exception):
    """The engine is not installed on this machine."""


@contextmanager
def rapidfuzz(projects: Sequence[Project]) -> Iterator[Answer]:
    """Yield RapidFuzz over every project's line of text."""
    keys, texts = [p.key for p in projects], [_line(p) for p in projects]

    def answer(text: str) -> list[str]:
        found = process.extract(fold(text), texts, scorer=fuzz.token_set_ratio, limit=HITS)
        return [keys[at] for _, _, at in found]

    yield answer


@contextmanager
def fts5(projects: Sequence[Project]) -> Iterator[Answer]:
    """Yield SQLite's full-text search over trigrams, any of them, best first."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE sheet USING fts5(key UNINDEXED, line, tokenize='trigram')")
    database.executemany("INSERT INTO sheet VALUES (?, ?)", ((p.key, _line(p)) for p in projects))

    def answer(text: str) -> list[str]:
        words = fold(text).split()
        grams = {word[at : at + 3] for word in words for at in range(len(word) - 2)}
        if not grams:
            return []
        wanted = " OR ".join(f'"{gram}"' for gram in sorted(grams))
        found = database.execute("SELECT key FROM sheet WHERE line MATCH ? ORDER BY rank LIMIT ?", (wanted, HITS))
        return [key for (key,) in found]

    yield answer
    database.close()


@contextmanager
def pg_trgm(projects: Sequence[Project]) -> Iterator[Answer]:
    """Yield Postgres's trigrams with a GiST index, most similar first; raises :class:`NotHere`.

    The server is this one's own, in a folder of its own, and listens on a socket there.
    """
    programs = _postgres()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Postgres refuses to run as root; Debian's package brings a user for it.
        user = "postgres" if os.getuid() == 0 else None
        if user:
            shutil.chown(folder, user)
        data = folder / "data"

        def run(program: str, *arguments: str) -> None:
            subprocess.run(
                [programs / program, *arguments], check=True, stdout=subprocess.DEVNULL, user=user, cwd=folder
            )

        run("initdb", "-D", str(data), "-A", "trust", "-U", "bench", "--no-sync", "--locale=C", "-E", "UTF8")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        run("pg_ctl", "-D", str(data), "-w", "-s", "-o", options, "-l", str(folder / "log"), "start")
        try:
            with _psql(programs, folder) as ask:
                _load(ask, projects)
                yield lambda text: ask(NEAREST.format(text=_quoted(fold(text)), hits=HITS))
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "-s", "stop")


def _postgres() -> Path:
    on_path = shutil.which("initdb")
    # Debian keeps the server's programs off the path.
    folders = [
        *sorted(Path("/usr/lib/postgresql").glob("*/bin")),
        *([Path(on_path).resolve().parent] if on_path else []),
    ]
    found = [folder for folder in folders if all((folder / name).exists() for name in PROGRAMS)]
    if not found:
        raise NotHere("Postgres is not installed")
    return found[-1]


@contextmanager
def _psql(programs: Path, folder: Path) -> Iterator[Callable[[str], list[str]]]:
    command = [str(programs / "psql"), "-XqAt", "-h", str(folder), "-U", "bench", "-v", "ON_ERROR_STOP=1", "postgres"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        asked, told = cast("IO[str]", client.stdin), cast("IO[str]", client.stdout)

        def ask(statements: str) -> list[str]:
            asked.write(f"{statements}\n\\echo {END}\n")
            asked.flush()
            lines: list[str] = []
            while (line := told.readline().rstrip("\n")) != END:
                if client.poll() is not None:
                    raise NotHere("Postgres has no pg_trgm")
                lines.append(line)
            return lines

        yield ask
        asked.close()


def _load(ask: Callable[[str], list[str]], projects: Sequence[Project]) -> None:
    ask(FILL.format(rows=", ".join(f"({_quoted(p.key)}, {_quoted(_line(p))})" for p in projects)))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _line(p: Project) -> str:
    address = " ".join(street_words(p.address or ""))
    parts = (p.homeowner, p.co_homeowner, address, p.city, p.state, p.zip, p.phone, p.email, p.project_id)
    return fold(" ".join(part for part in parts if part))
