"""HTTP caching: an answer depends on the view, the site's defaults and the request, and on nothing else."""

import hashlib
import time

from flask import Response, request

from models.columns import UNDATED
from service.openapi import VERSION
from service.settings import Settings
from service.view import View

SHORTEST, LONGEST = 60, 24 * 3600
"""Seconds: a new article gathers related articles by the minute, an old one by the day."""
SHARE_OF_AGE = 10
"""An article's list may be as stale as a tenth of its age, as HTTP's own heuristic has it (RFC 9111, 4.2.2)."""


def etag(view: View, settings: Settings, path: str) -> str:
    """Return a strong validator of the answer to `path`, without computing the answer."""
    text = f"{VERSION} {settings.defaults_text} {view.snapshot.name} {view.number} {view.overrides_number} {path}"
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def known_tag(tag: str) -> str | None:
    """Return the validator with which the client of this request has the very answer that `tag` validates, or None.

    A compressed answer has a validator of its own: the tag, a colon and the encoding.
    """
    given = request.if_none_match.as_set(include_weak=True)
    # Of an empty tag, which any client may send, Werkzeug makes None.
    return next((known for known in given if known and known.partition(":")[0] == tag), None)


def tag_of(tag: str, encoding: str) -> str:
    """Return the validator of the answer that `tag` validates as it is when compressed, as Flask-Compress has it."""
    return f"{tag}:{encoding}"


def lifetime(published: int) -> str:
    """Return the ``Cache-Control`` of the list of an article; what it allows grows with the article's age."""
    age = LONGEST if published == UNDATED else time.time() - published
    return f"public, max-age={int(min(max(age / SHARE_OF_AGE, SHORTEST), LONGEST))}"


def cacheable(response: Response, tag: str, published: int) -> Response:
    """Return `response` with its validator and its lifetime."""
    response.set_etag(tag)
    response.headers["Cache-Control"] = lifetime(published)
    return response
