"""The HTTP API under ``/v1``: live changes, for those who hold the token."""

import hmac
from typing import Annotated, Any

from apiflask import APIBlueprint
from flask import current_app, request
from pydantic import BaseModel, ConfigDict, Field

from models import overrides, text
from models.overrides import NONE, Overrides
from models.record import RecordError, article_of
from service import answers, examples
from service.errors import FieldsError, ForbiddenError, UnauthorizedError
from service.schemas import MAX_K, ChangeResponse, FieldError, Names
from service.serving import Served

blueprint = APIBlueprint("writing", __name__, url_prefix="/v1", tag="live changes")

_SCHEME = "Bearer "


class ArticleBody(BaseModel):
    """An article as the site has it, with the fields that a source's record has."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[Any, Field(description="May be left out: the path says it.")] = None
    title: Any = None
    text: Annotated[Any, Field(description="The body as plain text; or give html.")] = None
    html: Any = None
    language: Annotated[Any, Field(description="ISO 639 code; detected when left out.")] = None
    url: Any = None
    category: Any = None
    tags: Any = None
    author: Any = None
    image_url: Any = None
    published_at: Any = None
    updated_at: Any = None


class OverridesBody(BaseModel):
    """An editor's decisions about one list, as ids."""

    model_config = ConfigDict(extra="forbid")

    pins: Annotated[Names, Field(max_length=MAX_K, description="Come first, in this order.")] = ()
    blocks: Annotated[Names, Field(description="Never come.")] = ()


@blueprint.before_request
def authorize() -> None:
    """Let those pass who send the site's token: ``Authorization: Bearer …``."""
    token = current_app.extensions["settings"].token
    if not token:
        message = "live changes are switched off here: set SILAH_TOKEN"
        raise ForbiddenError(message)
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"{_SCHEME}{token.get_secret_value()}".encode()):
        message = "the token is missing or wrong: send 'Authorization: Bearer <SILAH_TOKEN>'"
        raise UnauthorizedError(message)


@blueprint.put("/articles/<article:article_id>")
@blueprint.input(ArticleBody, arg_name="body", examples=examples.ARTICLE)
@blueprint.output(ChangeResponse)
@blueprint.doc(summary="Put an article", responses=[400, 401, 403, 413, 503, 507], security="token")
def put_article(article_id: str, body: ArticleBody) -> ChangeResponse:
    """Index the article now: every process answers with it within a second, and the next build takes it in."""
    record = {name: value for name, value in body.model_dump().items() if value is not None}
    if record.setdefault("id", article_id) != article_id:
        raise FieldsError([FieldError(field="id", reason="not the one in the path")])
    serving = answers.serving()
    served = serving.now()
    try:
        article, wrong = article_of(record, served.view.columns.languages)
    except RecordError as error:
        field, _, reason = str(error).partition(": ")
        raise FieldsError([FieldError(field=field, reason=reason)]) from error
    if wrong:
        raise FieldsError([FieldError(field=field, reason=reason) for field, reason in wrong.items()])
    embedder = served.require_embedder()
    (vector,) = embedder.embed([text.embedding_text(article.title, article.text)])
    number = serving.changes.put(article, vector, embedder.spec, after=served.view.number)
    serving.refresh()
    return ChangeResponse(id=article.id, change=number)


@blueprint.delete("/articles/<article:article_id>")
@blueprint.output(ChangeResponse)
@blueprint.doc(summary="Delete an article", responses=[401, 403, 503, 507], security="token")
def delete_article(article_id: str) -> ChangeResponse:
    """Show the article nowhere any more, whether or not it is known here: deleting twice is no error."""
    serving = answers.serving()
    number = serving.changes.delete(article_id, after=serving.now().view.number)
    serving.refresh()
    return ChangeResponse(id=article_id, change=number)


@blueprint.put("/articles/<any_id:article_id>/overrides")
@blueprint.input(OverridesBody, arg_name="body", examples=examples.OVERRIDES)
@blueprint.output(ChangeResponse)
@blueprint.doc(summary="Pin and block", responses=[400, 401, 403, 404, 413, 503, 507], security="token")
def put_overrides(article_id: str, body: OverridesBody) -> ChangeResponse:
    """Decide what comes first and what never comes in the list of an article; two empty lists undo it."""
    serving = answers.serving()
    served = serving.now()
    answers.card(served, article_id)
    _check_names(served, article_id, body)
    decided = Overrides(pins=body.pins, blocks=body.blocks)
    home = current_app.extensions["settings"].home
    number = overrides.put(home, article_id, decided, after=served.view.overrides_number)
    serving.refresh()
    return ChangeResponse(id=article_id, change=number)


def _check_names(served: Served, article_id: str, body: OverridesBody) -> None:
    """Refuse pins that cannot be shown: a slip of the keyboard would silently do nothing."""
    stored = served.view.overrides.get(article_id, NONE).pins  # an article of these may be gone since
    wrong = [
        FieldError(field=f"pins.{place}", reason=reason)
        for place, name in enumerate(body.pins)
        for reason, is_wrong in {
            "the article itself": name == article_id,
            "blocked too": name in body.blocks,
            "given twice": name in body.pins[:place],
            f"there is no article with the id {name!r}": served.view.row_of(name) is None and name not in stored,
        }.items()
        if is_wrong
    ]
    if wrong:
        raise FieldsError(wrong)


@blueprint.post("/snapshot/reload")
@blueprint.output({}, status_code=204)
@blueprint.doc(summary="Take up a new snapshot now", responses=[401, 403, 503], security="token")
def reload_snapshot() -> tuple[str, int]:
    """Do at once, in this process, what each process does every SILAH_POLL_SECONDS."""
    serving = answers.serving()
    serving.refresh()
    serving.now()
    return "", 204
