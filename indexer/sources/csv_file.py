"""CSV with a header line, UTF-8, compressed or not; ``tags`` are separated by ``|``."""

import csv
from collections.abc import Iterable, Iterator

from indexer.sources import Records, SourceError, Unreadable
from indexer.sources.text_file import TruncatedError, lines
from models.article import MAX_TEXT_CHARS, Record

_TAG_SEPARATOR = "|"


def read(address: str) -> Records:
    """Yield a record for each row of the file; an empty cell is a missing field."""
    csv.field_size_limit(4 * MAX_TEXT_CHARS)
    rows = csv.DictReader(_decoded(lines(address)))
    try:
        names = rows.fieldnames or ()
    except (TruncatedError, csv.Error) as error:
        message = f"{address}: {error}"
        raise SourceError(message) from error
    if "id" not in names:
        message = f"{address}: the header line has no column 'id'"
        raise SourceError(message)
    yield from _records(rows)


def _decoded(raw: Iterable[bytes]) -> Iterator[str]:
    """Yield text: bytes that are not UTF-8 become U+FFFD, which makes `_record` reject their row only, not the file."""
    for number, line in enumerate(raw):
        text = line.decode("utf-8", errors="replace")
        yield text.removeprefix("\ufeff") if number == 0 else text


def _records(rows: "csv.DictReader[str]") -> Records:
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except TruncatedError as error:
            yield Unreadable(f"after line {rows.line_num}", str(error))
            return
        except csv.Error as error:
            yield Unreadable(f"line {rows.line_num}", f"not valid CSV ({error})")
            continue
        yield _record(row, f"line {rows.line_num}")


def _record(row: dict[str, str | list[str]], place: str) -> Record | Unreadable:
    if None in row or None in row.values():
        return Unreadable(place, "another number of cells than the header line")
    if any("\ufffd" in cell for cell in row.values()):
        return Unreadable(place, "not UTF-8")
    record: Record = {name: cell for name, cell in row.items() if cell}
    if "tags" in record:
        record["tags"] = record["tags"].split(_TAG_SEPARATOR)
    return record
