from pathlib import Path

import pyarrow as pa
import pytest

from indexer import sources
from indexer.sources import SourceError, Unreadable


def test_jsonl_yields_objects_and_names_the_lines_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"id": "1"}\n\n[1]\n{broken\n\xff\xfe\n{"id": "2"}')
    assert list(sources.read(str(path))) == [
        {"id": "1"},
        Unreadable("line 3", "not a JSON object"),
        Unreadable("line 4", "not valid JSON in UTF-8"),
        Unreadable("line 5", "not valid JSON in UTF-8"),
        {"id": "2"},
    ]


def test_csv_yields_rows_without_empty_cells(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(
        '\ufeffid,title,text,tags\n1,"عنوان، أول","line one\nline two",a|b\n2,only a title,,\n3,too few\n'.encode()
        + b"4,\xff,x,y\n5,last,t,\n"
    )
    assert list(sources.read(str(path))) == [
        {"id": "1", "title": "عنوان، أول", "text": "line one\nline two", "tags": ["a", "b"]},
        {"id": "2", "title": "only a title"},
        Unreadable("line 5", "another number of cells than the header line"),
        Unreadable("line 6", "not UTF-8"),
        {"id": "5", "title": "last", "text": "t"},
    ]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_csv_as_spreadsheets_write_it(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("\ufeffid,title\r\n1,a\r\n".replace(",", separator).encode())
    assert list(sources.read(str(path))) == [{"id": "1", "title": "a"}]


@pytest.mark.parametrize("ending", ["jsonl", "ndjson", "csv"])
@pytest.mark.parametrize("compression", ["", ".gz", ".zst"])
def test_files_of_lines_may_be_compressed(tmp_path: Path, ending: str, compression: str) -> None:
    content = "id,title\n1,مرحبا\n" if ending == "csv" else '{"id": "1", "title": "مرحبا"}'
    path = tmp_path / f"A.{ending}{compression}".upper()
    codec = {".gz": "gzip", ".zst": "zstd"}.get(compression)
    path.write_bytes(pa.compress(content.encode(), codec, asbytes=True) if codec else content.encode())
    assert list(sources.read(str(path))) == [{"id": "1", "title": "مرحبا"}]


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sources.BY_ENDING, ".parquet", "a_missing_one")
    with pytest.raises(SourceError, match=r"needs the Python package .*: pip install 'silah\[index\]'"):
        list(sources.read("articles.parquet"))


def test_a_null_byte_in_csv_does_not_stop_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,title\n1,a\x00b\n2,fine\n")
    assert {"id": "2", "title": "fine"} in list(sources.read(str(path)))


def test_csv_without_an_id_column_is_no_source(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("number,title\n1,x\n")
    with pytest.raises(SourceError, match="no column 'id'"):
        list(sources.read(str(path)))


@pytest.mark.parametrize("address", ["missing.jsonl", "missing.csv"])
def test_a_missing_file_is_one_clear_line(tmp_path: Path, address: str) -> None:
    with pytest.raises(SourceError, match=r"missing\..*No such file"):
        list(sources.read(str(tmp_path / address)))


def test_an_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(SourceError, match=r"articles\.xml: .*\.csv, .*\.jsonl, .*wxr:"):
        list(sources.read("articles.xml"))


@pytest.mark.parametrize(
    "address",
    [
        "sql+mysql+pymysql://u:s3cret@h/db#SELECT 1",
        "sql+mysql+pymysql://u:s3/cr@et@h/db#SELECT 1",
        "sql+sqlite:///a.db?password=s3cret#SELECT 1",
        "sql+postgresql+psycopg://h/db?user=u&password=s3cret#SELECT 1",
        "wpdb+mysql+pymysql://u:s3cret@h/db?prefix=wp_",
        "feed+https://u:s3cret@example.org/feed",
    ],
)
def test_what_is_shown_of_an_address_holds_no_password(address: str) -> None:
    shown = sources.shown(address)
    assert "s3" not in shown
    assert "cr@" not in shown
    assert shown.startswith(address.partition(":")[0])
    assert shown.endswith(address.partition("#")[2])


@pytest.mark.parametrize("source", ["feed", "wordpress", "sitemap"])
def test_what_is_said_of_an_address_that_cannot_be_read_holds_no_token(source: str) -> None:
    with pytest.raises(SourceError, match="a control character") as refused:
        list(sources.read(f"{source}+http://127.0.0.1:9/\x07?token=s3cret"))
    assert "s3cret" not in str(refused.value)
