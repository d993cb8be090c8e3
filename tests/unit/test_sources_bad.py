"""Broken files: each gives one clear line and never stops the rest."""

import gzip
import sqlite3
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from indexer import sources
from indexer.parse import parse
from indexer.sources import SourceError, Unreadable

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
    "a date outside the calendar": b'{"id": "2", "title": "x", "published_at": "9999-12-31T23:59:59-12:00"}',
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
    whole = gzip.compress(content) if name.endswith("gz") else zstandard.ZstdCompressor(level=1).compress(content)
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


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "articles.parquet"
    pq.write_table(pa.table({"id": ["1", "2"], "title": ["واحد", None], "tags": [["a"], []]}), path)
    assert list(sources.read(str(path))) == [
        {"id": "1", "title": "واحد", "tags": ["a"]},
        {"id": "2", "title": None, "tags": []},
    ]
    path.write_bytes(b"PAR1 no")
    with pytest.raises(SourceError, match="not a Parquet file"):
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


def test_a_source_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "our_cms.py").write_text('def records():\n    yield {"id": "1", "title": "ours"}\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert list(sources.read("python:our_cms:records")) == [{"id": "1", "title": "ours"}]
    with pytest.raises(SourceError, match="there is no such function"):
        list(sources.read("python:our_cms:nothing"))
