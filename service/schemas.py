"""Requests and responses, as the OpenAPI document shows them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from models.article import MAX_TITLE_CHARS, Card, Language, Moment
from models.text import clean

DEFAULT_K, MAX_K = 5, 50

K = Annotated[int, Field(ge=1, le=MAX_K, description="How many related articles to return at most.")]


def _readable(value: str) -> str:
    if not clean(value):
        message = "nothing readable is left of it"
        raise ValueError(message)
    return value


Text = Annotated[str, AfterValidator(_readable)]


class RelatedQuery(BaseModel):
    """The query parameters of a request for related articles."""

    model_config = ConfigDict(extra="forbid")

    k: K = DEFAULT_K


class TextQuery(RelatedQuery):
    """A text whose related articles are wanted."""

    text: Text = Field(min_length=1, description="Plain text in any language.", examples=["ارتفاع منسوب مياه السد"])
    title: str = Field(default="", max_length=MAX_TITLE_CHARS)
    language: Language | None = Field(default=None, description="ISO 639 code; detected when left out.")


class Seed(BaseModel):
    """What was asked about: an article's id, or a text and its language."""

    id: str | None = None
    language: str


class RelatedArticle(BaseModel):
    """One related article."""

    id: str
    url: str | None
    title: str
    language: str
    category: str | None
    published_at: Moment | None
    image_url: str | None
    score: float = Field(ge=0, le=1, description="Higher is closer.")

    @classmethod
    def of(cls, card: Card, score: float) -> "RelatedArticle":
        """Return what a list shows of a card."""
        return cls(score=round(score, 4), **card.model_dump(include=set(cls.model_fields)))


class RelatedResponse(BaseModel):
    """Related articles, nearest first."""

    seed: Seed
    snapshot: str
    related: list[RelatedArticle]
    shortfall: Literal["corpus"] | None = Field(description="Why fewer than k articles came back.")


class SnapshotResponse(BaseModel):
    """What is served."""

    name: str
    created_at: datetime
    read_at: datetime
    count: int
    dim: int
    embedder: str
    recall_at_10: float


class Health(BaseModel):
    """Whether the process lives, and what keeps it from serving."""

    status: Literal["ok", "not ready"]
    snapshot: str | None = None
    problem: str | None = None


class FieldError(BaseModel):
    """One wrong field of a request."""

    field: str
    reason: str


class Problem(BaseModel):
    """An error, as RFC 9457 describes it."""

    type: Literal["about:blank"] = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldError] = []
