import ast
import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from service.app import create_app
from service.fragment import HEADINGS, RIGHT_TO_LEFT
from service.schemas import MAX_K, Options
from service.settings import Settings
from tests.conftest import ROOT

SCRIPT = (ROOT / "service" / "static" / "widget.js").read_text(encoding="utf-8")
DOCUMENT = (ROOT / "docs" / "widget.md").read_text(encoding="utf-8")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FlaskClient]:
    """The script is served before there is a snapshot, and after a home has been lost."""
    with create_app(Settings(home=tmp_path, text_queries=False)).test_client() as client:
        yield client


def test_the_script_is_cached_for_an_hour_and_then_validated(client: FlaskClient) -> None:
    response = client.get("/widget.js")
    assert response.text == SCRIPT
    assert response.content_type == "text/javascript; charset=utf-8"
    assert response.headers["Cache-Control"] == "public, max-age=3600"
    tag, weak = response.get_etag()
    assert tag
    assert not weak
    head = client.head("/widget.js")
    assert (head.data, head.headers["ETag"]) == (b"", response.headers["ETag"])
    again = client.get("/widget.js", headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    for name in ("ETag", "Cache-Control"):
        assert again.headers[name] == response.headers[name]


def test_it_is_small_enough() -> None:
    assert len(gzip.compress(SCRIPT.encode(), 6)) < 5_000


def test_it_says_the_same_as_the_fragment() -> None:
    (words,) = re.findall(r"HEADINGS = \{(.*?)\};", SCRIPT, re.DOTALL)
    assert dict(re.findall(r"(\w+): '([^']+)'", words)) == HEADINGS
    (languages,) = re.findall(r"RIGHT_TO_LEFT = (\[.*?\]);", SCRIPT)
    assert set(ast.literal_eval(languages)) == RIGHT_TO_LEFT
    assert re.findall(r"MAX_K = (\d+);", SCRIPT) == [str(MAX_K)]


def test_it_takes_every_parameter_of_the_api_but_the_fields() -> None:
    assert parameters() == {name.replace("_", "-") for name in Options.model_fields} - {"fields"}


def test_every_attribute_and_property_is_documented_and_no_other() -> None:
    others = set(re.findall(r"say\('([a-z-]+)'\)", SCRIPT))
    assert {"article", "events", "heading", "layout"} <= others
    assert first_column("data-silah-") == parameters() | others
    assert first_column("--silah-") == set(re.findall(r"var\(--silah-([a-z-]+)", SCRIPT))


def parameters() -> set[str]:
    (names,) = re.findall(r"PARAMETERS = (\[.*?\]);", SCRIPT, re.DOTALL)
    return set(ast.literal_eval(names.replace("\n", "")))


def first_column(prefix: str) -> set[str]:
    return set(re.findall(rf"^\| `{prefix}([a-z-]+)` \|", DOCUMENT, re.MULTILINE))
