"""Answer a question: the steps between a validated request and a response, whatever the shape of either."""

import hashlib

from flask import current_app

from models import language, related, text
from models.article import Card
from models.overrides import NONE, Overrides
from service.ranking import rank_with_overrides
from service.schemas import (
    ArticleSeed,
    ArticlesSeed,
    Options,
    Question,
    RelatedArticle,
    RelatedResponse,
    Seed,
    TextSeed,
)
from service.serving import Served, Serving


class ArticleNotFoundError(Exception):
    """There is no article with this id now."""


def served() -> Served:
    """Return what this request is answered from. Raises NotServingError."""
    serving: Serving = current_app.extensions["serving"]
    return serving.now()


def card(source: Served, article_id: str) -> Card:
    """Return the card of an article. Raises ArticleNotFoundError."""
    (found,) = source.view.cards([_row_of(source, article_id)])
    return found


def to_article(source: Served, article_id: str, options: Options) -> RelatedResponse:
    """Return the related articles of an article. Raises ArticleNotFoundError."""
    row = _row_of(source, article_id)
    (seed,) = source.view.cards([row])
    overrides = source.view.overrides.get(article_id, NONE)
    asked = source.view.about_rows([row])
    return _answer(source, ArticleSeed(id=seed.id, language=seed.language), asked, options, overrides)


def to_question(source: Served, question: Question) -> RelatedResponse:
    """Return the articles related to a text or to several articles.

    Raises ArticleNotFoundError, TextQueriesOffError and WeightsError.
    """
    if question.text is None:
        like, unlike = ([_row_of(source, name) for name in names] for names in (question.like, question.unlike))
        seed = ArticlesSeed(like=question.like, unlike=question.unlike)
        return _answer(source, seed, source.view.about_rows(like, unlike), question)
    title, body = text.one_line(question.title), text.clean(question.text)
    wanted = text.embedding_text(title, body)
    (vector,) = source.require_embedder().embed([wanted])
    spoken = question.text_language or language.detect(wanted, among=source.view.snapshot.columns.languages)
    return _answer(source, TextSeed(language=spoken), source.view.about_text(vector, title, body, spoken), question)


def _row_of(source: Served, article_id: str) -> int:
    row = source.view.row_of(article_id)
    if row is None:
        message = f"there is no article with the id {article_id!r}"
        raise ArticleNotFoundError(message)
    return row


def _answer(
    source: Served, seed: Seed, asked: related.Question, options: Options, overrides: Overrides = NONE
) -> RelatedResponse:
    complete = current_app.extensions["settings"].complete(options)
    ranked = rank_with_overrides(source.view, asked, complete, overrides)
    found = zip(source.view.cards(ranked.rows), ranked.scores, strict=True)
    articles = [
        RelatedArticle.of(shown, score, complete.fields, pinned=place < ranked.pinned)
        for place, (shown, score) in enumerate(found)
    ]
    return RelatedResponse(
        seed=seed,
        snapshot=source.view.snapshot.name,
        related=articles,
        shortfall=ranked.shortfall,
        recommendation_id=_recommendation_id(seed, articles),
    )


def _recommendation_id(seed: Seed, articles: list[RelatedArticle]) -> str:
    """Return 16 hexadecimal digits, the same for the same list beside the same seed."""
    names = [seed.model_dump_json(), *(article.id for article in articles)]
    return hashlib.blake2b("\0".join(names).encode(), digest_size=8).hexdigest()
