"""Broken files: each gives one clear line and never stops the rest."""

import gzip
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexer import sources
from indexer.parse import parse
from indexer.sources import SourceError, Unreadable, jsonl, text_file
from models.article import Record

GOOD = b'{"id": "1", "title": "sound"}\n'
REJECTED = {
    "windows-1256": '{"id": "2", "title": "مرحبا"}'.encode("windows-1256"),
    "utf-16": '{"id": "2", "title": "x"}'.encode("utf-16"),
    "latin-1": b'{"id": "2", "title": "caf\xe9"}',
    "cut short": b'{"id": "2", "titl',
    "two objects": b'{"id": "2"} {"id": "3"}',
    "an array": b'[{"id": "2"}]',
    "a number": b"17",
    "null": b"null",
    "html": b"<html><body>502 Bad Gateway</body></html>",
    "nan": b'{"id": "2", "title": NaN}',
    "a lone surrogate": b'{"id": "2", "title": "\\ud800"}',
    "no id": b'{"title": "x"}',
    "an empty id": b'{"id": "", "title": "x"}',
    "a null id": b'{"id": null, "title": "x"}',
    "a list for an id": b'{"id": ["2"], "title": "x"}',
    "a fraction for an id": b'{"id": 2.5, "title": "x"}',
    "a control character in the id": b'{"id": "2\\u0000", "title": "x"}',
    "a newline in the id": b'{"id": "2\\n3", "title": "x"}',
    "an id of a thousand characters": b'{"id": "' + b"2" * 1_000 + b'", "title": "x"}',
    "no title and no text": b'{"id": "2", "url": "https://example.org"}',
    "only spaces": b'{"id": "2", "title": "  ", "text": "\\u200b\\n"}',
    "only markup": b'{"id": "2", "html": "<script>x()</script>"}',
    "a number for a title": b'{"id": "2", "title": 5}',
    "an object for a text": b'{"id": "2", "text": {"a": 1}}',
    "a title of two thousand characters": b'{"id": "2", "title": "' + b"x" * 2_000 + b'"}',
    "a body of ten megabytes": b'{"id": "2", "text": "' + b"x" * 10_000_000 + b'"}',
}
REPAIRED = {
    "a date in words": b'{"id": "2", "title": "x", "published_at": "yesterday"}',
    "a date that does not exist": b'{"id": "2", "title": "x", "published_at": "2026-02-30"}',
    "a list for a date": b'{"id": "2", "title": "x", "updated_at": [2026]}',
    "a string for tags": b'{"id": "2", "title": "x", "tags": "a, b"}',
    "a number for a category": b'{"id": "2", "title": "x", "category": 5}',
    "an object for an author": b'{"id": "2", "title": "x", "author": {"name": "x"}}',
    "a list for an address": b'{"id": "2", "title": "x", "url": ["x"]}',
}
KEPT = {
    "a date of 1900": b'{"id": "2", "title": "x", "published_at": "1900-01-01T00:00:00Z"}',
    "a date of 2100": b'{"id": "2", "title": "x", "published_at": "2100-01-01T00:00:00Z"}',
    "bidi controls": '{"id": "2", "title": "a\u202eb\u2066"}'.encode(),
    "null bytes in the text": b'{"id": "2", "title": "x", "text": "a\\u0000b"}',
    "an unknown language": b'{"id": "2", "title": "x y z", "language": "klingonese"}',
    "unknown fields": b'{"id": "2", "title": "x", "colour": "red"}',
}


def outcome(tmp_path: Path, line: bytes) -> tuple[int, dict[str, int], dict[str, int]]:
    path = tmp_path / "articles.jsonl"
    path.write_bytes(GOOD + line + b"\n" + GOOD.replace(b'"1"', b'"9"'))
    articles, rejections = parse(sources.read(str(path)))
    assert {"1", "9"} <= {article.id for article in articles}
    for reason in (*rejections.rejected, *rejections.repaired):
        assert "\n" not in reason
        assert rejections.examples[reason]
    return len(articles) - 2, dict(rejections.rejected), dict(rejections.repaired)


@pytest.mark.parametrize("line", REJECTED.values(), ids=REJECTED)
def test_rejected(tmp_path: Path, line: bytes) -> None:
    kept, rejected, repaired = outcome(tmp_path, line)
    assert (kept, repaired) == (0, {})
    assert sum(rejected.values()) >= 1


@pytest.mark.parametrize("line", REPAIRED.values(), ids=REPAIRED)
def test_kept_without_the_wrong_field(tmp_path: Path, line: bytes) -> None:
    kept, rejected, repaired = outcome(tmp_path, line)
    assert (kept, rejected, sum(repaired.values())) == (1, {}, 1)


@pytest.mark.parametrize("line", KEPT.values(), ids=KEPT)
def test_kept_as_it_is(tmp_path: Path, line: bytes) -> None:
    assert outcome(tmp_path, line) == (1, {}, {})


@pytest.mark.parametrize("name", ["articles.jsonl.gz", "articles.csv.gz", "articles.jsonl.zst", "articles.csv.zst"])
def test_a_truncated_file_gives_what_can_be_had(tmp_path: Path, name: str) -> None:
    line = GOOD if "jsonl" in name else b"1,sound\n"
    content = (b"" if "jsonl" in name else b"id,title\n") + b"".join(
        line.replace(b"1", str(number).encode(), 1) for number in range(30_000)
    )
    whole = gzip.compress(content) if name.endswith("gz") else pa.compress(content, "zstd", asbytes=True)
    path = tmp_path / name
    path.write_bytes(whole)
    assert len(list(sources.read(str(path)))) == 30_000
    path.write_bytes(whole[: 9 * len(whole) // 10])
    *records, last = sources.read(str(path))
    assert records
    assert isinstance(last, Unreadable)
    assert "breaks off" in last.reason


@pytest.mark.parametrize("ending", ["gz", "zst"])
def test_what_is_not_compressed_at_all(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"articles.jsonl.{ending}"
    path.write_bytes(GOOD)
    (only,) = sources.read(str(path))
    assert isinstance(only, Unreadable)


def test_a_line_without_end_is_not_kept_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_file, "LONGEST_LINE", 100)
    monkeypatch.setattr(jsonl, "LONGEST_LINE", 100)
    path = tmp_path / "articles.jsonl"
    path.write_bytes(b"x" * 350 + b"\n" + GOOD + b"y" * 100 + b"\n" + GOOD)
    first, good, second, last = sources.read(str(path))
    assert first == Unreadable("line 1", "longer than 100 bytes")
    assert second == Unreadable("line 3", "longer than 100 bytes")
    assert good == last == {"id": "1", "title": "sound"}


FILES: dict[str, tuple[bytes, str]] = {
    "utf-16.jsonl": (GOOD.decode().encode("utf-16"), "the file is in UTF-16, not in UTF-8"),
    "utf-16.csv": ("id,title\n1,a\n".encode("utf-16"), "the file is in UTF-16, not in UTF-8"),
    "utf-32.jsonl": (GOOD.decode().encode("utf-32"), "the file is in UTF-32, not in UTF-8"),
    "windows-1256.csv": ("id,العنوان\n1,خبر\n".encode("windows-1256"), "the header line is not UTF-8"),
    "html.csv": (b"<!doctype html>\n<html>", "the header line has no column 'id'"),
    "empty.csv": (b"", "the header line has no column 'id'"),
    "old-mac.csv": (b"id,title\r1,a\r2,b\r", "the lines end in CR, not in LF"),
    "binary.csv": (b"\x89PNG\r\x1a\xff\n", "the header line is not UTF-8"),
    "text.parquet": (b"id,title\n1,a\n", "not a readable Parquet file"),
    "empty.parquet": (b"", "not a readable Parquet file"),
    "folder.jsonl": (b"", "Is a directory"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_source_is_one_line(tmp_path: Path, name: str) -> None:
    content, reason = FILES[name]
    path = tmp_path / name
    path.mkdir() if name.startswith("folder") else path.write_bytes(content)
    with pytest.raises(SourceError, match=reason) as refused:
        list(sources.read(str(path)))
    assert str(refused.value).startswith(str(path))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (b"2,caf\xe9\n", "not UTF-8"),
        ("2,مرحبا\n".encode("windows-1256"), "not UTF-8"),
        (b"2\n", "another number of cells than the header line"),
        (b"2,a,b\n", "another number of cells than the header line"),
        (b"2," + b"x" * 5_000_000 + b"\n", "not valid CSV (field larger than field limit (4000000))"),
        (b",a title\n", "id: missing"),
        (b"2,\n", "title, text: both empty"),
        (b"1,again\n", "id: another record with this id is kept"),
    ],
)
def test_a_broken_row_costs_only_itself(tmp_path: Path, rows: bytes, reason: str) -> None:
    path = tmp_path / "articles.csv"
    path.write_bytes(b"id,title\n1,first\n" + rows + b"9,last\n")
    articles, rejections = parse(sources.read(str(path)))
    assert [article.id for article in articles] == ["1", "9"]
    assert dict(rejections.rejected) == {reason: 1}


def test_the_replacement_character_is_a_character_like_others(tmp_path: Path) -> None:
    """Where it stands in valid UTF-8, an export put it there: a wrong letter is no reason to lose the article."""
    (tmp_path / "articles.csv").write_text("id,title\n1,caf\ufffd\n", encoding="utf-8")
    (tmp_path / "articles.jsonl").write_text('{"id": "1", "title": "caf\ufffd"}', encoding="utf-8")
    for name in ("articles.csv", "articles.jsonl"):
        (article,), rejections = parse(sources.read(str(tmp_path / name)))
        assert (article.title, rejections.rejected) == ("caf\ufffd", {})


def test_a_quote_that_is_never_closed_does_not_swallow_the_rows_behind_it(tmp_path: Path) -> None:
    rows = "".join(f"{number},title {number},text\n" for number in range(100, 200))
    path = tmp_path / "articles.csv"
    path.write_text(f'id, title ,text\n1,first,text\n2,bad,"foo\n{rows}', encoding="utf-8")
    articles, rejections = parse(sources.read(str(path)))
    assert len(articles) >= 100
    assert articles[0].title == "first"
    assert sum(rejections.rejected.values()) >= 1


def test_what_stands_behind_a_quote_that_is_never_closed_keeps_its_place(tmp_path: Path) -> None:
    path = tmp_path / "articles.csv"
    path.write_text('id,title\n1,"open\n2,fine\n3\n4,"open too\n5,last\n', encoding="utf-8")
    assert list(sources.read(str(path))) == [
        Unreadable("line 2", "not valid CSV (',' expected after '\"')"),
        {"id": "2", "title": "fine"},
        Unreadable("line 4", "another number of cells than the header line"),
        Unreadable("line 5", "not valid CSV (unexpected end of data)"),
        {"id": "5", "title": "last"},
    ]


def test_parquet_times_of_any_fineness_and_beyond_the_calendar(tmp_path: Path) -> None:
    path = tmp_path / "articles.parquet"
    names = pa.array(["1", "2"])
    fine = pa.array([1_700_000_000_123_456_789, 1_700_000_000_000_000_001], pa.timestamp("ns", "UTC"))
    pq.write_table(pa.table({"id": names, "title": names, "published_at": fine}), path)
    articles, rejections = parse(sources.read(str(path)))
    assert [article.published_at is not None for article in articles] == [True, True]
    assert dict(rejections.repaired) == {}
    far = pa.array([1_700_000_000, 10**13], pa.timestamp("s"))
    pq.write_table(pa.table({"id": names, "title": names, "published_at": far}), path)
    articles, rejections = parse(sources.read(str(path)))
    assert [article.published_at is not None for article in articles] == [True, False]
    assert sum(rejections.repaired.values()) == 1


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"id": "2", "title": "x", "tags": pa.array([1])}, "tags"),
        ({"id": 10**5_000, "title": "x"}, "a value that no article has"),
        ({"id": "2", "title": "x", "url": "http://\ud800"}, "url: holds half of a character"),
        ({"id": "2", "title": "x", "tags": ["\udfff"]}, "tags: holds half of a character"),
    ],
)
def test_values_that_no_file_could_hold_cost_only_themselves(record: Record, reason: str) -> None:
    articles, rejections = parse([{"id": "1", "title": "sound"}, record])
    assert articles[0].id == "1"
    assert reason in str({**rejections.rejected, **rejections.repaired})
    for article in articles:
        assert article.model_dump_json()


def test_parquet_without_ids_and_with_a_damaged_page(tmp_path: Path) -> None:
    path = tmp_path / "articles.parquet"
    pq.write_table(pa.table({"number": ["1"]}), path)
    with pytest.raises(SourceError, match="there is no column 'id'"):
        list(sources.read(str(path)))
    pq.write_table(pa.table({"id": [str(number) for number in range(5_000)]}), path)
    whole = bytearray(path.read_bytes())
    whole[100:2_000] = b"?" * 1_900
    path.write_bytes(whole)
    with pytest.raises(SourceError) as refused:
        list(sources.read(str(path)))
    assert "\n" not in str(refused.value)


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "articles.parquet"
    pq.write_table(pa.table({"id": ["1", "2"], "title": ["واحد", None], "tags": [["a"], []]}), path)
    assert list(sources.read(str(path))) == [
        {"id": "1", "title": "واحد", "tags": ["a"]},
        {"id": "2", "title": None, "tags": []},
    ]
    path.write_bytes(b"PAR1 no")
    with pytest.raises(SourceError, match="not a readable Parquet file"):
        list(sources.read(str(path)))


def database(tmp_path: Path) -> str:
    path = tmp_path / "site.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE posts (number INTEGER, name TEXT, body TEXT)")
        connection.executemany("INSERT INTO posts VALUES (?, ?, ?)", [(1, "عنوان", "نص 🎉"), (2, "deux", None)])
    connection.close()
    return f"sql+sqlite:///{path}"


def test_a_query(tmp_path: Path) -> None:
    query = "SELECT number AS id, name AS title, body AS text, 'a|b' AS tags FROM posts ORDER BY number"
    first, second = sources.read(f"{database(tmp_path)}#{query}")
    assert first == {"id": 1, "title": "عنوان", "text": "نص 🎉", "tags": ["a", "b"]}
    assert isinstance(second, dict)
    assert second["text"] is None


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("SELECT number AS id, name AS heading FROM posts", "no fields of a record: heading"),
        ("SELECT name AS title FROM posts", "there is no column 'id'"),
        ("SELECT number AS id FROM missing", "no such table: missing"),
        ("SELECT nowhere AS id FROM posts", "no such column: nowhere"),
        ("DROP TABLE posts", "after '#' stands the query, a SELECT"),
        ("", "after '#' stands the query, a SELECT"),
    ],
)
def test_a_wrong_query_is_one_line(tmp_path: Path, query: str, reason: str) -> None:
    with pytest.raises(SourceError, match=reason) as refused:
        list(sources.read(f"{database(tmp_path)}#{query}"))
    assert "\n" not in str(refused.value)


def test_no_message_holds_the_password() -> None:
    address = "sql+mysql+pymysql://user:hidden@127.0.0.1:9/site#SELECT 1 AS id"
    with pytest.raises(SourceError) as refused:
        list(sources.read(address))
    assert "hidden" not in str(refused.value)
    with pytest.raises(SourceError, match="nonsense"):
        list(sources.read("sql+nonsense://user:hidden@host/#SELECT 1 AS id"))


OURS = """
from indexer.sources import Unreadable

def records():
    yield {"id": "1", "title": "ours"}

def odd():
    yield {"id": "1", "title": "x"}
    yield "a string"
    yield None
    yield Unreadable("story 3", "locked by its editor")
    yield {"id": "2", "title": "y"}

def failing():
    yield {"id": "1", "title": "x"}
    raise RuntimeError("the CMS\\nis down")

def returning_nothing():
    pass

def with_arguments(one):
    yield {}
"""


@pytest.fixture
def our_cms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "our_cms.py").write_text(OURS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    sys.modules.pop("our_cms", None)


@pytest.mark.usefixtures("our_cms")
def test_a_source_of_ones_own() -> None:
    assert list(sources.read("python:our_cms:records")) == [{"id": "1", "title": "ours"}]


@pytest.mark.usefixtures("our_cms")
def test_what_is_no_record_in_a_source_of_ones_own_costs_only_itself() -> None:
    articles, rejections = parse(sources.read("python:our_cms:odd"))
    assert [article.id for article in articles] == ["1", "2"]
    assert dict(rejections.rejected) == {"not a dictionary": 2, "locked by its editor": 1}


@pytest.mark.usefixtures("our_cms")
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("our_cms:nothing", "there is no such function"),
        ("our_cms:__doc__", "TypeError"),
        ("our_cms", "there is no such function"),
        ("missing:records", "there is no such function"),
        ("", "there is no such function"),
        ("our_cms:failing", "RuntimeError: the CMS is down"),
        ("our_cms:returning_nothing", "TypeError"),
        ("our_cms:with_arguments", "TypeError"),
    ],
)
def test_a_source_of_ones_own_that_fails_is_one_line(name: str, reason: str) -> None:
    with pytest.raises(SourceError, match=reason) as refused:
        list(sources.read(f"python:{name}"))
    assert "\n" not in str(refused.value)
