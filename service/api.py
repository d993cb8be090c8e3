"""The HTTP API under ``/v1``: questions."""

from apiflask import APIBlueprint
from flask import Response, current_app, request

from models.article import Card
from models.overrides import NONE, Overrides
from service import answers, caching, examples, shortcut
from service.errors import problem_of
from service.rendering import related_json
from service.schemas import (
    BatchItem,
    BatchQuestion,
    BatchRequest,
    BatchResponse,
    Options,
    Question,
    RelatedResponse,
    SnapshotResponse,
)
from service.serving import Served

blueprint = APIBlueprint("v1", __name__, url_prefix="/v1", tag="related articles")


@blueprint.get("/articles/<any_id:article_id>/related")
@blueprint.input(Options, location="query", arg_name="options")
@blueprint.output(RelatedResponse)
@blueprint.doc(summary="Related articles of an article", responses={304: "Not modified", 404: "", 503: ""})
def related_by_id(article_id: str, options: Options) -> Response:
    """Answer from what the build compared: no model is needed."""
    served = answers.served()
    row = answers.row_of(served, article_id)
    published = answers.published(served, row)
    tag = caching.etag(served.view, current_app.extensions["settings"], request.full_path)
    if known := caching.known_tag(tag):
        return caching.cacheable(Response(status=304), known, published)
    complete = answers.completed(options)
    request.environ[shortcut.OPTIONS] = complete
    body = related_json(answers.to_article(served, article_id, row, complete))
    return caching.cacheable(_json(body), tag, published)


@blueprint.post("/related")
@blueprint.input(Question, arg_name="question", examples=examples.QUESTIONS)
@blueprint.output(RelatedResponse)
@blueprint.doc(summary="Related articles of a text, or of several articles", responses=[400, 404, 413, 503])
def related_to_question(question: Question) -> Response:
    """Embed the text, or take the vectors of the articles to be like, and answer with the nearest articles."""
    return _json(related_json(answers.to_question(answers.served(), answers.completed(question))))


@blueprint.post("/related/batch")
@blueprint.input(BatchRequest, arg_name="batch", examples=examples.BATCH)
@blueprint.output(BatchResponse)
@blueprint.doc(summary="Many questions in one request", responses=[400, 413, 503])
def related_batch(batch: BatchRequest) -> Response:
    """Answer each question by itself: one that fails has its own status and problem, and the others do not mind."""
    served = answers.served()
    return _json(b'{"results":[%b]}' % b",".join(_batch_item(served, question) for question in batch.questions))


@blueprint.get("/articles/<article:article_id>")
@blueprint.output(Card)
@blueprint.doc(summary="An article's card", responses=[404, 503])
def article(article_id: str) -> Card:
    """Return what is stored of an article."""
    return answers.card(answers.served(), article_id)


@blueprint.get("/articles/<any_id:article_id>/overrides")
@blueprint.output(Overrides)
@blueprint.doc(summary="What an editor pinned and blocked", responses=[404, 503])
def overrides_of(article_id: str) -> Overrides:
    """Return the editor's hand in the list of an article; two empty lists when there is none."""
    served = answers.served()
    answers.card(served, article_id)
    return served.view.overrides.get(article_id, NONE)


@blueprint.get("/snapshot")
@blueprint.output(SnapshotResponse)
@blueprint.doc(summary="What is served", responses=[503], tags=["operations"])
def snapshot() -> SnapshotResponse:
    """Describe the snapshot that answers come from."""
    served = answers.served().view.snapshot
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


def _batch_item(served: Served, question: BatchQuestion) -> bytes:
    try:
        complete = answers.completed(question)
        if question.id is not None:
            answer = answers.to_article(served, question.id, answers.row_of(served, question.id), complete)
        else:
            answer = answers.to_question(served, complete)
    except Exception as error:
        problem = problem_of(error)
        if problem is None:
            raise
        return BatchItem(status=problem.status, problem=problem).model_dump_json(exclude_unset=True).encode()
    return b'{"status":200,"answer":%b}' % related_json(answer)


def _json(body: bytes) -> Response:
    return Response(body, content_type="application/json")
