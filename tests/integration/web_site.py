"""A local site whose feeds, sitemaps and pages are good, odd, broken, slow or absent."""

import gzip
import math
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import orjson

from indexer.sources import http, sitemap

if TYPE_CHECKING:
    from collections.abc import Callable

FEED = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Site</title>
<language>ar</language>
<item><guid>1</guid><title>خبر &amp; رأي</title><link>/1</link><category>ماء</category>
<pubDate>Wed, 05 Aug 2026 10:00:00 +0100</pubDate><description>ملخص</description>
<content:encoded><![CDATA[<p>النص الكامل</p>]]></content:encoded>
<enclosure url="https://example.org/1.jpg" type="image/jpeg" length="1"/></item>
<item><link>https://example.org/2</link><title>عنوان فقط</title></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr"><title>Site</title><entry><id>tag:1</id>
<title type="html">L&amp;#8217;eau</title><link href="https://example.org/1"/><updated>2026-08-05T10:00:00Z</updated>
<summary>Un résumé</summary></entry></feed>"""
PAGE = """<html lang="fr"><head><meta charset="{charset}"><title>Le barrage</title>
<link rel="canonical" href="{canonical}"></head><body><nav>Accueil Sport Culture</nav><article><h1>Le barrage</h1>
<p>Le conseil régional a approuvé mardi la construction du barrage, attendue depuis dix ans par les agriculteurs.</p>
<p>À lire aussi : un autre article</p>
<p>Les travaux commenceront au printemps, selon le président du conseil, qui promet trois cents emplois durables.</p>
</article><footer>Tous droits réservés</footer></body></html>"""
ARABIC = """<html><body><article><h1>السد</h1><p>صادق مجلس الجهة على بناء السد الذي ينتظره الفلاحون منذ عشر سنوات،
وستبدأ الأشغال في الربيع المقبل حسب رئيس المجلس.</p></article></body></html>"""
BOMB = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><{root}><url><loc>&c;</loc></url></{root}>"""
XMLNS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
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


def page(charset: str = "utf-8", canonical: str = "/page") -> str:
    return PAGE.replace("{charset}", charset).replace("{canonical}", canonical)


def sitemap_of(*paths: str, kind: str = "url") -> bytes:
    entries = "".join(f"<{kind}><loc>{{base}}{path}</loc><lastmod>2026-08-05</lastmod></{kind}>" for path in paths)
    root = "urlset" if kind == "url" else "sitemapindex"
    return f"<{root} {XMLNS}>{entries}</{root}>".encode()


def members(body: bytes) -> bytes:
    """Return `body` compressed in two parts, one after the other, as some writers of logs and sitemaps do."""
    return gzip.compress(body[:50]) + gzip.compress(body[50:])


HTML = {"Content-Type": "text/html"}
BAD_HEAD = (
    "<head><meta property='og:image' content='http://[bad/x.jpg'><meta property='og:url' content='http://[bad/'>"
    "<meta property='article:published_time' content='2020-01-01T00:00:00+99:99'>"
)
NOW = {"Retry-After": "0"}
ANSWERS: dict[str, tuple[int, bytes, dict[str, str]]] = {
    "/feed": (200, FEED.encode(), {}),
    "/atom": (200, ATOM.encode(), {}),
    "/feed.gz": (200, gzip.compress(FEED.encode()), {"Content-Encoding": "gzip"}),
    "/cut.xml": (200, FEED.encode()[:-60], {}),
    "/feed-1256": (200, FEED.replace("UTF-8", "windows-1256").encode("windows-1256"), {}),
    "/feed-without-an-id": (200, b"<rss version='2.0'><channel><item><title>x</title></item></channel></rss>", {}),
    "/page": (200, page().encode(), HTML),
    "/page-latin-1": (200, page("iso-8859-1", canonical="/").encode("latin-1"), HTML),
    "/page-1256": (200, ARABIC.encode("windows-1256"), {"Content-Type": "text/html; charset=windows-1256"}),
    "/page-unsaid": (200, (ARABIC * 5).encode("windows-1256"), HTML),
    "/archive": (200, page().replace("<body>", '<body class="archive category">').encode(), HTML),
    "/report.pdf": (200, b"%PDF-1.7", {"Content-Type": "application/pdf"}),
    "/bad-picture": (200, page().replace("<head>", BAD_HEAD).encode(), HTML),
    "/feed-bad-link": (200, FEED.replace("<link>", "<link>http://[bad/").encode(), {}),
    "/menu": (200, b"<ul><li><a href='/'>Home</a></ul>", HTML),
    "/tags": (200, b"<p>" * 60_000, HTML),
    "/picture": (200, bytes(range(256)) * 9, HTML),
    "/sitemap.xml": (200, sitemap_of("/page", "/404"), {}),
    "/sitemap.xml.gz": (200, sitemap_of("/page"), {}),
    "/index.xml": (200, sitemap_of("/sitemap.xml", "/index.xml", kind="sitemap"), {}),
    "/bad-pages.xml": (
        200,
        sitemap_of("/archive", "/report.pdf", "/menu", "/tags", "/picture", "/loop", "/to-file", "/500"),
        {},
    ),
    "/odd-head.xml": (200, sitemap_of("/bad-picture"), {}),
    "/encodings.xml": (200, sitemap_of("/page-latin-1", "/page-1256"), {}),
    "/many.xml": (200, sitemap_of(*(f"/page?{number}" for number in range(20))), {}),
    "/down.xml": (200, sitemap_of(*(f"/500?{number}" for number in range(20))), {}),
    "/odd.xml": (200, f"<urlset {XMLNS}><url/><url><loc>ftp://x/y</loc></url></urlset>".encode(), {}),
    "/broken-index.xml": (200, sitemap_of("/sitemap.xml", "/500", kind="sitemap"), {}),
    "/loop": (302, b"", {"Location": "/loop"}),
    "/to-file": (302, b"", {"Location": "file:///etc/passwd"}),
    "/to-ftp": (302, b"", {"Location": "ftp://127.0.0.1/x"}),
    "/to-nowhere": (302, b"", {"Location": "http://[bad/"}),
    "/without-a-place": (302, b"", {}),
    "/429": (429, b"", NOW),
    "/500": (500, b"", NOW),
    "/503": (503, b"", {"Retry-After": "Wed, 05 Aug 2015 10:00:00 GMT"}),
    "/404": (404, b"", {}),
    "/huge": (200, b"x" * (http.MAX_BYTES + 1), {}),
    "/gzip-bomb": (200, gzip.compress(b"x" * (http.MAX_BYTES + 1)), {"Content-Encoding": "gzip"}),
    "/gzip-cut": (200, gzip.compress(b"x" * 1000)[:-9], {"Content-Encoding": "gzip"}),
    "/no-gzip": (200, b"plain", {"Content-Encoding": "gzip"}),
    "/short": (200, b"x", {"Content-Length": "100"}),
    "/html": (200, b"<html><p>no feed</p></html>", HTML),
    "/empty": (200, b"", {}),
    "/json": (200, b'{"code": "rest_disabled"}', {}),
    "/bomb": (200, BOMB.replace("{root}", "urlset").encode(), {}),
    "/rss-bomb": (200, BOMB.replace("{root}", "rss").encode(), {}),
    "/sitemap-bomb": (200, gzip.compress(b"<urlset>" + b" " * (sitemap.MAX_BYTES + 1), 1), {}),
    "/other.xml": (200, b"<html/>", {}),
}


class Site(BaseHTTPRequestHandler):
    """Answers by path; ``tries`` counts the requests."""

    tries: dict[str, int]
    over: threading.Event
    """Set when the test is over."""
    whole: list[int]
    """The numbers of the posts that were given whole."""
    most: float = math.inf
    """How many posts, or times the page, are given before the site goes down."""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        self.tries[path] = self.tries.get(path, 0) + 1
        special: dict[str, Callable[[], None]] = {"/busy": self.busy, "/silent": self.silent, "/slow": self.slow}
        special |= {"/nothing": self.nothing, "/noise": self.noise}
        if path in special:
            special[path]()
        elif path == "/page" and self.tries[path] > self.most:
            self.answer(500, b"", NOW)
        elif path == "/" and "rest_route" in query:
            self.posts(query)
        else:
            status, body, headers = ANSWERS.get(path, (404, b"", {}))
            body = body.replace(b"{base}", f"http://{self.headers['Host']}".encode())
            self.answer(status, members(body) if path == "/sitemap.xml.gz" else body, headers)

    def busy(self) -> None:
        self.answer(429 if self.tries["/busy"] < 3 else 200, FEED.encode(), {"Retry-After": "7"})

    def silent(self) -> None:
        self.over.wait()

    def slow(self) -> None:
        self.send_response(200)
        self.end_headers()
        for _ in range(30):
            self.wfile.write(b"x")
            self.over.wait(0.05)

    def nothing(self) -> None:
        self.close_connection = True

    def noise(self) -> None:
        self.wfile.write(b"\x00\xff\r\n\r\n")

    def posts(self, query: str) -> None:
        parameters = dict(parse_qsl(query))
        page, size = int(parameters.get("page", "1")), int(parameters["per_page"])
        some: list[dict[str, Any]] = [] if "categories" in parameters["rest_route"] else POSTS
        if "include" in parameters:
            some = [post for post in POSTS if str(post["id"]) in parameters["include"].split(",")]
        given = some[(page - 1) * size : page * size]
        if "_embed" in parameters and len(self.whole) >= self.most:
            self.answer(500, b"", NOW)
            return
        self.whole += [int(str(post["id"])) for post in given if "_embed" in parameters]
        self.answer(200, orjson.dumps(given), {"X-WP-TotalPages": str(-(-len(some) // size))})

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_arguments: Any) -> None:
        """Say nothing: clients that give up are what is tested."""
