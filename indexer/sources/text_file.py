"""Open a file of lines, gzipped or not; a gzip file that is cut short gives what can be had, then says so."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast


class TruncatedError(Exception):
    """A compressed file ends too early, or is damaged from here on."""


@contextmanager
def open_bytes(address: str) -> Iterator[IO[bytes]]:
    """Yield the file at `address`, uncompressed. Raises OSError when it cannot be opened."""
    path = Path(address)
    with path.open("rb") as raw:
        yield cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if path.suffix.lower() == ".gz" else raw


def lines(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of a file. Raises TruncatedError where a compressed file breaks off."""
    try:
        yield from file
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        message = f"the compressed file breaks off here ({error})"
        raise TruncatedError(message) from error
