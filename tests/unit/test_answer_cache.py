"""Lists kept in memory: the same answers, for exactly as long as they hold."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client import REGISTRY

from service import serving as serving_module
from service.answer_cache import Answers
from service.app import create_app
from service.settings import Settings
from tests.conftest import RECORDS, Builder
from tests.fakes import FakeEmbedder

PATH = "/v1/articles/1/related?k=2"
TOKEN = {"Authorization": "Bearer secret"}


@pytest.fixture
def client(build_records: Builder, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    monkeypatch.setattr(serving_module, "_onnx_embedder", lambda *_args: FakeEmbedder())
    monkeypatch.setenv("SILAH_TOKEN", "secret")
    build_records()
    with create_app(Settings(home=home, poll_seconds=60, cache_bytes=200_000)).test_client() as client:
        yield client


def hits() -> float:
    return REGISTRY.get_sample_value("silah_cached_answers_total") or 0


def kept(client: FlaskClient) -> Answers:
    return client.application.wsgi_app._answers  # type: ignore[attr-defined]  # noqa: SLF001 - what it holds is the test


def test_an_answer_from_memory_is_the_same_to_the_byte(client: FlaskClient) -> None:
    for path in (PATH, "/v1/articles/1/related.html"):
        before = hits()
        first, again = client.get(path), client.get(path)
        assert hits() == before + 1
        assert (again.data, again.status, dict(again.headers)) == (first.data, first.status, dict(first.headers))


def test_another_request_is_another_answer(client: FlaskClient) -> None:
    plain = client.get(PATH)
    assert client.get(f"{PATH}&language=fr").data != plain.data
    whole = "/v1/articles/1/related"
    assert "Content-Encoding" not in client.get(whole).headers
    assert client.get(whole, headers={"Accept-Encoding": "gzip"}).headers["Content-Encoding"] == "gzip"
    assert client.head(PATH).data == b""
    assert client.get(PATH, headers={"If-None-Match": plain.headers["ETag"]}).status_code == 304


def test_any_change_of_the_view_forgets_everything(client: FlaskClient, build_records: Builder) -> None:
    first = client.get("/v1/articles/1/related").json
    assert client.delete(f"/v1/articles/{first['related'][0]['id']}", headers=TOKEN).status_code == 200
    second = client.get("/v1/articles/1/related").json
    assert first["related"][0]["id"] not in {article["id"] for article in second["related"]}
    client.put("/v1/articles/1/overrides", json={"pins": ["5"]}, headers=TOKEN)
    assert client.get("/v1/articles/1/related").json["related"][0]["id"] == "5"
    build_records([*RECORDS, {"id": "9", "title": "sea", "language": "en"}])
    client.post("/v1/snapshot/reload", headers=TOKEN)
    assert client.get("/v1/articles/1/related").json["snapshot"] != first["snapshot"]


def test_problems_and_questions_are_not_kept(client: FlaskClient) -> None:
    assert client.get("/v1/articles/nobody/related").status_code == 404
    assert client.post("/v1/related", json={"text": "sea"}).status_code == 200
    assert client.get("/v1/articles/1").status_code == 200
    assert not kept(client).kept


def test_memory_is_bounded_and_what_was_used_stays(client: FlaskClient) -> None:
    for k in range(1, 51):
        for score in range(20):
            assert client.get(f"/v1/articles/1/related?k={k}&min_score=0.0{score}").status_code == 200
            client.get(PATH)
    answers = kept(client)
    assert answers.size <= 200_000
    assert 50 < len(answers.kept) < 200
    before = hits()
    client.get(PATH)
    assert hits() == before + 1


def test_long_requests_are_not_kept(client: FlaskClient) -> None:
    assert client.get(PATH, headers={"Accept-Encoding": "x" * 3_000}).status_code == 200
    assert not kept(client).kept


def test_it_may_be_switched_off(build_records: Builder, home: Path) -> None:
    build_records()
    with create_app(Settings(home=home, text_queries=False, cache_bytes=0)).test_client() as client:
        client.get(PATH)
        assert not kept(client).kept
