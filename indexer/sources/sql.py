"""Any SQL database: ``sql+<SQLAlchemy URL>#<SELECT …>``, read as a stream and never written to."""

from collections.abc import Iterator

from sqlalchemy import create_engine, text
from sqlalchemy.engine import Connection, Engine, Row, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from indexer.sources import Records, SourceError
from models.article import Record

FIELDS = {
    "id", "title", "text", "html", "url", "language", "category", "tags", "author", "image_url", "published_at",
    "updated_at",
}  # fmt: skip
"""The names that the columns of the query have, all or some; ``tags`` is one string, separated by ``|``."""
_BATCH = 500


def read(address: str) -> Records:
    """Yield a record for each row of the query. Raises SourceError, which never holds the password."""
    url, _, query = address.partition("#")
    if not query.lstrip().lower().startswith(("select", "with")):
        message = f"{shown(url)}: after '#' stands the query, a SELECT"
        raise SourceError(message)
    for row in rows(url, query):
        yield record_of(row)


def rows(url: str, query: str) -> Iterator[Row[tuple[object, ...]]]:
    """Yield the rows of a query, in a read-only transaction where the database has such a thing."""
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            _make_read_only(connection)
            result = connection.execution_options(stream_results=True, yield_per=_BATCH).execute(text(query))
            _check_columns(url, list(result.keys()))
            yield from result
    except SQLAlchemyError as error:
        message = f"{shown(url)}: {_reason(error)}"
        raise SourceError(message) from error
    finally:
        engine.dispose()


def record_of(row: Row[tuple[object, ...]]) -> Record:
    """Return the record of one row."""
    record: Record = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy documents it as public
    if isinstance(record.get("tags"), str):
        record["tags"] = [tag for tag in record["tags"].split("|") if tag]
    return record


def shown(url: str) -> str:
    """Return a database's address without its password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "the address of the database"


def _engine(url: str) -> Engine:
    try:
        return create_engine(url)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        message = f"{shown(url)}: {_reason(error)}"
        raise SourceError(message) from error


def _make_read_only(connection: Connection) -> None:
    if connection.dialect.name in {"mysql", "mariadb", "postgresql"}:
        connection.execute(text("SET TRANSACTION READ ONLY"))


def _check_columns(url: str, names: list[str]) -> None:
    unknown = sorted(set(names) - FIELDS)
    if unknown or "id" not in names:
        problem = f"no fields of a record: {', '.join(unknown)}" if unknown else "there is no column 'id'"
        message = f"{shown(url)}: {problem} (fields: {', '.join(sorted(FIELDS))})"
        raise SourceError(message)


def _reason(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0]
