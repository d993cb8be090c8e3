"""What readers saw and clicked, as counts in ``events.sqlite``: by day, languages and position, nothing about readers.

The file stays small: a year of a site in four languages is at most some 300,000 rows of counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from models import database

FILE = "events.sqlite"
KEPT_DAYS = 400
"""A year and a month: what a season before was like can be seen."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS counts (
    day TEXT NOT NULL, seed_language TEXT NOT NULL, language TEXT NOT NULL, position INTEGER NOT NULL,
    impressions INTEGER NOT NULL, clicks INTEGER NOT NULL, PRIMARY KEY (day, seed_language, language, position)
) STRICT, WITHOUT ROWID;
"""
_ADD = """
INSERT INTO counts (day, seed_language, language, position, impressions, clicks) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET impressions = impressions + excluded.impressions, clicks = clicks + excluded.clicks
"""


class Place(NamedTuple):
    """Where an article was shown."""

    day: str
    """As ``2026-08-06``, in UTC."""
    seed_language: str
    language: str
    position: int
    """From 1."""


@dataclass(frozen=True)
class Count:
    """How often articles were seen and clicked at a place."""

    impressions: int = 0
    clicks: int = 0

    def __add__(self, other: "Count") -> "Count":
        """Return both together."""
        return Count(self.impressions + other.impressions, self.clicks + other.clicks)


def add(home: Path, counts: Mapping[Place, Count]) -> None:
    """Add `counts` to those of `home`, and drop what is older than `KEPT_DAYS`. Raises sqlite3.Error."""
    with database.writing(home / FILE, _SCHEMA, synchronous="NORMAL") as connection:
        connection.executemany(_ADD, [(*place, count.impressions, count.clicks) for place, count in counts.items()])
        connection.execute("DELETE FROM counts WHERE day < date('now', ?)", (f"-{KEPT_DAYS} days",))


def load(home: Path) -> dict[Place, Count]:
    """Return all counts of `home`, in the order of their places. Raises sqlite3.Error."""
    with database.reading(home / FILE, _SCHEMA) as connection:
        rows = connection.execute("SELECT * FROM counts").fetchall()
    return {Place(*place): Count(impressions, clicks) for *place, impressions, clicks in rows}
