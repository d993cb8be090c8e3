"""From a source's records to articles. What cannot be used is rejected with a reason; nothing disappears silently."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from indexer.sources import Unreadable
from models import language, text
from models.article import Article, Record

_OPTIONAL = ("url", "category", "tags", "author", "image_url", "published_at", "updated_at")
_LINES = ("title", "category", "author")
_EXAMPLES_KEPT = 20


@dataclass(slots=True)
class Rejections:
    """What was not taken as it came, counted by reason, with the first few places of each."""

    rejected: Counter[str] = field(default_factory=Counter)
    repaired: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def reject(self, reason: str, place: str) -> None:
        """Count a record that is left out."""
        self.rejected[reason] += 1
        self._remember(reason, place)

    def repair(self, reason: str, place: str) -> None:
        """Count an optional field that is left out of an article that is kept."""
        self.repaired[reason] += 1
        self._remember(reason, place)

    def _remember(self, reason: str, place: str) -> None:
        places = self.examples.setdefault(reason, [])
        if len(places) < _EXAMPLES_KEPT:
            places.append(text.one_line(place)[:200])


def parse(records: Iterable[Record | Unreadable]) -> tuple[list[Article], Rejections]:
    """Return the articles of `records`, sorted by id, and what was rejected.

    Of several records with one id, the one updated last is kept, whatever their order.
    """
    newest: dict[str, Article] = {}
    rejections = Rejections()
    for number, record in enumerate(records, start=1):
        article = _article(record, number, rejections)
        if article is None:
            continue
        other = newest.get(article.id)
        if other is not None:
            rejections.reject("id: another record with this id is newer", article.id)
        if other is None or article.age_key > other.age_key:
            newest[article.id] = article
    return [newest[article_id] for article_id in sorted(newest)], rejections


def _article(record: Record | Unreadable, number: int, rejections: Rejections) -> Article | None:
    if isinstance(record, Unreadable):
        rejections.reject(record.reason, record.place)
        return None
    place = str(record.get("id") or f"record {number}")
    try:
        fields = _fields(record)
    except ValueError as error:
        rejections.reject(str(error), place)
        return None
    return _validated(fields, place, rejections)


def _fields(record: Record) -> dict[str, Any]:
    """Return the cleaned fields of an article. Raises ValueError for a record that cannot become one."""
    fields = {
        name: record[name] for name in (*_OPTIONAL, "id", "title", "text", "html", "language") if record.get(name)
    }
    if isinstance(record.get("id"), int) and not isinstance(record["id"], bool):
        fields["id"] = str(record["id"])
    if not isinstance(fields.get("id"), str):
        message = "id: missing" if "id" not in fields else "id: neither a string nor a whole number"
        raise ValueError(message)  # noqa: TRY004 - a reason to reject, as the others
    for name in ("title", "text", "html"):
        if not isinstance(fields.get(name, ""), str):
            message = f"{name}: not a string"
            raise ValueError(message)  # noqa: TRY004 - a reason to reject, as the others
    fields["text"] = text.html_to_text(fields["html"]) if "html" in fields else text.clean(fields.get("text", ""))
    fields.update({name: text.one_line(fields[name]) for name in _LINES if isinstance(fields.get(name), str)})
    if not fields.get("title") and not fields["text"]:
        message = "title, text: both empty"
        raise ValueError(message)
    fields["language"] = _language(fields)
    return fields


def _language(fields: dict[str, Any]) -> str:
    """Return the language that the record states (``ar-MA`` and ``AR`` are ``ar``), or the one detected."""
    stated = fields.get("language")
    code = stated.replace("_", "-").split("-")[0].strip().lower() if isinstance(stated, str) else ""
    if code.isascii() and code.isalpha() and len(code) in {2, 3}:
        return code
    return language.detect(f"{fields.get('title', '')}\n{fields['text']}")


def _validated(fields: dict[str, Any], place: str, rejections: Rejections) -> Article | None:
    """Return the article, without those optional fields that are wrong; None when a field that it needs is wrong."""
    try:
        return Article.model_validate(fields)
    except ValidationError as error:
        wrong = {str(detail["loc"][0]): detail["msg"] for detail in error.errors()}
    needed = [name for name in wrong if name not in _OPTIONAL]
    if needed:
        rejections.reject(f"{needed[0]}: {wrong[needed[0]]}", place)
        return None
    for name, reason in wrong.items():
        rejections.repair(f"{name}: {reason}", place)
    return Article.model_validate({name: value for name, value in fields.items() if name not in wrong})
