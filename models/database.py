"""SQLite files of a home, which several processes read and write at once: no reader waits for a writer."""

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

_BUSY_SECONDS = 10
"""How long a writer waits for another process's write: a write takes milliseconds."""
_AGAIN_SECONDS = 0.005
_PRIMARY_CODE = 0xFF


@contextlib.contextmanager
def reading(path: Path, schema: str) -> Iterator[sqlite3.Connection]:
    """Give a connection to the file at `path`, or to nothing where there is none, with the tables of `schema`."""
    with _opened(path if path.exists() else Path(":memory:"), schema) as database:
        yield database


@contextlib.contextmanager
def writing(
    path: Path, schema: str, *, synchronous: Literal["FULL", "NORMAL"] = "FULL"
) -> Iterator[sqlite3.Connection]:
    """Give a connection to the file at `path`: all that is done with it is written at the end, or nothing.

    FULL: what was written survives a power cut. NORMAL: it may cost what was written last, and no write waits for the
    disk.
    """
    with _opened(path, schema) as database:
        database.execute(f"PRAGMA synchronous = {synchronous}")
        database.execute("BEGIN IMMEDIATE")
        with database:
            yield database


def next_number(database: sqlite3.Connection, after: int) -> int:
    """Return a number for a new row: greater than those of all rows that there ever were, and than `after`.

    The tables that have an AUTOINCREMENT count together; a reader knows `after` from a file that may have been lost.
    """
    (last,) = database.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence").fetchone()
    return 1 + max(int(last), after)


@contextlib.contextmanager
def _opened(path: Path, schema: str) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)) as database:
        _write_ahead(database)
        database.executescript(schema)
        yield database


def _write_ahead(database: sqlite3.Connection) -> None:
    """Let readers and writers not wait for each other.

    Of two processes that make the file at once, SQLite refuses one without waiting.
    """
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & _PRIMARY_CODE != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_AGAIN_SECONDS)
        else:
            return
