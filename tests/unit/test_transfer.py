"""How answers travel: compressed, to pages of other origins; and the figures and pages about the service itself."""

import gzip
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pydantic import ValidationError

from service.app import create_app
from service.settings import Settings
from tests.conftest import Builder

HERE, ELSEWHERE = "https://news.example", "https://else.example"
PATH = "/v1/articles/1/related"


@pytest.fixture
def client(build_records: Builder, home: Path) -> FlaskClient:
    build_records()
    return create_app(Settings(home=home, text_queries=False, cors_origins=f"{HERE},http://b.example")).test_client()


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_answers_are_compressed_and_still_validated(client: FlaskClient, encoding: str) -> None:
    plain = client.get(PATH)
    packed = client.get(PATH, headers={"Accept-Encoding": encoding})
    assert packed.headers["Content-Encoding"] == encoding
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert len(packed.data) < len(plain.data)
    if encoding == "gzip":
        assert gzip.decompress(packed.data) == plain.data
    again = client.get(PATH, headers={"Accept-Encoding": encoding, "If-None-Match": packed.headers["ETag"]})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", packed.headers["ETag"])
    assert packed.headers["ETag"] != plain.headers["ETag"]
    page = client.get("/v1/articles/1/related.html", headers={"Accept-Encoding": encoding})
    assert page.headers["Content-Encoding"] == encoding


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity"])
def test_files_are_compressed_and_closed(client: FlaskClient, encoding: str) -> None:
    asked = {"Accept-Encoding": encoding}
    with client.get("/static/demo.js", headers=asked) as answer:
        assert answer.headers.get("Content-Encoding", "identity") == encoding
    with client.get("/static/demo.js", headers={**asked, "If-None-Match": answer.headers["ETag"]}) as again:
        assert (again.status_code, again.data) == (304, b"")


def test_named_origins_may_ask_and_others_may_not(client: FlaskClient) -> None:
    allowed = client.get(PATH, headers={"Origin": HERE})
    assert allowed.headers["Access-Control-Allow-Origin"] == HERE
    assert "Origin" in allowed.headers["Vary"]
    for origin in (ELSEWHERE, f"{HERE}.evil.example", "null"):
        refused = client.get(PATH, headers={"Origin": origin}).headers
        assert "Access-Control-Allow-Origin" not in refused
        assert "Origin" in refused["Vary"]
    problem = client.get("/v1/articles/nobody/related", headers={"Origin": HERE})
    assert problem.headers["Access-Control-Allow-Origin"] == HERE
    assert "Access-Control-Allow-Origin" not in client.get("/metrics", headers={"Origin": HERE}).headers


def test_a_preflight_allows_questions_and_no_changes(client: FlaskClient) -> None:
    asked = {"Origin": HERE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    answer = client.options("/v1/related", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == HERE
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "PUT" not in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Headers"].lower() == "content-type"
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_without_the_setting_no_origin_may_ask_and_with_a_star_every_one(build_records: Builder, home: Path) -> None:
    build_records()
    for origins, expected in (("", None), ("*", "*")):
        client = create_app(Settings(home=home, text_queries=False, cors_origins=origins)).test_client()
        found = client.get(PATH, headers={"Origin": ELSEWHERE}).headers.get("Access-Control-Allow-Origin")
        assert found == expected


@pytest.mark.parametrize("origins", ["news.example", "https://a.example/", "https://*.example", "*,https://a.example"])
def test_what_is_no_origin_is_refused_at_the_start(origins: str) -> None:
    with pytest.raises(ValidationError, match="cors_origins"):
        Settings(cors_origins=origins)


def test_options_says_what_is_allowed(client: FlaskClient) -> None:
    def allowed(path: str) -> set[str]:
        return set(client.options(path).headers["Allow"].split(", "))

    assert allowed(PATH) == allowed(f"{PATH}.html") == {"GET", "HEAD", "OPTIONS"}
    assert allowed("/v1/articles/1") == {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}
    assert allowed("/v1/articles/1/overrides") == {"GET", "HEAD", "OPTIONS", "PUT"}
    assert client.delete(PATH).status_code == 405


def test_figures_for_prometheus(client: FlaskClient) -> None:
    client.get(PATH)
    client.get("/v1/articles/nobody/related")
    text = client.get("/metrics").get_data(as_text=True)
    assert 'silah_request_seconds_count{endpoint="v1.related_by_id",status="200"}' in text
    assert 'silah_request_seconds_count{endpoint="v1.related_by_id",status="404"}' in text
    assert "\nsilah_snapshot_articles 5.0\n" in text
    assert "\nsilah_snapshot_refused 0.0\n" in text


def test_figures_without_a_snapshot(tmp_path: Path) -> None:
    text = create_app(Settings(home=tmp_path)).test_client().get("/metrics").get_data(as_text=True)
    assert "\nsilah_snapshot_refused 1.0\n" in text
    assert "silah_snapshot_articles " not in text


def test_the_documentation_needs_nothing_from_elsewhere(client: FlaskClient) -> None:
    page = client.get("/docs")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    text = page.get_data(as_text=True)
    assert "//" not in text
    for asset in ("docs/assets/css/swagger-ui.css", "docs/assets/js/swagger-ui-bundle.js", "static/docs.js"):
        assert f'"{asset}"' in text
        with client.get(f"/{asset}") as response:
            assert response.status_code == 200
    assert client.get("/docs/assets/../__init__.py").status_code == 404
