"""How often each article says each term: what terms are weighed from, and kept, so that a build reads only new words.

A term is a token (`models.tokens`) of one language: its 64-bit key hashes the language with the token, so two
languages share no terms.
"""

import hashlib
import itertools
import json
import unicodedata
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array  # type: ignore[import-untyped]

from models.sparse import rows_of
from models.tokens import tokens_of, words

VERSION = f"2 (Unicode {unicodedata.unidata_version})"
"""Changes when the same article would be counted in another way: what was counted before is then not used."""
TITLE_WEIGHT = 2
"""Extra occurrences of a title's tokens. 0, 1, 2: fused Pearson .789, .793, .795; ECB+ MAP .9717, .9729, .9732."""
MOST = 255
"""Occurrences of a term in an article that are told apart."""
_FILE = "counts.json"
_PARTS = ("values", "indices", "indptr")

Keys = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Counts:
    """The terms of articles, row by row."""

    keys: Keys
    """(m,) ascending: the terms that occur."""
    table: csr_array
    """(n, m) uint8, columns ascending."""


def count(articles: Iterable[tuple[str, str, str]]) -> Counts:
    """Count the terms of `articles`: (title, text, language), in row order."""
    numbers = itertools.count()
    seen: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(numbers.__next__))
    columns, times, starts = array("i"), array("f"), array("q", [0])
    for title, text, language in articles:
        counted = _count_words(title, text)
        columns.extend(map(seen[language].__getitem__, counted))
        times.extend(counted.values())
        starts.append(len(columns))
    keys, spelled = _spelled(seen)
    shape = len(starts) - 1, spelled.shape[0]
    said = rows_of(np.asarray(times), np.asarray(columns), np.asarray(starts), shape)
    table = said @ spelled
    table.sort_indices()
    table.data = np.minimum(table.data, MOST).astype(np.uint8)
    return Counts(keys, table)


def count_text(title: str, text: str, language: str) -> tuple[Keys, npt.NDArray[np.uint8]]:
    """Count the terms of one article: (c,) ascending keys and how often each occurs."""
    counted: Counter[str] = Counter()
    for word, times in _count_words(title, text).items():
        for token in tokens_of(word, language):
            counted[token] += times
    keys = _keys(f"{language}\0{token}" for token in counted)
    order = np.argsort(keys)
    return keys[order], np.minimum(np.fromiter(counted.values(), np.int64), MOST).astype(np.uint8)[order]


def joined(known: Counts, rows: npt.NDArray[np.integer], fresh: Counts, places: npt.NDArray[np.integer]) -> Counts:
    """Return the `rows` of `known` and then those of `fresh` as one, the i-th as row ``places[i]`` of the result.

    `places` is a permutation. Terms that occur no more are dropped: the result is what `count` gives for all articles.
    """
    keys = np.union1d(known.keys, fresh.keys)
    parts = known.table[rows], fresh.table
    owned = np.searchsorted(keys, known.keys).astype(np.int32), np.searchsorted(keys, fresh.keys).astype(np.int32)
    indices = np.concatenate([own[part.indices] for own, part in zip(owned, parts, strict=True)])
    lengths = np.concatenate([np.diff(part.indptr) for part in parts])
    values = np.concatenate([part.data for part in parts])
    used = np.zeros(len(keys), np.bool_)
    used[indices] = True
    indices = (np.cumsum(used, dtype=np.int32) - 1)[indices]
    shape = len(lengths), int(np.count_nonzero(used))
    table = rows_of(values, indices, np.append(0, np.cumsum(lengths, dtype=np.int64)), shape)
    return Counts(keys[used], table[np.argsort(places)])


def save(counts: Counts, folder: Path) -> None:
    """Write the arrays as counts.*.npy, and what they are as counts.json."""
    parts = {"indptr": counts.table.indptr, "indices": counts.table.indices, "values": counts.table.data}
    for name, values in {"keys": counts.keys, **parts}.items():
        np.save(folder / f"counts.{name}.npy", values)
    (folder / _FILE).write_text(json.dumps({"version": VERSION}), encoding="utf-8")


def load(folder: Path) -> Counts | None:
    """Memory-map what `save` wrote; None where there is nothing that this version can use."""
    if not (folder / _FILE).exists() or json.loads((folder / _FILE).read_text(encoding="utf-8"))["version"] != VERSION:
        return None
    keys, *parts = (np.load(folder / f"counts.{name}.npy", mmap_mode="r") for name in ("keys", *_PARTS))
    return Counts(keys, csr_array(tuple(parts), shape=(len(parts[-1]) - 1, len(keys))))


def _spelled(seen: Mapping[str, Mapping[str, int]]) -> tuple[Keys, csr_array]:
    """Return the keys of all terms, ascending, and (words, m): which terms each word has.

    `seen` numbers the words of each language. What terms a word is made of is found out once.
    """
    numbered = sorted((number, language, word) for language, own in seen.items() for word, number in own.items())
    numbers: dict[str, int] = defaultdict(itertools.count().__next__)
    columns, starts = array("i"), array("q", [0])
    for _number, language, word in numbered:
        columns.extend([numbers[f"{language}\0{token}"] for token in tokens_of(word, language)])
        starts.append(len(columns))
    keys = _keys(numbers)
    order = np.argsort(keys)
    column = np.argsort(order).astype(np.int32)[np.asarray(columns)]
    ones = np.ones(len(column), np.float32)
    return keys[order], rows_of(ones, column, np.asarray(starts), (len(numbered), len(keys)))


def _count_words(title: str, text: str) -> Counter[str]:
    counted = Counter(words(text))
    for word in words(title):
        counted[word] += 1 + TITLE_WEIGHT
    return counted


def _keys(names: Iterable[str]) -> Keys:
    digests = b"".join(hashlib.blake2b(name.encode(), digest_size=8).digest() for name in names)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)
