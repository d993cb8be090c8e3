"""Open a file, plain or compressed; one that is cut short gives what can be had, then says so."""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from indexer.sources import SourceError

LONGEST_LINE = 32_000_000
"""Bytes: thirty times the longest article there may be, in Arabic escaped as JSON. What is longer is cut."""
_NOT_UTF8 = {codecs.BOM_UTF32_LE: "UTF-32", codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}
BROKEN = (EOFError, zlib.error, OSError)
"""What a compressed file raises that is cut short or damaged."""


class TruncatedError(Exception):
    """A compressed file ends too early, or is damaged from here on."""


@contextmanager
def open_bytes(address: str) -> Iterator[IO[bytes]]:
    """Yield the file at `address`, uncompressed. Raises OSError when it cannot be opened."""
    with Path(address).open("rb") as raw:
        yield _uncompressed(raw, Path(address).suffix.lower())


def lines(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of a UTF-8 file, without a byte order mark; none is longer than `LONGEST_LINE`.

    Raises TruncatedError where a compressed file breaks off, SourceError when the file is UTF-16.
    """
    first = True
    while line := _line(file):
        if first:
            _refuse_utf16(line)
            line = line.removeprefix(codecs.BOM_UTF8)
        first = False
        yield line


def _uncompressed(raw: IO[bytes], ending: str) -> IO[bytes]:
    if ending == ".gz":
        return cast("IO[bytes]", gzip.GzipFile(fileobj=raw))
    if ending == ".zst":
        import pyarrow as pa  # noqa: PLC0415 - heavy, and few files are compressed so

        return cast("IO[bytes]", io.BufferedReader(pa.CompressedInputStream(raw, "zstd")))
    return raw


def _line(file: IO[bytes]) -> bytes:
    try:
        line = file.readline(LONGEST_LINE)
        rest = line
        while len(rest) == LONGEST_LINE and not rest.endswith(b"\n"):
            rest = file.readline(LONGEST_LINE)
    except BROKEN as error:
        message = f"the compressed file breaks off here ({error})"
        raise TruncatedError(message) from error
    return line


def _refuse_utf16(line: bytes) -> None:
    for mark, name in _NOT_UTF8.items():
        if line.startswith(mark):
            message = f"the file is in {name}, not in UTF-8: save it again as UTF-8"
            raise SourceError(message)
