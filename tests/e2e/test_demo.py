"""The demo page as an editor uses it: a real browser, the real application, a small site."""

import json
import re
import shutil
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr
from werkzeug.serving import make_server

from indexer.build import build
from service import serving
from service.app import create_app
from service.settings import Settings
from tests.conftest import silent, write_jsonl
from tests.e2e.chromium import launched, opened
from tests.fakes import FakeEmbedder
from tests.integration.servers import ask, running

TOKEN = "of this test"  # noqa: S105 - opens nothing else
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
PICTURE_URL = "https://example.org/p.jpg"
RECORDS: list[dict[str, Any]] = [
    {"id": "ar1", "title": "تحلية مياه البحر", "text": "محطة تحلية مياه البحر sea", "language": "ar",
     "published_at": "2026-01-05", "category": "environment", "author": "سلمى", "tags": ["البحر"],
     "url": "https://example.org/ar1", "image_url": PICTURE_URL},
    {"id": "ar2", "title": "مياه البحر والجفاف", "text": "مياه البحر sea", "language": "ar",
     "published_at": "2026-01-04"},
    {"id": "fr1", "title": "La mer et la sécheresse", "text": "la mer, la sécheresse sea", "language": "fr",
     "published_at": "2026-01-03", "category": "News, local", "image_url": PICTURE_URL},
    {"id": "fr2", "title": "L'école", "text": "l'école school", "language": "fr", "published_at": "2025-01-02"},
    {"id": "it's/a b?c", "title": f"sea {HOSTILE}", "text": "sea", "language": "en", "published_at": "2026-01-02",
     "category": "environment", "url": "javascript:alert(3)", "image_url": "javascript:alert(4)"},
    {"id": "bidi", "title": "sea \u202egnp.exe", "text": "sea", "language": "en", "published_at": "2026-01-01"},
    {"id": "undated", "title": "football", "text": "football", "language": "es"},
]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with launched() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the demo of a small site."""
    home = tmp_path_factory.mktemp("demo")
    build(home, str(write_jsonl(home / "articles.jsonl", RECORDS)), FakeEmbedder(), silent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serving, "_onnx_embedder", lambda *_args: FakeEmbedder())
        app = create_app(Settings(home=home, token=SecretStr(TOKEN)))
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}"
        put_overrides(address, "fr2", {"pins": ["fr1"], "blocks": ["gone"]})
        yield f"{address}/demo"
        server.shutdown()
        thread.join()
        server.server_close()


def put_overrides(address: str, article_id: str, body: object) -> None:
    path = f"{address}/v1/articles/{article_id}/overrides"
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    assert ask(urllib.request.Request(path, json.dumps(body).encode(), headers, method="PUT")).status == 200


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    with opened(browser, locale="en-GB") as blank:
        yield blank


def visit(page: Any, address: str) -> None:
    page.goto(address)
    settle(page)


def settle(page: Any) -> None:
    """Wait until the page has nothing left to ask: it takes up a change of a control after 250 ms."""
    page.wait_for_timeout(300)
    page.wait_for_selector('#related:not([aria-busy="true"])', state="attached")


def shown(page: Any) -> list[str]:
    return list(page.eval_on_selector_all("#related > li", "items => items.map(item => item.dataset.id)"))


def query(page: Any) -> dict[str, str]:
    return dict(page.evaluate("Object.fromEntries(new URLSearchParams(location.search))"))


def curl_ids(page: Any) -> list[str]:
    if shutil.which("curl") is None:
        pytest.skip("missing program: curl")
    command = page.text_content("#curl").replace("curl ", "curl --fail -sS ", 1)
    answer = subprocess.run(["sh", "-c", command], check=True, capture_output=True, text=True)
    return [related["id"] for related in json.loads(answer.stdout)["related"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("width", [390, 1280])
def test_everybody_can_use_it(browser: Any, url: str, language: str, scheme: str, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    size = {"width": width, "height": 900}
    with opened(browser, 404, color_scheme=scheme, viewport=size) as page:
        for question in ("", "&id=fr2&language=ar,fr,en", "&text=la+mer&k=50"):
            visit(page, f"{url}?ui={language}{question}")
            page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true; })")
            page.fill("#token", "secret") if "id=" in question else None
            report = Axe().run(page)
            assert report.violations_count == 0, report.generate_report()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing hangs over the edge"


def test_the_newest_articles_of_all_languages_are_a_start(page: Any, url: str) -> None:
    visit(page, url)
    ids = page.eval_on_selector_all("#newest > li", "items => items.map(item => item.dataset.id)")
    assert ids == ["ar1", "ar2", "fr1", "it's/a b?c", "bidi", "fr2", "undated"]
    assert page.is_hidden("#answer")
    page.click("#newest >> text=La mer et la sécheresse")
    settle(page)
    assert query(page) == {"id": "fr1"}
    assert page.is_hidden("#start")
    assert shown(page)


@pytest.mark.parametrize(("text", "language"), [("مياه البحر", "ar"), ("la sécheresse", "fr")])
def test_text_in_any_language_finds_articles(page: Any, url: str, text: str, language: str) -> None:
    visit(page, f"{url}?ui=en&language=same")
    page.fill("#text", text)
    page.press("#text", "Enter")
    settle(page)
    assert query(page) == {"ui": "en", "text": text, "language": "same"}
    assert set(shown(page)) == {record["id"] for record in RECORDS if record["language"] == language}
    assert page.text_content("#seed-title") == text
    assert page.get_attribute("#seed-title", "lang") == language
    assert curl_ids(page) == shown(page)


def test_an_article_of_a_list_becomes_the_seed_and_back_undoes_it(page: Any, url: str) -> None:
    visit(page, url)
    page.fill("#id", "ar1")
    page.press("#id", "Enter")
    settle(page)
    before = shown(page)
    assert "ar1" not in before
    assert page.text_content("#seed-title") == "تحلية مياه البحر"
    page.click('#related li[data-id="ar2"] a')
    settle(page)
    assert query(page) == {"id": "ar2"}
    assert page.text_content("#seed-title") == "مياه البحر والجفاف"
    assert page.evaluate("document.activeElement.id") == "seed-title"
    assert "ar1" in shown(page)
    page.go_back()
    settle(page)
    assert (query(page), shown(page)) == ({"id": "ar1"}, before)
    page.go_back()
    settle(page)
    assert page.is_visible("#start")


CHANGES = [
    ("#k", "fill", "2", {"k": "2"}),
    ("#language", "select_option", "same", {"language": "same"}),
    ("#since", "fill", "2026-01-02", {"since": "2026-01-02T00:00:00Z"}),
    ("#until", "fill", "2026-01-04", {"until": "2026-01-04T23:59:59Z"}),
    ("#exclude", "fill", "ar2, fr1", {"exclude": "ar2, fr1"}),
    ("#min_score", "fill", "0.2", {"min_score": "0.2"}),
    ("#diversity", "fill", "0.5", {"diversity": "0.5"}),
    ("#recency_half_life_days", "fill", "0", {"recency_half_life_days": "0"}),
    ("#near_duplicates", "select_option", "show", {"near_duplicates": "show"}),
    ('[name="category"][value="News, local"]', "set_checked", True, {"category": "News, local"}),
]
SEEDS = [{"id": "ar1"}, {"text": "sea 'مياه' \"$HOME\" `id` \\ \u202e"}]


@pytest.mark.parametrize("seed", SEEDS, ids=["id", "text"])
def test_every_control_changes_the_address_the_request_and_the_answer(
    page: Any, url: str, seed: dict[str, str]
) -> None:
    visit(page, f"{url}?{urlencode(seed)}")
    said: dict[str, str] = {}
    for control, how, value, asked in CHANGES:
        before = page.text_content("#curl")
        getattr(page, how)(control, value)
        settle(page)
        said |= asked
        assert query(page) == {**seed, **said}
        assert page.text_content("#curl") != before
        assert curl_ids(page) == shown(page)
    here = (shown(page), page.text_content("#curl"))
    page.reload()
    settle(page)
    assert (shown(page), page.text_content("#curl")) == here


def test_back_undoes_a_change_of_a_control(page: Any, url: str) -> None:
    visit(page, f"{url}?id=ar1")
    before = shown(page)
    for k in ("1", "2"):  # two changes in a row are one step
        page.fill("#k", k)
        settle(page)
    assert len(shown(page)) == 2
    page.go_back()
    settle(page)
    assert (query(page), shown(page), page.input_value("#k")) == ({"id": "ar1"}, before, "5")
    page.go_forward()
    settle(page)
    assert (query(page), page.input_value("#k")) == ({"id": "ar1", "k": "2"}, "2")


def test_several_languages_and_the_way_back_to_the_sites_settings(page: Any, url: str) -> None:
    visit(page, f"{url}?id=ar1&language=fr,es&k=3")
    assert page.is_checked('[name="code"][value="fr"]')
    assert not page.is_checked('[name="code"][value="ar"]')
    assert set(shown(page)) == {"fr1", "fr2", "undated"}
    page.uncheck('[name="code"][value="es"]')
    settle(page)
    assert set(shown(page)) == {"fr1", "fr2"}
    assert "Fewer than 3" in page.text_content("#shortfall")
    page.click("#restore")
    settle(page)
    assert query(page) == {"id": "ar1"}
    assert page.is_hidden("#codes")


def test_hostile_titles_are_text(page: Any, url: str) -> None:
    visit(page, f"{url}?ui=en&id=ar1&k=50&near_duplicates=show")
    titles = page.eval_on_selector_all("#related h3", "all => all.map(one => one.textContent)")
    assert {f"sea {HOSTILE}", "sea gnp.exe"} <= set(titles)
    page.click("text=onerror")
    settle(page)
    assert query(page)["id"] == "it's/a b?c"
    assert page.text_content("#seed-title") == f"sea {HOSTILE}"
    assert page.query_selector_all("script")
    assert not page.query_selector_all("script:not([src]):not([id='data'])")
    assert not page.query_selector_all('[src^="javascript:"], [href^="javascript:"], #seed img')
    assert curl_ids(page) == shown(page)


def test_text_that_turns_around_is_not_hidden_in_the_command(page: Any, url: str) -> None:
    visit(page, f"{url}?text=sea+%E2%80%AErm")
    assert r'"sea \u202erm"' in page.text_content("#curl")


def test_each_title_has_its_language_and_direction(page: Any, url: str) -> None:
    visit(page, f"{url}?ui=en&id=fr1&k=50")
    link = page.locator('#related li[data-id="ar1"] a')
    assert (link.get_attribute("lang"), link.get_attribute("dir")) == ("ar", "rtl")
    line = page.text_content('#related li[data-id="ar1"] .facts')
    assert "in another language" in line
    assert "العربية" in line
    assert re.search(r"ago|in ", line)
    assert page.get_attribute("html", "dir") == "ltr"
    page.click("#switch")
    settle(page)
    assert query(page) == {"ui": "ar", "id": "fr1", "k": "50"}
    assert (page.get_attribute("html", "lang"), page.get_attribute("html", "dir")) == ("ar", "rtl")
    assert "بلغة أخرى" in page.text_content('#related li[data-id="ar1"] .facts')


def test_what_the_api_refuses_is_said_beside_the_field(browser: Any, url: str) -> None:
    with opened(browser, 422, locale="en") as page:
        visit(page, f"{url}?id=ar1&k=99")
        assert "422" in page.text_content("#problem")
        assert page.get_attribute("#k", "aria-invalid") == "true"
        assert "50" in page.text_content(".field:has(#k) .wrong")
        page.fill("#k", "4")
        settle(page)
        assert page.is_hidden("#problem")
        assert len(shown(page)) == 4
        assert page.get_attribute("#k", "aria-invalid") is None


def test_an_unknown_id_and_a_gateway_without_a_service(browser: Any, url: str) -> None:
    with opened(browser, 404, 502, locale="en") as page:
        visit(page, f"{url}?id=nowhere")
        assert "'nowhere'" in page.text_content("#problem")
        assert page.is_hidden("#seed")
        assert page.is_hidden("#overrides")
        page.route("**/v1/**", lambda route: route.fulfill(status=502, body="<h1>Bad Gateway</h1>"))
        page.fill("#text", "sea")
        page.press("#text", "Enter")
        settle(page)
        assert "502" in page.text_content("#problem")


def test_editors_pin_block_and_undo(page: Any, url: str) -> None:
    visit(page, f"{url}?ui=en&id=bidi&k=3&near_duplicates=show")
    first, second, *_rest = shown(page)
    assert "Nothing is pinned" in page.text_content("#overrides-lists")
    assert page.is_hidden(".edit >> nth=0")
    page.fill("#token", TOKEN)
    page.click('#related li:nth-child(2) button:text("Pin")')
    page.wait_for_selector(".hand")
    settle(page)
    assert shown(page)[:2] == [second, first]
    assert "Pinned by an editor" in page.text_content("#related li:first-child")
    page.click('#related li:nth-child(2) button:text("Block")')
    page.wait_for_selector(".hand >> nth=1")
    settle(page)
    assert first not in shown(page)
    page.click(".hand >> nth=1 >> text=Undo")
    page.wait_for_selector(".hand >> nth=1", state="detached")
    settle(page)
    assert shown(page)[:2] == [second, first]
    page.click("#related li:first-child >> text=Undo")
    page.wait_for_selector(".hand", state="detached")
    settle(page)
    assert shown(page)[:2] == [first, second]
    assert TOKEN not in page.url
    page.reload()
    settle(page)
    assert page.input_value("#token") == "", "the token is kept nowhere"


def test_a_wrong_token_is_refused_and_said(browser: Any, url: str) -> None:
    with opened(browser, 401, locale="en") as page:
        visit(page, f"{url}?id=ar1")
        page.fill("#token", "guessed")
        page.click("#related li:first-child >> text=Pin")
        page.wait_for_selector("#overrides-problem:has-text('401')")
        assert "token" in page.text_content("#overrides-problem")
        assert "Nothing is pinned" in page.text_content("#overrides-lists")


def test_the_command_can_be_copied(browser: Any, url: str) -> None:
    with opened(browser, locale="en", permissions=["clipboard-read", "clipboard-write"]) as page:
        visit(page, f"{url}?id=ar1")
        page.click("#copy")
        page.wait_for_selector("#copy:has-text('Copied')")
        assert page.evaluate("navigator.clipboard.readText()") == page.text_content("#curl")


@pytest.mark.model
def test_the_example_site_with_the_real_model(browser: Any, example_home: Path) -> None:
    with running(example_home, workers=1) as server, opened(browser, locale="ar") as page:
        for text in ("محطة تحلية مياه البحر والجفاف", "usine de dessalement et sécheresse"):
            visit(page, f"{server.url}/demo")
            assert page.get_attribute("html", "lang") == "ar"
            page.fill("#text", text)
            page.press("#text", "Enter")
            settle(page)
            assert {"1001", "1004", "1019", "1084", "1085", "1086", "1087"} & set(shown(page))
            assert curl_ids(page) == shown(page)
