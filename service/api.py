"""The HTTP API under ``/v1``: questions."""

from apiflask import APIBlueprint
from flask import current_app

from models import language, related, text
from models.article import Card
from service.errors import ArticleNotFoundError
from service.ranking import rank
from service.schemas import (
    ArticleSeed,
    ArticlesSeed,
    Options,
    Question,
    RelatedArticle,
    RelatedResponse,
    Seed,
    SnapshotResponse,
    TextSeed,
)
from service.serving import Served, Serving

blueprint = APIBlueprint("v1", __name__, url_prefix="/v1", tag="related articles")


@blueprint.get("/articles/<path:article_id>/related")
@blueprint.input(Options, location="query", arg_name="options")
@blueprint.output(RelatedResponse)
@blueprint.doc(summary="Related articles of an article", responses=[404, 503])
def related_by_id(article_id: str, options: Options) -> RelatedResponse:
    """Answer from the snapshot alone: no model is needed."""
    served = _served()
    row = _row_of(served, article_id)
    (seed,) = served.view.cards([row])
    asked = served.view.about_rows([row])
    return _answer(served, ArticleSeed(id=seed.id, language=seed.language), asked, options)


@blueprint.post("/related")
@blueprint.input(Question, arg_name="question")
@blueprint.output(RelatedResponse)
@blueprint.doc(summary="Related articles of a text, or of several articles", responses=[400, 404, 413, 503])
def related_to_question(question: Question) -> RelatedResponse:
    """Embed the text, or take the vectors of the articles to be like, and answer with the nearest articles."""
    served = _served()
    if question.text is None:
        like, unlike = ([_row_of(served, name) for name in names] for names in (question.like, question.unlike))
        asked = served.view.about_rows(like, unlike)
        return _answer(served, ArticlesSeed(like=question.like, unlike=question.unlike), asked, question)
    title, body = text.one_line(question.title), text.clean(question.text)
    wanted = text.embedding_text(title, body)
    (vector,) = served.require_embedder().embed([wanted])
    spoken = question.text_language or language.detect(wanted, among=served.view.snapshot.columns.languages)
    asked = served.view.about_text(vector, title, body, spoken)
    return _answer(served, TextSeed(language=spoken), asked, question)


@blueprint.get("/articles/<path:article_id>")
@blueprint.output(Card)
@blueprint.doc(summary="An article's card", responses=[404, 503])
def article(article_id: str) -> Card:
    """Return what the snapshot stores of an article."""
    served = _served()
    (card,) = served.view.cards([_row_of(served, article_id)])
    return card


@blueprint.get("/snapshot")
@blueprint.output(SnapshotResponse)
@blueprint.doc(summary="What is served", responses=[503], tags=["operations"])
def snapshot() -> SnapshotResponse:
    """Describe the snapshot that answers come from."""
    served = _served().view.snapshot
    manifest = served.manifest
    return SnapshotResponse(
        name=served.name,
        created_at=manifest.created_at,
        read_at=manifest.read_at,
        count=manifest.count,
        dim=manifest.dim,
        embedder=manifest.embedder.name,
        recall_at_10=manifest.index.recall_at_10,
    )


def _served() -> Served:
    serving: Serving = current_app.extensions["serving"]
    return serving.now()


def _row_of(served: Served, article_id: str) -> int:
    row = served.view.row_of(article_id)
    if row is None:
        message = f"there is no article with the id {article_id!r}"
        raise ArticleNotFoundError(message)
    return row


def _answer(served: Served, seed: Seed, asked: related.Question, options: Options) -> RelatedResponse:
    ranked = rank(served.view, asked, current_app.extensions["settings"].complete(options))
    cards = served.view.cards(ranked.rows)
    return RelatedResponse(
        seed=seed,
        snapshot=served.view.snapshot.name,
        related=[RelatedArticle.of(card, score) for card, score in zip(cards, ranked.scores, strict=True)],
        shortfall=ranked.shortfall,
    )
