"""WordPress' REST API, answered by a function: no network, every page by hand."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from indexer.parse import parse
from indexer.sources import SourceError, Unreadable, wordpress
from indexer.sources.http import FetchError, Response

SITE = "https://example.org"


def post(number: int, **changed: Any) -> dict[str, Any]:
    embedded = {
        "author": [{"name": "سلمى أوحسين"}],
        "wp:featuredmedia": [{"source_url": "https://example.org/i.jpg"}],
        "wp:term": [
            [{"taxonomy": "category", "name": "Air &amp; eau"}, {"taxonomy": "category", "name": "second"}],
            [{"taxonomy": "post_tag", "name": "الجفاف"}, {"taxonomy": "post_tag", "name": "L&#8217;eau"}],
        ],
    }
    made = {
        "id": number,
        "title": {"rendered": f"L&#8217;eau &amp; le ciel {number}"},
        "content": {"rendered": f"<p>Texte {number}</p>", "protected": False},
        "link": f"{SITE}/{number}",
        "date_gmt": "2026-08-05T10:00:00",
        "modified_gmt": "2026-08-06T11:00:00",
        "_embedded": embedded,
    }
    return {**made, **changed}


class Api:
    """A site with some posts; `pretty` says whether /wp-json/ is there."""

    def __init__(self, posts: list[dict[str, Any]], *, pretty: bool = True) -> None:
        self.posts, self.pretty, self.asked = posts, pretty, list[str]()

    def __call__(self, url: str) -> Response:
        self.asked.append(url)
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        if ("/wp-json/" in url) != self.pretty:
            message = f"{url}: HTTP 404"
            raise FetchError(message)
        size, page = int(asked["per_page"]), int(asked.get("page", "1"))
        part = self.posts[(page - 1) * size : page * size]
        headers = {"x-wp-total": f"{len(self.posts)}", "x-wp-totalpages": f"{-(-len(self.posts) // size)}"}
        return Response(url, headers, orjson.dumps(part))


def records(api: Api) -> Iterator[Any]:
    return wordpress.read(f"{SITE}/", api)


def test_every_field_of_a_post() -> None:
    (record,) = records(Api([post(7)]))
    assert record["id"] == "7"
    assert record["title"] == "L’eau & le ciel 7"
    assert record["html"] == "<p>Texte 7</p>"
    assert record["url"] == f"{SITE}/7"
    assert (record["category"], record["tags"]) == ("Air & eau", ["الجفاف", "L’eau"])
    assert (record["author"], record["image_url"]) == ("سلمى أوحسين", "https://example.org/i.jpg")
    assert (record["published_at"], record["updated_at"]) == ("2026-08-05T10:00:00Z", "2026-08-06T11:00:00Z")
    assert record["language"] is None


@pytest.mark.parametrize("pretty", [True, False])
def test_every_page_is_read_once_and_asked_for_politely(pretty: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    api = Api([post(number) for number in range(1, 251)], pretty=pretty)
    assert [record["id"] for record in records(api)] == [str(number) for number in range(1, 251)]
    pages = [url for url in api.asked if "per_page=100" in url]
    assert len(pages) == 3
    for url in pages:
        assert ("rest_route=/wp/v2/posts" in url) != pretty
        asked = parse_qs(urlsplit(url).query)
        assert (asked["orderby"], asked["order"]) == (["id"], ["asc"])
        assert asked["_embed"] == ["author,wp:featuredmedia,wp:term"]


def test_a_site_without_posts() -> None:
    assert list(records(Api([]))) == []


def test_a_protected_post_is_counted_and_the_rest_goes_on() -> None:
    hidden = post(2, content={"rendered": "", "protected": True})
    empty = post(3, title={"rendered": ""}, content={"rendered": "", "protected": False})
    found = list(records(Api([post(1), hidden, empty, post(4)])))
    assert found[1] == Unreadable("2", "protected by a password")
    articles, rejections = parse(iter(found))
    assert [article.id for article in articles] == ["1", "4"]
    assert rejections.rejected == {"protected by a password": 1, "title, text: both empty": 1}


def test_what_the_site_does_not_show_is_left_out() -> None:
    refused = {"code": "rest_user_invalid_id", "message": "Invalid user ID.", "data": {"status": 404}}
    embedded = {"author": [refused], "wp:featuredmedia": [refused], "wp:term": [[], []]}
    (record,) = records(Api([post(1, _embedded=embedded, lang="ar")]))
    assert (record["author"], record["image_url"], record["category"], record["tags"]) == (None, None, None, [])
    assert record["language"] == "ar"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>maintenance</html>", "not the REST API of a WordPress site"),
        (b'{"code": "rest_forbidden"}', "not a list of posts"),
        (b"[1, 2]", "not a list of posts"),
    ],
)
def test_another_answer_is_one_line(body: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=reason) as refused:
        list(wordpress.read(f"{SITE}/", lambda url: Response(url, {}, body)))
    assert "\n" not in str(refused.value)


def test_the_answers_of_a_real_site(shared: Path) -> None:
    path = shared / "fixtures" / "wordpress" / "rest_api" / "izquierdahispanica_posts.json"
    posts = json.loads(path.read_text(encoding="utf-8"))
    api = Api(posts)
    articles, rejections = parse(records(api))
    assert {article.id for article in articles} == {str(one["id"]) for one in posts}
    assert not rejections.rejected
    assert not rejections.repaired
    assert not [article.id for article in articles if "&#" in article.title or "<" in article.title]
