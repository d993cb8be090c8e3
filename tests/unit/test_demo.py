import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser

from models.snapshot import Snapshot
from service.app import create_app
from service.demo_texts import TEXTS
from service.newest import newest
from service.settings import Settings
from service.view import View
from tests.conftest import Builder

HOSTILE = "</script><script>alert(1)</script>"
RECORDS: list[dict[str, Any]] = [
    *(
        {"id": f"ar{day}", "title": "بحر", "language": "ar", "published_at": f"2026-03-{day:02}"}
        for day in range(1, 29)
    ),
    {"id": "fr1", "title": f"mer {HOSTILE}", "language": "fr", "published_at": "2025-01-02", "category": "<b>a, b</b>"},
    {"id": "fr2", "title": "mer", "language": "fr", "published_at": "2025-01-01"},
    {"id": "es", "title": "mar", "language": "es"},
]


@pytest.fixture(name="client")
def client_of_a_site(build_records: Builder, home: Path) -> Iterator[FlaskClient]:
    build_records(RECORDS)
    settings = Settings(home=home, text_queries=False, default_k=7, default_language="ar,fr", default_min_score=0.25)
    with create_app(settings).test_client() as client:
        yield client


@pytest.fixture
def view(snapshot: Snapshot) -> View:
    return View(snapshot)


def page(client: FlaskClient, path: str = "/demo", **headers: str) -> LexborHTMLParser:
    response = client.get(path, headers=headers)
    assert response.status_code == 200
    assert response.content_type == "text/html; charset=utf-8"
    return LexborHTMLParser(response.text)


def test_nothing_but_the_sites_own_scripts_and_styles_may_run(client: FlaskClient) -> None:
    policy = client.get("/demo").headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"} <= set(policy)
    assert {"form-action 'none'", "base-uri 'none'", "frame-ancestors 'self'"} <= set(policy)
    html = page(client)
    assert html.css_first('meta[name="robots"]').attributes["content"] == "noindex"
    for asset in [*html.css("script[src]"), *html.css('link[rel="stylesheet"]')]:
        path = asset.attributes.get("src") or asset.attributes["href"]
        with client.get(f"/{path}") as response:
            assert response.status_code == 200


def test_the_page_speaks_the_readers_language(client: FlaskClient) -> None:
    for path, accepted, expected in [
        ("/demo", "ar-MA,fr;q=0.8", ("ar", "rtl")),
        ("/demo", "fr", ("en", "ltr")),
        ("/demo?ui=ar", "en", ("ar", "rtl")),
        ("/demo?ui=xx", "ar", ("ar", "rtl")),
    ]:
        html = page(client, path, **{"Accept-Language": accepted}).css_first("html")
        assert (html.attributes["lang"], html.attributes["dir"]) == expected
    assert "Accept-Language" in client.get("/demo").headers["Vary"]


def test_both_languages_say_the_same_things() -> None:
    first, second = TEXTS.values()
    assert list(first) == list(second)


def test_hostile_titles_stay_in_the_data(client: FlaskClient) -> None:
    html = page(client)
    assert len(html.css("script")) == 2
    data = json.loads(html.css_first("#data").text())
    assert f"mer {HOSTILE}" in {card["title"] for card in data["newest"]}
    assert html.css_first('[name="category"]').attributes["value"] == "<b>a, b</b>"


def test_the_controls_show_the_sites_defaults(client: FlaskClient) -> None:
    html = page(client)
    assert html.css_first("#k").attributes["value"] == "7"
    assert html.css_first("#min_score").attributes["value"] == "0.25"
    assert html.css_first("#recency_half_life_days").attributes["value"] == "730"
    assert html.css_first("#language [selected]").attributes["value"] == "codes"
    ticked = [box.attributes["value"] for box in html.css('[name="code"][checked]')]
    assert ticked == ["ar", "fr"]


def test_without_a_snapshot_the_page_says_so(home: Path) -> None:
    home.mkdir()
    with create_app(Settings(home=home)).test_client() as client:
        response = client.get("/demo?ui=en")
        assert response.status_code == 503
        assert TEXTS["en"]["no_snapshot"] in response.text


def test_it_is_no_part_of_the_api(client: FlaskClient) -> None:
    assert "/demo" not in client.get("/openapi.json").json["paths"]


def test_the_newest_of_each_language_and_then_the_newest_of_all(build_records: Builder, home: Path) -> None:
    build_records(RECORDS)
    with create_app(Settings(home=home, text_queries=False)).app_context() as context:
        view = context.app.extensions["serving"].now().view
    ids = [card.id for card in newest(view, 6)]
    assert ids == ["ar28", "ar27", "ar26", "fr1", "fr2", "es"]
    hidden = View(view.snapshot, hidden=frozenset({view.row_of("ar28"), view.row_of("fr1")}))
    assert [card.id for card in newest(hidden, 3)] == ["ar27", "fr2", "es"]


def test_without_dates_there_is_still_something_of_each_language(view: View) -> None:
    assert {card.language for card in newest(view, 3)} == {"en", "fr", "es"}
    assert len(newest(view, 12)) == len(view)
