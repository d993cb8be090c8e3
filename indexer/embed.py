"""Vectors for articles: those of the last snapshot where nothing changed, fresh ones for the rest."""

from collections.abc import Callable, Sequence

import numpy as np

from models.article import Article
from models.embedder import Embedder, Vectors
from models.snapshot import Snapshot
from models.text import TEXT_VERSION, embedding_text

Progress = Callable[[int, int], None]
"""Called with (articles embedded so far, articles to embed)."""


def embed_articles(
    articles: Sequence[Article], embedder: Embedder, previous: Snapshot | None, progress: Progress
) -> tuple[Vectors, int]:
    """Return (n, dim) float32 unit rows, row i for ``articles[i]``, and how many were taken from `previous`."""
    vectors = np.empty((len(articles), embedder.spec.dim), np.float32)
    known = _reusable_rows(articles, embedder, previous)
    if previous is not None and known:
        vectors[list(known)] = previous.vectors[list(known.values())]
    missing = [position for position in range(len(articles)) if position not in known]
    done = 0

    def count(embedded: int) -> None:
        nonlocal done
        done += embedded
        progress(done, len(missing))

    progress(0, len(missing))
    vectors[missing] = embedder.embed(
        [embedding_text(articles[position].title, articles[position].text) for position in missing], count
    )
    return vectors, len(known)


def _reusable_rows(articles: Sequence[Article], embedder: Embedder, previous: Snapshot | None) -> dict[int, int]:
    """Return, by position in `articles`, the row of `previous` that holds the very vector of that article."""
    if previous is None or (previous.manifest.embedder, previous.manifest.text_version) != (
        embedder.spec,
        TEXT_VERSION,
    ):
        return {}
    stored = previous.cards.content_hashes()
    found = {position: stored.get(article.id) for position, article in enumerate(articles)}
    return {
        position: row_and_hash[0]
        for position, row_and_hash in found.items()
        if row_and_hash is not None and row_and_hash[1] == articles[position].content_hash
    }
