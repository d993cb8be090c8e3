"""Pins and blocks: the editors' hand in the list of an article."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from service import serving as serving_module
from service.app import create_app
from service.settings import Settings
from tests.conftest import RECORDS, Builder
from tests.fakes import FakeEmbedder

TOKEN = {"Authorization": "Bearer secret"}


@pytest.fixture
def client(build_records: Builder, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    monkeypatch.setattr(serving_module, "_onnx_embedder", lambda *_args: FakeEmbedder())
    build_records([*RECORDS, {"id": "6", "title": "sea sea", "text": "sea sea", "language": "en"}])
    monkeypatch.setenv("SILAH_TOKEN", "secret")
    with create_app(Settings(home=home, poll_seconds=60)).test_client() as client:
        yield client


def decide(client: FlaskClient, article_id: str, **body: list[str]) -> None:
    response = client.put(f"/v1/articles/{article_id}/overrides", json=body, headers=TOKEN)
    assert response.status_code == 200, response.json


def shown(client: FlaskClient, article_id: str, **options: Any) -> list[tuple[str, str]]:
    options = {"k": 50, "near_duplicates": "show", **options}
    related = client.get(f"/v1/articles/{article_id}/related", query_string=options).json["related"]
    return [(article["id"], article["reason"]) for article in related]


def ids(client: FlaskClient, article_id: str, **options: Any) -> list[str]:
    return [name for name, _reason in shown(client, article_id, **options)]


def test_pins_come_first_in_their_order_and_blocks_never(client: FlaskClient) -> None:
    before = ids(client, "1")
    decide(client, "1", pins=["5", "3"], blocks=["2"])
    after = shown(client, "1")
    assert after[:2] == [("5", "pinned"), ("3", "pinned")]
    assert [name for name, _reason in after[2:]] == [name for name in before if name not in {"5", "3", "2"}]
    assert all(reason != "pinned" for _name, reason in after[2:])
    assert client.get("/v1/articles/1/overrides").json == {"pins": ["5", "3"], "blocks": ["2"]}
    assert ids(client, "3")[0] != "5"


def test_a_pin_passes_the_filters_but_not_what_the_page_shows_already(client: FlaskClient) -> None:
    decide(client, "1", pins=["3"])
    assert ids(client, "1", language="same", min_score=0.9, exclude="2,6") == ["3"]
    assert "3" not in ids(client, "1", exclude="3")
    assert ids(client, "1", k=1) == ["3"]


def test_the_score_of_a_pin_is_its_own(client: FlaskClient) -> None:
    def score() -> float:
        related = client.get("/v1/articles/1/related?k=50&near_duplicates=show").json["related"]
        return next(float(article["score"]) for article in related if article["id"] == "5")

    before = score()
    decide(client, "1", pins=["5"])
    assert score() == pytest.approx(before, abs=1e-4)


def test_they_hold_in_the_fragment_the_batch_and_after_the_next_build(
    client: FlaskClient, build_records: Builder
) -> None:
    decide(client, "1", pins=["4"], blocks=["2"])
    batch = client.post("/v1/related/batch", json={"questions": [{"id": "1", "k": 1}]}).json
    assert batch["results"][0]["answer"]["related"][0]["id"] == "4"
    html = client.get("/v1/articles/1/related.html?k=1").get_data(as_text=True)
    assert html.count("<li") == 1
    assert "school" in html
    build_records()
    assert client.post("/v1/snapshot/reload", headers=TOKEN).status_code == 204
    assert ids(client, "1")[0] == "4"
    assert "2" not in ids(client, "1")


def test_they_change_the_validator_and_are_undone_by_empty_lists(client: FlaskClient) -> None:
    before = client.get("/v1/articles/1/related")
    decide(client, "1", pins=["4"])
    pinned = client.get("/v1/articles/1/related", headers={"If-None-Match": before.headers["ETag"]})
    assert pinned.status_code == 200
    decide(client, "1")
    assert client.get("/v1/articles/1/related").json == before.json


def test_a_pinned_article_that_is_deleted_is_not_shown(client: FlaskClient) -> None:
    decide(client, "1", pins=["4", "3"])
    assert client.delete("/v1/articles/4", headers=TOKEN).status_code == 200
    assert ids(client, "1")[0] == "3"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"pins": ["nobody"]}, "pins.0"),
        ({"pins": ["2", "1"]}, "pins.1"),
        ({"pins": ["2"], "blocks": ["2"]}, "pins.0"),
        ({"pins": ["2", "3", "2"]}, "pins.2"),
        ({"pin": ["2"]}, "pin"),
        ({"pins": [str(number) for number in range(51)]}, "pins"),
    ],
)
def test_what_could_not_be_shown_is_refused_by_name(client: FlaskClient, body: object, field: str) -> None:
    response = client.put("/v1/articles/1/overrides", json=body, headers=TOKEN)
    assert response.status_code == 422
    assert field in {error["field"] for error in response.json["errors"]}


def test_a_pin_that_is_gone_may_stay_among_the_pins(client: FlaskClient) -> None:
    decide(client, "1", pins=["4", "3"])
    client.delete("/v1/articles/4", headers=TOKEN)
    decide(client, "1", pins=["4", "2"])
    assert ids(client, "1")[0] == "2"


def test_an_editors_decision_is_no_filter_of_the_reader(client: FlaskClient) -> None:
    decide(client, "1", pins=["4"], blocks=["3"])
    assert client.get("/v1/articles/1/related?k=50&near_duplicates=show").json["shortfall"] == "corpus"


def test_only_the_token_decides_and_only_about_articles(client: FlaskClient) -> None:
    assert client.put("/v1/articles/1/overrides", json={"pins": ["2"]}).status_code == 401
    assert client.put("/v1/articles/nobody/overrides", json={}, headers=TOKEN).status_code == 404
    assert client.get("/v1/articles/nobody/overrides").status_code == 404
    assert client.get("/v1/articles/1/overrides").json == {"pins": [], "blocks": []}
