"""The HTTP API under ``/v1``."""

from apiflask import APIBlueprint
from flask import current_app

from models import language, text
from models.article import Card
from models.related import Related, related_to_row, related_to_vector
from service.errors import ArticleNotFoundError
from service.schemas import RelatedArticle, RelatedQuery, RelatedResponse, Seed, SnapshotResponse, TextQuery
from service.serving import Served, Serving

blueprint = APIBlueprint("v1", __name__, url_prefix="/v1", tag="related articles")


@blueprint.get("/articles/<path:article_id>/related")
@blueprint.input(RelatedQuery, location="query", arg_name="query")
@blueprint.output(RelatedResponse)
@blueprint.doc(summary="Related articles of an article", responses=[404, 503])
def related_by_id(article_id: str, query: RelatedQuery) -> RelatedResponse:
    """Answer from the snapshot alone: no model is needed."""
    served = _served()
    row = _row_of(served, article_id)
    (seed,) = served.snapshot.cards.at([row])
    related = related_to_row(served.snapshot, row, query.k)
    return _response(served, Seed(id=seed.id, language=seed.language), related, query.k)


@blueprint.post("/related")
@blueprint.input(TextQuery, arg_name="query")
@blueprint.output(RelatedResponse)
@blueprint.doc(summary="Related articles of a text", responses=[400, 413, 503])
def related_by_text(query: TextQuery) -> RelatedResponse:
    """Embed the text and answer with the nearest articles."""
    served = _served()
    wanted = text.embedding_text(text.one_line(query.title), text.clean(query.text))
    (vector,) = served.require_embedder().embed([wanted])
    seed = Seed(language=query.language or language.detect(wanted))
    return _response(served, seed, related_to_vector(served.snapshot, vector, query.k), query.k)


@blueprint.get("/articles/<path:article_id>")
@blueprint.output(Card)
@blueprint.doc(summary="An article's card", responses=[404, 503])
def article(article_id: str) -> Card:
    """Return what the snapshot stores of an article."""
    served = _served()
    (card,) = served.snapshot.cards.at([_row_of(served, article_id)])
    return card


@blueprint.get("/snapshot")
@blueprint.output(SnapshotResponse)
@blueprint.doc(summary="What is served", responses=[503], tags=["operations"])
def snapshot() -> SnapshotResponse:
    """Describe the snapshot that answers come from."""
    served = _served().snapshot
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
    row = served.snapshot.cards.row_of(article_id)
    if row is None:
        message = f"there is no article with the id {article_id!r}"
        raise ArticleNotFoundError(message)
    return row


def _response(served: Served, seed: Seed, related: Related, k: int) -> RelatedResponse:
    return RelatedResponse(
        seed=seed,
        snapshot=served.snapshot.name,
        related=[RelatedArticle.of(card, score) for card, score in related],
        shortfall="corpus" if len(related) < k else None,
    )
