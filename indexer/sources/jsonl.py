"""JSON Lines: one JSON object a line, UTF-8, compressed or not."""

import orjson

from indexer.sources import Records, Unreadable
from indexer.sources.text_file import TruncatedError, lines


def read(address: str) -> Records:
    """Yield a record for each line of the file; empty lines are skipped."""
    number = 0
    try:
        for number, line in enumerate(lines(address), start=1):
            text = line.removeprefix(b"\xef\xbb\xbf").strip()
            if text:
                yield _record(text, f"line {number}")
    except TruncatedError as error:
        yield Unreadable(f"after line {number}", str(error))


def _record(text: bytes, place: str) -> dict[str, object] | Unreadable:
    try:
        record = orjson.loads(text)
    except orjson.JSONDecodeError:
        return Unreadable(place, "not valid JSON in UTF-8")
    return record if isinstance(record, dict) else Unreadable(place, "not a JSON object")
