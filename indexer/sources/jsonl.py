"""JSON Lines: one JSON object a line, UTF-8, compressed or not."""

import orjson

from indexer.sources import Records, SourceError, Unreadable
from indexer.sources.text_file import LONGEST_LINE, TruncatedError, lines, open_bytes
from models.article import Record


def read(address: str) -> Records:
    """Yield a record for each line of the file; empty lines are skipped."""
    number = 0
    with open_bytes(address) as file:
        try:
            for number, line in enumerate(lines(file), start=1):
                if line.strip():
                    yield record_of(line, f"line {number}")
        except TruncatedError as error:
            yield Unreadable(f"after line {number}", str(error))
        except SourceError as error:
            message = f"{address}: {error}"
            raise SourceError(message) from error


def record_of(line: bytes, place: str) -> Record | Unreadable:
    """Return the record of one line."""
    if len(line) >= LONGEST_LINE:
        return Unreadable(place, f"longer than {LONGEST_LINE} bytes")
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        return Unreadable(place, "not valid JSON in UTF-8")
    return record if isinstance(record, dict) else Unreadable(place, "not a JSON object")
