"""The lexical channel: weighted terms of an article as one sparse unit row.

Each language has its own idf: pooled, a small language's stop words look rare.
Weight = (1 + ln tf) ln(1 + (N - df + .5) / (df + .5)), N and df counted in the language, df at least `FEWEST`; the
`LIMIT` heaviest terms of an article, scaled to unit length, are its row: a dot product is a cosine. A live text takes
the same path.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array  # type: ignore[import-untyped]

from models import counts
from models.counts import Counts
from models.sparse import Floats, Ints, blockwise, heaviest, largest, rows_of, top

LIMIT = 128
"""Terms kept per article. 64, 128, 192, all: fused nDCG@10 .962 each; Pearson .783, .787, .790, .789."""
FEWEST, ENOUGH = 2, 20
"""The least df. A term of one article matches nothing; with a heavier weight than one that two share it would dilute
them, and the more so the fewer articles there are. SemEval-8's ar, es and tr cut down to 52 articles
(`benchmarks.small_languages`): related pairs lose .071 of similarity with 1, .034 with 2. In the whole corpus 1, 2, 3:
nDCG@10 .963, .963, .964; Pearson .797, .799, .799; NTREX .973, .972, .970. In a language of less than `ENOUGH` articles
it is less in proportion, lest stop words weigh like names: unrelated texts, two or five a language, have a mean cosine
of .009, .017; .204, .050 without; .007, .014 with the df as it is."""
SEARCH_TERMS = 24
"""Heaviest terms of a query that look for candidates; these are then compared by all their terms. Of the ten most
similar of all, among 31,000 articles and 100,000, 32 find .995 and .985, 24 .996 and .985, 16 .995 and .983."""
LONGEST_POSTINGS = 1_000
"""Articles a term can propose as candidates, those where it weighs most: bounds the work per query. 2,000 and 20,000
find no more among 31,000 articles, and 20,000 .001 more among 100,000; 500 .001 less."""
PRIOR_COSINE, PRIOR_PAIRS = 0.025, 400
"""The mean cosine of two articles was .015 to .031 in the languages of SemEval-8; it counts as much as 20 articles."""
BLOCK_POSTINGS = 20_000_000
"""Posting entries touched by one sparse product: bounds its memory near 300 MB whatever the corpus size."""

_COUNTED_ROWS = 65_536
"""Articles whose terms are counted together: bounds the copies, with 64-bit positions, to 200 MB."""

_PARTS = ("values", "indices", "indptr")


@dataclass(frozen=True)
class Terms:
    """Every article's terms, the same by term, and what weighing a new text needs."""

    rows: csr_array
    """(n articles, m terms) float32 unit rows, columns ascending."""
    postings: csr_array
    """(m, n): the transpose, the longest rows cut; only `nearest` reads it."""
    keys: npt.NDArray[np.uint64]
    """(m,) ascending term keys."""
    idf: Floats
    """(m,)"""
    documents: dict[str, int]
    """Articles by language."""


def weigh(counted: Counts, languages: Sequence[str]) -> Terms:
    """Weigh the terms of articles in these `languages`, row by row."""
    names, codes, sizes = np.unique(np.array(languages, np.str_), return_inverse=True, return_counts=True)
    having, of_term = np.zeros((2, len(counted.keys)), np.int64)
    for i in range(0, len(codes), _COUNTED_ROWS):
        part = counted.table[i : i + _COUNTED_ROWS]
        having += np.bincount(part.indices, minlength=len(having))
        of_term[part.indices] = np.repeat(codes[i : i + _COUNTED_ROWS], np.diff(part.indptr))
    idf = _idf(having, sizes[of_term])
    rows = blockwise(lambda part: _weighted(part, idf), counted.table)
    postings = blockwise(lambda part: heaviest(part, LONGEST_POSTINGS), rows.T.tocsr())
    return Terms(rows, postings, counted.keys, idf, dict(zip(names.tolist(), sizes.tolist(), strict=True)))


def row_of(terms: Terms, title: str, text: str, language: str) -> csr_array:
    """Return the (1, m) row of a live text; terms the corpus lacks weigh in its length, then are dropped."""
    keys, times = counts.count_text(title, text, language)
    if not len(keys):
        return csr_array((1, len(terms.keys)), dtype=np.float32)
    place, end = (np.searchsorted(terms.keys, keys, side) for side in ("left", "right"))
    known = place < end
    idf = np.repeat(_idf(np.zeros(1), np.array([terms.documents.get(language, 0)])), len(keys))
    idf[known] = terms.idf[place[known]]
    weights = _weights(times, idf)
    kept = largest(weights, LIMIT)
    columns, values = place[kept & known], (weights / _length(weights[kept]))[kept & known]
    return rows_of(values, columns, np.array([0, len(columns)]), (1, len(terms.keys)))


def nearest(
    terms: Terms, queries: csr_array, count: int, allowed: npt.NDArray[np.bool_] | None = None
) -> Iterator[tuple[Ints, Floats]]:
    """Yield for each query up to `count` (rows, cosine over its heaviest terms), nearest first, in bounded memory.

    With `allowed`, (n,), only its rows.
    """
    pruned = heaviest(queries, SEARCH_TERMS)
    starts = terms.postings.indptr
    lengths = starts[pruned.indices + 1] - starts[pruned.indices]
    touched = np.append(0, np.cumsum(lengths, dtype=np.int64))[pruned.indptr]
    begin = 0
    while begin < pruned.shape[0]:
        end = max(int(np.searchsorted(touched, touched[begin] + BLOCK_POSTINGS, side="right")) - 1, begin + 1)
        found = pruned[begin:end] @ terms.postings
        for first, last in zip(found.indptr[:-1], found.indptr[1:], strict=True):
            rows, values = found.indices[first:last], found.data[first:last]
            kept = slice(None) if allowed is None else allowed[rows]
            yield top(rows[kept], values[kept], count)
        begin = end


def cosines(terms: Terms, queries: csr_array, candidates: npt.NDArray[np.integer]) -> Floats:
    """Return the (b, c) cosines of each query row with its `candidates` (b, c), article rows; -1 gives 0."""
    dense = np.zeros(len(terms.keys), dtype=np.float32)
    result = np.zeros(candidates.shape, dtype=np.float32)
    for i, rows in enumerate(candidates):
        query = slice(queries.indptr[i], queries.indptr[i + 1])
        dense[queries.indices[query]] = queries.data[query]
        result[i, rows >= 0] = terms.rows[rows[rows >= 0]] @ dense
        dense[queries.indices[query]] = 0
    return result


def mean_cosines(terms: Terms, languages: npt.NDArray[np.str_]) -> dict[str, float]:
    """Return the mean cosine of two articles of each language, drawn towards `PRIOR_COSINE` when they are few."""
    means = {}
    for language in np.unique(languages):
        rows = terms.rows[np.flatnonzero(languages == language)]
        total = np.asarray(rows.sum(axis=0, dtype=np.float64))
        pairs = rows.shape[0] * (rows.shape[0] - 1)
        between = float(total @ total - rows.multiply(rows).sum())
        means[str(language)] = (between + PRIOR_PAIRS * PRIOR_COSINE) / (pairs + PRIOR_PAIRS)
    return means


def save(terms: Terms, folder: Path) -> None:
    """Write every array as terms.*.npy, and the articles by language as terms.json."""
    arrays: dict[str, npt.NDArray[Any]] = {"keys": terms.keys, "idf": terms.idf}
    for name, matrix in (("rows", terms.rows), ("postings", terms.postings)):
        parts = {"indptr": matrix.indptr, "indices": matrix.indices, "values": matrix.data}
        arrays.update({f"{name}.{part}": values for part, values in parts.items()})
    for name, values in arrays.items():
        np.save(folder / f"terms.{name}.npy", values)
    (folder / "terms.json").write_text(json.dumps(terms.documents), encoding="utf-8")


def load(folder: Path) -> Terms:
    """Memory-map what `save` wrote."""
    files = sorted(folder.glob("terms.*.npy"))
    # Views without memmap's bookkeeping, as in `models.columns`.
    arrays = {
        file.name.removeprefix("terms.").removesuffix(".npy"): np.asarray(np.load(file, mmap_mode="r"))
        for file in files
    }
    documents = json.loads((folder / "terms.json").read_text(encoding="utf-8"))
    shape = (sum(documents.values()), len(arrays["keys"]))
    rows, postings = ([arrays[f"{name}.{part}"] for part in _PARTS] for name in ("rows", "postings"))
    rows, postings = csr_array(tuple(rows), shape=shape), csr_array(tuple(postings), shape=shape[::-1])
    return Terms(rows, postings, arrays["keys"], arrays["idf"], documents)


def _idf(having: npt.NDArray[Any], documents: npt.NDArray[Any]) -> Floats:
    """BM25's idf (Robertson & Zaragoza 2009), never negative. Alone: nDCG@10 .961; 1 + ln((1 + N) / (1 + df)): .954."""
    df = np.maximum(having, FEWEST * np.minimum(1, documents / ENOUGH))
    idf: Floats = np.log1p((documents - df + 0.5) / (df + 0.5)).astype(np.float32)
    return idf


def _weighted(tf: csr_array, idf: Floats) -> csr_array:
    """Turn counts into unit rows of the `LIMIT` heaviest terms."""
    weights = _weights(tf.data, idf[tf.indices])
    kept = heaviest(csr_array((weights, tf.indices, tf.indptr), shape=tf.shape), LIMIT)
    norms = np.maximum(np.sqrt(kept.multiply(kept).sum(axis=1, dtype=np.float64)), 1e-12)
    kept.data /= np.repeat(norms, np.diff(kept.indptr)).astype(np.float32)
    return kept


def _weights(tf: npt.NDArray[np.uint8], idf: Floats) -> Floats:
    return np.asarray((1 + np.log(tf, dtype=np.float32)) * idf, np.float32)


def _length(weights: Floats) -> Floats:
    """Return the length (1,) of a row as `_weighted` computes it, to the last bit: SciPy adds with `reduceat`."""
    return np.maximum(np.sqrt(np.add.reduceat(weights * weights, [0]).astype(np.float64)), 1e-12).astype(np.float32)
