"""What readers saw and clicked: counted by place, and nothing about readers."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient

from models import events
from models.events import Count, Place
from service import events as service_events
from service.app import create_app
from service.events import Tally
from service.settings import Settings
from tests.conftest import Builder

NOW = datetime.now(UTC)
TODAY = NOW.date().isoformat()


@pytest.fixture
def client(build_records: Builder, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    monkeypatch.setattr(
        service_events, "datetime", SimpleNamespace(now=lambda _zone: NOW)
    )  # the tests may pass midnight
    build_records()
    with create_app(Settings(home=home, text_queries=False, events=True)).test_client() as client:
        yield client


def counted(client: FlaskClient, home: Path) -> dict[Place, Count]:
    client.application.extensions["tally"].write()
    return events.load(home)


def event(**changes: Any) -> dict[str, Any]:
    items = [{"id": "2", "position": 1}, {"id": "3", "position": 2}]
    return {"type": "impression", "recommendation_id": "0123456789abcdef", "seed": "1", "items": items, **changes}


def test_impressions_and_clicks_are_counted_by_position_and_language(client: FlaskClient, home: Path) -> None:
    for body in (event(), event(), event(type="click", items=[{"id": "3", "position": 2}])):
        assert client.post("/v1/events", json=body).status_code == 204
    assert counted(client, home) == {
        Place(TODAY, "en", "en", 1): Count(2, 0),
        Place(TODAY, "en", "fr", 2): Count(2, 1),
    }
    client.post("/v1/events", json=event())
    assert counted(client, home)[Place(TODAY, "en", "en", 1)] == Count(3, 0)


def test_a_beacon_needs_no_content_type(client: FlaskClient, home: Path) -> None:
    body = client.application.json.dumps(event())
    assert client.post("/v1/events", data=body, content_type="text/plain;charset=UTF-8").status_code == 204
    assert len(counted(client, home)) == 2


def test_the_id_of_the_list_comes_with_it(client: FlaskClient) -> None:
    first, again, other = (client.get(f"/v1/articles/1/related?k={k}").json["recommendation_id"] for k in (2, 2, 1))
    assert first == again != other
    assert client.post("/v1/events", json=event(recommendation_id=first)).status_code == 204


def test_articles_that_are_gone_are_not_counted(client: FlaskClient, home: Path) -> None:
    assert client.post("/v1/events", json=event(seed="nobody")).status_code == 204
    assert client.post("/v1/events", json=event(items=[{"id": "nobody", "position": 1}])).status_code == 204
    assert counted(client, home) == {}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"type": "look"}, "type"),
        ({"items": []}, "items"),
        ({"items": [{"id": "2", "position": 0}]}, "items.0.position"),
        ({"items": [{"id": "2", "position": 51}]}, "items.0.position"),
        ({"recommendation_id": "<script>"}, "recommendation_id"),
        ({"reader": "me"}, "reader"),
        ({"type": "click"}, "body"),
        ({"items": [{"id": "2", "position": 1}, {"id": "3", "position": 1}]}, "body"),
    ],
)
def test_anything_else_is_refused_by_name(client: FlaskClient, changes: dict[str, Any], field: str) -> None:
    response = client.post("/v1/events", json=event(**changes))
    assert response.status_code == 422
    assert response.json["errors"][0]["field"] == field


def test_they_are_off_unless_the_site_wants_them(build_records: Builder, home: Path) -> None:
    build_records()
    client = create_app(Settings(home=home, text_queries=False)).test_client()
    response = client.post("/v1/events", json=event())
    assert response.status_code == 403
    assert "SILAH_EVENTS" in response.json["detail"]
    assert not (home / events.FILE).exists()


def test_counts_that_cannot_be_written_are_kept_and_told_of_once(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_arguments: object) -> None:
        message = "database or disk is full"
        raise sqlite3.OperationalError(message)

    home.mkdir()
    tally, place = Tally(home), Place(TODAY, "ar", "fr", 1)
    tally.add([place, place], Count(1, 0))
    with monkeypatch.context() as broken:
        broken.setattr(events, "add", full)
        for _second in range(3):
            tally.write()
    tally.write()
    assert events.load(home) == {place: Count(2, 0)}
    assert caplog.messages == ["events could not be written yet: database or disk is full"]


def test_old_counts_go(home: Path) -> None:
    home.mkdir()
    events.add(home, {Place("2001-01-01", "ar", "ar", 1): Count(1, 1), Place(TODAY, "ar", "ar", 1): Count(1, 0)})
    assert list(events.load(home)) == [Place(TODAY, "ar", "ar", 1)]
