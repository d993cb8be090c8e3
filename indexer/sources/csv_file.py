"""CSV with a header line, UTF-8; ``tags`` are separated by ``|``."""

import csv
from pathlib import Path

from indexer.sources import Records, SourceError, Unreadable
from models.article import MAX_TEXT_CHARS, Record

_TAG_SEPARATOR = "|"


def read(path: Path) -> Records:
    """Yield a record for each row of the file; an empty cell is a missing field."""
    csv.field_size_limit(4 * MAX_TEXT_CHARS)
    # Bytes that are not UTF-8 become U+FFFD, which makes `_record` reject their row only, not the file.
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        rows = csv.DictReader(file)
        if "id" not in (rows.fieldnames or ()):
            message = f"{path}: the header line has no column 'id'"
            raise SourceError(message)
        yield from _records(rows)


def _records(rows: "csv.DictReader[str]") -> Records:
    while True:
        try:
            row = next(rows)
        except StopIteration:
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
