"""Apache Parquet: a column for each field."""

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.sources import Records, SourceError

_BATCH = 1_000


def read(address: str) -> Records:
    """Yield a record for each row of the file, read in batches."""
    try:
        with pq.ParquetFile(address) as file:
            for batch in file.iter_batches(_BATCH):
                yield from batch.to_pylist()
    except pa.ArrowInvalid as error:
        message = f"{address}: not a Parquet file ({error})"
        raise SourceError(message) from error
