"""Any SQL database: ``sql+<SQLAlchemy URL>#<SELECT …>``, read as a stream and never written to.

The query may stand in a file instead: ``sql+mysql+pymysql://user:password@host/cms#stories.sql``.
"""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from sqlalchemy import create_engine
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from indexer.sources import Records, SourceError
from models.article import Record

if TYPE_CHECKING:
    import psycopg

FIELDS = {
    "id", "title", "text", "html", "url", "language", "category", "tags", "author", "image_url", "published_at",
    "updated_at",
}  # fmt: skip
"""The names that the columns of the query have, all or some; ``tags`` is a list, or a string separated by ``|``."""
READ_ONLY = {
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "postgresql": "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    "sqlite": "PRAGMA query_only = ON",
}
"""What makes every later transaction of a connection refuse to write, by SQLAlchemy's name of the database."""
ARGUMENTS = {"postgresql+psycopg": {"client_encoding": "utf8"}}
"""How a driver connects: text of a database in SQL_ASCII, and its version, would else come as bytes."""
_BATCH = 500
_HIDDEN = "the address of the database"
_SELECT = r"(?:\s|--[^\n]*\n|/\*.*?\*/|\()*(?:select|with)\b"
_ADDRESS = re.compile(rf"(?P<url>.*?)#(?:(?P<query>{_SELECT}.*)|(?P<file>[^#]+\.sql))", re.DOTALL | re.IGNORECASE)


def read(address: str) -> Records:
    """Yield a record for each row of the query. Raises SourceError, which never holds the password."""
    url, query = _parts(address)
    with connected(url) as connection:
        options = {"stream_results": True, "yield_per": _BATCH, "no_parameters": True}
        with closing(connection.exec_driver_sql(query, execution_options=options)) as result:
            _check_columns(url, list(result.keys()))
            for row in result.mappings():
                yield record_of(row)


def record_of(row: Mapping[Any, object]) -> Record:
    """Return the record of one row."""
    record: Record = {name: _plain(value) for name, value in row.items()}
    if isinstance(record.get("tags"), str):
        record["tags"] = [tag.strip() for tag in record["tags"].split("|") if tag.strip()]
    return record


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Give a connection that can only read, where the database has such a thing.

    What goes wrong while it is used becomes a SourceError: one line, without the password.
    """
    try:
        engine = _engine(url)
        try:
            with engine.connect() as connection:
                _let_through(connection)
                if connection.dialect.name in READ_ONLY:
                    connection.exec_driver_sql(READ_ONLY[connection.dialect.name])
                    connection.commit()
                yield connection
        finally:
            engine.dispose()
    except (SQLAlchemyError, ImportError, OSError, UnicodeError) as error:
        message = f"{shown(url)}: {_reason(error)}"
        raise SourceError(message) from error


def shown(url: str) -> str:
    """Return a database's address without its password and its options, which may hold another."""
    try:
        return parsed(url).set(query={}).render_as_string(hide_password=True)
    except ArgumentError:
        return _HIDDEN


def parsed(url: str) -> URL:
    """Return the parts of an address. Raises ArgumentError, with nothing of the address in its message."""
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError) as error:
        message = "not an SQLAlchemy URL, such as mysql+pymysql://user:password@host/database"
        raise ArgumentError(message) from error
    if parts.username and "@" in f"{parts.host}{parts.database}":
        message = "an '@' in the password is written %40"
        raise ArgumentError(message)
    return parts


def _parts(address: str) -> tuple[str, str]:
    """Return the database's address and the query."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        message = f"{shown(address.partition('#')[0])}: after '#' stands the query, a SELECT, or a file, *.sql"
        raise SourceError(message)
    query = found["query"] or _query_in(Path(found["file"]))
    return found["url"], query.rstrip().rstrip(";")


def _query_in(path: Path) -> str:
    try:
        query = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: {getattr(error, 'strerror', None) or 'not UTF-8'}"
        raise SourceError(message) from error
    if re.match(_SELECT, query, re.DOTALL | re.IGNORECASE) is None:
        message = f"{path}: holds no SELECT"
        raise SourceError(message)
    return query


def _engine(url: str) -> Engine:
    parts = parsed(url)
    in_a_file = parts.get_backend_name() == "sqlite" and parts.database not in {None, "", ":memory:"}
    if in_a_file and not Path(parts.database or "").exists():
        message = "there is no such file"  # SQLite would make an empty one
        raise ArgumentError(message)
    return create_engine(parts, connect_args=ARGUMENTS.get(parts.drivername, {}))


def _let_through(connection: Connection) -> None:
    """Let a value that Python cannot hold cost its field, where the driver would end the reading."""
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        driver.text_factory = _plain  # SQLite takes any bytes for text
    elif connection.dialect.driver == "psycopg":
        from indexer.sources import postgresql_dates  # noqa: PLC0415 - a driver that other databases do without

        postgresql_dates.let_through(cast("psycopg.Connection[object]", driver))


def _check_columns(url: str, names: list[str]) -> None:
    unknown = sorted(set(names) - FIELDS)
    twice = sorted({name for name in names if names.count(name) > 1})
    problem = ""
    if unknown:
        problem = f"no fields of a record: {', '.join(unknown)}"
    elif twice:
        problem = f"more than one column has the name: {', '.join(twice)}"
    elif "id" not in names:
        problem = "there is no column 'id'"
    if problem:
        message = f"{shown(url)}: {problem} (fields: {', '.join(sorted(FIELDS))})"
        raise SourceError(message)


def _plain(value: object) -> object:
    """Return what a driver gives for a column as a record has it; bytes that are no text stay, and are rejected."""
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return int(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        try:
            return bytes(value).decode()
        except UnicodeDecodeError:
            return bytes(value)
    return value


def _reason(error: Exception) -> str:
    """Return the driver's own words: SQLAlchemy's add the statement and a link."""
    if isinstance(error, ImportError):
        return f"its driver is not installed ({error.name})"
    said = getattr(error, "orig", None) or error
    words = said.args[-1] if said.args and isinstance(said.args[-1], str) else str(said)
    return (words.splitlines() or [type(said).__name__])[0]
