from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser, LexborNode

from service.app import create_app
from service.settings import Settings
from tests.conftest import Builder

HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture(name="client")
def client_of_hostile_site(build_records: Builder, home: Path) -> Iterator[FlaskClient]:
    build_records(
        [
            {"id": "1", "title": "بحر", "language": "ar", "published_at": "2026-01-01"},
            {"id": "2", "title": f"sea {HOSTILE}", "language": "en", "url": "https://example.org/?a=1&b='"},
            {"id": "3", "title": "mer \u202e", "language": "fr", "url": "javascript:alert(1)"},
        ]
    )
    with create_app(Settings(home=home, text_queries=False)).test_client() as client:
        yield client


def fragment(client: FlaskClient, path: str) -> LexborNode:
    response = client.get(path)
    assert response.status_code == 200
    assert response.content_type == "text/html; charset=utf-8"
    (nav,) = LexborHTMLParser(response.text).css("body > *")
    return nav


def test_a_landmark_with_a_heading_and_a_list(client: FlaskClient) -> None:
    nav = fragment(client, "/v1/articles/1/related.html")
    assert nav.tag == "nav"
    assert (nav.attributes["lang"], nav.attributes["dir"]) == ("ar", "rtl")
    (heading,) = nav.css("h2")
    assert heading.text() == nav.attributes["aria-label"] == "مقالات ذات صلة"
    items = {item.attributes["lang"]: item for item in nav.css("ul > li")}
    assert {language: item.attributes["dir"] for language, item in items.items()} == {"en": "ltr", "fr": "ltr"}


def test_hostile_text_is_text_and_a_script_is_no_link(client: FlaskClient) -> None:
    nav = fragment(client, "/v1/articles/1/related.html")
    assert not nav.css("script")
    (link,) = nav.css("a")
    assert link.attributes["href"] == "https://example.org/?a=1&b='"
    assert link.text() == f"sea {HOSTILE}"


def test_the_heading_may_be_the_sites_own(client: FlaskClient) -> None:
    nav = fragment(client, "/v1/articles/1/related.html?heading=<b>اقرأ أيضا</b>")
    assert nav.css_first("h2").text() == "<b>اقرأ أيضا</b>"


def test_no_related_articles_is_no_html(client: FlaskClient) -> None:
    assert client.get("/v1/articles/1/related.html?language=de").text.strip() == ""


def test_it_is_cached_and_missing_like_the_json(client: FlaskClient) -> None:
    response = client.get("/v1/articles/1/related.html")
    assert response.headers["ETag"] != client.get("/v1/articles/1/related").headers["ETag"]
    again = client.get("/v1/articles/1/related.html", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304
    assert client.get("/v1/articles/9/related.html").status_code == 404
