"""Where articles are read from: one small module for each kind of source.

A source is a function from an address to records (`models.article.Record`), in any order. A record that cannot be
read at all is yielded as an `Unreadable`, so that it is counted and the rest goes on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from models.article import Record


class SourceError(Exception):
    """A source cannot be read at all; the message is one line that says why."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A piece of a source that is no record: where it stands and why it cannot be read."""

    place: str
    reason: str


Records = Iterator[Record | Unreadable]
Reader = Callable[[Path], Records]


def read(address: str) -> Records:
    """Yield the records of the source at `address`.

    Raises SourceError when it cannot be opened or is of no known kind.
    """
    from indexer.sources import csv_file, jsonl  # noqa: PLC0415 - they import this module

    readers: dict[str, Reader] = {".jsonl": jsonl.read, ".ndjson": jsonl.read, ".csv": csv_file.read}
    path = Path(address)
    reader = readers.get(path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix.lower())
    if reader is None:
        message = f"{address}: not a kind of source that is known (known: {', '.join(sorted(readers))})"
        raise SourceError(message)
    try:
        yield from reader(path)
    except OSError as error:
        message = f"{address}: {error.strerror or error}"
        raise SourceError(message) from error
