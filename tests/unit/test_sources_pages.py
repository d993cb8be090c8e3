"""Pages of HTML: their encoding, their head, their main text."""

from pathlib import Path

import pytest

from indexer import sources
from indexer.parse import parse
from indexer.sources import SourceError, Unreadable, pages
from indexer.sources.encoding import decode
from indexer.sources.main_text import main_text
from indexer.sources.page_facts import Facts, canonical, facts_of

ARABIC = "قال المجلس إن بناء السد الجديد سيبدأ في الربيع المقبل بعد عشر سنوات من الانتظار في القرى المجاورة."
FRENCH = (
    "Le conseil régional a approuvé mardi la construction du barrage, attendue depuis dix ans par les agriculteurs.",
    "Les travaux commenceront au printemps, selon le président du conseil, qui promet trois cents emplois durables.",
)
STANDFIRST = "Attendu depuis dix ans, le barrage verra le jour au printemps, a tranché le conseil régional."


def page(body: str, head: str = "") -> str:
    return f'<html lang="fr-MA"><head><title>Le barrage</title>{head}</head><body>{body}</body></html>'


def article(*extra: str) -> str:
    return f"<article><h1>Le barrage</h1><p>{FRENCH[0]}</p>{''.join(extra)}<p>{FRENCH[1]}</p></article>"


@pytest.mark.parametrize(
    ("encoded", "content_type"),
    [
        (ARABIC.encode(), ""),
        (b"\xef\xbb\xbf" + ARABIC.encode(), ""),
        (ARABIC.encode("utf-16"), ""),
        (ARABIC.encode("windows-1256"), "text/html; charset=windows-1256"),
        (b'<meta charset="windows-1256">' + ARABIC.encode("windows-1256"), ""),
        (b"<meta http-equiv=x content='text/html; charset=cp1256'>" + ARABIC.encode("windows-1256"), "text/html"),
        (ARABIC.encode("iso8859-6", errors="ignore"), "text/html; charset=ISO-8859-6"),
        (b"<meta charset=iso-8859-1>" + ARABIC.encode(), "text/html; charset=iso-8859-1"),
        (b"<meta charset=utf-8>" + ARABIC.encode() + b"\xd8", ""),
        ((ARABIC * 10).encode("windows-1256"), ""),
        ((ARABIC * 10).encode("windows-1256"), "text/html; charset=klingon"),
        ((ARABIC * 10).encode("windows-1256"), "text/html; charset=zip"),
    ],
)
def test_a_page_is_decoded_as_browsers_do(encoded: bytes, content_type: str) -> None:
    assert "بناء السد الجديد" in decode(encoded, content_type)


def test_latin_1_on_the_web_is_windows_1252() -> None:
    assert decode("« l’eau » à 5 €".encode("windows-1252"), "text/html; charset=iso-8859-1") == "« l’eau » à 5 €"


def test_what_stands_around_an_article_is_dropped() -> None:
    around = '<nav><a href="/">Accueil</a></nav><aside><a href="/x">Publicité</a></aside>'
    inside = (
        "<p><b>À lire aussi :</b> <a href='/x'>Un barrage à sec</a></p>",
        "<h3>Articles liés</h3><ul><li><a>x</a></ul>",
    )
    assert main_text(page(around + article(*inside))) == "\n".join(["Le barrage", *FRENCH])


def test_the_standfirst_is_found_by_the_description() -> None:
    head = f'<meta name="description" content="{STANDFIRST[:70]}...">'
    body = f'<header><div class="chapo"><span>{STANDFIRST}</span></div></header>{article()}'
    assert main_text(page(body, head)).startswith(f"{STANDFIRST}\nLe barrage\n{FRENCH[0]}")
    assert STANDFIRST not in main_text(page(article(), head)), "only what the page shows"
    assert main_text(page(article(f"<p>{STANDFIRST}</p>"), head)).count(STANDFIRST) == 1


def test_a_record_does_not_repeat_its_title() -> None:
    record = pages.record_of(page(article()), "a.html")
    assert isinstance(record, dict)
    assert (record["title"], record["text"]) == ("Le barrage", "\n".join(FRENCH))


def test_the_head_of_a_page() -> None:
    head = """<link rel="canonical" href="/2026/barrage"><meta property="og:image" content="/b.jpg">
    <meta property="article:section" content="Société"><meta property="article:tag" content="eau">
    <meta property="article:published_time" content="2026-08-05T10:00:00+01:00">
    <meta property="article:modified_time" content="2026-08-06T10:00:00+01:00">"""
    facts = facts_of(page(article(), head), "https://example.org/2026/barrage?utm_source=x")
    assert facts["title"] == "Le barrage"
    assert (facts["url"], facts["image_url"]) == ("https://example.org/2026/barrage", "https://example.org/b.jpg")
    assert (facts["language"], facts["category"], facts["tags"]) == ("fr-MA", "Société", ["eau"])
    assert (facts["published_at"], facts["updated_at"]) == ("2026-08-05T10:00:00+01:00", "2026-08-06T10:00:00+01:00")


def test_json_ld_gives_what_the_tags_do_not() -> None:
    head = """<script type="application/ld+json">{"@graph": [{"@type": "WebSite"}, {"@type": ["NewsArticle"],
    "datePublished": "2026-08-05", "dateModified": "2026-08-06", "articleSection": ["Eau", "Maroc"]}]}</script>
    <script type="application/ld+json">{not json</script><script type="application/ld+json">[1, null]</script>"""
    facts = facts_of(page(article(), head), None)
    assert (facts["published_at"], facts["updated_at"], facts["category"]) == ("2026-08-05", "2026-08-06", "Eau")
    assert facts["url"] is None


@pytest.mark.parametrize("href", ["/", "https://example.org", "javascript:x", "http://[bad", "mailto:a@b", ""])
def test_a_useless_canonical_address_is_not_taken(href: str) -> None:
    facts = Facts(page(article(), f'<link rel="canonical" href="{href}">'))
    assert canonical(facts, None) is None


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ('<body class="home blog">', True),
        ('<body class="archive category">', True),
        ('<script type="application/ld+json">{"@type": "CollectionPage"}</script>', True),
        ('<meta property="og:type" content="website"><body class="single">', False),
        ('<body class="archive"><script type="application/ld+json">{"@type": "NewsArticle"}</script>', False),
    ],
)
def test_a_list_of_articles_is_no_article(markup: str, expected: bool) -> None:  # noqa: FBT001 - a table of cases
    assert Facts(markup).is_list() is expected


def test_a_folder_of_pages(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.htm").write_bytes(page(article()).encode("windows-1252"))
    (tmp_path / "a.HTML").write_text(page(article(), '<link rel="canonical" href="https://example.org/a">'))
    (tmp_path / "empty.html").write_bytes(b"")
    (tmp_path / "noise.html").write_bytes(bytes(range(256)) * 10)
    (tmp_path / "gone.html").symlink_to(tmp_path / "nowhere")
    (tmp_path / "large.html").write_bytes(b"<p>" + b"x" * pages.MAX_BYTES)
    (tmp_path / "tags.html").write_bytes(b"<b>" * 60_000)
    (tmp_path / "notes.txt").write_text("no page")
    articles, rejections = parse(sources.read(f"html:{tmp_path}"))
    assert [found.id for found in articles] == ["deep/b.htm", "https://example.org/a"]
    assert all(found.language == "fr" and "régional" in found.text for found in articles)
    assert dict(rejections.rejected) == {
        "no main text was found on the page": 1,
        "not text": 1,
        "cannot be read (No such file or directory)": 1,
        "larger than 10000000 bytes": 1,
        "more than 50000 tags": 1,
    }


def test_a_page_nested_ten_thousand_deep_costs_only_itself() -> None:
    assert isinstance(pages.record_of(page("<div>" * 10_000), "deep.html"), Unreadable)


def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="not a folder"):
        list(sources.read(f"html:{tmp_path / 'missing'}"))
