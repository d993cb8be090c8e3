"""Other ways to rank the same articles, for comparison in the same run."""

import logging
import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from models.article import Article
from models.embedder import Vectors
from models.related import Pool, sorted_pool
from models.search import Rows
from models.text import embedding_text

Ranker = Callable[[int, Rows | None], Pool]
"""Called with the row of a seed and the rows that may be ranked (None: all but the seed); returns them in order."""

_WORDS = re.compile(r"\w+")


def baselines(articles: Sequence[Article], vectors: Vectors, codes: Rows) -> Mapping[str, Ranker]:
    """Return TF-IDF and BM25 over the whole text, dense as the model gives it, and dense centred for each language.

    `vectors` is (n, dim) float32 unit rows, `codes` (n,) the languages.
    """
    texts = [embedding_text(article.title, article.text) for article in articles]
    return {
        "TF-IDF": _tf_idf(texts),
        "BM25": _bm25(texts),
        "dense": _inner_products(vectors),
        "dense centred": _inner_products(_centred(vectors, codes)),
    }


def _tf_idf(texts: Sequence[str]) -> Ranker:
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - only an evaluation needs it

    weights = TfidfVectorizer(sublinear_tf=True, token_pattern=_WORDS.pattern).fit_transform(texts).astype(np.float32)
    return _ranker(lambda row: np.asarray((weights @ weights[[row]].T).toarray()).ravel())


def _bm25(texts: Sequence[str]) -> Ranker:
    import bm25s  # noqa: PLC0415

    # Importing it sets DEBUG, whatever was set before.
    logging.getLogger("bm25s").setLevel(logging.ERROR)
    words = [_WORDS.findall(text.lower()) for text in texts]
    index = bm25s.BM25()
    index.index(words, show_progress=False, leave_progress=False)
    return _ranker(lambda row: _of_own(np.asarray(index.get_scores(words[row]), np.float32), row))


def _of_own(scores: Vectors, row: int) -> Vectors:
    """Return `scores` as shares of what the seed gives itself.

    The order stays. As they come they grow with the seed's length: correlation with people .32, of its own .69.
    """
    return np.asarray(scores / max(float(scores[row]), 1e-9))


def _inner_products(vectors: Vectors) -> Ranker:
    return _ranker(lambda row: np.asarray(vectors @ vectors[row], np.float32))


def _centred(vectors: Vectors, codes: Rows) -> Vectors:
    centred = np.array(vectors)
    for code in np.unique(codes):
        centred[codes == code] -= centred[codes == code].mean(axis=0)
    return np.asarray(centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9))


def _ranker(similarities: Callable[[int], Vectors]) -> Ranker:
    def rank(row: int, allowed: Rows | None) -> Pool:
        found = similarities(row)
        rows = np.setdiff1d(np.arange(len(found)), [row]) if allowed is None else allowed
        return sorted_pool(rows, found[rows])

    return rank
