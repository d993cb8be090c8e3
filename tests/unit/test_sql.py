"""Any SQL database, by way of SQLite: the query's columns are the fields, and every error is one line."""

import sqlite3
from pathlib import Path

import pytest

from indexer import sources
from indexer.sources import SourceError

PASSWORD = "hidden-word"  # noqa: S105 - what no message may hold
ALL = "SELECT number AS id, name AS title, body AS text FROM posts ORDER BY number"


@pytest.fixture(name="database")
def database_of_posts(tmp_path: Path) -> Path:
    path = tmp_path / "cms.sqlite"
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("CREATE TABLE posts (number INTEGER, name TEXT, body TEXT)")
        rows = [(1, "عنوان", "نص 🎉"), (2, "100 % d'eau : 10:30", None), (3, "three", "x")]
        connection.executemany("INSERT INTO posts VALUES (?, ?, ?)", rows)
    connection.close()
    return path


def reason(address: str) -> str:
    """Return the one line that says why `address` cannot be read."""
    with pytest.raises(SourceError) as refused:
        list(sources.read(address))
    message = str(refused.value)
    assert "\n" not in message
    assert PASSWORD not in message
    return message


def test_the_columns_are_the_fields(database: Path) -> None:
    first, second, third = sources.read(f"sql+sqlite:///{database}#{ALL}")
    assert first == {"id": 1, "title": "عنوان", "text": "نص 🎉"}
    assert second == {"id": 2, "title": "100 % d'eau : 10:30", "text": None}
    assert third == {"id": 3, "title": "three", "text": "x"}


def test_tags_are_parted(database: Path) -> None:
    (record,) = sources.read(f"sql+sqlite:///{database}#SELECT 1 AS id, 'ماء|sea||rain' AS tags")
    assert record == {"id": 1, "tags": ["ماء", "sea", "rain"]}


def test_a_query_may_begin_with_with(database: Path) -> None:
    query = "WITH few AS (SELECT number FROM posts WHERE number < 3) SELECT number AS id FROM few ORDER BY number"
    assert list(sources.read(f"sql+sqlite:///{database}#{query}")) == [{"id": 1}, {"id": 2}]


def test_more_rows_than_one_batch(database: Path) -> None:
    query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1201) SELECT i AS id FROM n"
    found = list(sources.read(f"sql+sqlite:///{database}#{query}"))
    assert found == [{"id": number} for number in range(1, 1202)]


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("SELECT number AS id, name AS heading FROM posts", "no fields of a record: heading"),
        ("SELECT name AS title FROM posts", "there is no column 'id'"),
        ("SELECT number AS id FROM missing", "no such table: missing"),
        ("SELECT nowhere AS id FROM posts", "no such column: nowhere"),
        ("SELEKT number", "after '#' stands the query, a SELECT"),
        ("DELETE FROM posts", "after '#' stands the query, a SELECT"),
        ("", "after '#' stands the query, a SELECT"),
    ],
)
def test_a_wrong_query_is_one_line(database: Path, query: str, why: str) -> None:
    assert why in reason(f"sql+sqlite:///{database}#{query}")


def test_a_server_that_is_not_there() -> None:
    message = reason(f"sql+mysql+pymysql://editor:{PASSWORD}@127.0.0.1:9/cms#{ALL}")
    assert "127.0.0.1" in message


def test_a_kind_of_database_that_is_not_known() -> None:
    assert "nonsense" in reason(f"sql+nonsense://editor:{PASSWORD}@127.0.0.1/cms#{ALL}")


def test_no_address_at_all() -> None:
    assert reason(f"sql+{PASSWORD}#{ALL}")
