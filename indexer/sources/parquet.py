"""Apache Parquet: a column for each field."""

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.sources import Records, SourceError, Unreadable
from models.article import Record
from models.record import OPTIONAL
from models.text import one_line

_BATCH = 1_000


def read(address: str) -> Records:
    """Yield a record for each row of the file, read in batches."""
    try:
        with pq.ParquetFile(address) as file:
            if "id" not in file.schema_arrow.names:
                message = f"{address}: there is no column 'id'"
                raise SourceError(message)
            for number, batch in enumerate(file.iter_batches(_BATCH)):
                yield from _rows(_in_microseconds(batch), number * _BATCH)
    except (pa.ArrowException, KeyError) as error:  # KeyError: a time zone that nobody knows
        message = f"{address}: not a readable Parquet file ({one_line(str(error))})"
        raise SourceError(message) from error


def _rows(batch: pa.RecordBatch, before: int) -> Records:
    """Yield the rows of a batch; a value that Python has no object for, a date of the year 40000, costs its row."""
    try:
        rows: list[Record] = batch.to_pylist()
    except (ValueError, OverflowError):
        yield from (_row(batch.slice(index, 1), before + index + 1) for index in range(batch.num_rows))
    else:
        yield from rows


def _row(single: pa.RecordBatch, number: int) -> Record | Unreadable:
    record: Record = {}
    for name, column in zip(single.schema.names, single.columns, strict=True):
        try:
            record[name] = column.to_pylist()[0]
        except (ValueError, OverflowError):
            if name not in OPTIONAL:
                return Unreadable(f"row {number}", f"{name}: a value that cannot be read")
            record[name] = "unreadable"  # no date: counted, and left out of the article
    return record


def _in_microseconds(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return `batch` with times as Python has them, which knows no nanoseconds."""
    finer = [
        field.with_type(pa.timestamp("us", field.type.tz)) if pa.types.is_timestamp(field.type) else field
        for field in batch.schema
    ]
    return batch.cast(pa.schema(finer), safe=False)
