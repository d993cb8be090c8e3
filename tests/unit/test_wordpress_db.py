"""WordPress through a database in a file; through a real one: tests/integration/test_wordpress_site.py."""

import sqlite3
from pathlib import Path

import pytest

from indexer.sources import SourceError, Unreadable, wordpress_db
from models.article import Record

SCHEMA = """
CREATE TABLE {p}posts (ID INTEGER PRIMARY KEY, post_author, post_type, post_status, post_password DEFAULT '',
    post_title DEFAULT '', post_content DEFAULT '', post_name, post_date, post_date_gmt, post_modified,
    post_modified_gmt, guid);
CREATE TABLE {p}postmeta (post_id INTEGER, meta_key, meta_value);
CREATE TABLE {p}terms (term_id INTEGER PRIMARY KEY, name, slug);
CREATE TABLE {p}term_taxonomy (term_taxonomy_id INTEGER PRIMARY KEY, term_id INTEGER, taxonomy, parent DEFAULT 0);
CREATE TABLE {p}term_relationships (object_id INTEGER, term_taxonomy_id INTEGER);
CREATE TABLE {p}options (option_name, option_value);
CREATE TABLE wp_users (ID INTEGER PRIMARY KEY, display_name, user_nicename);
INSERT INTO wp_users VALUES (1, 'Amina B.', 'amina');
INSERT INTO {p}options VALUES ('home', 'https://example.org'), ('siteurl', 'https://example.org/wp');
INSERT INTO {p}terms VALUES (1, 'Monde', 'monde'), (2, 'L&amp;B', 'l-b'), (3, 'eau', 'eau'), (4, 'العربية', 'ar');
INSERT INTO {p}term_taxonomy VALUES (1, 1, 'category', 0), (2, 2, 'category', 1), (3, 3, 'post_tag', 0),
    (4, 4, 'language', 0);
"""


class Database:
    """A WordPress database in a file."""

    def __init__(self, path: Path, prefix: str = "wp_") -> None:
        self.path = path
        self.prefix = prefix
        self.run(SCHEMA)

    def run(self, script: str, *values: object) -> None:
        statement = script.replace("{p}", self.prefix)
        with sqlite3.connect(self.path) as connection:
            if values:
                connection.execute(statement, values)
            else:
                connection.executescript(statement)
        connection.close()

    def add(self, number: int, **fields: object) -> None:
        usual = {"post_author": 1, "post_type": "post", "post_status": "publish", "post_name": f"post-{number}"}
        moments = dict.fromkeys(("post_date_gmt", "post_modified_gmt"), "2026-08-05 09:07:00")
        local = dict.fromkeys(("post_date", "post_modified"), "2026-08-05 10:07:00")
        row = {**usual, **moments, **local, "ID": number, "post_title": f"Post {number}", **fields}
        places = ", ".join("?" for _ in row)
        self.run(f"INSERT INTO {{p}}posts ({', '.join(row)}) VALUES ({places})", *row.values())  # noqa: S608

    def read(self) -> list[Record | Unreadable]:
        return list(wordpress_db.read(f"sqlite:///{self.path}?prefix={self.prefix}"))

    def only(self) -> Record:
        (record,) = self.read()
        assert isinstance(record, dict)
        return record


@pytest.fixture(name="database")
def a_database(tmp_path: Path) -> Database:
    return Database(tmp_path / "site.sqlite")


def test_published_posts_are_read_page_by_page(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wordpress_db, "PAGE", 2)
    for number in (3, 1, 7, 5, 4):
        database.add(number)
    database.add(2, post_status="draft")
    database.add(6, post_type="page")
    database.add(8, post_password="p")  # noqa: S106
    *records, protected = database.read()
    assert [record["id"] for record in records if isinstance(record, dict)] == ["1", "3", "4", "5", "7"]
    assert protected == Unreadable("8", "protected by a password")


def test_what_other_tables_say_of_a_post(database: Database) -> None:
    database.add(1, post_title="d&rsquo;eau", post_content="one\n\ntwo [gallery]")
    database.add(9, post_type="attachment", guid="https://old.example.org/i.jpg")
    database.run("INSERT INTO {p}postmeta VALUES (1, '_thumbnail_id', '9');")
    database.run("INSERT INTO {p}term_relationships VALUES (1, 1), (1, 2), (1, 3), (1, 4);")
    record = database.only()
    assert (record["title"], record["html"]) == ("d’eau", "<p>one</p><p>two </p>")
    assert (record["category"], record["tags"], record["author"]) == ("L&B", ["eau"], "Amina B.")
    assert record["language"] == "ar"
    assert record["image_url"] == "https://old.example.org/i.jpg"
    assert (record["published_at"], record["updated_at"]) == ("2026-08-05T09:07:00Z", "2026-08-05T09:07:00Z")
    database.run("INSERT INTO {p}postmeta VALUES (9, '_wp_attached_file', '2026/08/i.jpg');")
    assert database.only()["image_url"] == "https://example.org/wp/wp-content/uploads/2026/08/i.jpg"
    database.run("INSERT INTO {p}options VALUES ('upload_url_path', 'https://cdn.example.org');")
    assert database.only()["image_url"] == "https://cdn.example.org/2026/08/i.jpg"


def test_a_post_that_no_other_table_mentions(database: Database) -> None:
    database.add(1, post_author=7)
    record = database.only()
    assert (record["author"], record["category"], record["tags"], record["image_url"]) == (None, None, [], None)


@pytest.mark.parametrize(
    ("structure", "path"),
    [
        ("", "/?p=1"),
        ("/%year%/%monthnum%/%day%/%postname%/", "/2026/08/05/post-1/"),
        ("/archives/%post_id%", "/archives/1"),
        ("/%category%/%hour%%minute%%second%-%postname%", "/monde/100700-post-1"),
        ("/%author%/%postname%.html", "/amina/post-1.html"),
        ("/%section%/%postname%/", "/?p=1"),
    ],
)
def test_addresses_of_posts(database: Database, structure: str, path: str) -> None:
    database.add(1)
    database.run("INSERT INTO {p}term_relationships VALUES (1, 2), (1, 1);")
    database.run("INSERT INTO {p}options VALUES ('permalink_structure', ?)", structure)
    assert database.only()["url"] == f"https://example.org{path}"


def test_the_path_of_a_category_below_another_and_of_one_below_itself(database: Database) -> None:
    database.add(1)
    database.run("INSERT INTO {p}options VALUES ('permalink_structure', '/%category%/%postname%/');")
    assert database.only()["url"] == "https://example.org/?p=1"
    database.run("INSERT INTO {p}term_relationships VALUES (1, 2);")
    assert database.only()["url"] == "https://example.org/monde/l-b/post-1/"
    database.run("UPDATE {p}term_taxonomy SET parent = 2 WHERE term_id = 1;")
    assert database.only()["url"].endswith("/post-1/")


def test_moments_that_old_imports_left_empty(database: Database) -> None:
    database.add(1, post_date_gmt="0000-00-00 00:00:00", post_modified="0000-00-00", post_modified_gmt="0000-00-00")
    record = database.only()
    assert (record["published_at"], record["updated_at"]) == ("2026-08-05T10:07:00Z", None)


def test_a_site_of_a_network_has_tables_and_files_of_its_own(tmp_path: Path) -> None:
    database = Database(tmp_path / "site.sqlite", "wp_2_")
    database.add(1)
    database.add(9, post_type="attachment", guid="old")
    database.run("INSERT INTO {p}postmeta VALUES (1, '_thumbnail_id', '9'), (9, '_wp_attached_file', 'i.jpg');")
    record = database.only()
    assert record["author"] == "Amina B."
    assert record["image_url"] == "https://example.org/wp/wp-content/uploads/sites/2/i.jpg"


def test_the_languages_of_wpml(database: Database) -> None:
    database.add(1)
    database.run("CREATE TABLE {p}icl_translations (element_id INTEGER, element_type, language_code);")
    database.run("INSERT INTO {p}icl_translations VALUES (1, 'post_page', 'es'), (1, 'post_post', 'fr');")
    assert database.only()["language"] == "fr"


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("sqlite:///{path}?prefix=wp-", "the table prefix 'wp-' is not made of letters, digits and underscores"),
        ("sqlite:///{path}?prefix=site_", "sqlite:///{path}: no such table: site_options"),
        ("nothing", "the address of the database: not an SQLAlchemy URL"),
        ("mysql+pymysql://user:secret@127.0.0.1:9/site", "Can't connect to MySQL server on '127.0.0.1'"),
    ],
)
def test_a_wrong_address_is_one_line(database: Database, address: str, reason: str) -> None:
    with pytest.raises(SourceError) as refused:
        list(wordpress_db.read(address.replace("{path}", str(database.path))))
    assert reason.replace("{path}", str(database.path)) in str(refused.value)
    assert not any(part in str(refused.value) for part in ("secret", "\n"))
