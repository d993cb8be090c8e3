"""WordPress through a REST API that a function plays; a real one is in tests/integration/test_wordpress_site.py."""

import json
from pathlib import Path
from typing import Any

import pytest

from indexer.parse import parse
from indexer.sources import SourceError, Unreadable, wordpress
from indexer.sources.http import Response
from models.article import Record
from tests.unit.rest_api import Api, post, site


def numbers(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last + 1)]


def test_pages_are_asked_for_in_the_order_of_their_numbers() -> None:
    api = site(250)
    assert api.ids() == numbers(1, 250)
    assert len(api.asked) == 4
    assert "https://example.org/wp-json/wp/v2/posts?page=3&per_page=100&orderby=id&order=asc&_embed=" in api.asked[3]


@pytest.mark.parametrize("count", [0, 1, 100, 200])
def test_sites_of_few_posts_and_of_whole_pages(count: int) -> None:
    assert site(count).ids() == numbers(1, count)


def test_posts_that_are_deleted_meanwhile_do_not_hide_others() -> None:
    api = site(250)
    api.events = {3: lambda: api.delete(3, 4, 5), 4: lambda: api.delete(99)}
    assert sorted(api.ids(), key=int) == numbers(1, 250)


def test_a_last_page_that_is_gone_when_it_is_asked_for() -> None:
    api = site(201)
    api.events = {4: lambda: api.delete(1, 102)}
    assert sorted(api.ids(), key=int) == numbers(1, 201)


def test_posts_that_are_published_meanwhile_come_last() -> None:
    api = site(250)
    api.events = {4: lambda: api.posts.extend(post(number) for number in range(251, 321))}
    assert api.ids() == numbers(1, 320)


def test_a_server_without_the_memory_for_a_hundred_posts_is_asked_for_less() -> None:
    api = site(130, most=50)
    assert api.ids() == numbers(1, 130)
    with pytest.raises(SourceError, match="HTTP 500"):
        site(130, most=5).ids()


def test_caches_that_tell_an_older_and_a_newer_total_in_turns_come_to_an_end() -> None:
    api = site(250)

    def cached(url: str) -> Response:
        answer = api.get(url)
        assert len(api.asked) < 20
        return Response(url, {**answer.headers, "x-wp-total": "249" if "page=2&" in url else "250"}, answer.body)

    records = list(wordpress.read("https://example.org/", cached))
    assert [record["id"] for record in records if isinstance(record, dict)] == numbers(1, 250)


def test_a_whole_page_is_not_taken_for_all_when_the_site_does_not_say_so() -> None:
    def records(count: int) -> list[Any]:
        api = site(count)
        return list(wordpress.read("https://example.org/", lambda url: Response(url, {}, api.get(url).body)))

    assert len(records(99)) == 99
    with pytest.raises(SourceError, match="no X-WP-TotalPages"):
        records(100)


def test_a_site_that_always_gives_the_same_page_comes_to_an_end() -> None:
    same = json.dumps([post(1)]).encode()
    headers = {"x-wp-total": "5", "x-wp-totalpages": "5"}
    assert len(list(wordpress.read("https://example.org", lambda url: Response(url, headers, same)))) == 1


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("https://example.org/news/", "https://example.org/news/wp-json/wp/v2/posts?per_page=1"),
        ("https://example.org/?lang=ar", "https://example.org/wp-json/wp/v2/posts?lang=ar&per_page=1"),
        ("https://example.org/api/wp/v2/news", "https://example.org/api/wp/v2/news?page=1&"),
        ("https://example.org/?rest_route=/wp/v2/news", "https://example.org?rest_route=/wp/v2/news&page=1&"),
    ],
)
def test_addresses(address: str, asked: str) -> None:
    api = site(3)
    assert len(api.read(address)) == 3
    assert api.asked[0].startswith(asked)


def test_a_site_without_pretty_permalinks_keeps_its_parameters() -> None:
    api = site(3)

    def plain_only(url: str) -> Response:
        if "wp-json" in url:
            return Response(url, {}, b"<html>Home</html>")
        return api.get(url)

    assert len(list(wordpress.read("https://example.org/?categories=3", plain_only))) == 3
    assert api.asked[0] == "https://example.org/?rest_route=/wp/v2/posts&categories=3&per_page=1"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html></html>", "not the REST API of a WordPress site"),
        (b'{"code": "rest_disabled"}', "not a list of posts"),
        (b"[1]", "not a list of posts"),
    ],
)
def test_what_is_no_list_of_posts(body: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=f"^https://example.org/wp-json/wp/v2/posts.*: {reason}$"):
        list(wordpress.read("https://example.org", lambda url: Response(url, {}, body)))


def test_a_byte_order_mark_before_the_answer() -> None:
    body = b"\xef\xbb\xbf" + json.dumps([post(1)]).encode()
    assert len(list(wordpress.read("https://example.org", lambda url: Response(url, {}, body)))) == 1


def embedded(**parts: Any) -> Record:
    record = wordpress.record_of(post(1, _embedded=parts))
    assert isinstance(record, dict)
    return record


def test_names_are_text() -> None:
    terms = [[{"taxonomy": "category", "name": "L&#038;B"}], [{"taxonomy": "post_tag", "name": "d&rsquo;eau"}]]
    record = embedded(author=[{"name": "Amina"}], **{"wp:term": terms, "wp:featuredmedia": [{"source_url": "i.jpg"}]})
    assert (record["category"], record["tags"]) == ("L&B", ["d’eau"])
    assert (record["author"], record["image_url"]) == ("Amina", "i.jpg")
    marked = wordpress.record_of(post(1, title={"rendered": "<em>Q</em>&nbsp;&amp; A  &lt;b&gt;"}))
    assert isinstance(marked, dict)
    assert marked["title"] == "Q & A <b>"


def test_parts_that_wordpress_refuses_are_left_out() -> None:
    refused = {"code": "rest_user_invalid_id", "message": "Invalid user ID."}
    record = embedded(author=[refused], **{"wp:term": [refused, [], {}], "wp:featuredmedia": [refused]})
    assert (record["author"], record["category"], record["tags"], record["image_url"]) == (None, None, [], None)


@pytest.mark.parametrize("name", ["lang", "wpml_current_locale", "polylang_current_lang"])
def test_the_language_that_a_plugin_states(name: str) -> None:
    records = [wordpress.record_of(post(1, **{name: "ar_MA"})), wordpress.record_of(post(2, **{name: False}))]
    assert [record["language"] for record in records if isinstance(record, dict)] == ["ar_MA", None]
    articles, _ = parse(records)
    assert articles[0].language == "ar"


def test_more_tags_than_wordpress_embeds_are_asked_for() -> None:
    tags = [{"taxonomy": "post_tag", "name": f"tag {number}"} for number in range(12)]
    api = Api([post(1, tags=list(range(12)), _embedded={"wp:term": [tags[:10]]})])

    def get(url: str) -> Response:
        return Response(url, {}, json.dumps(tags).encode()) if "/wp/v2/tags?lang=ar&post=1&" in url else api.get(url)

    (record,) = wordpress.read("https://example.org/?lang=ar", get)
    assert isinstance(record, dict)
    assert record["tags"] == [tag["name"] for tag in tags]


def test_a_broken_post_is_named_and_the_rest_goes_on() -> None:
    broken = [
        post(1, content="text"),
        post(2, title=["x"]),
        post(3, _embedded=[]),
        post(4, _embedded={"wp:term": [["x"]]}),
        post(5, _embedded={"wp:term": [[{"taxonomy": "category"}]]}),
        post(6, content={"rendered": "", "protected": True}),
    ]
    *rejected, last = Api([*broken, post(7)]).read()
    reasons = 5 * ["not a post as WordPress gives it"] + ["protected by a password"]
    assert rejected == [Unreadable(str(number), reason) for number, reason in enumerate(reasons, start=1)]
    assert isinstance(last, dict)


def test_posts_without_a_number_do_not_disappear() -> None:
    articles, rejections = parse(Api([{**post(1), "id": None}, {**post(1), "id": ""}, {}]).read())
    assert articles == []
    assert rejections.read == 3


def test_real_answers(shared: Path) -> None:
    for path in sorted((shared / "fixtures" / "wordpress" / "rest_api").glob("*.json")):
        answer = json.loads(path.read_text(encoding="utf-8"))
        posts = answer if isinstance(answer, list) else [answer]
        articles, rejections = parse(Api(posts).read())
        assert len(articles) + sum(rejections.rejected.values()) == len(posts)
        if path.stem.endswith(("posts", "pages")):
            assert len(articles) == len(posts)
            assert not any("[" in article.title or "&#" in f"{article.title}{article.text}" for article in articles)
