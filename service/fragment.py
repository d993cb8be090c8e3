"""The related articles of an article as a piece of HTML, for server-side include: no JavaScript, seen by crawlers."""

import re
from typing import Annotated

from apiflask import APIBlueprint
from flask import Response, current_app, render_template, request
from pydantic import Field

from service import answers, caching
from service.schemas import Options

blueprint = APIBlueprint("fragment", __name__, url_prefix="/v1", tag="related articles")

HEADINGS = {
    "ar": "مقالات ذات صلة",
    "en": "Related articles",
    "es": "Artículos relacionados",
    "fr": "À lire aussi",
}
"""What sites print above such a list, by the language of the page; other languages get the English one."""

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"})


class FragmentOptions(Options):
    """The options of a list, and the heading above it."""

    heading: Annotated[str, Field(max_length=200, description="Instead of the one in the page's language.")] = ""


@blueprint.get("/articles/<any_id:article_id>/related.html")
@blueprint.input(FragmentOptions, location="query", arg_name="options")
@blueprint.output({}, content_type="text/html")
@blueprint.doc(summary="Related articles as an HTML fragment", responses={304: "Not modified", 404: "", 503: ""})
def related_fragment(article_id: str, options: FragmentOptions) -> Response:
    """Return a navigation landmark with a heading and a list; nothing at all when there are no related articles."""
    served = answers.served()
    row = answers.row_of(served, article_id)
    published = answers.published(served, row)
    tag = caching.etag(served.view, current_app.extensions["settings"], request.full_path)
    if known := caching.known_tag(tag):
        return caching.cacheable(Response(status=304), known, published)
    answer = answers.to_article(served, article_id, row, answers.completed(options))
    (spoken,) = answer.languages
    html = render_template(
        "related.html",
        related=served.view.cards(answer.ranked.rows),
        heading=options.heading or HEADINGS.get(spoken, HEADINGS["en"]),
        language=spoken,
        direction=direction,
    )
    return caching.cacheable(Response(html, content_type="text/html; charset=utf-8"), tag, published)


@blueprint.app_template_filter()
def safe_link(url: str | None) -> bool:
    """Tell whether `url` may stand in a link: an address of the web, not a script."""
    return re.match("https?://", url or "", re.IGNORECASE) is not None


def direction(language: str) -> str:
    """Return the direction in which a language is written, as the ``dir`` attribute wants it."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"
