"""The editors' hand: articles pinned to the list of another, and blocked from it, in ``live.sqlite``.

They belong to the site, not to a snapshot: they hold through every build until an editor changes them.
"""

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from models import database, live

_SCHEMA = """
CREATE TABLE IF NOT EXISTS overrides (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, pins TEXT NOT NULL, blocks TEXT NOT NULL
) STRICT;
"""
_PUT = "INSERT OR REPLACE INTO overrides (number, id, pins, blocks) VALUES (?, ?, ?, ?)"


class Overrides(BaseModel):
    """What an editor decided about the list of one article, by ids."""

    model_config = ConfigDict(frozen=True)

    pins: tuple[str, ...] = ()
    """Come first, in this order, whatever their scores."""
    blocks: tuple[str, ...] = ()
    """Never come."""


NONE = Overrides()


def put(home: Path, article_id: str, overrides: Overrides, *, after: int = 0) -> int:
    """Record the overrides of an article; return their number once they are on the disk. Raises LiveWriteError.

    It is greater than `after`, as in `models.live.LiveChanges.put`.
    """
    with live.writing(home / live.FILE, _SCHEMA) as connection:
        number = database.next_number(connection, after)
        values = (number, article_id, json.dumps(overrides.pins), json.dumps(overrides.blocks))
        connection.execute(_PUT, values)
    return number


def last_number(home: Path) -> int:
    """Return the number of the newest overrides, 0 when there are none."""
    with database.reading(home / live.FILE, _SCHEMA) as connection:
        return int(connection.execute("SELECT coalesce(max(number), 0) FROM overrides").fetchone()[0])


def load(home: Path) -> tuple[int, dict[str, Overrides]]:
    """Return the number of the newest overrides, and all, by the id of the article whose list they are about."""
    with database.reading(home / live.FILE, _SCHEMA) as connection:
        rows = connection.execute("SELECT number, id, pins, blocks FROM overrides").fetchall()
    found = {name: Overrides(pins=json.loads(pins), blocks=json.loads(blocks)) for _number, name, pins, blocks in rows}
    return max((row[0] for row in rows), default=0), found
