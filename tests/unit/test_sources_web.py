"""Sources behind HTTP: a local server that behaves, and one that does not."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest

from indexer import sources
from indexer.parse import parse
from indexer.sources import SourceError, Unreadable, feed, http, sitemap, wordpress, wxr

FEED = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Site</title>
<language>ar</language>
<item><guid>1</guid><title>خبر &amp; رأي</title><link>https://example.org/1</link><category>ماء</category>
<pubDate>Wed, 05 Aug 2026 10:00:00 +0100</pubDate><description>ملخص</description>
<content:encoded><![CDATA[<p>النص الكامل</p>]]></content:encoded>
<enclosure url="https://example.org/1.jpg" type="image/jpeg" length="1"/></item>
<item><link>https://example.org/2</link><title>عنوان فقط</title></item></channel></rss>"""
PAGE = """<html lang="fr"><head><title>Le barrage</title><link rel="canonical" href="{base}/page"></head><body>
<nav>Accueil Sport Culture</nav><article><h1>Le barrage</h1>
<p>Le conseil régional a approuvé mardi la construction du barrage, attendue depuis dix ans par les agriculteurs.</p>
<p>À lire aussi : un autre article</p>
<p>Les travaux commenceront au printemps, selon le président du conseil, qui promet trois cents emplois durables.</p>
</article><footer>Tous droits réservés</footer></body></html>"""
SITEMAP = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>{base}/page</loc>
<lastmod>2026-08-05</lastmod></url><url><loc>{base}/gone</loc></url></urlset>"""
INDEX = """<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>{base}/sitemap.xml</loc>
</sitemap></sitemapindex>"""
POSTS = [
    {
        "id": number,
        "title": {"rendered": f"Post &#8217;{number}"},
        "content": {"rendered": f"<p>Text {number}</p>", "protected": number == 2},
        "link": f"https://example.org/{number}",
        "date_gmt": "2026-08-05T10:00:00",
        "modified_gmt": "2026-08-06T10:00:00",
        "_embedded": {
            "author": [{"name": "Amina"}],
            "wp:featuredmedia": [{"source_url": "https://example.org/i.jpg"}],
            "wp:term": [[{"taxonomy": "category", "name": "L&#038;B"}], [{"taxonomy": "post_tag", "name": "eau"}]],
        },
    }
    for number in range(1, 151)
]


class Site(BaseHTTPRequestHandler):
    """Answers by path; ``tries`` counts the requests."""

    tries: dict[str, int]

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        self.tries[path] = self.tries.get(path, 0) + 1
        base = f"http://127.0.0.1:{self.server.server_address[1]}"
        pages = {"/feed": FEED, "/page": PAGE, "/sitemap.xml": SITEMAP, "/index.xml": INDEX, "/html": "<p>no feed</p>"}
        if path in pages:
            self.answer(200, pages[path].replace("{base}", base).encode())
        elif path == "/loop":
            self.answer(302, b"", Location="/loop")
        elif path == "/busy":
            self.answer(429 if self.tries[path] < 3 else 200, FEED.encode(), **{"Retry-After": "7"})
        elif path in {"/500", "/404"}:
            self.answer(int(path[1:]), b"")
        elif path == "/huge":
            self.answer(200, b"x" * (http.MAX_BYTES + 1))
        elif path == "/" and "rest_route" in query:
            self.posts(query)
        else:
            self.answer(404, b"")

    def posts(self, query: str) -> None:
        parameters = dict(part.split("=") for part in query.split("&"))
        page, size = int(parameters.get("page", "1")), int(parameters["per_page"])
        some = POSTS[(page - 1) * size : page * size]
        self.answer(200, orjson.dumps(some), **{"X-WP-TotalPages": str(-(-len(POSTS) // size))})

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        pass


@pytest.fixture(name="base")
def local_site() -> Iterator[str]:
    Site.tries = {}
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_feed(base: str) -> None:
    full, short = sources.read(f"feed+{base}/feed")
    assert isinstance(full, dict)
    assert (full["id"], full["title"], full["html"]) == ("1", "خبر & رأي", "<p>النص الكامل</p>")
    assert (full["language"], full["category"], full["image_url"]) == ("ar", "ماء", "https://example.org/1.jpg")
    assert full["published_at"] == "2026-08-05T09:00:00Z"
    assert isinstance(short, dict)
    assert short["id"] == "https://example.org/2"


def test_a_sitemap_of_sitemaps_and_a_page_that_is_gone(base: str) -> None:
    page, gone = sources.read(f"sitemap+{base}/index.xml")
    assert isinstance(page, dict)
    assert (page["id"], page["language"], page["updated_at"]) == (f"{base}/page", "fr", "2026-08-05")
    assert page["text"].count("\n") >= 1
    assert "dix ans" in page["text"]
    assert "À lire aussi" not in page["text"]
    assert "Accueil" not in page["text"]
    assert gone == Unreadable(f"{base}/gone", "HTTP 404")


def test_a_wordpress_site_without_pretty_permalinks_page_by_page(base: str) -> None:
    records = list(sources.read(f"wordpress+{base}/"))
    assert len(records) == 150
    assert records[1] == Unreadable("2", "protected by a password")
    first = records[0]
    assert isinstance(first, dict)
    assert (first["id"], first["title"], first["category"], first["tags"]) == ("1", "Post ’1", "L&B", ["eau"])
    assert (first["author"], first["image_url"]) == ("Amina", "https://example.org/i.jpg")
    assert (first["published_at"], first["updated_at"]) == ("2026-08-05T10:00:00Z", "2026-08-06T10:00:00Z")
    articles, _rejections = parse(iter(records))
    assert articles[0].text == "Text 1"


def test_patience_as_long_as_the_server_asks_for_it(base: str) -> None:
    pauses: list[float] = []
    assert http.get(f"{base}/busy", pause=pauses.append).body
    assert pauses == [7, 7]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/404", "HTTP 404"),
        ("/500", "HTTP 500, 4 times"),
        ("/loop", "redirects without end"),
        ("/huge", "larger than 10000000 bytes"),
    ],
)
def test_what_cannot_be_fetched_is_one_line(base: str, path: str, reason: str) -> None:
    with pytest.raises(SourceError) as refused:
        http.get(f"{base}{path}", pause=lambda _seconds: None)
    assert str(refused.value) == f"{base}{path}: {reason}"


def test_a_server_that_is_not_there_and_one_that_says_nothing() -> None:
    with pytest.raises(SourceError, match="refused, 4 times"):
        http.get("http://127.0.0.1:9", pause=lambda _seconds: None)
    with pytest.raises(SourceError, match="control characters"):
        http.get("http://127.0.0.1:9/a b", pause=lambda _seconds: None)
    with pytest.raises(SourceError, match="neither http nor https"):
        http.get("file:///etc/passwd")


@pytest.mark.parametrize("module", [feed, sitemap, wordpress])
def test_html_instead_of_what_was_asked_for(base: str, module: Any) -> None:
    with pytest.raises(SourceError, match=r"neither RSS nor Atom|not a sitemap|HTTP 404"):
        list(module.read(f"{base}/html"))


WXR = """<?xml version="1.0"?><rss xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/"><channel>
<wp:author><wp:author_login>am</wp:author_login><wp:author_display_name>Amina</wp:author_display_name></wp:author>
<item><title>One</title><link>https://example.org/1</link><dc:creator>am</dc:creator>
<content:encoded><![CDATA[<!-- wp:paragraph -->First line
second line

Next [gallery ids="1"] paragraph]]></content:encoded>
<wp:post_id>1</wp:post_id><wp:post_type>post</wp:post_type><wp:status>publish</wp:status>
<wp:post_date_gmt>2026-08-05 10:00:00</wp:post_date_gmt><category domain="category">News</category>
<category domain="post_tag">water</category>
<wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key><wp:meta_value>9</wp:meta_value></wp:postmeta></item>
<item><wp:post_id>2</wp:post_id><wp:post_type>post</wp:post_type><wp:status>draft</wp:status></item>
<item><wp:post_id>9</wp:post_id><wp:post_type>attachment</wp:post_type>
<wp:attachment_url>https://example.org/9.jpg</wp:attachment_url></item>
</channel></rss>"""


def test_a_wordpress_export(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    path.write_text(WXR)
    post, draft = wxr.read(str(path))
    assert isinstance(post, dict)
    assert post["html"] == "<p>First line<br>second line</p><p>Next  paragraph</p>"
    assert (post["author"], post["category"], post["tags"]) == ("Amina", "News", ["water"])
    assert (post["image_url"], post["published_at"]) == ("https://example.org/9.jpg", "2026-08-05T10:00:00Z")
    assert draft == Unreadable("2", "not published")


def test_an_export_that_breaks_off_gives_what_stands_before(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    path.write_text(WXR[: WXR.index("<item><wp:post_id>2")] + "<item><wp:post_id>2")
    post, broken = wxr.read(str(path))
    assert isinstance(post, dict)
    assert isinstance(broken, Unreadable)
    assert broken.reason.startswith("the XML breaks off here")


def test_an_entity_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xml"
    path.write_text('<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><rss>&b;</rss>')
    with pytest.raises(SourceError, match="declares entities or a document type"):
        list(wxr.read(str(path)))
