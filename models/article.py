"""The article: one item of a site, as it is read from a source and as a list of related articles shows it."""

import hashlib
import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

MAX_ID_CHARS = 512
MAX_TITLE_CHARS = 1_000
MAX_TEXT_CHARS = 1_000_000
"""A million characters is a 500-page book; a longer body is a broken export."""

Id = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID_CHARS, pattern=r"^[^\x00-\x1f\x7f]+$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
"""An ISO 639 code."""


def _whole(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        message = "holds half of a character"
        raise ValueError(message) from error
    return value


Text = Annotated[str, AfterValidator(_whole)]


_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?")
_UNIX_TIME = re.compile(r"([0-9]{9,10}|[0-9]{13})(\.[0-9]*)?")
"""Seconds since 1970 from 1973 on, milliseconds from 2001 on."""


def _no_other_number(value: object) -> object:
    """Refuse what would be taken for a Unix time and is none: 20240705 would be a day of 1970."""
    if _NUMBER.fullmatch(str(value)) and not _UNIX_TIME.fullmatch(str(value)):
        message = "a number that is no Unix time: write 2024-07-05"
        raise ValueError(message)
    return value


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        message = "outside the years 1 to 9999 in UTC"
        raise ValueError(message) from error


Moment = Annotated[datetime, BeforeValidator(_no_other_number), AfterValidator(_in_utc)]
"""A point in time, in UTC; one without a zone is taken to be in UTC."""


class Card(BaseModel):
    """What a list of related articles needs of an article."""

    model_config = ConfigDict(frozen=True)

    id: Id
    url: Text | None = None
    title: str = Field(default="", max_length=MAX_TITLE_CHARS)
    language: Language
    category: Text | None = None
    tags: tuple[Text, ...] = ()
    author: Text | None = None
    image_url: Text | None = None
    published_at: Moment | None = None
    updated_at: Moment | None = None


class Article(Card):
    """A whole article: its card and its plain text."""

    text: str = Field(default="", max_length=MAX_TEXT_CHARS)

    @property
    def card(self) -> Card:
        """The stored subset."""
        return Card.model_validate(self.model_dump(exclude={"text"}))

    @property
    def content_hash(self) -> str:
        """A checksum of what the vector depends on: title, text and language."""
        return hashlib.sha256(f"{self.language}\0{self.title}\0{self.text}".encode()).hexdigest()[:32]

    @property
    def age_key(self) -> tuple[datetime, datetime, str]:
        """A total order by which the newest of several versions of one article is chosen."""
        oldest = datetime.min.replace(tzinfo=UTC)
        return (self.updated_at or self.published_at or oldest, self.published_at or oldest, _digest(self))


def _digest(article: Article) -> str:
    return hashlib.sha256(article.model_dump_json().encode()).hexdigest()


Record = dict[str, Any]
"""What a source yields: the fields of an article as that source spells them, not yet checked."""
