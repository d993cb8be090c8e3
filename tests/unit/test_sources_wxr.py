"""WordPress exports."""

import gzip
import tracemalloc
from pathlib import Path

import pytest

from indexer.parse import parse
from indexer.sources import SourceError, Unreadable, wxr

HEAD = """<?xml version="1.0" encoding="UTF-8"?><rss xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/"><channel>
<wp:author><wp:author_login>am</wp:author_login><wp:author_display_name>Amina</wp:author_display_name></wp:author>
"""
POST = """<item><title><![CDATA[Salt &amp; <em>sea</em>]]></title><link>https://example.org/1</link>
<dc:creator>am</dc:creator><content:encoded><![CDATA[<!-- wp:paragraph -->First line
second line

Next [gallery ids="1"] paragraph]]></content:encoded>
<wp:post_id>1</wp:post_id><wp:post_type>post</wp:post_type><wp:status>publish</wp:status>
<wp:post_date_gmt>2026-08-05 10:00:00</wp:post_date_gmt>
<category domain="category"><![CDATA[Food &amp; Drink]]></category><category domain="post_tag">water</category>
<wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key><wp:meta_value>9</wp:meta_value></wp:postmeta></item>
"""
DRAFT = "<item><wp:post_id>2</wp:post_id><wp:post_type>post</wp:post_type><wp:status>draft</wp:status></item>"
PAGE = "<item><wp:post_id>3</wp:post_id><wp:post_type>page</wp:post_type><wp:status>publish</wp:status></item>"
IMAGE = """<item><wp:post_id>9</wp:post_id><wp:post_type>attachment</wp:post_type>
<wp:attachment_url>https://example.org/9.jpg</wp:attachment_url></item>"""
TAIL = "</channel></rss>"
WXR = f"{HEAD}{POST}{DRAFT}{PAGE}{IMAGE}{TAIL}"


def export(tmp_path: Path, content: bytes | str) -> str:
    path = tmp_path / "export.xml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def test_posts_are_articles_and_nothing_else_is(tmp_path: Path) -> None:
    post, draft = wxr.read(export(tmp_path, WXR))
    assert isinstance(post, dict)
    assert post["html"] == "<p>First line<br>second line</p><p>Next  paragraph</p>"
    assert (post["title"], post["author"]) == ("Salt & sea", "Amina")
    assert (post["category"], post["tags"]) == ("Food & Drink", ["water"])
    assert (post["image_url"], post["published_at"]) == ("https://example.org/9.jpg", "2026-08-05T10:00:00Z")
    assert draft == Unreadable("2", "not published")


def test_the_language_that_polylang_says(tmp_path: Path) -> None:
    term = '<category domain="language" nicename="fr"><![CDATA[Français]]></category></item>'
    post, other = wxr.read(export(tmp_path, f"{HEAD}{POST.replace('</item>', term)}{POST}{TAIL}"))
    assert isinstance(post, dict)
    assert isinstance(other, dict)
    assert (post["language"], other["language"]) == ("fr", None)
    assert post["category"] == "Food & Drink"


def test_a_post_of_an_old_import_that_states_local_time_alone(tmp_path: Path) -> None:
    none, local = "0000-00-00 00:00:00", "<wp:post_date>2006-03-01 09:30:00</wp:post_date>"
    old = POST.replace("2026-08-05 10:00:00", none).replace("</item>", f"{local}</item>")
    (post,) = wxr.read(export(tmp_path, f"{HEAD}{old}{TAIL}"))
    assert isinstance(post, dict)
    assert (post["published_at"], post["updated_at"]) == ("2006-03-01T09:30:00Z", None)


def test_a_compressed_export(tmp_path: Path) -> None:
    path = tmp_path / "export.xml.gz"
    path.write_bytes(gzip.compress(WXR.encode()))
    assert len(list(wxr.read(str(path)))) == 2


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ('[caption id="a" width="3"]<img src="x"> A caption[/caption]', " A caption"),
        ("[quote]words[/quote]", "words"),
        ("[embed]https://example.org/video[/embed] after", "after"),
        ('[contact-form-7 id="1" title="x"] after', "after"),
        ("The mayor [sic] said [updated] so", "The mayor [sic] said [updated] so"),
        ('<!-- wp:latest-posts {"postsToShow": 3} /-->words', "words"),
    ],
)
def test_shortcodes_go_and_brackets_stay(stored: str, shown: str) -> None:
    assert wxr.content_html(stored).removeprefix("<p>").removesuffix("</p>").replace('<img src="x">', "").strip() == (
        shown.strip()
    )


def test_an_export_that_breaks_off_gives_what_stands_before(tmp_path: Path) -> None:
    post, broken = wxr.read(export(tmp_path, f"{HEAD}{POST}<item><wp:post_id>2"))
    assert isinstance(post, dict)
    assert isinstance(broken, Unreadable)
    assert broken.reason.startswith("the XML breaks off here")


def test_a_truncated_archive_gives_what_can_be_had(tmp_path: Path) -> None:
    posts = "".join(POST.replace("<wp:post_id>1<", f"<wp:post_id>{number}<") for number in range(4_000))
    whole = gzip.compress(f"{HEAD}{posts}{TAIL}".encode(), 1)
    path = tmp_path / "export.xml.gz"
    path.write_bytes(whole[: 9 * len(whole) // 10])
    *found, broken = wxr.read(str(path))
    assert len(found) > 500
    assert isinstance(broken, Unreadable)
    assert "breaks off" in broken.reason


@pytest.mark.parametrize("byte", [b"\x00", b"\x0b", b"\x1f", b"\xff", b"\xd8", b"\xef\xbf\xbf"])
def test_bytes_that_xml_forbids_cost_only_themselves(tmp_path: Path, byte: bytes) -> None:
    content = (
        WXR.encode().replace(b"First line", b"First" + byte + b"line").replace(b"<wp:post_id>2<", b"<wp:post_id>4<")
    )
    post, draft = wxr.read(export(tmp_path, content))
    assert isinstance(post, dict)
    (article,), _rejections = parse([post])
    assert article.text.startswith("First")
    assert draft == Unreadable("4", "not published")


@pytest.mark.parametrize("encoding", ["windows-1256", "utf-16"])
def test_an_export_in_another_encoding_that_it_states(tmp_path: Path, encoding: str) -> None:
    content = WXR.replace("UTF-8", encoding).replace("First line", "السطر الأول").encode(encoding)
    post, _draft = wxr.read(export(tmp_path, content))
    assert isinstance(post, dict)
    assert "السطر الأول" in post["html"]


@pytest.mark.parametrize("declared", ["UTF-16", "idna", "undefined"])
def test_what_an_export_declares_wrongly_is_not_believed(tmp_path: Path, declared: str) -> None:
    (post, _draft) = wxr.read(export(tmp_path, "\n \n" + WXR.replace("UTF-8", declared)))
    assert isinstance(post, dict)


def test_shortcodes_that_never_close_take_no_long_time() -> None:
    assert wxr.content_html("[a b=c " * 8_000)
    assert wxr.content_html("[word " + "=" * 50_000)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "refused, it is not XML"),
        ("<!doctype html><p>Please log in", "refused, it is not XML"),
        ("<feed/>", r"not a WordPress export \(it is <feed>\)"),
        ('<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><rss>&b;</rss>', "declares entities"),
        ('<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss>&a;</rss>', "declares entities"),
        ('<?xml version="1.0" encoding="klingon"?><rss/>', "unknown encoding"),
    ],
)
def test_what_is_no_export_is_refused_in_one_line(tmp_path: Path, content: str, reason: str) -> None:
    with pytest.raises(SourceError, match=reason) as refused:
        list(wxr.read(export(tmp_path, content)))
    assert "\n" not in str(refused.value)


def test_an_export_is_read_as_a_stream(tmp_path: Path) -> None:
    address = export(tmp_path, HEAD + POST.replace("second line", "words " * 2_000) * 1_000 + TAIL)
    tracemalloc.start()
    count = sum(1 for _ in wxr.read(address))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 1_000
    assert peak < Path(address).stat().st_size / 4
