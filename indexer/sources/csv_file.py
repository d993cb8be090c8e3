"""CSV with a header line, UTF-8, compressed or not; ``tags`` are separated by ``|``."""

import csv
import re
from collections import deque
from collections.abc import Iterator

from indexer.sources import Records, SourceError, Unreadable
from indexer.sources.text_file import TruncatedError, lines, open_bytes
from models.article import MAX_TEXT_CHARS, Record

SEPARATORS = ",;\t"
"""The one that the header line has most of: spreadsheets write semicolons where the comma is a decimal sign."""
_TAG_SEPARATOR = "|"
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
"""What stands for a byte that is not UTF-8 (PEP 383): no valid file holds it, as it may hold U+FFFD."""


def read(address: str) -> Records:
    """Yield a record for each row of the file; an empty cell is a missing field."""
    csv.field_size_limit(4 * MAX_TEXT_CHARS)
    with open_bytes(address) as file:
        try:
            text = _Again(_decoded(lines(file)))
            rows = _rows(text)
        except (TruncatedError, SourceError, csv.Error) as error:
            message = f"{address}: {error}"
            raise SourceError(message) from error
        yield from _records(rows, text)


class _Again:
    """Lines that can be given again, when a quote that was never closed swallowed them."""

    def __init__(self, text: Iterator[str]) -> None:
        self._text = text
        self._again: deque[str] = deque()
        self.of_row: list[str] = []
        self.number = 0
        """Of the last line that was given, from 1."""

    def __iter__(self) -> "_Again":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._text)
        self.of_row.append(line)
        self.number += 1
        return line

    def give_again(self) -> None:
        """Give all lines of the row again but its first, which holds the quote."""
        self._again.extendleft(reversed(self.of_row[1:]))
        self.number -= len(self.of_row) - 1


def _rows(text: _Again) -> "csv.DictReader[str]":
    header = next(text, "")
    separator = max(SEPARATORS, key=header.count)
    names = [name.strip() for name in next(csv.reader([header.replace("\r", "")], delimiter=separator), [])]
    problem = _problem(header, names)
    if problem:
        raise SourceError(problem)
    # Strict: a quote that is never closed is an error, and no end of a cell.
    return csv.DictReader(text, names, delimiter=separator, strict=True)


def _problem(header: str, names: list[str]) -> str:
    """Return why the file cannot be read, or nothing."""
    if _NOT_UTF8.search(header):
        return "the header line is not UTF-8"
    if "\r" in header.rstrip("\r\n"):
        return "the lines end in CR, not in LF: save it again with LF"
    return "" if "id" in names else "the header line has no column 'id'"


def _decoded(raw: Iterator[bytes]) -> Iterator[str]:
    """Yield text, marked where it is not UTF-8: `record_of` rejects that row, and not the file."""
    for line in raw:
        yield line.decode("utf-8", errors="surrogateescape")


def _records(rows: "csv.DictReader[str]", text: _Again) -> Records:
    while True:
        text.of_row.clear()
        try:
            row = next(rows)
        except StopIteration:
            return
        except TruncatedError as error:
            yield Unreadable(_place(text), str(error))
            return
        except csv.Error as error:
            text.give_again()
            yield Unreadable(_place(text), f"not valid CSV ({error})")
            continue
        yield record_of(row, _place(text))


def record_of(row: dict[str, str | list[str]], place: str) -> Record | Unreadable:
    """Return the record of one row."""
    if None in row or None in row.values():
        return Unreadable(place, "another number of cells than the header line")
    if any(isinstance(cell, str) and _NOT_UTF8.search(cell) for cell in row.values()):
        return Unreadable(place, "not UTF-8")
    record: Record = {name: cell for name, cell in row.items() if cell}
    if "tags" in record:
        record["tags"] = record["tags"].split(_TAG_SEPARATOR)
    return record


def _place(text: _Again) -> str:
    return f"line {text.number}"
