"""The lines of a file, plain, gzipped or zstandard; one that is cut short gives what can be had, then says so."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import zstandard

_CHUNK = 1 << 20


class TruncatedError(Exception):
    """A compressed file ends too early, or is damaged from here on."""


def lines(address: str) -> Iterator[bytes]:
    """Yield the lines of the file at `address`.

    Raises OSError when it cannot be opened, and TruncatedError where a compressed file breaks off.
    """
    ending = Path(address).suffix.lower()
    with Path(address).open("rb") as raw:
        try:
            if ending == ".gz":
                yield from gzip.GzipFile(fileobj=raw)
            elif ending == ".zst":
                yield from _split(_decompressed(raw))
            else:
                yield from raw
        except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as error:
            message = f"the compressed file breaks off here ({error})"
            raise TruncatedError(message) from error


def _decompressed(raw: BinaryIO) -> Iterator[bytes]:
    stream = zstandard.ZstdDecompressor().decompressobj(read_across_frames=False)
    while chunk := raw.read(_CHUNK):
        yield stream.decompress(chunk)
    if not stream.eof:
        message = "the frame has no end"
        raise EOFError(message)


def _split(chunks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line + b"\n" for line in whole)
    if rest:
        yield rest
