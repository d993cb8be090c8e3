"""Answer a question: the steps between a validated request and a response, whatever the shape of either."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

from flask import current_app

from models import language, related, space, text
from models.article import Card
from models.geometry import Floats
from models.overrides import NONE
from models.space import TextTerms
from service.ranking import Ranked, rank, rank_with_overrides
from service.schemas import ArticleSeed, ArticlesSeed, FieldName, Options, Question, Seed, TextSeed
from service.serving import Served, Serving
from service.settings import AnyOptions, Settings
from service.view import View

_beside = ThreadPoolExecutor(thread_name_prefix="terms")
"""Looks up the terms of a text while the model computes its vector, which leaves the interpreter to others.

When asked for before, it would hold the interpreter when the model is to begin. Milliseconds that a short query's terms
add to the 6.8 of its vector: one after the other .8, submitted before .5 to 1, when the model begins .2.
"""


class ArticleNotFoundError(Exception):
    """There is no article with this id now."""


@dataclass(frozen=True)
class Answer:
    """What a response is made of, in whatever shape."""

    view: View
    seed: Seed
    languages: frozenset[str]
    """Of what was asked about."""
    ranked: Ranked
    fields: tuple[FieldName, ...]
    """Of each related article; all when there are none."""


def serving() -> Serving:
    """Return what this application serves from."""
    found: Serving = current_app.extensions["serving"]
    return found


def served() -> Served:
    """Return what this request is answered from. Raises NotServingError."""
    return serving().now()


def card(source: Served, article_id: str) -> Card:
    """Return the card of an article. Raises ArticleNotFoundError."""
    (found,) = source.view.cards([row_of(source, article_id)])
    return found


def row_of(source: Served, article_id: str) -> int:
    """Return the row of an article. Raises ArticleNotFoundError."""
    row = source.view.row_of(article_id)
    if row is None:
        message = f"there is no article with the id {article_id!r}"
        raise ArticleNotFoundError(message)
    return row


def published(source: Served, row: int) -> int:
    """Return when the article at `row` was published, in seconds since 1970, or `UNDATED`."""
    return int(source.view.columns.published[row])


def completed(options: AnyOptions) -> AnyOptions:
    """Return `options` with the site's defaults for what the request left out."""
    settings: Settings = current_app.extensions["settings"]
    return settings.complete(options)


def to_article(source: Served, article_id: str, row: int, options: Options) -> Answer:
    """Return the related articles of an article, which is at `row`; `options` are completed."""
    overrides = source.view.overrides.get(article_id, NONE)
    ranked = rank_with_overrides(source.view, source.view.about_rows([row]), options, overrides)
    return about_article(source, article_id, row, ranked, options)


def about_article(source: Served, article_id: str, row: int, ranked: Ranked, options: Options) -> Answer:
    """Return the answer that shows `ranked` beside an article, which is at `row`."""
    columns = source.view.columns
    spoken = columns.languages[columns.language[row]]
    seed = ArticleSeed(id=article_id, language=spoken)
    return Answer(source.view, seed, frozenset([spoken]), ranked, options.fields)


def to_question(source: Served, question: Question) -> Answer:
    """Return the articles related to a text or to several articles; the options of `question` are completed.

    Raises ArticleNotFoundError, TextQueriesOffError and WeightsError.
    """
    if question.text is None:
        given = (dict.fromkeys(names) for names in (question.like, question.unlike))
        like, unlike = ([row_of(source, name) for name in names] for names in given)
        seed = ArticlesSeed(like=question.like, unlike=question.unlike)
        return _answer(source, seed, source.view.about_rows(like, unlike), question)
    title, body = text.one_line(question.title), text.clean(question.text)
    vector, told = _read(source, title, body, question.text_language)
    return _answer(source, TextSeed(language=told.language), source.view.about_text(vector, told), question)


def _read(source: Served, title: str, body: str, spoken: str | None) -> tuple[Floats, TextTerms]:
    """Return the vector of a text, (dim,) float32, and its terms; `spoken` is its language if that was given."""
    wanted = text.embedding_text(title, body)

    @cache
    def telling() -> Future[TextTerms]:
        return _beside.submit(_told, source.view, title, body, wanted, spoken)

    def begin(_count: int) -> None:
        telling()

    (vector,) = source.require_embedder().embed([wanted], begin)
    return vector, telling().result()


def _told(view: View, title: str, body: str, wanted: str, spoken: str | None) -> TextTerms:
    spoken = spoken or language.detect(wanted, among=view.snapshot.columns.languages)
    return space.terms_of_text(view.snapshot.space, title, body, spoken)


def _answer(source: Served, seed: Seed, asked: related.Question, options: Options) -> Answer:
    ranked = rank(source.view, asked, options)
    return Answer(source.view, seed, asked.languages, ranked, options.fields)
