"""Live changes: articles put and deleted since the last build, in ``live.sqlite``, for every process of a home.

One row an id, its last change. Each change has a number, greater than all before it: a reader asks for those after the
last one it knows. A snapshot says up to which number its build took the changes in, so a change stays in force exactly
until a snapshot that holds it is served, and comes back into force when that snapshot is rolled back.
"""

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models import database
from models.article import Article
from models.embedder import EmbedderSpec, Vectors

FILE = "live.sqlite"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS changes (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, at REAL NOT NULL,
    article TEXT, vector BLOB, embedder TEXT
) STRICT;
"""
_RECORD = "INSERT OR REPLACE INTO changes (number, id, at, article, vector, embedder) VALUES (?, ?, ?, ?, ?, ?)"
_CAUGHT_UP = "CREATE TABLE IF NOT EXISTS caught_up (number INTEGER PRIMARY KEY) STRICT;"
"""Changes that the source reflected once. Only builds ask for them."""


class LiveWriteError(Exception):
    """A change was not recorded: the disk is full, say."""


@dataclass(frozen=True)
class Change:
    """An article as it was put, with its vector and the embedder that made it, or None for a deletion."""

    id: str
    number: int
    at: float
    """Seconds since 1970."""
    article: Article | None
    vector: Vectors | None
    """(dim,) float32, unit length."""
    embedder: EmbedderSpec | None


class LiveChanges:
    """The changes of one home. A connection belongs to one thread; opening one takes about 100 microseconds."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE

    def put(self, article: Article, vector: Vectors, embedder: EmbedderSpec, *, after: int = 0) -> int:
        """Record that `article` is now as given; return the change's number once it is on the disk.

        It is greater than `after`, the last one that is known: the file may have been lost since.
        """
        values = article.id, time.time(), article.model_dump_json(), vector.tobytes(), embedder.model_dump_json()
        return self._record(after, values)

    def delete(self, article_id: str, *, after: int = 0) -> int:
        """Record that the article is gone, as `put` does."""
        return self._record(after, (article_id, time.time(), None, None, None))

    def last_number(self) -> int:
        """Return the number of the newest change, 0 when there is none."""
        with database.reading(self._path, _SCHEMA) as connection:
            return int(connection.execute("SELECT coalesce(max(number), 0) FROM changes").fetchone()[0])

    def after(self, number: int) -> list[Change]:
        """Return the changes with a greater number, oldest first."""
        query = "SELECT id, number, at, article, vector, embedder FROM changes WHERE number > ? ORDER BY number"
        with database.reading(self._path, _SCHEMA) as connection:
            return [_change(row) for row in connection.execute(query, (number,))]

    def caught_up(self) -> set[int]:
        """Return the numbers of the changes that the source reflected once: whatever it says since is newer."""
        with database.reading(self._path, _SCHEMA + _CAUGHT_UP) as connection:
            return {int(number) for (number,) in connection.execute("SELECT number FROM caught_up")}

    def catch_up(self, changes: list[Change], oldest: int) -> None:
        """Note that the source reflects `changes`, and drop such up to `oldest`, the number that every snapshot holds.

        A newer change of the same id has another number and stays.
        """
        if not self._path.exists():
            return
        with database.writing(self._path, _SCHEMA + _CAUGHT_UP) as connection:
            numbers = [(change.number,) for change in changes]
            connection.executemany("INSERT OR IGNORE INTO caught_up VALUES (?)", numbers)
            reflected = "DELETE FROM changes WHERE number IN (SELECT number FROM caught_up WHERE number <= ?)"
            connection.execute(reflected, (oldest,))
            connection.execute("DELETE FROM caught_up WHERE number NOT IN (SELECT number FROM changes)")

    def _record(self, after: int, values: tuple[object, ...]) -> int:
        with writing(self._path, _SCHEMA) as connection:
            number = database.next_number(connection, after)
            connection.execute(_RECORD, (number, *values))
        return number


@contextlib.contextmanager
def writing(path: Path, schema: str) -> Iterator[sqlite3.Connection]:
    """Give a connection as `database.writing` does; what cannot be written is a LiveWriteError."""
    try:
        with database.writing(path, schema) as connection:
            yield connection
    except (sqlite3.Error, OSError) as error:
        message = f"the change could not be written to {path}: {error}"
        raise LiveWriteError(message) from error


def _change(row: tuple[str, int, float, str | None, bytes | None, str | None]) -> Change:
    article_id, number, at, article, vector, embedder = row
    return Change(
        article_id,
        number,
        at,
        None if article is None else Article.model_validate_json(article),
        None if vector is None else np.frombuffer(vector, np.float32),
        None if embedder is None else EmbedderSpec.model_validate_json(embedder),
    )
