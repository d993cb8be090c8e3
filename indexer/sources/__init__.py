"""Where articles are read from: one small module for each kind of source.

A source is a function from an address to records (`models.article.Record`), in any order. A record that cannot be
read at all is yielded as an `Unreadable`, so that it is counted and the rest goes on. ``docs/sources.md`` shows every
form of address, and how to write a source of one's own.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module

from indexer.sources.kept import KeptRecords
from models.article import Record


class SourceError(Exception):
    """A source cannot be read at all; the message is one line that says why."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A piece of a source that is no record: where it stands and why it cannot be read."""

    place: str
    reason: str


Records = Iterator[Record | Unreadable]
Reader = Callable[[str], Records]
KeepingReader = Callable[[str, KeptRecords], Records]

BY_PREFIX = {
    "wordpress+": "wordpress",
    "wxr:": "wxr",
    "feed+": "feed",
    "feed:": "feed",
    "sitemap+": "sitemap",
    "html:": "pages",
    "sql+": "sql",
    "wpdb+": "wordpress_db",
    "python:": "custom",
}
"""The module that reads an address which begins so; it is given what follows."""
BY_ENDING = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv_file",
    ".parquet": "parquet",
}
"""The module that reads a file whose name ends so."""
KEEPING = {"wordpress", "sitemap"}
"""The modules that need not fetch everything anew: with `KeptRecords`, their function ``read_kept`` gives the same."""
COMPRESSED = (".gz", ".zst")
"""What may follow the endings of files of lines."""


def shown(address: str) -> str:
    """Return `address` without the password it may hold: what is stored and printed."""
    shown_address = re.sub(r"(://[^/\s:@]*):[^\s]*@", r"\1:***@", address)
    before, mark, query = shown_address.partition("#")
    return re.sub(r"(?i)((?:password|passwd|token|secret|key)=)[^&#\s]*", r"\1***", before) + mark + query


def read(address: str, kept: KeptRecords | None = None) -> Records:
    """Yield the records of the source at `address`; a source that can takes those from `kept` that did not change.

    Raises SourceError when it cannot be opened or is of no known kind.
    """
    for prefix, module in BY_PREFIX.items():
        if address.startswith(prefix):
            return _read(module, address.removeprefix(prefix), kept)
    for ending, module in BY_ENDING.items():
        if _uncompressed(address.lower()).endswith(ending):
            return _read(module, address, kept)
    known = ", ".join([*sorted(BY_ENDING), *BY_PREFIX])
    message = f"{shown(address)}: not a kind of source that is known (known: {known})"
    raise SourceError(message)


def _uncompressed(name: str) -> str:
    return next((name.removesuffix(ending) for ending in COMPRESSED if name.endswith(ending)), name)


def _read(name: str, address: str, kept: KeptRecords | None) -> Records:
    try:
        # Imported when they are read from: a site that reads a file needs no database driver.
        module = import_module(f"indexer.sources.{name}")
        if kept is not None and name in KEEPING:
            keeping: KeepingReader = module.read_kept
            yield from keeping(address, kept)
        else:
            reader: Reader = module.read
            yield from reader(address)
    except SourceError as error:
        # A message of the web's sources names the address that was asked for, with all its parameters.
        raise type(error)(shown(str(error))) from error
    except ModuleNotFoundError as error:
        message = f"{shown(address)}: needs the Python package {error.name}: pip install 'silah[index]'"
        raise SourceError(message) from error
    except OSError as error:
        message = f"{shown(address)}: {error.strerror or error}"
        raise SourceError(message) from error
