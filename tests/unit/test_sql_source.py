"""Queries to a database in a file; one over the network is in tests/integration/test_wordpress_site.py."""

import sqlite3
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from indexer.parse import parse
from indexer.sources import SourceError, read
from indexer.sources.sql import READ_ONLY, connected, record_of, shown


@pytest.fixture(name="stories")
def database(tmp_path: Path) -> Path:
    path = tmp_path / "stories.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE stories (number INTEGER, headline TEXT, topics TEXT)")
        rows = [(number, f"story {number}", "eau | 50 % |") for number in range(1, 1_201)]
        connection.executemany("INSERT INTO stories VALUES (?, ?, ?)", rows)
    connection.close()
    return path


def asking(path: Path, query: str) -> str:
    return f"sql+sqlite:///{path}#{query}"


def refusal(address: str) -> str:
    with pytest.raises(SourceError) as refused:
        list(read(address))
    message = str(refused.value)
    assert "\n" not in message
    return message


def test_every_row_is_read(stories: Path) -> None:
    records = list(read(asking(stories, "SELECT number AS id, headline AS title, topics AS tags FROM stories")))
    assert len(records) == 1_200
    assert records[-1] == {"id": 1_200, "title": "story 1200", "tags": ["eau", "50 %"]}


def test_reading_may_stop_midway(stories: Path) -> None:
    records = read(asking(stories, "SELECT number AS id FROM stories"))
    assert next(records) == {"id": 1}
    records.close()  # type: ignore[attr-defined] # it is a generator


@pytest.mark.parametrize(
    "query",
    [
        "SELECT number AS id FROM stories WHERE headline LIKE '%2' AND headline NOT LIKE ':x%' AND number < 3;",
        "select number AS id from stories where headline <> '#1' and number = 2",
        "WITH some AS (SELECT 2 AS id) SELECT id FROM some\n",
        "-- the second\nSELECT 2 AS id",
        "/* the\nsecond */ SELECT 2 AS id ; ",
    ],
)
def test_the_query_stands_in_the_address_or_in_a_file(stories: Path, tmp_path: Path, query: str) -> None:
    assert list(read(asking(stories, query))) == [{"id": 2}]
    (tmp_path / "query.sql").write_text(query)
    assert list(read(asking(stories, f"{tmp_path}/query.sql"))) == [{"id": 2}]


def test_a_file_without_a_query(stories: Path, tmp_path: Path) -> None:
    (tmp_path / "query.sql").write_text("DELETE FROM stories")
    assert refusal(asking(stories, f"{tmp_path}/query.sql")).endswith("query.sql: holds no SELECT")
    (tmp_path / "query.sql").write_bytes(b"SELECT '\xe9'")
    assert refusal(asking(stories, f"{tmp_path}/query.sql")).endswith("query.sql: not UTF-8")
    assert refusal(asking(stories, f"{tmp_path}/none.sql")).endswith("none.sql: No such file or directory")


def test_columns_are_named_as_fields(stories: Path) -> None:
    query = f"sql+sqlite:///{stories}#SELECT number AS id"
    assert "no fields of a record: headline, topics (fields: author," in refusal(
        f"{query}, headline, topics FROM stories"
    )
    assert "more than one column has the name: id" in refusal(f"{query}, number AS id FROM stories")


@pytest.mark.parametrize("query", ["DELETE FROM stories", "UPDATE stories SET number = 1", "DROP TABLE stories"])
def test_nothing_can_be_written(stories: Path, query: str) -> None:
    before = stories.read_bytes()
    with pytest.raises(SourceError, match="readonly database"), connected(f"sqlite:///{stories}") as connection:
        connection.execute(text(query))
    assert stories.read_bytes() == before
    assert {"mysql", "mariadb", "postgresql"} < READ_ONLY.keys()


def test_no_database_is_made_where_none_is(tmp_path: Path) -> None:
    address = f"sql+sqlite:///{tmp_path}/none.sqlite#SELECT 1 AS id"
    assert refusal(address) == f"sqlite:///{tmp_path}/none.sqlite: there is no such file"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("mysql+pymysql://user:se@cret@127.0.0.1:9/cms#SELECT 1 AS id", "an '@' in the password is written %40"),
        ("mysql+pymysql://user:se#cret@127.0.0.1:9/cms#SELECT 1 AS id", "Can't connect to MySQL server"),
        ("mysql+pymysql://user:secret@127.0.0.1:nine/cms#SELECT 1 AS id", "not an SQLAlchemy URL"),
        ("mysql+pymysql://user:se#cret@127.0.0.1:9/cms", "after '#' stands the query"),
        ("mysql+pymysql://127.0.0.1:9/cms?user=u&password=secret#SELECT 1 AS id", "Can't connect to MySQL server"),
        ("oracle+nothing://user:secret@host/cms#SELECT 1 AS id", "Can't load plugin"),
        ("mssql+pymssql://user:secret@host/cms#SELECT 1 AS id", "its driver is not installed (pymssql)"),
        ("no address#SELECT 1 AS id", "not an SQLAlchemy URL, such as"),
    ],
)
def test_no_message_holds_any_of_the_password(address: str, reason: str) -> None:
    message = refusal(f"sql+{address}")
    assert reason in message
    assert not any(part in message for part in ("secret", "cret@", "user:se"))


def test_an_address_is_shown_without_its_password() -> None:
    assert shown("mysql+pymysql://user:secret@host/cms?ssl_key=k") == "mysql+pymysql://user:***@host/cms"
    assert shown("mysql+pymysql://user:sec@ret@host/cms") == "the address of the database"


@pytest.mark.parametrize(
    ("row", "record"),
    [
        ({"id": Decimal(7)}, {"id": 7}),
        ({"id": UUID(int=7)}, {"id": "00000000-0000-0000-0000-000000000007"}),
        ({"id": 7, "text": "نص".encode()}, {"id": 7, "text": "نص"}),
        ({"id": 7, "text": memoryview(b"text")}, {"id": 7, "text": "text"}),
        ({"id": 7, "tags": ["a", "b"]}, {"id": 7, "tags": ["a", "b"]}),
        ({"id": 7, "tags": None}, {"id": 7, "tags": None}),
        ({"id": 7, "tags": ""}, {"id": 7, "tags": []}),
    ],
)
def test_what_drivers_give_for_a_column(row: Mapping[str, object], record: Mapping[str, object]) -> None:
    assert record_of(row) == record


def test_bytes_that_are_no_text_are_rejected(stories: Path) -> None:
    query = "SELECT number AS id, headline AS title, x'ff' AS text FROM stories WHERE number < 3"
    articles, rejections = parse(read(asking(stories, query)))
    assert articles == []
    assert rejections.rejected == {"text: not UTF-8": 2}


def test_text_that_is_not_utf8_costs_its_field_or_its_record_and_never_the_rest(stories: Path) -> None:
    with sqlite3.connect(stories) as connection:
        connection.execute("UPDATE stories SET headline = CAST(x'6361e9' AS TEXT) WHERE number = 7")
        connection.execute("UPDATE stories SET topics = CAST(x'6361e9' AS TEXT) WHERE number = 8")
    connection.close()
    query = "SELECT number AS id, headline AS title, topics AS tags, topics AS category FROM stories"
    articles, rejections = parse(read(asking(stories, query)))
    assert len(articles) == 1_199
    assert rejections.rejected == {"title: not UTF-8": 1}
    assert rejections.examples["title: not UTF-8"] == ["7"]
    assert len(rejections.repaired) == 2
    assert {place for reason in rejections.repaired for place in rejections.examples[reason]} == {"8"}
