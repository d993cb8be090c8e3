"""Take the live changes into a build."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from models.article import Article
from models.live import Change


@dataclass(frozen=True)
class Merged:
    """The articles of a source with the live changes made."""

    articles: list[Article]
    """Sorted by id."""
    put: int
    """Articles that are there, or as they are, because of a live change."""
    deleted: int
    """Articles of the source that are left out because of a live change."""
    caught_up: list[Change]
    """Changes that the source itself reflects by now."""


def merged(articles: Sequence[Article], changes: Sequence[Change]) -> Merged:
    """Return `articles` with `changes` made, except those that the source has caught up with.

    It has when it delivers the very article that was put, or a version that is no older: than what was put says of
    itself, else than the change. A site seldom tells twice in the same words (a title with and without typographic
    quotes), and a change that nothing catches up with would stand for good.
    """
    by_id = {article.id: article for article in articles}
    caught_up, put, deleted = [], 0, 0
    for change in changes:
        own = by_id.get(change.id)
        # A source that has no article which was deleted says the same.
        if own == change.article or (own is not None and _updated(own) >= _version(change)):
            caught_up.append(change)
        elif change.article is not None:
            by_id[change.id] = change.article
            put += 1
        elif own is not None:
            del by_id[change.id]
            deleted += 1
    return Merged([by_id[article_id] for article_id in sorted(by_id)], put, deleted, caught_up)


def _version(change: Change) -> float:
    """Return since when, in seconds since 1970, what the source says is no older than the change."""
    put = change.article
    return change.at if put is None or put.updated_at is None else put.updated_at.timestamp()


def _updated(article: Article) -> float:
    """Return when the source says that the article last changed, in seconds since 1970; long ago if it does not say."""
    oldest = datetime(1970, 1, 1, tzinfo=UTC)
    return (article.updated_at or article.published_at or oldest).timestamp()
