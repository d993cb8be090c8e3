"""Fit the space of a corpus: its terms, its geometry, and the index over its directions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from indexer.ann import build_index
from models import counts, geometry, search, terms
from models.article import Article
from models.counts import Counts
from models.embedder import Vectors
from models.manifest import IndexSpec
from models.space import Space


def build_space(articles: Sequence[Article], counted: Counts, vectors: Vectors) -> Space:
    """Return the space of `articles`, without an index; row i is ``articles[i]`` with ``vectors[i]``."""
    languages = [article.language for article in articles]
    weighed = terms.weigh(counted, languages)
    fitted = geometry.fit(vectors, languages, terms.mean_cosines(weighed, np.array(languages)))
    codes = geometry.codes_of(fitted, languages)
    directions = geometry.directions(fitted, vectors, codes)
    return Space(fitted, weighed, directions, codes, None)


def indexed(space: Space) -> tuple[Space, IndexSpec]:
    """Return `space` with what its size asks for to find directions fast, and what its index is."""
    index, spec = build_index(space.directions)
    rounded = None
    if index is None and len(space.directions) >= search.ROUNDED_FROM:
        rounded = search.rounded(space.directions)
    return replace(space, index=index, rounded=rounded), spec


def count_terms(
    articles: Sequence[Article], known: Counts | None = None, unchanged: Mapping[int, int] | None = None
) -> Counts:
    """Count the terms of `articles`; those at positions `unchanged` are taken from the rows of `known` it names."""
    if known is None or not unchanged:
        return counts.count(map(_words, articles))
    changed = [position for position in range(len(articles)) if position not in unchanged]
    fresh = counts.count(_words(articles[position]) for position in changed)
    places = np.array([*unchanged, *changed], np.int64)
    return counts.joined(known, np.array(list(unchanged.values()), np.int64), fresh, places)


def _words(article: Article) -> tuple[str, str, str]:
    return article.title, article.text, article.language
