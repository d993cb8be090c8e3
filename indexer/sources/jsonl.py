"""JSON Lines: one JSON object a line, UTF-8, gzipped or not."""

import gzip
from pathlib import Path

import orjson

from indexer.sources import Records, Unreadable


def read(path: Path) -> Records:
    """Yield a record for each line of the file; empty lines are skipped."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            text = line.removeprefix(b"\xef\xbb\xbf").strip()
            if text:
                yield _record(text, f"line {number}")


def _record(text: bytes, place: str) -> dict[str, object] | Unreadable:
    try:
        record = orjson.loads(text)
    except orjson.JSONDecodeError:
        return Unreadable(place, "not valid JSON in UTF-8")
    return record if isinstance(record, dict) else Unreadable(place, "not a JSON object")
