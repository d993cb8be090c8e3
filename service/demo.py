"""``/demo``: a page on which an editor tries Silah on what is served now. It uses the public API and nothing else."""

from typing import Any

import numpy as np
from apiflask import APIBlueprint
from flask import Response, current_app, render_template, request

from models.columns import Columns
from service import answers
from service.demo_texts import TEXTS
from service.fragment import RIGHT_TO_LEFT, direction
from service.newest import newest
from service.schemas import MAX_K
from service.serving import NotServingError, Served

blueprint = APIBlueprint("demo", __name__, enable_openapi=False)

NEWEST = 12
MAX_CATEGORIES = 100
"""To tick off; a site with more of them has tags in that field."""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src https: http: data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'",
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Language",
    "X-Content-Type-Options": "nosniff",
}


@blueprint.get("/demo")
def demo() -> Response:
    """Return the page in the language asked for: `ui`, or else the browser's."""
    page = _page_language()
    try:
        served = answers.served()
    except NotServingError:
        return _render(page, 503, {"newest": [], "languages": (), "categories": []})
    return _render(page, 200, _offered(served))


def _page_language() -> str:
    asked = request.args.get("ui", "")
    return asked if asked in TEXTS else request.accept_languages.best_match(list(TEXTS)) or next(iter(TEXTS))


def _offered(served: Served) -> dict[str, Any]:
    """Return what there is to choose from."""
    snapshot = served.view.snapshot
    return {
        "newest": [card.model_dump(mode="json") for card in newest(served.view, NEWEST)],
        "languages": snapshot.columns.languages,
        "categories": _commonest_categories(snapshot.columns),
        "snapshot": snapshot,
    }


def _commonest_categories(columns: Columns) -> list[str]:
    codes = np.asarray(columns.category)
    sizes = np.bincount(codes[codes >= 0], minlength=len(columns.categories))
    return sorted(columns.categories[code] for code in np.argsort(-sizes, kind="stable")[:MAX_CATEGORIES])


def _render(page: str, status: int, offered: dict[str, Any]) -> Response:
    html = render_template(
        "demo.html",
        page=page,
        direction=direction(page),
        t=TEXTS[page],
        texts=TEXTS,
        settings=current_app.extensions["settings"],
        max_k=MAX_K,
        data={"page": page, "texts": TEXTS[page], "newest": offered["newest"], "right_to_left": sorted(RIGHT_TO_LEFT)},
        **offered,
    )
    return Response(html, status, HEADERS, content_type="text/html; charset=utf-8")
