"""Everybody can read and use the page, in both languages; hostile text stays text, and errors are said."""

import re
from typing import Any

import pytest

from tests.e2e.demo.pages import HOSTILE, curl_ids, opened, query, settle, shown, visit


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
    page.wait_for_url("**ui=ar**")
    settle(page)
    assert query(page) == {"ui": "ar", "id": "fr1", "k": "50"}
    assert (page.get_attribute("html", "lang"), page.get_attribute("html", "dir")) == ("ar", "rtl")
    assert "بلغة أخرى" in page.text_content('#related li[data-id="ar1"] .facts')


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
