"""Vectors for articles: those of the last snapshot where nothing changed, fresh ones for the rest."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from indexer.checkpoint import Checkpoint
from models.article import Article
from models.embedder import Embedder, EmbedderSpec, Vectors
from models.snapshot import Snapshot
from models.text import TEXT_VERSION, embedding_text

Progress = Callable[[int, int], None]
"""Called with (articles embedded so far, articles to embed)."""

_PART = 512
"""Articles between two checkpoints: about twenty seconds' work."""


def known_vectors(articles: Sequence[Article], embedder: EmbedderSpec, previous: Snapshot | None) -> dict[int, Vectors]:
    """Return, by position in `articles`, the vectors that `previous` already holds: same id, content and embedder."""
    if previous is None or (previous.manifest.embedder, previous.manifest.text_version) != (embedder, TEXT_VERSION):
        return {}
    stored = previous.cards.content_hashes()
    vectors = np.asarray(previous.vectors)  # without memmap's bookkeeping for every row
    found = {position: stored.get(article.id, (0, "")) for position, article in enumerate(articles)}
    return {
        position: vectors[row]
        for position, (row, content_hash) in found.items()
        if content_hash == articles[position].content_hash
    }


def embed_articles(
    articles: Sequence[Article],
    embedder: Embedder,
    known: Mapping[int, Vectors],
    checkpoint: Checkpoint,
    progress: Progress,
) -> Vectors:
    """Return (n, dim) float32 unit rows, row i for ``articles[i]``; those `known` are not embedded again."""
    vectors = np.empty((len(articles), embedder.spec.dim), np.float32)
    for position, vector in known.items():
        vectors[position] = vector
    missing = [position for position in range(len(articles)) if position not in known]
    texts = {position: embedding_text(articles[position].title, articles[position].text) for position in missing}
    # Longest first: batches of like lengths waste least, and the time that is left is never underestimated.
    missing.sort(key=lambda position: (-len(texts[position]), position))
    interrupted = checkpoint.load()
    progress(0, len(missing))
    for start in range(0, len(missing), _PART):
        part = missing[start : start + _PART]
        fresh = [position for position in part if articles[position].content_hash not in interrupted]
        for position in set(part) - set(fresh):
            vectors[position] = interrupted[articles[position].content_hash]
        if fresh:
            vectors[fresh] = _embed(embedder, [texts[position] for position in fresh], start, len(missing), progress)
            checkpoint.add([articles[position].content_hash for position in fresh], vectors[fresh])
    return vectors


def _embed(embedder: Embedder, texts: list[str], before: int, total: int, progress: Progress) -> Vectors:
    done = before

    def count(embedded: int) -> None:
        nonlocal done
        done += embedded
        progress(done, total)

    return embedder.embed(texts, count)
