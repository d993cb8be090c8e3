"""Records that a site gave, kept from build to build: what did not change is not fetched again.

``records/<source>.sqlite`` below the home holds a row for each record: the version that the site said it has, when it
was fetched, and the record. It fills while a site is read, so that a reading that is killed goes on where it was.
"""

import contextlib
import hashlib
import shutil
import sqlite3
import time
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from models import database
from models.article import Record

FOLDER = "records"
FORMAT = 1
"""Raised whenever a source would make another record of the same answer, so that old ones are not used."""
MOST_DAYS = 7
"""For so long a record is trusted: renaming an author changes what a post shows, and not the version of the post."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    id TEXT PRIMARY KEY, version TEXT NOT NULL, fetched_at REAL NOT NULL, record BLOB NOT NULL
) STRICT;
"""
_PART = 500
"""Ids in one question: SQLite takes at least 999 parameters."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as it was fetched; `version` changes when the record does."""

    id: str
    version: str
    record: Record


class KeptRecords:
    """The records of one source in one home. With `lasting` false they are only read, and nothing on disk changes."""

    def __init__(self, home: Path, address: str, *, lasting: bool = True) -> None:
        # An address may hold a password: only a checksum of it becomes a name.
        source = hashlib.sha256(f"{FORMAT} {address}".encode()).hexdigest()[:16]
        self._path = home / FOLDER / f"{source}.sqlite"
        self._lasting = lasting
        self._passing = False

    def versions(self, most_days: float = MOST_DAYS) -> dict[str, str]:
        """Return the version of each record by its id; those fetched more than `most_days` ago are dropped."""
        if not self._path.exists():
            return {}
        trusted = (time.time() - most_days * 86_400, time.time())
        opened = database.writing if self._lasting else database.reading
        try:
            with opened(self._path, _SCHEMA) as connection:
                if connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",):
                    if self._lasting:
                        connection.execute("DELETE FROM records WHERE fetched_at NOT BETWEEN ? AND ?", trusted)
                    query = "SELECT id, version FROM records WHERE fetched_at BETWEEN ? AND ?"
                    return dict(connection.execute(query, trusted))
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            pass  # damaged, which is as good as missing
        self.clear()
        return {}

    def records(self, ids: Sequence[str]) -> Iterator[tuple[str, Record]]:
        """Yield the records of `ids` that are kept, each after its id, in any order."""
        for start in range(0, len(ids), _PART):
            part = ids[start : start + _PART]
            query = f"SELECT id, record FROM records WHERE id IN ({','.join('?' * len(part))})"  # noqa: S608 - marks only
            with database.reading(self._path, _SCHEMA) as connection:
                rows = connection.execute(query, part).fetchall()
            for record_id, packed in rows:
                with contextlib.suppress(zlib.error):  # its bytes were damaged
                    yield record_id, orjson.loads(zlib.decompress(packed))

    def add(self, fetched: Sequence[Kept]) -> None:
        """Keep records, on the disk when this returns; those of another source are dropped.

        A record that is no JSON (it holds half a character, say) is not kept, and so fetched each time.
        """
        if not self._lasting:
            return
        if not self._path.exists():
            self.clear()
            self._path.parent.mkdir(parents=True)
        now = time.time()
        packed = ((each, _packed(each.record)) for each in fetched)
        rows = [(each.id, each.version, now, record) for each, record in packed if record]
        with database.writing(self._path, _SCHEMA) as connection:
            connection.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)", rows)

    def forget(self, ids: Collection[str]) -> None:
        """Drop records that the source has no more."""
        if self._lasting and ids:
            with database.writing(self._path, _SCHEMA) as connection:
                connection.executemany("DELETE FROM records WHERE id = ?", [(each,) for each in ids])

    def pass_when_published(self) -> None:
        """Keep records only until the build is published: they let one that broke off go on."""
        self._passing = True

    def published(self) -> None:
        """Drop what was kept for this build alone."""
        if self._passing:
            self.clear()

    def clear(self) -> None:
        """Drop everything: the next reading is a whole one."""
        if self._lasting:
            shutil.rmtree(self._path.parent, ignore_errors=True)


def _packed(record: Record) -> bytes:
    """Return what is kept of a record; nothing when it is no JSON."""
    with contextlib.suppress(orjson.JSONEncodeError):
        return zlib.compress(orjson.dumps(record), 1)
    return b""
