"""The cards of a snapshot, in one SQLite file: row <-> id, and what a list shows of an article."""

import json
import sqlite3
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path

from models.article import Article, Card

FILE = "articles.sqlite"

_COLUMNS = (
    "id", "url", "title", "language", "category", "tags", "author", "image_url", "published_at", "updated_at",
)  # fmt: skip
_SCHEMA = """
CREATE TABLE articles (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, url TEXT, title TEXT NOT NULL, language TEXT NOT NULL,
    category TEXT, tags TEXT NOT NULL, author TEXT, image_url TEXT, published_at TEXT, updated_at TEXT,
    content_hash TEXT NOT NULL
) STRICT;
"""
_MAX_VARIABLES = 500
"""Below SQLite's oldest limit of 999 variables in one statement."""


class Cards:
    """A reader; threads may share it (SQLite serialises them)."""

    def __init__(self, folder: Path) -> None:
        # immutable: a published file never changes, so SQLite need neither lock it nor look for a journal.
        uri = f"{(folder / FILE).absolute().as_uri()}?mode=ro&immutable=1"
        self._database = sqlite3.connect(uri, uri=True, check_same_thread=False)
        weakref.finalize(self, self._database.close)

    def __len__(self) -> int:
        """Return how many articles there are."""
        (count,) = self._database.execute("SELECT count(*) FROM articles").fetchone()
        return int(count)

    def row_of(self, article_id: str) -> int | None:
        """Return the row of an article, or None when the snapshot does not hold it."""
        found = self._database.execute("SELECT row FROM articles WHERE id = ?", (article_id,)).fetchone()
        return None if found is None else int(found[0])

    def at(self, rows: Sequence[int]) -> list[Card]:
        """Return the cards at `rows`, in that order. Raises KeyError for a row that does not exist."""
        cards: dict[int, Card] = {}
        for start in range(0, len(rows), _MAX_VARIABLES):
            some = rows[start : start + _MAX_VARIABLES]
            marks = ",".join("?" * len(some))
            query = f"SELECT row, {', '.join(_COLUMNS)} FROM articles WHERE row IN ({marks})"  # noqa: S608 - only marks
            cards |= {row: _card(values) for row, *values in self._database.execute(query, some)}
        return [cards[row] for row in rows]

    def all(self) -> Iterator[Card]:
        """Yield every card, in row order."""
        query = f"SELECT {', '.join(_COLUMNS)} FROM articles ORDER BY row"  # noqa: S608 - fixed names
        yield from map(_card, self._database.execute(query))

    def content_hashes(self) -> dict[str, tuple[int, str]]:
        """Return the row and the content hash of every article by its id."""
        found = self._database.execute("SELECT id, row, content_hash FROM articles")
        return {article_id: (row, content_hash) for article_id, row, content_hash in found}


def write(folder: Path, articles: Sequence[Article]) -> None:
    """Write the cards of `articles` to a new file in `folder`, row i for ``articles[i]``."""
    database = sqlite3.connect(folder / FILE)
    try:
        database.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_SCHEMA}")
        marks = ",".join("?" * (len(_COLUMNS) + 2))
        statement = f"INSERT INTO articles (row, {', '.join(_COLUMNS)}, content_hash) VALUES ({marks})"  # noqa: S608
        database.executemany(statement, (_values(row, article) for row, article in enumerate(articles)))
        database.commit()
    finally:
        database.close()


def _values(row: int, article: Article) -> list[str | int | None]:
    fields = article.model_dump(mode="json", include=set(_COLUMNS))
    fields["tags"] = json.dumps(fields["tags"], ensure_ascii=False)
    return [row, *(fields[column] for column in _COLUMNS), article.content_hash]


def _card(values: Sequence[str | None]) -> Card:
    fields = dict(zip(_COLUMNS, values, strict=True))
    return Card.model_validate({**fields, "tags": json.loads(fields["tags"] or "[]")})
