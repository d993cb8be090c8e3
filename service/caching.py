"""HTTP caching: an answer depends on the snapshot, the live changes and the request, and on nothing else."""

import hashlib
from datetime import UTC, datetime, timedelta

from flask import Response, request

from service.view import View

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=1)
"""A new article gathers related articles by the minute, an old one by the day."""
SHARE_OF_AGE = 10
"""An article's list may be as stale as a tenth of its age, as HTTP's own heuristic has it (RFC 9111, 4.2.2)."""


def etag(view: View, path: str) -> str:
    """Return a strong validator of the answer to `path`, without computing the answer."""
    text = f"{view.snapshot.name} {view.number} {path}"
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def is_fresh(tag: str) -> bool:
    """Tell whether the client of this request has that very answer."""
    return tag in request.if_none_match


def not_modified(tag: str) -> Response:
    """Return a 304."""
    response = Response(status=304)
    response.set_etag(tag)
    return response


def cacheable(response: Response, tag: str, published: datetime | None) -> Response:
    """Return `response` with its validator, and a lifetime that grows with the age of the article asked about."""
    age = datetime.now(UTC) - published if published else LONGEST
    lifetime = min(max(age / SHARE_OF_AGE, SHORTEST), LONGEST)
    response.set_etag(tag)
    response.cache_control.public = True
    response.cache_control.max_age = int(lifetime.total_seconds())
    return response
