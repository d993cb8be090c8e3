"""From a source's records to articles. What cannot be used is rejected with a reason; nothing disappears silently."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from indexer.sources import Unreadable
from models import language, text
from models.article import Article, Record
from models.record import RecordError, article_of, stated_language

_EXAMPLES_KEPT = 20
_LARGEST_NUMBER = 2**63
"""Python refuses to write numbers of thousands of digits."""


@dataclass(slots=True)
class Rejections:
    """What was not taken as it came, counted by reason, with the first few places of each."""

    read: int = 0
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
    detected: set[str] = set()
    rejections = Rejections()
    for number, record in enumerate(records, start=1):
        rejections.read = number
        article = _article(record, number, rejections)
        if article is None or isinstance(record, Unreadable):
            continue
        other = newest.get(article.id)
        if other is not None:
            rejections.reject("id: another record with this id is kept", article.id)
        if other is None or article.age_key > other.age_key:
            newest[article.id] = article
            detected.discard(article.id)
            if stated_language(record) is None:
                detected.add(article.id)
    return _in_likely_languages([newest[article_id] for article_id in sorted(newest)], detected), rejections


def _in_likely_languages(articles: list[Article], detected: Collection[str]) -> list[Article]:
    """Return `articles`; of those whose language was `detected`, the short ones in a language that the others have."""
    short = {article.id for article in articles if len(article.title) + len(article.text) < language.SHORT_CHARS}
    doubtful = short.intersection(detected)
    likely = {article.language for article in articles if article.id not in doubtful}
    return [
        article.model_copy(update={"language": language.detect(f"{article.title}\n{article.text}", likely)})
        if article.id in doubtful
        else article
        for article in articles
    ]


def _article(record: Record | Unreadable, number: int, rejections: Rejections) -> Article | None:
    if isinstance(record, Unreadable):
        rejections.reject(record.reason, record.place)
        return None
    place = _place(record, number)
    try:
        article, wrong = article_of(record)
    except RecordError as error:
        rejections.reject(str(error), place)
        return None
    except (TypeError, ValueError) as error:
        rejections.reject(f"a value that no article has ({type(error).__name__})", place)
        return None
    for name, reason in wrong.items():
        rejections.repair(f"{name}: {reason}", place)
    return article


def _place(record: Record, number: int) -> str:
    name = record.get("id")
    if isinstance(name, int) and abs(name) <= _LARGEST_NUMBER:
        return str(name)
    return name if isinstance(name, str) and name else f"record {number}"
