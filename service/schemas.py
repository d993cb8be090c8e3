"""Requests and responses, as the OpenAPI document shows them."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from models.article import MAX_TITLE_CHARS, Language, Moment
from models.text import clean

MAX_K = 50
MAX_BATCH = 100
MAX_SEEDS = 20
MAX_NAMES = 100
"""Ids or categories in one list."""


def _readable(value: str) -> str:
    if not clean(value):
        message = "nothing readable is left of it"
        raise ValueError(message)
    return value


Text = Annotated[str, AfterValidator(_readable)]


def _split(value: object) -> object:
    """Read ``a,b`` as two values: a query string has no lists."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_split), Field(max_length=MAX_NAMES)]
LanguagePolicy = Annotated[str, StringConstraints(pattern=r"^(any|same|prefer|[a-z]{2,3}(,[a-z]{2,3})*)$")]


FieldName = Literal["id", "url", "title", "language", "category", "published_at", "image_url", "score", "reason"]
Reason = Literal["pinned", "story", "topic"]
Shortfall = Literal["filters", "min_score", "corpus"]


class Options(BaseModel):
    """How related articles are chosen: the query parameters of a GET, the fields of a POST."""

    model_config = ConfigDict(extra="forbid")

    k: int = Field(default=5, ge=1, le=MAX_K, description="How many related articles to return at most.")
    language: LanguagePolicy = Field(
        default="any",
        description="`any`; `same`: only the seed's language; `prefer`: the seed's language first; or codes: `ar,fr`.",
    )
    category: Names = Field(default=(), description="Only articles of these categories.")
    since: Moment | None = Field(default=None, description="Only articles published at this time or later (RFC 3339).")
    until: Moment | None = Field(default=None, description="Only articles published at this time or earlier.")
    exclude: Names = Field(default=(), description="Ids of articles that are not wanted.")
    min_score: float = Field(default=0, ge=0, le=1, description="Only articles of at least this score.")
    diversity: float = Field(default=0, ge=0, le=1, description="0: the most related; 1: the least alike.")
    recency_half_life_days: float = Field(
        default=730, ge=0, le=36_500, description="Older articles weigh less, never under half; 0: age does not matter."
    )
    near_duplicates: Literal["collapse", "show"] = Field(
        default="collapse", description="`collapse`: of several copies of one story show one."
    )

    fields: Annotated[tuple[FieldName, ...], BeforeValidator(_split)] = Field(
        default=(), description="Only these fields of each related article (`id` and `score` always come)."
    )

    @property
    def filtered(self) -> bool:
        """Whether some articles may not be shown at all."""
        return self.language not in {"any", "prefer"} or bool(self.category or self.exclude or self.since or self.until)


class Question(Options):
    """What related articles are wanted of: a text, or articles to be like."""

    text: Text | None = Field(default=None, description="Plain text in any language.", examples=["ارتفاع منسوب السد"])
    title: str = Field(default="", max_length=MAX_TITLE_CHARS, description="The title of the text.")
    text_language: Language | None = Field(default=None, description="The text's language; detected when left out.")
    like: Names = Field(default=(), max_length=MAX_SEEDS, description="Ids of articles to be like.")
    unlike: Names = Field(
        default=(), max_length=MAX_SEEDS, description="Ids of articles to be unlike; goes with `like`."
    )

    def kinds(self) -> int:
        """Return how many kinds of question are asked at once."""
        return (self.text is not None) + bool(self.like)

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if self.kinds() != 1:
            message = "give exactly one of text, like (or, in a batch, id)"
            raise ValueError(message)
        if self.unlike and not self.like:
            message = "unlike goes with like"
            raise ValueError(message)
        return self


class ArticleSeed(BaseModel):
    """An article was asked about."""

    id: str
    language: str


class ArticlesSeed(BaseModel):
    """Several articles were asked about."""

    like: tuple[str, ...]
    unlike: tuple[str, ...]


class TextSeed(BaseModel):
    """A text was asked about; its language was given or detected."""

    language: str


Seed = ArticleSeed | ArticlesSeed | TextSeed


class RelatedArticle(BaseModel):
    """One related article. A field may be missing when the request did not ask for it."""

    id: str
    url: str | None = None
    title: str = ""
    language: str = ""
    category: str | None = None
    published_at: Moment | None = None
    image_url: str | None = None
    score: float = Field(ge=0, le=1, description="Higher is closer.")
    reason: Reason | None = Field(
        default=None, description="`pinned` by an editor; `story`: close enough to tell the same story; else `topic`."
    )


class RelatedResponse(BaseModel):
    """Related articles, nearest first."""

    seed: Seed
    snapshot: str
    related: list[RelatedArticle]
    shortfall: Shortfall | None = Field(description="Why fewer than k came back.")
    recommendation_id: str = Field(description="Names this very list: events and a site's own statistics refer to it.")


class BatchQuestion(Question):
    """One question of a batch: an article's id, a text, or articles to be like."""

    id: str | None = None

    def kinds(self) -> int:
        """Return how many kinds of question are asked at once."""
        return super().kinds() + (self.id is not None)


class BatchRequest(BaseModel):
    """Many questions."""

    model_config = ConfigDict(extra="forbid")

    questions: list[BatchQuestion] = Field(min_length=1, max_length=MAX_BATCH)


class BatchItem(BaseModel):
    """The answer to one question of a batch, or its problem."""

    status: int
    answer: RelatedResponse | None = None
    problem: "Problem | None" = None


class BatchResponse(BaseModel):
    """The answers, in the order of the questions."""

    results: list[BatchItem]


class ChangeResponse(BaseModel):
    """A live change that is on the disk."""

    id: str
    change: int = Field(description="Its number: every later change has a greater one.")


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
