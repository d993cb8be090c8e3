"""The cards of a snapshot, memory-mapped: row <-> id, and what a list shows of an article as ready JSON.

``cards.jsonl`` holds a card a line, in row order, the fields that a list shows first: a response is put together from
slices of it. ``cards.places.npy`` (n, 2) says where each line starts and where its listed fields end; ``cards.ids.npy``
(n,) and ``cards.rows.npy`` (n,) are the ids' hashes, ascending, and their rows; ``cards.hashes.npy`` (n,) the content
hashes, by which a build knows what changed.
"""

import hashlib
import mmap
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson

from models.article import Article, Card

FILE = "cards.jsonl"
LISTED = ("id", "url", "title", "language", "category", "published_at", "image_url")
"""The fields that a list of related articles shows."""

_ARRAYS = ("places", "ids", "rows", "hashes")


class Cards:
    """A reader; any number of threads may share it."""

    def __init__(self, folder: Path) -> None:
        with (folder / FILE).open("rb") as file:
            self._lines = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        arrays = (np.load(folder / f"cards.{name}.npy", mmap_mode="r") for name in _ARRAYS)
        # A view without memmap's bookkeeping: reading one number of it takes a tenth of the time.
        self._places, self._ids, self._rows, self._hashes = map(np.asarray, arrays)

    def __len__(self) -> int:
        """Return how many articles there are."""
        return len(self._places)

    def row_of(self, article_id: str) -> int | None:
        """Return the row of an article, or None when the snapshot does not hold it."""
        wanted = _hashed(article_id)
        place = int(np.searchsorted(self._ids, wanted))
        while place < len(self._ids) and self._ids[place] == wanted:
            row = int(self._rows[place])
            if self._id(row) == article_id:
                return row
            place += 1
        return None

    def listed(self, rows: Sequence[int]) -> list[bytes]:
        """Return the `LISTED` fields of the card at each row as a JSON object without its closing brace."""
        return [self._lines[start:end] for start, end in self._places[np.array(rows, np.int64)].tolist()]

    def at(self, rows: Sequence[int]) -> list[Card]:
        """Return the cards at `rows`, in that order. Raises IndexError for a row that does not exist."""
        return [Card.model_validate_json(self._line(row)) for row in rows]

    def all(self) -> Iterator[Card]:
        """Yield every card, in row order."""
        return map(Card.model_validate_json, map(self._line, range(len(self))))

    def content_hashes(self) -> dict[str, tuple[int, str]]:
        """Return the row and the content hash of every article by its id."""
        return {self._id(row): (row, content_hash.decode()) for row, content_hash in enumerate(self._hashes.tolist())}

    def _id(self, row: int) -> str:
        start, end = self._places[row].tolist()
        return str(orjson.loads(self._lines[start:end] + b"}")["id"])

    def _line(self, row: int) -> bytes:
        end = self._places[row + 1, 0] if row + 1 < len(self) else len(self._lines)
        return self._lines[self._places[row, 0] : end]


def listed(card: Card) -> bytes:
    """Return the `LISTED` fields of `card` as a JSON object without its closing brace."""
    return card.model_dump_json(include=set(LISTED)).encode()[:-1]


def write(folder: Path, articles: Sequence[Article]) -> None:
    """Write the cards of `articles` to `folder`, row i for ``articles[i]``."""
    places = np.zeros((len(articles), 2), np.int64)
    with (folder / FILE).open("wb") as file:
        for row, article in enumerate(articles):
            shown = listed(article)
            places[row] = file.tell(), file.tell() + len(shown)
            rest = article.model_dump_json(exclude={*LISTED, "text"}).encode()
            file.write(shown + b"," + rest[1:] + b"\n")
    ids = np.array([_hashed(article.id) for article in articles], np.uint64)
    rows = np.argsort(ids, kind="stable")
    hashes = np.array([article.content_hash for article in articles], "S32")
    arrays: tuple[npt.NDArray[np.generic], ...] = (places, ids[rows], rows.astype(np.int32), hashes)
    for name, array in zip(_ARRAYS, arrays, strict=True):
        np.save(folder / f"cards.{name}.npy", array)


def _hashed(article_id: str) -> np.uint64:
    return np.uint64(int.from_bytes(hashlib.blake2b(article_id.encode(), digest_size=8).digest(), "little"))
