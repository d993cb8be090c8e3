"""Dates of PostgreSQL that Python has none for, ``infinity`` or 44 BC: they come as they are written.

psycopg itself ends the reading at the first of them; as text they cost a record its date.
"""

from psycopg import Connection, DataError
from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import Loader
from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader

_USUAL: dict[str, type[Loader]] = {
    "date": DateLoader,
    "timestamp": TimestampLoader,
    "timestamptz": TimestamptzLoader,
}


def let_through(connection: "Connection[object]") -> None:
    """Let such dates through on this connection."""
    for name, usual in _USUAL.items():
        connection.adapters.register_loader(name, _or_as_written(usual))


def _or_as_written(usual: type[Loader]) -> type[Loader]:
    class OrAsWritten(Loader):
        def __init__(self, oid: int, context: AdaptContext | None = None) -> None:
            super().__init__(oid, context)
            self._usual = usual(oid, context)

        def load(self, data: Buffer) -> object:
            try:
                return self._usual.load(data)
            except DataError:
                return bytes(data).decode()

    return OrAsWritten
