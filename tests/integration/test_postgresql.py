"""Queries to a real PostgreSQL, started in a temporary folder."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from indexer.parse import parse
from indexer.sources import SourceError, read
from indexer.sources.sql import connected
from models.article import Article
from tests.integration.servers import free_port, stop, wait_until

PASSWORD = "throw%away"  # noqa: S105 - of a database that lives for one test
STORIES = """
CREATE TABLE stories (number bigint, key uuid, headline text, body text, topics text[], labels jsonb,
                      published timestamptz, changed timestamp, day date, amount numeric);
INSERT INTO stories VALUES
    (1, '00000000-0000-0000-0000-000000000007', 'ماء', '<p>نص</p>', '{eau,"50 %"}', '["a", "b"]',
     '2026-08-05 10:00+01', '2026-08-06 10:00', '2026-08-07', 17),
    (2, NULL, 'Sans rien', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
"""


@dataclass(frozen=True)
class Database:
    port: int

    def url(self, database: str = "postgres", password: str = PASSWORD) -> str:
        return f"postgresql+psycopg://site:{password.replace('%', '%25')}@127.0.0.1:{self.port}/{database}"

    def asking(self, query: str, database: str = "postgres") -> str:
        return f"sql+{self.url(database)}#{query}"

    def run(self, statements: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Carry out statements, and return the rows of the last one when it has some."""
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="site", password=PASSWORD, dbname=database, autocommit=True
        ) as connection:
            cursor = connection.execute(statements.encode())
            return cursor.fetchall() if cursor.description else []

    def refusal(self, address: str) -> str:
        with pytest.raises(SourceError) as refused:
            list(read(address))
        return str(refused.value)


def program(name: str) -> str:
    """Return where a program of PostgreSQL is: Debian keeps them away from the path."""
    found = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))]
    where = shutil.which(name) or (found[-1] if found else None)
    if where is None:
        pytest.skip(f"missing program: {name}")
    return where


@pytest.fixture(scope="module", name="database")
def running_database() -> Iterator[Database]:
    initdb, postgres = program("initdb"), program("postgres")
    user = "nobody" if os.geteuid() == 0 else None  # it refuses to run as root
    with tempfile.TemporaryDirectory(prefix="silah-postgresql-") as temporary:
        folder, port = Path(temporary), free_port()
        (folder / "password").write_text(PASSWORD)
        if user is not None:
            shutil.chown(folder, user)
            shutil.chown(folder / "password", user)
        data = str(folder / "data")
        options = ["-U", "site", "-A", "scram-sha-256", f"--pwfile={folder}/password", "-E", "UTF8", "--locale=C"]
        subprocess.run([initdb, "-D", data, *options], check=True, capture_output=True, user=user, cwd=folder)
        settings = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"]
        process = subprocess.Popen(
            [postgres, "-D", data, "-p", str(port), *settings], stderr=subprocess.DEVNULL, user=user, cwd=folder
        )
        database = Database(port)
        try:
            wait_until(lambda: answers(database), process)
            database.run(STORIES)
            yield database
        finally:
            stop(process, signal.SIGINT)  # ends the connections that are left


def answers(database: Database) -> bool:
    try:
        return bool(database.run("SELECT 1"))
    except psycopg.OperationalError:
        return False


def test_the_types_of_columns(database: Database) -> None:
    query = (
        "SELECT amount AS id, headline AS title, body AS html, topics AS tags, published AS published_at, "
        "changed AS updated_at, 'https://example.org/' || number AS url FROM stories WHERE headline NOT LIKE '%Sans%'"
    )
    (article,), rejections = parse(read(database.asking(query)))
    assert (rejections.rejected, rejections.repaired) == ({}, {})
    assert article == Article(
        id="17",
        title="ماء",
        text="نص",
        language="ar",
        tags=("eau", "50 %"),
        published_at=datetime(2026, 8, 5, 9, tzinfo=UTC),
        updated_at=datetime(2026, 8, 6, 10, tzinfo=UTC),
        url="https://example.org/1",
    )
    query = (
        "SELECT key AS id, headline AS title, labels AS tags, day AS published_at FROM stories WHERE key IS NOT NULL"
    )
    (article,), rejections = parse(read(database.asking(query)))
    assert (rejections.rejected, rejections.repaired) == ({}, {})
    assert article.id == "00000000-0000-0000-0000-000000000007"
    assert article.tags == ("a", "b")
    assert article.published_at == datetime(2026, 8, 7, tzinfo=UTC)


def test_columns_that_are_empty_or_of_another_type_cost_only_themselves(database: Database) -> None:
    query = "SELECT number AS id, headline AS title, labels AS author, topics AS tags, key AS category FROM stories"
    articles, rejections = parse(read(database.asking(query)))
    assert [article.id for article in articles] == ["1", "2"]
    assert rejections.rejected == {}
    assert [reason.partition(":")[0] for reason in rejections.repaired] == ["author"]


@pytest.mark.parametrize("moment", ["infinity", "-infinity", "0044-03-15 BC", "20000-01-01"])
@pytest.mark.parametrize("kind", ["timestamptz", "timestamp", "date"])
def test_a_date_beyond_the_calendar_costs_only_itself(database: Database, kind: str, moment: str) -> None:
    choice = f"CASE number WHEN 1 THEN '{moment}'::{kind} ELSE '2026-08-05'::{kind} END"
    query = f"SELECT number AS id, headline AS title, {choice} AS published_at FROM stories"  # noqa: S608 - named above
    articles, rejections = parse(read(database.asking(query)))
    assert [article.published_at for article in articles] == [None, datetime(2026, 8, 5, tzinfo=UTC)]
    assert rejections.rejected == {}
    assert sum(rejections.repaired.values()) == 1


def test_rows_come_as_a_stream(database: Database) -> None:
    records = read(database.asking("SELECT generate_series(1, 100000000) AS id"))
    assert [next(records) for _ in range(1_000)][-1] == {"id": 1_000}
    (asked,) = database.run("SELECT query FROM pg_stat_activity WHERE query LIKE 'FETCH%'")
    assert str(asked[0]).startswith("FETCH FORWARD 500 ")
    records.close()  # type: ignore[attr-defined] # it is a generator


def test_nothing_can_be_written(database: Database) -> None:
    with pytest.raises(SourceError, match="read-only transaction"), connected(database.url()) as connection:
        connection.execute(text("DELETE FROM stories"))
    hidden = "WITH gone AS (DELETE FROM stories RETURNING number) SELECT number AS id FROM gone"
    assert "\n" not in database.refusal(database.asking(hidden))
    assert database.run("SELECT count(*) FROM stories") == [(2,)]


def test_what_goes_wrong_is_one_line_without_the_password(database: Database) -> None:
    wrong = {
        f"sql+{database.url(password=PASSWORD[::-1])}#SELECT 1 AS id": 'password authentication failed for user "site"',
        database.asking("SELECT 1 AS id", "nowhere"): 'database "nowhere" does not exist',
        database.asking("SELECT number AS id FROM nothing"): 'relation "nothing" does not exist',
        database.asking("SELECT missing AS id FROM stories"): 'column "missing" does not exist',
        database.asking("SELECT number FROM stories"): "no fields of a record: number",
        database.asking("SELECT headline AS title FROM stories"): "there is no column 'id'",
        database.asking("SELECT number / 0 AS id FROM stories"): "division by zero",
    }
    for address, reason in wrong.items():
        message = database.refusal(address)
        assert reason in message
        assert not any(part in message for part in ("\n", PASSWORD, PASSWORD[::-1], "%25"))


def test_text_without_an_encoding(database: Database) -> None:
    database.run("CREATE DATABASE old ENCODING 'SQL_ASCII' TEMPLATE template0")
    database.run(r"CREATE TABLE stories AS SELECT 1 AS id, E'caf\xc3\xa9' AS title UNION SELECT 2, E'caf\xe9'", "old")
    (record,) = read(database.asking("SELECT id, title FROM stories WHERE id = 1 AND title <> 'à'", "old"))
    assert record == {"id": 1, "title": "café"}
    message = database.refusal(database.asking("SELECT id, title FROM stories", "old"))
    assert message.endswith('invalid byte sequence for encoding "UTF8": 0xe9')
