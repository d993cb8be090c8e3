"""Lists answered past Flask: the same to the byte as through it."""

import gzip
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from apiflask import APIFlask
from flask import Response
from hypothesis import example, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from werkzeug.test import EnvironBuilder, run_wsgi_app

from service import caching, shortcut
from service import serving as serving_module
from service.answer_cache import AnswerCache
from service.app import create_app
from service.settings import Settings
from tests.conftest import RECORDS, Builder
from tests.fakes import FakeEmbedder

NOW = 1_793_491_200
HERE = "https://news.example"
TOKEN = {"Authorization": "Bearer secret"}
OTHERS = [
    {"id": "with/related", "title": "sea rain", "language": "en", "published_at": "2026-10-29", "category": "news"},
    {"id": "مقال", "title": "rain school", "language": "ar", "published_at": "2020-10-01", "image_url": "http://a/b"},
]
NAMES = [*(str(record["id"]) for record in [*RECORDS, *OTHERS]), "new", "nobody", "with", "", "a\nb"]
LIST = "/v1/articles/1/related"


@pytest.fixture(name="unchanged")
def app_without_changes(build_records: Builder, home: Path, monkeypatch: pytest.MonkeyPatch) -> APIFlask:
    """Return a service that keeps no answers, whose clock stands; an editor pinned and blocked in one list."""
    monkeypatch.setattr(serving_module, "_onnx_embedder", lambda *_args: FakeEmbedder())
    monkeypatch.setattr(AnswerCache, "_keep", lambda *_args: None)
    monkeypatch.setattr(caching, "time", SimpleNamespace(time=lambda: NOW))
    monkeypatch.setenv("SILAH_TOKEN", "secret")
    build_records([*RECORDS, *OTHERS])
    app = create_app(Settings(home=home, poll_seconds=60, cors_origins=HERE, default_k=4))
    decided = {"pins": ["3", "5"], "blocks": ["2"]}
    app.test_client().put("/v1/articles/1/overrides", json=decided, headers=TOKEN)
    return app


@pytest.fixture
def app(unchanged: APIFlask) -> APIFlask:
    """Return the same service with a live article and a deleted one."""
    client = unchanged.test_client()
    client.put("/v1/articles/new", json={"title": "sea sea", "language": "en"}, headers=TOKEN)
    client.delete("/v1/articles/5", headers=TOKEN)
    return unchanged


def ask(
    app: APIFlask, path: str, query: str = "", headers: dict[str, str] | None = None, *, flask: bool = False
) -> Any:
    """Return status, headers and body, whether by all there is or by Flask alone."""
    environ = EnvironBuilder(quote(path), query_string=query, headers=headers).get_environ()
    body, status, sent = run_wsgi_app(partial(APIFlask.wsgi_app, app) if flask else app.wsgi_app, environ)
    content = b"".join(body)
    if sent.get("Content-Encoding") == "gzip":
        content = gzip.decompress(content)  # the packed bytes hold the time
    return status, [(name, value) for name, value in sent if name != "Date"], content  # the server's


def forbid_flask(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        message = "Flask was asked"
        raise AssertionError(message)

    monkeypatch.setattr(app, "full_dispatch_request", refuse)


queries = st.fixed_dictionaries({}, optional={
    "k": st.sampled_from([1, 2, 50, 0, "x"]),
    "language": st.sampled_from(["any", "same", "prefer", "fr", "en,es", "none at all"]),
    "category": st.sampled_from(["news", "أخبار"]),
    "since": st.sampled_from(["2026-01-01", "tomorrow"]),
    "exclude": st.sampled_from(["2", "3,new"]),
    "min_score": st.sampled_from([0.1, 0.9]),
    "diversity": st.sampled_from([0.5]),
    "near_duplicates": st.sampled_from(["show"]),
    "fields": st.sampled_from(["id", "title,reason"]),
    "other": st.just(1),
})  # fmt: skip
senders = st.fixed_dictionaries({}, optional={
    "Accept-Encoding": st.sampled_from(["gzip", "gzip, deflate, br", "br;q=0", "identity"]),
    "Origin": st.sampled_from([HERE, "https://else.example"]),
})  # fmt: skip


@given(st.lists(st.sampled_from(NAMES), min_size=2, max_size=4), queries, senders)
@settings(max_examples=150)
@example(["1", "new", "2"], {}, {"Accept-Encoding": "br", "Origin": HERE})
def test_whatever_is_asked_both_ways_say_the_same(
    app: APIFlask, names: list[str], query: dict[str, Any], headers: dict[str, str]
) -> None:
    for name in names:
        path, text = f"/v1/articles/{name}/related", urlencode(query)
        assert ask(app, path, text, headers) == ask(app, path, text, headers, flask=True)


@given(st.lists(st.sampled_from(NAMES), min_size=2, max_size=4), queries)
@settings(max_examples=100)
def test_lists_that_were_ranked_ahead_say_the_same(
    unchanged: APIFlask, names: list[str], query: dict[str, Any]
) -> None:
    for name in names:
        path, text = f"/v1/articles/{name}/related", urlencode(query)
        assert ask(unchanged, path, text) == ask(unchanged, path, text, flask=True)


@pytest.mark.parametrize("headers", [{}, {"Accept-Encoding": "gzip, br", "Origin": HERE}])
def test_what_is_asked_alike_is_not_asked_of_flask(
    app: APIFlask, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(app, LIST, "k=3", headers)
    expected = {name: ask(app, f"/v1/articles/{name}/related", "k=3", headers, flask=True) for name in ("2", "new")}
    forbid_flask(app, monkeypatch)
    for name, answer in expected.items():
        assert ask(app, f"/v1/articles/{name}/related", "k=3", headers) == answer
        assert answer[0] == "200 OK"


def test_what_is_short_is_not_compressed_because_something_long_was(app: APIFlask) -> None:
    headers = {"Accept-Encoding": "br"}
    for k in (4, 1, 4, 1):
        for query in (f"k={k}", f"k={k}&fields=id"):
            assert ask(app, LIST, query, headers) == ask(app, LIST, query, headers, flask=True)


def test_only_the_server_says_when_it_sent_an_answer(app: APIFlask) -> None:
    client, headers = app.test_client(), {"Accept-Encoding": "br"}
    for path in (LIST, LIST, f"{LIST}.html"):
        answer = client.get(path, headers=headers)
        assert answer.headers["Content-Encoding"] == "br"
        assert "Date" not in answer.headers


def test_what_one_request_asks_for_besides_is_not_learned_for_others(app: APIFlask) -> None:
    headers = {"Origin": HERE}
    besides = {"Access-Control-Request-Private-Network": "true", "If-Match": "*", "If-None-Match": "*"}
    for name, value in besides.items():
        ask(app, LIST, headers={**headers, name: value})
        assert ask(app, LIST, headers=headers) == ask(app, LIST, headers=headers, flask=True)


def test_every_change_is_seen(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    before = ask(app, LIST)
    app.test_client().put("/v1/articles/1/overrides", json={"pins": ["4"]}, headers=TOKEN)
    changed = ask(app, LIST, flask=True)
    gone = app.test_client().delete("/v1/articles/2", headers=TOKEN)
    assert gone.status_code == 200
    assert ask(app, "/v1/articles/2/related")[0] == "404 NOT FOUND"
    again = ask(app, LIST, flask=True)
    forbid_flask(app, monkeypatch)
    assert ask(app, LIST) == again
    assert before[2] != changed[2]


def test_what_goes_wrong_is_left_to_flask(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = ask(app, LIST)

    def fail(_answer: object) -> bytes:
        raise RuntimeError

    monkeypatch.setattr(shortcut, "related_json", fail)
    assert ask(app, LIST) == expected


def test_what_is_remembered_is_bounded(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shortcut, "MOST", 3)
    counted, dispatch = [], app.full_dispatch_request

    def count() -> Response:
        counted.append(1)
        return dispatch()

    monkeypatch.setattr(app, "full_dispatch_request", count)
    for k in (1, 2, 3, 4, 1):
        ask(app, LIST, f"k={k}")
    assert len(counted) == 5
    ask(app, LIST, "k=1")
    assert len(counted) == 5


def test_requests_are_counted_alike(app: APIFlask) -> None:
    def count() -> float:
        asked = {"endpoint": "v1.related_by_id", "status": "200"}
        return REGISTRY.get_sample_value("silah_request_seconds_count", asked) or 0

    before = count()
    for name in ("1", "2", "3"):
        ask(app, f"/v1/articles/{name}/related")
    assert count() == before + 3
