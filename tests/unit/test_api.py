import io
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from flask import Response
from flask.testing import FlaskClient

from models import space
from models.cards import LISTED
from models.columns import UNDATED
from models.embedder import Vectors
from models.space import TextTerms, terms_of_text
from service import caching
from service import serving as serving_module
from service.app import create_app
from service.schemas import RelatedArticle, RelatedResponse
from service.settings import Settings
from tests.conftest import RECORDS, Builder
from tests.fakes import FakeEmbedder


@pytest.fixture
def client(build_records: Builder, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    """A client of the real application; only the model behind text queries is a fake."""
    monkeypatch.setattr(serving_module, "_onnx_embedder", lambda *_args: FakeEmbedder())
    build_records([*RECORDS, {"id": "https://a.ma//x y", "title": "sea school rain", "language": "en"}])
    with create_app(Settings(home=home, max_body_bytes=2_000)).test_client() as client:
        yield client


def problem(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    assert response.json["status"] == status
    return dict(response.json)


def ids(response: Any) -> list[str]:
    assert response.status_code == 200
    return [related["id"] for related in response.json["related"]]


def test_related_by_id(client: FlaskClient) -> None:
    answer = client.get("/v1/articles/1/related?k=1").json
    assert answer["seed"] == {"id": "1", "language": "en"}
    assert answer["shortfall"] is None
    assert answer["snapshot"] == client.get("/v1/snapshot").json["name"]
    (related,) = answer["related"]
    assert set(related) == {"id", "url", "title", "language", "category", "published_at", "image_url"} | {
        "score",
        "reason",
    }
    assert related["id"] == "2"
    assert 0 < related["score"] < 1


def test_related_by_text(client: FlaskClient) -> None:
    body = {"text": "school", "title": "school", "k": 2, "text_language": "fr"}
    answer = client.post("/v1/related", json=body).json
    assert answer["seed"] == {"language": "fr"}
    assert [related["id"] for related in answer["related"]] == ["3", "4"]
    assert client.post("/v1/related", json={"text": "la sécheresse"}).json["seed"] == {"language": "fr"}


def test_related_to_several_articles(client: FlaskClient) -> None:
    answer = client.post("/v1/related", json={"like": ["1", "3"], "unlike": ["5"], "k": 1}).json
    assert answer["seed"] == {"like": ["1", "3"], "unlike": ["5"]}
    assert answer["related"][0]["id"] == "4"
    assert "'9'" in problem(client.post("/v1/related", json={"like": ["1", "9"]}), 404)["detail"]


def test_fewer_than_k_say_why(client: FlaskClient) -> None:
    answer = client.get("/v1/articles/1/related?k=50").json
    assert (len(answer["related"]), answer["shortfall"]) == (5, "corpus")
    assert client.get("/v1/articles/1/related?language=same").json["shortfall"] == "filters"
    assert client.get("/v1/articles/1/related?min_score=0.99").json["shortfall"] == "min_score"


def test_options_in_a_query_and_in_a_body_mean_the_same(client: FlaskClient) -> None:
    in_query = client.get("/v1/articles/1/related?language=en,fr&exclude=2,3&k=9")
    in_body = client.post("/v1/related", json={"like": ["1"], "language": "en,fr", "exclude": ["2", "3"], "k": 9})
    assert ids(in_query) == ids(in_body) == ["https://a.ma//x y", "4"]


def test_a_list_in_a_query_may_be_one_parameter_or_several(client: FlaskClient) -> None:
    joined = client.get("/v1/articles/1/related?exclude=2,3&k=9")
    assert ids(joined) == ids(client.get("/v1/articles/1/related?exclude=2&exclude=3&k=9"))
    assert problem(client.get("/v1/articles/1/related?k=1&k=2"), 422)["errors"][0]["field"] == "k"


def test_the_sites_defaults_count_where_a_request_does_not_say(build_records: Builder, home: Path) -> None:
    build_records()
    settings = Settings(home=home, text_queries=False, default_language="same", default_k=1)
    client = create_app(settings).test_client()
    assert ids(client.get("/v1/articles/1/related")) == ["2"]
    assert len(ids(client.get("/v1/articles/1/related?language=any&k=4"))) == 4


def test_only_the_fields_that_are_wanted(client: FlaskClient) -> None:
    (related,) = client.get("/v1/articles/1/related?k=1&fields=title,url").json["related"]
    assert set(related) == {"id", "score", "title", "url"}
    assert problem(client.get("/v1/articles/1/related?fields=colour"), 422)["errors"][0]["field"] == "fields.0"


def test_a_batch_answers_each_question_by_itself(client: FlaskClient) -> None:
    questions = [{"id": "1", "k": 1}, {"id": "nope"}, {"text": "school", "k": 2}, {"like": ["1", "9"]}]
    results = client.post("/v1/related/batch", json={"questions": questions}).json["results"]
    assert [result["status"] for result in results] == [200, 404, 200, 404]
    assert results[0]["answer"] == client.get("/v1/articles/1/related?k=1").json
    assert "'nope'" in results[1]["problem"]["detail"]
    assert len(results[2]["answer"]["related"]) == 2
    both = {"questions": [{"id": "1", "text": "x"}]}
    assert problem(client.post("/v1/related/batch", json=both), 422)["errors"][0]["field"] == "questions.0"


def test_a_client_that_has_the_answer_is_told_so(client: FlaskClient) -> None:
    first = client.get("/v1/articles/1/related?k=2")
    again = client.get("/v1/articles/1/related?k=2", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    other = client.get("/v1/articles/1/related?k=3", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200
    head = client.head("/v1/articles/1/related?k=2")
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", first.headers["ETag"])


@pytest.mark.parametrize("given", ['""', 'W/""', '"", "another"', '"', ","])
def test_a_senseless_tag_is_the_tag_of_nothing(client: FlaskClient, given: str) -> None:
    for path in ("/v1/articles/1/related", "/v1/articles/1/related.html", "/widget.js"):
        assert client.get(path, headers={"If-None-Match": given}).status_code == 200


def test_an_answer_may_be_kept_for_a_tenth_of_the_articles_age(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_793_491_200
    monkeypatch.setattr(caching, "time", SimpleNamespace(time=lambda: now))
    for age, seconds in ((0, 60), (3_600, 360), (864_000, 86_400), (10**9, 86_400)):
        response = caching.cacheable(Response(), "tag", now - age)
        assert response.cache_control.max_age == seconds
    assert caching.cacheable(Response(), "tag", UNDATED).cache_control.max_age == 8_640


def test_an_id_may_be_an_address(client: FlaskClient) -> None:
    for path in ("https://a.ma//x%20y", "https%3A%2F%2Fa.ma%2F%2Fx%20y"):
        assert client.get(f"/v1/articles/{path}/related").json["seed"]["id"] == "https://a.ma//x y"
        assert client.get(f"/v1/articles/{path}").json["title"] == "sea school rain"


def test_a_card(client: FlaskClient) -> None:
    card = client.get("/v1/articles/3").json
    assert (card["id"], card["title"], card["language"], card["tags"]) == ("3", "school", "fr", [])
    assert "text" not in card


def test_json_is_utf8_and_not_escaped(client: FlaskClient) -> None:
    response = client.post("/v1/related", json={"text": "ماء"})
    assert response.status_code == 200
    assert b"\\u" not in response.data


@pytest.mark.parametrize("path", ["/v1/articles/nope", "/v1/articles/nope/related"])
def test_an_unknown_id_is_404(client: FlaskClient, path: str) -> None:
    assert "'nope'" in problem(client.get(path), 404)["detail"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("k=0", "k"),
        ("k=51", "k"),
        ("k=many", "k"),
        ("K=5", "K"),
        ("colour=red", "colour"),
        ("language=Arabic", "language"),
        ("since=yesterday", "since"),
        ("since=20240705", "since"),
        ("min_score=2", "min_score"),
        ("diversity=-1", "diversity"),
        ("near_duplicates=maybe", "near_duplicates"),
        ("min_score=nan", "min_score"),
        ("recency_half_life_days=inf", "recency_half_life_days"),
    ],
)
def test_a_wrong_parameter_is_422_and_named(client: FlaskClient, query: str, field: str) -> None:
    (error,) = problem(client.get(f"/v1/articles/1/related?{query}"), 422)["errors"]
    assert error["field"] == field


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": ""}, "text"),
        ({}, "body"),
        ({"text": "x", "like": ["1"]}, "body"),
        ({"text": "x", "unlike": ["1"]}, "body"),
        ({"text": 5}, "text"),
        ({"text": " \u200b\n"}, "text"),
        ({"text": "x", "k": 0}, "k"),
        ({"text": "x", "language": "Arabic"}, "language"),
        ({"text": "x", "txet": "y"}, "txet"),
    ],
)
def test_a_wrong_body_field_is_422_and_named(client: FlaskClient, body: object, field: str) -> None:
    (error,) = problem(client.post("/v1/related", json=body), 422)["errors"]
    assert error["field"] == field


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"{'text': 'x'}"])
def test_what_is_no_json_is_400(client: FlaskClient, body: bytes) -> None:
    response = client.post("/v1/related", data=body, content_type="application/json")
    assert "JSON" in problem(response, 400)["detail"]


@pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"1"])
def test_json_of_another_kind_is_422(client: FlaskClient, body: bytes) -> None:
    problem(client.post("/v1/related", data=body, content_type="application/json"), 422)


def test_too_large_is_413(client: FlaskClient) -> None:
    problem(client.post("/v1/related", json={"text": "x" * 3_000}), 413)


@pytest.mark.parametrize(("size", "status"), [(2_000, 200), (2_001, 413)])
def test_too_large_in_chunks_is_413_too(client: FlaskClient, size: int, status: int) -> None:
    body = io.BytesIO(b'{"like": ["1"]}'.ljust(size))
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    response = client.post("/v1/related", input_stream=body, environ_overrides=chunked)
    assert response.status_code == status


def test_other_errors_are_problems_too(client: FlaskClient) -> None:
    problem(client.get("/nowhere"), 404)
    response = client.delete("/v1/snapshot")
    problem(response, 405)
    assert "GET" in response.headers["Allow"]


def test_a_surprise_is_500_and_tells_nothing(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.answers.rank_with_overrides", lambda *_args: 1 / 0)
    assert "division" not in problem(client.get("/v1/articles/1/related"), 500)["detail"]


def test_without_a_snapshot_everything_is_503_but_the_process_is_alive(tmp_path: Path) -> None:
    client = create_app(Settings(home=tmp_path)).test_client()
    assert client.get("/healthz").json["status"] == "ok"
    assert client.get("/readyz").status_code == 503
    for response in (
        client.get("/v1/articles/1/related"),
        client.get("/v1/articles/1"),
        client.post("/v1/related", json={"text": "x"}),
        client.get("/v1/snapshot"),
    ):
        assert "silah-index build" in problem(response, 503)["detail"]


def test_terms_are_looked_up_while_the_model_computes(
    build_records: Builder, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = threading.Event()

    class Computing(FakeEmbedder):
        def embed(self, texts: Sequence[str], progress: Callable[[int], None] = lambda _count: None) -> Vectors:
            assert not looked_up.is_set()
            progress(0)
            assert looked_up.wait(60)
            return super().embed(texts, progress)

    def look_up(*question: Any) -> TextTerms:
        looked_up.set()
        return terms_of_text(*question)

    monkeypatch.setattr(serving_module, "_onnx_embedder", lambda *_args: Computing())
    monkeypatch.setattr(space, "terms_of_text", look_up)
    build_records()
    answer = create_app(Settings(home=home)).test_client().post("/v1/related", json={"text": "school", "k": 1})
    assert ids(answer) == ["3"]


def test_text_queries_may_be_switched_off(build_records: Builder, home: Path) -> None:
    build_records()
    client = create_app(Settings(home=home, text_queries=False)).test_client()
    assert client.get("/v1/articles/1/related").status_code == 200
    assert "SILAH_TEXT_QUERIES" in problem(client.post("/v1/related", json={"text": "x"}), 503)["detail"]


def test_the_api_describes_itself(client: FlaskClient) -> None:
    document = client.get("/openapi.json").json
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == {
        "/v1/articles/{article_id}",
        "/v1/articles/{article_id}/overrides",
        "/v1/articles/{article_id}/related",
        "/v1/articles/{article_id}/related.html",
        "/v1/events",
        "/v1/related",
        "/v1/related/batch",
        "/v1/snapshot",
        "/v1/snapshot/reload",
        "/healthz",
        "/metrics",
        "/readyz",
        "/widget.js",
    }
    errors = document["paths"]["/v1/related"]["post"]["responses"]["422"]["content"]
    assert errors == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def test_what_is_put_together_is_what_is_documented(client: FlaskClient) -> None:
    for query in ("", "?fields=title", "?fields=reason,url&k=2", "?language=same", "?min_score=0.999"):
        body = client.get(f"/v1/articles/1/related{query}").json
        RelatedResponse.model_validate(body)
        for related in body["related"]:
            assert set(related) <= set(RelatedArticle.model_fields)
    assert set(RelatedArticle.model_fields) - {"score", "reason"} == set(LISTED)


@pytest.mark.parametrize("name", ["/a", "https://a.ma/related", "a/related.html", "x/overrides"])
def test_any_id_has_a_list(build_records: Builder, home: Path, name: str) -> None:
    build_records([*RECORDS, {"id": name, "title": "sea school", "language": "en"}])
    client = create_app(Settings(home=home, text_queries=False)).test_client()
    for path in (name, quote(name, safe="")):
        assert client.get(f"/v1/articles/{path}/related").json["seed"]["id"] == name
        assert client.get(f"/v1/articles/{path}/related.html").status_code == 200
        assert client.get(f"/v1/articles/{path}/overrides").status_code == 200


def test_a_tag_is_good_for_the_same_defaults_only(build_records: Builder, home: Path) -> None:
    build_records()
    path = "/v1/articles/1/related"
    first = create_app(Settings(home=home, text_queries=False)).test_client().get(path)
    known = {"If-None-Match": first.headers["ETag"]}
    same = create_app(Settings(home=home, text_queries=False)).test_client().get(path, headers=known)
    assert (same.status_code, same.headers["Cache-Control"]) == (304, first.headers["Cache-Control"])
    other = create_app(Settings(home=home, text_queries=False, default_k=1)).test_client().get(path, headers=known)
    assert other.status_code == 200


def test_seeds_given_twice_count_once_and_many_are_refused(client: FlaskClient) -> None:
    once, twice = (client.post("/v1/related", json={"like": names}).json for names in (["1", "3"], ["1", "3", "1"]))
    assert once["related"] == twice["related"]
    many = {"like": [str(number) for number in range(21)]}
    assert problem(client.post("/v1/related", json=many), 422)["errors"][0]["field"] == "like"


def test_damaged_live_changes_leave_the_snapshot_served(build_records: Builder, home: Path) -> None:
    build_records()
    (home / "live.sqlite").write_bytes(b"no database" * 1_000)
    client = create_app(Settings(home=home, text_queries=False)).test_client()
    assert client.get("/v1/articles/1/related").status_code == 200
    assert "live changes cannot be read" in client.get("/readyz").json["problem"]
