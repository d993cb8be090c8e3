"""Sources behind HTTP: a local site that behaves, and one that does not."""

import itertools
import math
import time
from pathlib import Path

import pytest

from indexer import sources
from indexer.build import build
from indexer.parse import parse
from indexer.sources import SourceError, Unreadable, http, sitemap
from indexer.sources.kept import KeptRecords
from tests.conftest import silent
from tests.fakes import FakeEmbedder
from tests.integration.servers import PATIENCE, free_port
from tests.integration.web_site import Site


@pytest.mark.parametrize("path", ["/feed", "/feed.gz", "/feed-1256"])
def test_a_feed(base: str, path: str) -> None:
    full, short = sources.read(f"feed+{base}{path}")
    assert isinstance(full, dict)
    assert (full["id"], full["title"], full["html"]) == ("1", "خبر & رأي", "<p>النص الكامل</p>")
    assert (full["language"], full["category"], full["image_url"]) == ("ar", "ماء", "https://example.org/1.jpg")
    assert (full["published_at"], full["url"]) == ("2026-08-05T09:00:00Z", f"{base}/1")
    assert isinstance(short, dict)
    assert short["id"] == "https://example.org/2"


def test_an_atom_feed(base: str) -> None:
    (entry,) = sources.read(f"feed+{base}/atom")
    assert isinstance(entry, dict)
    assert (entry["id"], entry["title"], entry["html"]) == ("tag:1", "L’eau", "Un résumé")
    assert (entry["language"], entry["updated_at"]) == ("fr", "2026-08-05T10:00:00Z")


def test_a_feed_that_breaks_off_gives_what_stands_before(base: str) -> None:
    *entries, broken = sources.read(f"feed+{base}/cut.xml")
    assert entries
    assert isinstance(broken, Unreadable)
    assert broken.reason.startswith("not well-formed XML")


@pytest.mark.parametrize("path", ["/sitemap.xml", "/index.xml"])
def test_a_sitemap_and_a_page_that_is_gone(base: str, path: str) -> None:
    found, gone = sources.read(f"sitemap+{base}{path}")
    assert isinstance(found, dict)
    assert (found["id"], found["language"], found["updated_at"]) == (f"{base}/page", "fr", "2026-08-05")
    assert found["text"].count("\n") >= 1
    assert "dix ans" in found["text"]
    assert "À lire aussi" not in found["text"]
    assert "Accueil" not in found["text"]
    assert gone == Unreadable(f"{base}/404", "HTTP 404")


def test_a_compressed_sitemap(base: str) -> None:
    (found,) = sources.read(f"sitemap+{base}/sitemap.xml.gz")
    assert isinstance(found, dict)


def test_pages_in_the_encodings_that_news_sites_had(base: str) -> None:
    latin, arabic = sources.read(f"sitemap+{base}/encodings.xml")
    assert isinstance(latin, dict)
    assert isinstance(arabic, dict)
    assert "régional" in latin["text"]
    assert "مجلس الجهة" in arabic["text"]


def test_the_front_page_is_nobodys_canonical_address(base: str) -> None:
    latin, *_others = sources.read(f"sitemap+{base}/encodings.xml")
    assert isinstance(latin, dict)
    assert latin["id"] == latin["url"] == f"{base}/page-latin-1"


def test_bad_pages_cost_only_themselves(base: str) -> None:
    found = list(sources.read(f"sitemap+{base}/bad-pages.xml"))
    assert [(one.place.removeprefix(base), one.reason) for one in found if isinstance(one, Unreadable)] == [
        ("/archive", "no article: a front page, an archive or a profile"),
        ("/report.pdf", "not HTML (application/pdf)"),
        ("/menu", "no main text was found on the page"),
        ("/tags", "more than 50000 tags"),
        ("/picture", "not text"),
        ("/loop", "redirects without end"),
        ("/to-file", "redirects to neither http nor https"),
        ("/500", "HTTP 500, 4 times"),
    ]


def test_a_head_that_makes_things_up_costs_only_those(base: str) -> None:
    articles, rejections = parse(sources.read(f"sitemap+{base}/odd-head.xml"))
    assert [(article.image_url, article.published_at) for article in articles] == [(None, None)]
    assert rejections.rejected == {}


def test_a_link_of_a_feed_that_is_none(base: str) -> None:
    articles, _rejections = parse(sources.read(f"feed+{base}/feed-bad-link"))
    assert articles
    assert all(article.url is None for article in articles)


def test_odd_entries_of_a_sitemap(base: str) -> None:
    assert list(sources.read(f"sitemap+{base}/odd.xml")) == [Unreadable("ftp://x/y", "neither http nor https")]


def test_a_site_that_goes_down_ends_the_reading_and_is_not_asked_for_every_page(base: str) -> None:
    with pytest.raises(SourceError, match="HTTP 500, 4 times"):
        list(sources.read(f"sitemap+{base}/down.xml"))
    assert Site.tries["/500"] == 4 * sitemap.MOST_UNAVAILABLE


def test_a_sitemap_is_not_read_from_the_start_again_when_its_build_broke_off(
    base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"sitemap+{base}/many.xml"
    kept = KeptRecords(tmp_path, address)
    monkeypatch.setattr(Site, "most", 12)
    with pytest.raises(SourceError, match="HTTP 500, 4 times"):
        list(sources.read(address, kept))
    monkeypatch.setattr(Site, "most", math.inf)
    Site.tries.clear()
    records = list(sources.read(address, kept))
    assert Site.tries["/page"] == 20 - 12
    assert sorted(records, key=repr) == sorted(sources.read(address), key=repr)
    for tries in (0, 20):  # one may be killed after the reading; one that is published leaves nothing
        Site.tries.clear()
        assert build(tmp_path, address, FakeEmbedder(), silent).read == 20
        assert Site.tries.get("/page", 0) == tries


def test_a_sitemap_that_is_missing_is_not_taken_for_an_empty_one(base: str) -> None:
    with pytest.raises(SourceError, match="HTTP 500, 4 times"):
        list(sources.read(f"sitemap+{base}/broken-index.xml"))


def test_patience_as_long_as_the_server_asks_for_it(base: str) -> None:
    pauses: list[float] = []
    assert http.get(f"{base}/busy", pause=pauses.append).body
    assert pauses == [7, 7]


@pytest.mark.parametrize("kind", ["feed", "sitemap"])
@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/404", "HTTP 404"),
        ("/429", "HTTP 429, 4 times"),
        ("/500", "HTTP 500, 4 times"),
        ("/503", "HTTP 503, 4 times"),
        ("/loop", "redirects without end"),
        ("/to-file", "redirects to neither http nor https"),
        ("/to-ftp", "redirects to neither http nor https"),
        ("/to-nowhere", "redirects nowhere: Invalid IPv6 URL"),
        ("/without-a-place", "HTTP 302"),
        ("/gzip-cut", "the answer is cut short, 4 times"),
        ("/no-gzip", "Error -3 while decompressing data: incorrect header check"),
        ("/short", "the answer is cut short, 4 times"),
        ("/nothing", "Remote end closed connection without response, 4 times"),
    ],
)
def test_what_cannot_be_fetched_is_one_line(base: str, kind: str, path: str, reason: str) -> None:
    with pytest.raises(SourceError) as refused:
        list(sources.read(f"{kind}+{base}{path}"))
    assert str(refused.value) == f"{base}{path}: {reason}"


@pytest.mark.parametrize("kind", ["feed", "sitemap"])
def test_a_server_that_never_answers_is_one_line(base: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TIMEOUT_SECONDS", 0.1)
    with pytest.raises(SourceError) as refused:
        list(sources.read(f"{kind}+{base}/silent"))
    assert str(refused.value) == f"{base}/silent: timed out, 4 times"


@pytest.mark.parametrize("kind", ["feed", "sitemap"])
def test_an_answer_without_end_is_one_line(base: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(0, 5 * PATIENCE)
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    with pytest.raises(SourceError) as refused:
        list(sources.read(f"{kind}+{base}/slow"))
    assert str(refused.value) == f"{base}/slow: the answer takes too long"


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("feed+{base}/huge", "larger than 10000000 bytes"),
        ("feed+{base}/gzip-bomb", "larger than 10000000 bytes"),
        ("feed+{base}/html", "neither RSS nor Atom"),
        ("feed+{base}/empty", "neither RSS nor Atom"),
        ("feed+{base}/page-1256", "neither RSS nor Atom"),
        ("sitemap+{base}/html", "not a sitemap (it is <html>)"),
        ("sitemap+{base}/empty", "not a sitemap (ParseError)"),
        ("sitemap+{base}/bomb", "not a sitemap (DTDForbidden)"),
        ("sitemap+{base}/sitemap-bomb", "not a sitemap (ParseError)"),
        ("sitemap+{base}/other.xml", "not a sitemap (it is <html>)"),
        ("sitemap+{base}/feed", "not a sitemap (it is <rss>)"),
    ],
)
def test_something_else_than_what_was_asked_for_is_one_line(base: str, address: str, reason: str) -> None:
    with pytest.raises(SourceError) as refused:
        list(sources.read(address.replace("{base}", base)))
    assert str(refused.value) == f"{address.partition('+')[2].replace('{base}', base)}: {reason}"


def test_noise_for_an_answer_is_one_line(base: str) -> None:
    with pytest.raises(SourceError) as refused:
        list(sources.read(f"feed+{base}/noise"))
    assert str(refused.value).isprintable()


def test_a_bomb_in_a_feed_does_not_go_off(base: str) -> None:
    assert all(isinstance(record, Unreadable) for record in sources.read(f"feed+{base}/rss-bomb"))


def test_an_entry_without_an_id_is_rejected_by_name(base: str) -> None:
    _articles, rejections = parse(sources.read(f"feed+{base}/feed-without-an-id"))
    assert dict(rejections.rejected) == {"id: missing": 1}


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("feed+http://127.0.0.1:{free}/", "Connection refused, 4 times"),
        ("feed+http://", "no host given"),
        ("feed+http://[::1", "Invalid IPv6 URL"),
        ("feed+http://example.org:port/", "nonnumeric port"),
        ("sitemap+ftp://example.org/", "neither http nor https"),
        ("sitemap+file:///etc/passwd", "neither http nor https"),
        ("feed+https://exa\nmple.org/", "a control character in the address"),
    ],
)
def test_an_address_that_leads_nowhere_is_one_line(monkeypatch: pytest.MonkeyPatch, address: str, reason: str) -> None:
    monkeypatch.setattr(http, "FIRST_PAUSE", 0.0)
    with pytest.raises(SourceError, match=reason) as refused:
        list(sources.read(address.replace("{free}", str(free_port()))))
    assert "\n" not in str(refused.value)


def test_a_pause_between_requests(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    monkeypatch.setenv(http.PAUSE_VARIABLE, "0.5")
    http.get(f"{base}/feed")
    assert 0.5 in pauses
    for wrong in ("a while", "nan"):
        monkeypatch.setenv(http.PAUSE_VARIABLE, wrong)
        with pytest.raises(SourceError, match="SILAH_PAUSE_SECONDS: not a number"):
            http.get(f"{base}/feed")
