"""The script that shows related articles on any page: docs/widget.md."""

import hashlib
from pathlib import Path

from apiflask import APIBlueprint
from flask import Response

from service import caching

blueprint = APIBlueprint("widget", __name__, tag="related articles")

LIFETIME = 3600
"""Seconds: a reader's browser asks for the script once a visit, and a new version reaches everybody within the hour."""

_SCRIPT = (Path(__file__).parent / "static" / "widget.js").read_bytes()
_TAG = hashlib.blake2b(_SCRIPT, digest_size=12).hexdigest()


@blueprint.get("/widget.js")
@blueprint.output({}, content_type="text/javascript")
@blueprint.doc(summary="The script that shows related articles on a page", responses={304: "Not modified"})
def widget() -> Response:
    """Return the script; pages of any site may load it."""
    known = caching.known_tag(_TAG)
    response = Response(status=304) if known else Response(_SCRIPT, content_type="text/javascript; charset=utf-8")
    response.set_etag(known or _TAG)
    response.cache_control.public = True
    response.cache_control.max_age = LIFETIME
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
