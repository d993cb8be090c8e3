"""A Flask view that does nothing but return bytes: the least that an answer through Flask costs."""

import os
from pathlib import Path

from flask import Flask, Response

app = Flask(__name__)
_BODY = Path(os.environ["EMPTY_BODY"]).read_bytes()


@app.get("/v1/articles/<path:_article_id>/related")
def empty(_article_id: str) -> Response:
    """Return the same bytes whatever is asked."""
    return Response(_BODY, content_type="application/json")
