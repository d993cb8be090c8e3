"""Apache Parquet: a column for each field."""

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.sources import Records, SourceError, Unreadable
from models.article import Record
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
                yield from _rows(batch, number * _BATCH)
    except pa.ArrowException as error:
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
    try:
        record: Record = single.to_pylist()[0]
    except (ValueError, OverflowError) as error:
        return Unreadable(f"row {number}", f"a value cannot be read ({one_line(str(error))})")
    return record
