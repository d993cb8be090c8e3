"""Fit the space of a corpus: its terms, its geometry, and the index over its directions."""

from collections.abc import Sequence

import numpy as np

from indexer.ann import build_index
from models import geometry, search, terms
from models.article import Article
from models.embedder import Vectors
from models.manifest import IndexSpec
from models.space import Space


def build_space(articles: Sequence[Article], vectors: Vectors) -> tuple[Space, IndexSpec]:
    """Return the space of `articles` and what its index is; row i is ``articles[i]`` with ``vectors[i]``."""
    languages = [article.language for article in articles]
    fitted_terms = terms.fit((article.title, article.text, article.language) for article in articles)
    lexical_means = terms.mean_cosines(fitted_terms, np.array(languages))
    fitted = geometry.fit(vectors, languages, lexical_means)
    codes = geometry.codes_of(fitted, languages)
    directions = geometry.directions(fitted, vectors, codes)
    index, spec = build_index(directions)
    rounded = search.rounded(directions) if index is None and len(directions) >= search.ROUNDED_FROM else None
    return Space(fitted, fitted_terms, directions, codes, index, rounded), spec
