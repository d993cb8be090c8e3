"""Live changes: the store, the view, the build that takes them in, and the requests that make them."""

import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from pydantic import ValidationError

from indexer.live import merged
from models import live
from models.article import Article
from models.live import Change, LiveChanges
from models.publish import open_current, roll_back
from service import serving as serving_module
from service.app import create_app
from service.settings import Settings
from tests.conftest import RECORDS, Builder
from tests.fakes import FakeEmbedder, article

TOKEN = {"Authorization": "Bearer secret"}
NEW = {"title": "sea sea", "text": "sea rain", "language": "en", "category": "news", "published_at": "2026-08-01"}


@pytest.fixture(name="client")
def client_of_example(build_records: Builder, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    monkeypatch.setattr(serving_module, "_onnx_embedder", lambda *_args: FakeEmbedder())
    build_records()
    monkeypatch.setenv("SILAH_TOKEN", "secret")
    with create_app(Settings(home=home, poll_seconds=60)).test_client() as client:
        yield client


def ids(client: FlaskClient, article_id: str, **options: Any) -> list[str]:
    options = {"recency_half_life_days": 0, "near_duplicates": "show", "k": 50, **options}
    response = client.get(f"/v1/articles/{article_id}/related", query_string=options)
    assert response.status_code == 200, response.json
    return [related["id"] for related in response.json["related"]]


def put(client: FlaskClient, article_id: str, body: dict[str, Any]) -> int:
    response = client.put(f"/v1/articles/{article_id}", json=body, headers=TOKEN)
    assert response.status_code == 200, response.json
    return int(response.json["change"])


def test_the_store_numbers_changes_and_keeps_the_last_of_each_article(tmp_path: Path) -> None:
    store, spec = LiveChanges(tmp_path), FakeEmbedder().spec
    assert (store.last_number(), store.after(0)) == (0, [])
    (vector,) = FakeEmbedder().embed(["sea"])
    first = store.put(article("1", "sea"), vector, spec)
    second = store.delete("2")
    third = store.put(article("1", "rain"), vector, spec)
    assert first < second < third == store.last_number()
    changes = store.after(0)
    assert [(change.id, change.number) for change in changes] == [("2", second), ("1", third)]
    assert changes[1].article == article("1", "rain")
    assert changes[1].embedder == spec
    assert (changes[1].vector == vector).all()
    store.catch_up(changes, oldest=second)
    assert [change.id for change in store.after(0)] == ["1"]
    assert store.caught_up() == {third}
    store.catch_up([], oldest=third)
    assert (store.after(0), store.caught_up()) == ([], set())
    assert store.delete("3") > third, "a number never comes back"


def test_another_process_that_makes_the_file_is_waited_for(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / live.FILE, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    later = threading.Timer(0.1, other.rollback)
    later.start()
    assert LiveChanges(tmp_path).delete("1") == 1
    later.join()
    other.close()


def test_a_put_article_is_related_and_has_related_articles(client: FlaskClient) -> None:
    put(client, "new", NEW)
    assert client.get("/v1/articles/new").json["title"] == "sea sea"
    assert ids(client, "new")[:2] == ids(client, "new", language="same")[:2]
    assert set(ids(client, "new")) == {"1", "2", "3", "4", "5"}
    assert "new" in ids(client, "1")[:2]
    answer = client.post("/v1/related", json={"text": "sea rain", "title": "sea sea", "text_language": "en"}).json
    assert answer["related"][0]["id"] == "new"
    like = client.post("/v1/related", json={"like": ["new", "3"], "k": 9, "near_duplicates": "show"}).json["related"]
    assert {related["id"] for related in like} == {"1", "2", "4", "5"}


def test_filters_see_live_articles_as_they_are(client: FlaskClient) -> None:
    put(client, "new", NEW)
    put(client, "neu", {**NEW, "language": "de", "category": "a new one"})
    assert ids(client, "1", category="news") == ["new"]
    assert ids(client, "1", category="a new one", language="de") == ["neu"]
    assert "neu" not in ids(client, "1", language="same")
    assert ids(client, "neu", language="same") == []
    assert set(ids(client, "1", since="2026-07-01T00:00:00Z")) == {"new", "neu"}
    assert "new" not in ids(client, "1", exclude="new")


def test_a_copy_of_a_stored_article_is_collapsed_with_it(build_records: Builder, client: FlaskClient) -> None:
    text = "the harbour council of the old town met on monday to discuss the new quay and its cost for fishermen sea"
    build_records([*RECORDS, {"id": "old", "title": "the quay", "text": text, "language": "en"}])
    client.post("/v1/snapshot/reload", headers=TOKEN)
    put(
        client, "copy", {"title": "the quay", "text": f"{text} again", "language": "en", "image_url": "https://a/i.jpg"}
    )
    shown = ids(client, "1", near_duplicates="collapse")
    assert "copy" in shown
    assert "old" not in shown
    assert "old" not in ids(client, "copy", near_duplicates="collapse")


def test_putting_a_stored_article_replaces_it(client: FlaskClient) -> None:
    put(client, "2", {"title": "school school", "language": "fr"})
    assert client.get("/v1/articles/2").json["title"] == "school school"
    assert ids(client, "3")[0] in {"2", "4"}
    assert ids(client, "1").count("2") == 1


def test_a_deleted_article_is_nowhere(client: FlaskClient) -> None:
    put(client, "new", NEW)
    for article_id in ("2", "new", "never there"):
        assert client.delete(f"/v1/articles/{article_id}", headers=TOKEN).status_code == 200
        assert client.get(f"/v1/articles/{article_id}").status_code == 404
        assert client.get(f"/v1/articles/{article_id}/related").status_code == 404
    assert set(ids(client, "1")) == {"3", "4", "5"}
    assert len(ids(client, "1", language="es,fr")) == 3
    put(client, "2", NEW)
    assert "2" in ids(client, "1")


def test_changes_survive_a_restart(client: FlaskClient, home: Path) -> None:
    put(client, "new", NEW)
    client.delete("/v1/articles/2", headers=TOKEN)
    again = create_app(Settings(home=home, text_queries=False, poll_seconds=60)).test_client()
    assert set(ids(again, "1")) == {"new", "3", "4", "5"}


def test_the_next_build_takes_the_changes_in_and_a_rollback_brings_them_back(
    client: FlaskClient, build_records: Builder, home: Path
) -> None:
    put(client, "new", NEW)
    client.delete("/v1/articles/2", headers=TOKEN)
    before = ids(client, "1")
    report = build_records()
    assert (report.count, report.live_put, report.live_deleted) == (5, 1, 1)
    stored = open_current(home).cards
    assert (stored.row_of("2"), stored.row_of("new")) == (None, 4)
    for snapshot in (report.snapshot, roll_back(home)):
        roll_back(home, snapshot)
        assert client.post("/v1/snapshot/reload", headers=TOKEN).status_code == 204
        assert client.get("/v1/snapshot").json["name"] == snapshot
        assert set(ids(client, "1")) == set(before)


def test_a_source_that_is_newer_wins_and_the_change_is_forgotten(
    client: FlaskClient, build_records: Builder, home: Path
) -> None:
    put(client, "1", NEW)
    put(client, "new", NEW)
    tomorrow = "2100-01-01T00:00:00Z"
    for _ in range(4):
        build_records([{**RECORDS[0], "updated_at": tomorrow}, *RECORDS[1:], {"id": "new", **NEW}])
    assert LiveChanges(home).after(0) == []
    assert open_current(home).cards.at([0])[0].title == "sea sea"


def test_what_the_source_had_and_has_no_more_does_not_come_back(
    client: FlaskClient, build_records: Builder, home: Path
) -> None:
    put(client, "new", NEW)
    build_records([*RECORDS, {"id": "new", **NEW}])
    assert len(LiveChanges(home).after(0)) == 1, "snapshots from before the change are kept"
    for _ in range(3):
        build_records()
        assert open_current(home).cards.row_of("new") is None
    assert LiveChanges(home).after(0) == []


def changed(article_id: str, new: Article | None, at: datetime) -> Change:
    return Change(article_id, 1, at.timestamp(), new, None, None)


def test_a_deletion_that_the_source_reflected_once_is_forgotten(
    client: FlaskClient, build_records: Builder, home: Path
) -> None:
    client.delete("/v1/articles/2", headers=TOKEN)
    assert build_records([RECORDS[0], *RECORDS[2:]]).live_deleted == 0
    for _ in range(3):
        assert build_records().count == len(RECORDS), "the site has published it again"
    assert LiveChanges(home).after(0) == []


def test_changes_are_shown_after_their_file_was_lost(client: FlaskClient, build_records: Builder, home: Path) -> None:
    put(client, "new", NEW)
    client.put("/v1/articles/1/overrides", json={"pins": ["3"]}, headers=TOKEN)
    build_records()
    assert client.post("/v1/snapshot/reload", headers=TOKEN).status_code == 204
    for path in home.glob(f"{live.FILE}*"):
        path.unlink()
    put(client, "newer", NEW)
    assert client.get("/v1/articles/newer").status_code == 200
    assert client.delete("/v1/articles/2", headers=TOKEN).status_code == 200
    assert client.get("/v1/articles/2").status_code == 404
    client.put("/v1/articles/1/overrides", json={"pins": ["4"]}, headers=TOKEN)
    assert ids(client, "1")[0] == "4"


def test_a_change_after_their_file_was_lost_holds_in_a_snapshot_from_before(
    client: FlaskClient, build_records: Builder, home: Path
) -> None:
    put(client, "new", NEW)
    put(client, "newer", NEW)
    build_records()
    for path in home.glob(f"{live.FILE}*"):
        path.unlink()
    build_records()
    assert client.post("/v1/snapshot/reload", headers=TOKEN).status_code == 204
    assert client.delete("/v1/articles/2", headers=TOKEN).status_code == 200
    roll_back(home)
    assert client.post("/v1/snapshot/reload", headers=TOKEN).status_code == 204
    assert client.get("/v1/articles/new").status_code == 200
    assert client.get("/v1/articles/2").status_code == 404


def test_merging_by_time() -> None:
    noon = datetime(2026, 8, 5, 12, tzinfo=UTC)
    older, newer = (article("1", "source").model_copy(update={"updated_at": noon.replace(hour=h)}) for h in (11, 13))
    mine = article("1", "mine")
    assert merged([older], [changed("1", mine, noon)]).articles == [mine]
    assert merged([newer], [changed("1", mine, noon)]).articles == [newer]
    assert merged([older], [changed("1", None, noon)]).articles == []
    assert merged([newer], [changed("1", None, noon)]).articles == [newer]
    assert merged([], [changed("1", mine, noon)]).articles == [mine]
    assert merged([mine], [changed("1", mine, noon)]).caught_up


def test_a_source_that_delivers_the_version_that_was_put_has_caught_up_in_whatever_words() -> None:
    noon = datetime(2026, 8, 5, 12, tzinfo=UTC)
    mine, delivered = (article("1", title).model_copy(update={"updated_at": noon}) for title in ("L'eau", "L’eau"))
    told = changed("1", mine, noon + timedelta(seconds=1))
    assert merged([delivered], [told]).articles == [delivered]
    assert merged([delivered], [told]).caught_up == [told]
    older = delivered.model_copy(update={"updated_at": noon - timedelta(seconds=1)})
    assert merged([older], [told]).articles == [mine]
    assert merged([older], [told]).caught_up == []


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "secret"}])
def test_without_the_token_nothing_is_changed(client: FlaskClient, headers: dict[str, str]) -> None:
    for response in (
        client.put("/v1/articles/1", json=NEW, headers=headers),
        client.delete("/v1/articles/1", headers=headers),
        client.post("/v1/snapshot/reload", headers=headers),
    ):
        assert response.status_code == 401
        assert response.content_type == "application/problem+json"
    assert client.get("/v1/articles/1").json["title"] == "sea sea"


def test_a_token_that_no_request_can_carry_is_refused_at_the_start_and_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SILAH_TOKEN", "clé")
    with pytest.raises(ValidationError, match="token") as refused:
        Settings()
    assert "clé" not in str(refused.value)


def test_without_a_token_of_the_site_nobody_may(build_records: Builder, home: Path) -> None:
    build_records()
    client = create_app(Settings(home=home, text_queries=False, token=None)).test_client()
    assert client.delete("/v1/articles/1", headers=TOKEN).status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title, text"),
        ({"title": 5}, "title"),
        ({"title": "x", "id": "another"}, "id"),
        ({"title": "x", "published_at": "yesterday"}, "published_at"),
        ({"title": "x" * 1001}, "title"),
        ({"title": "x", "colour": "red"}, "colour"),
    ],
)
def test_a_wrong_article_is_refused_by_field(client: FlaskClient, body: dict[str, Any], field: str) -> None:
    response = client.put("/v1/articles/new", json=body, headers=TOKEN)
    assert response.status_code == 422
    assert response.json["errors"][0]["field"] == field
    assert client.get("/v1/articles/new").status_code == 404
