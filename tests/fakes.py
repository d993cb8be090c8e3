"""Fakes with results that can be worked out by hand."""

from collections.abc import Callable, Sequence

import numpy as np

from models import counts, terms
from models.article import Article
from models.embedder import EmbedderSpec, Vectors
from models.terms import Terms

WORDS = ("sea", "school", "football", "rain")
"""One axis for each of these words; a text's vector counts them, at unit length."""


class FakeEmbedder:
    """Counts `WORDS`; a text without any lies on the axis of none."""

    def __init__(self, revision: str = "1") -> None:
        self.spec = EmbedderSpec(
            name="fake", revision=revision, sha256=f"fake-{revision}", dim=len(WORDS) + 1, max_tokens=128, prefix=""
        )
        self.embedded: list[str] = []

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] = lambda _count: None) -> Vectors:
        self.embedded.extend(texts)
        counts = [[text.split().count(word) for word in WORDS] for text in texts]
        vectors = np.array([[*row, 0 if any(row) else 1] for row in counts], np.float32).reshape(-1, self.spec.dim)
        progress(len(texts))
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def article(article_id: str, text: str, *, title: str = "", language: str = "en") -> Article:
    """Return an article whose vector `FakeEmbedder` takes from `text` and `title`."""
    return Article(id=article_id, title=title, text=text, language=language)


def weighed(articles: Sequence[tuple[str, str, str]]) -> Terms:
    """Return the terms of articles: (title, text, language)."""
    return terms.weigh(counts.count(articles), [language for _title, _text, language in articles])
