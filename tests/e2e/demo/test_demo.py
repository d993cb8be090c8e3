"""The demo page as an editor uses it: a real browser, the real application, a small site."""

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.demo.pages import RECORDS, TOKEN, curl_ids, opened, query, settle, shown, visit
from tests.integration.servers import running

KEEP_WHAT_THE_BUTTON_SAYS = """
    const button = document.getElementById('copy');
    new MutationObserver(() => { button.dataset.said = `${button.dataset.said} ${button.textContent}`; })
        .observe(button, {childList: true});
"""
"""It says so for two seconds, which a busy browser may sleep through."""


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
        page.evaluate(KEEP_WHAT_THE_BUTTON_SAYS)
        page.click("#copy")
        page.wait_for_selector("#copy[data-said*='Copied']")
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
